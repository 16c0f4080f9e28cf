//! Planning a roll-out of smart cards: which users the certificates match, and what to write into the directory.
//!
//! Three questions can be answered for a card before anybody uses it. Each has a program in the repository and a function in
//! this library. The programs read DER, PEM and base64, and print JSON with `--json`.
//!
//! # 1. Will Windows offer the certificate?
//!
//! The sign-in screen shows a tile only for a certificate that passes a series of checks, most of which a policy can relax.
//! [`assess`](crate::windows::eligibility::assess) checks all certificates of a card together, because some checks compare
//! certificates. The program is `eligible`:
//!
//! ```text
//! reg export HKLM\SOFTWARE\Policies\Microsoft\Windows policy.reg      on a machine with the policy
//! eligible 9a.der 9c.der --policy policy.reg
//! ```
//!
//! For a hidden certificate it names the first check that fails, and the policy that would show the certificate. Two
//! defaults are documented in contradictory ways; `--defaults` chooses the source, and the output says where it matters.
//!
//! # 2. Which name is sent, and which user has it?
//!
//! The name that is sent selects the account; the certificate is examined only afterwards ([deep dive][dd], [smart card
//! sign-in][sc]). A certificate that matches a binding of *another* user does not help, and an unknown name ends the sign-in.
//! An Entra joined device sends the principal name in the certificate, a hybrid joined device the name from Active
//! Directory. `explain-upn --all` shows both for one certificate; the type is [`NameRequest`](crate::NameRequest).
//!
//! # 3. Does a username binding of that user match, and with which strength?
//!
//! A binding compares a field of the certificate with an attribute of the user. Bindings with high affinity (issuer and
//! serial number, subject key identifier, hash of the public key) still match after a rename, and cannot be forged by someone
//! who can obtain a certificate with a name of their choice. The program `match-users` checks any number of certificates:
//!
//! ```text
//! match-users --directory users.jsonl --policy policy.json cards/*.cer --long
//! ```
//!
//! It prints the user, the binding and the strength for each certificate, then the number of certificates without a match
//! and the names that several users share. If a binding fails because of a common mistake (a serial number in the wrong byte
//! order, a missing prefix), it says what is wrong with the stored value.
//!
//! The input files are exports. Users are JSON from Microsoft Graph or PowerShell (lines, pages, lists; `Get-MgUser |
//! ConvertTo-Json -Depth 5`) or CSV. Each user is read separately, and mistakes are reported with their line. The policy can be
//! any export that contains the `X509Certificate` configuration. Other files are refused, so that none of them passes for a
//! policy without rules. A disabled policy causes a warning.
//!
//! The same with this library:
//!
//! ```
//! use upn_resolver::entra::{
//!     CertificateField, CertificateUserId, DirectoryBuilder, IndexKey, Located, Policy, Strength, UserAttribute,
//!     UsernameBinding, ValueInterpretation, locate,
//! };
//! use upn_resolver::{Certificate, NameRequest};
//!
//! # #[cfg(not(feature = "directory"))]
//! # fn main() {}
//! # #[cfg(feature = "directory")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let der: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/certificates/adcs-rsa2048.der"));
//! let certificate = Certificate::from_der(der)?;
//!
//! // The value of the user's certificateUserIds for the strongest binding of this certificate.
//! let field = CertificateField::IssuerAndSerialNumber;
//! let value = CertificateUserId::of(&certificate, field, ValueInterpretation::default())?.ok_or("it has no serial number")?;
//!
//! // The directory with that value. `add_json` and `add_csv` read a real one.
//! let mut users = DirectoryBuilder::new();
//! users.add("ada.example@contoso.com").with_certificate_user_id(value.as_str()).finish();
//! let directory = users.build(IndexKey::random())?;
//! assert!(directory.problems().is_empty());
//!
//! let binding = UsernameBinding::new(field, UserAttribute::CertificateUserIds, 1);
//! let policy = Policy::new(vec![binding], Vec::new())?.with_default_strength(Strength::Multifactor);
//!
//! let (sent, _) = NameRequest::entra_joined(&certificate).sent_name().ok_or("a hint is needed")?;
//! let Located::Found { user, .. } = locate(&directory, &sent) else { return Err("nobody has this name".into()) };
//! let verdict = policy.bind(&user, &certificate);
//! assert_eq!(verdict.used(), Some(&binding));
//! # Ok(())
//! # }
//! ```
//!
//! # What to write into `certificateUserIds`
//!
//! `certificate-user-ids card.cer` prints every value that matches the certificate, in the exact form of the
//! [documentation][cuid]: the order and labels of the distinguished name, and the serial number in reverse byte order.
//! Microsoft's own cmdlet is [reported](https://github.com/microsoftgraph/entra-powershell/pull/1511) to write the serial
//! number in the original order, in a form that never matches.
//!
//! # Limits
//!
//! These checks cannot tell whether the tenant trusts the certificate's chain, whether the certificate is revoked, whether
//! Conditional Access permits the sign-in, or whether the user is in the scope of the method. Entra reports these with error
//! codes that `cba-protocol` explains.
//!
//! [cuid]: https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-certificateuserids
//! [dd]: https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-technical-deep-dive
//! [sc]: https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-smartcard
