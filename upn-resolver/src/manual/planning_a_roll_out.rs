//! Planning a roll-out: whom will these certificates sign in, and what must be written into the directory first?
//!
//! Three questions decide about a card before anybody stands at a machine with it. Each has a program in the repository
//! and a call in this library; the programs read DER, PEM and base64, and print JSON with `--json`.
//!
//! # 1. Will Windows offer the certificate?
//!
//! The sign-in screen shows a tile only for a certificate that passes a row of gates, most of which a policy can open.
//! [`assess`](crate::windows::eligibility::assess) walks through them for all certificates of a card at once, because
//! some gates compare certificates; the program is `eligible`:
//!
//! ```text
//! reg export HKLM\SOFTWARE\Policies\Microsoft\Windows policy.reg      on a machine with the policy
//! eligible 9a.der 9c.der --policy policy.reg
//! ```
//!
//! A hidden certificate comes with the first gate that is closed to it and with the policy that would open it. Two
//! defaults are documented in two ways; `--defaults` chooses, and the answer says where it matters.
//!
//! # 2. Which name will be sent, and which user has it?
//!
//! The name that is sent selects the account; the certificate is looked at only afterwards
//! ([deep dive][dd], [smart card sign-in][sc]). So a certificate that matches a binding of *another* user does not help,
//! and a name that nobody has ends the sign-in. An Entra joined device sends the principal name of the certificate, a
//! hybrid joined one the name from Active Directory: `explain-upn --all` shows both for one certificate, and
//! [`NameRequest`](crate::NameRequest) is the call.
//!
//! # 3. Does a username binding of that user agree, and how strong is it?
//!
//! A binding compares a field of the certificate with an attribute of the user. Bindings with high affinity (issuer and
//! serial number, subject key identifier, hash of the public key) survive a renamed user and cannot be had by whoever can
//! have a certificate issued with a chosen name. The program `match-users` does all of this for any number of certificates:
//!
//! ```text
//! match-users --directory users.jsonl --policy policy.json cards/*.cer --long
//! ```
//!
//! It prints the user, the binding and the strength of each, and at its end how many certificates match nobody and which
//! names several users have. For a binding that almost agrees (a serial number written the wrong way round, a missing
//! prefix) it says what is wrong with the stored value.
//!
//! The files are exports as people have them. Users are JSON of Microsoft Graph or PowerShell (lines, pages, lists; `Get-MgUser |
//! ConvertTo-Json -Depth 5`) or CSV; each user is read by itself, and what is wrong with one is reported with its line. The policy is
//! any export that holds the `X509Certificate` configuration; whatever holds none is refused, so that no other file passes for a policy
//! without rules, and a disabled policy is a warning.
//!
//! The same in a program of your own:
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
//! // What to write into the user's certificateUserIds, for the strongest binding of this certificate.
//! let field = CertificateField::IssuerAndSerialNumber;
//! let value = CertificateUserId::of(&certificate, field, ValueInterpretation::default())?.ok_or("it has no serial number")?;
//!
//! // A directory as it would be afterwards; a real one is read with `add_json` or `add_csv`.
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
//! `certificate-user-ids card.cer` prints every value that the certificate answers to, in the exact spelling of the
//! [documentation][cuid]: the order and labels of the distinguished name, and the serial number byte by byte from its end.
//! Microsoft's own cmdlet is [reported](https://github.com/microsoftgraph/entra-powershell/pull/1511) to write the serial
//! number the other way round, in a form that never matches.
//!
//! # What this can't tell
//!
//! Whether the certificate's chain is trusted by the tenant and whether it is revoked; whether Conditional Access lets the
//! user in; whether the user is in the scope of the method. Entra answers those with codes that `cba-protocol` explains.
//!
//! [cuid]: https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-certificateuserids
//! [dd]: https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-technical-deep-dive
//! [sc]: https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-smartcard
