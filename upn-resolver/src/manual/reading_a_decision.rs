//! Reading a decision: the meaning of its lines and rules.
//!
//! A [`Decision`](crate::Decision) lists the candidates in the order in which they were considered, up to the one that is sent or the
//! reason why none is. Windows leaves two records to compare it with: event 1144 in the log `Microsoft-Windows-AAD/Analytic`, which
//! contains the user name, and `dsregcmd /status`, where `User Identity` is the name in the last failed attempt ([troubleshoot primary
//! refresh token](https://learn.microsoft.com/en-us/entra/identity/devices/troubleshoot-primary-refresh-token)).
//!
//! # The outcome
//!
//! | text | JSON | meaning |
//! |---|---|---|
//! | send *name* | `send` | this name is sent to Entra, byte for byte as in its source |
//! | ask for a user name hint | `ask-for-hint` | the certificate contains no usable name; the user must type a user principal name |
//! | reject the hint | `reject-hint` | the typed hint cannot be sent; nothing is sent |
//! | sign in to Active Directory first | `require-ad-logon` | a hybrid joined device signs in to Active Directory before Entra |
//!
//! # Candidates
//!
//! `> principal name   taken         bob@contoso.com: found in the subject alternative name, and takes precedence`
//!
//! `>` marks the candidate that is sent. The line contains the kind of candidate, the verdict, the value and the reason. A
//! value with characters that hide or reorder text (control, bidirectional, zero-width) is not shown; the reason names the
//! character.
//!
//! | verdict | meaning |
//! |---|---|
//! | taken | sent |
//! | unused | not sent, because another candidate takes precedence |
//! | rejected | considered, but it cannot be sent |
//! | absent | not present, or it counts as absent |
//! | not consulted | not used by this kind of device |
//!
//! In JSON the verdict is one word: `not-consulted`. Candidates are `hint`, `cached-entra-upn`, `active-directory`,
//! `principal-name`, `rfc822-name` and `subject-email`; `source` is one of these.
//!
//! # The rules
//!
//! Codes are stable: rules can be added, but none changes its meaning. [`Rule`](crate::Rule) has their statements and
//! references.
//!
//! | code | condition | remark |
//! |---|---|---|
//! | `ad-logon-first` | hybrid joined, and the Active Directory sign-in did not succeed | check the Active Directory sign-in: card, KDC, network |
//! | `ad-upn-first-time` | hybrid joined, nothing is cached | the name is `userPrincipalName` in Active Directory |
//! | `ad-upn-implicit` | hybrid joined, the account has no `userPrincipalName` in Active Directory | set the attribute and synchronize it, or let the user type the Entra name |
//! | `cached-upn-later` | hybrid joined, an earlier sign-in succeeded | |
//! | `cached-upn-stale` | Entra did not know the cached name | the name was changed in Entra; the cache is corrected automatically |
//! | `certificate-time` | the certificate is expired or not yet valid | Entra refuses it, regardless of the name; renew the certificate or correct the clock |
//! | `entra-name-policy` | the name exceeds Entra's limits for user names | it is sent regardless; only `onPremisesUserPrincipalName` or a certificate binding can match |
//! | `entra-reads-certificate` | Entra joined: the cache and Active Directory are not used | |
//! | `hint-ad-leg` | hybrid joined with a hint | says how Active Directory interprets the hint |
//! | `hint-against-cache` | hybrid joined with both a hint and a cached name | the page contradicts itself; the note names the interpretation |
//! | `hint-first` | a hint was typed, or none was | an empty field counts as no hint |
//! | `hint-form` | the hint is not a user principal name | type `user@domain`; `DOMAIN\user` and plain names are for Active Directory only |
//! | `hint-needed` | the certificate contains no name to send | the policy "Allow user name hint" (`X509HintsNeeded`) shows the field |
//! | `hybrid-first` | the interpretation of the first revisions of the page was used | only for comparison with old documentation |
//! | `hybrid-ignores-certificate` | hybrid joined: names in the certificate are not sent | the certificate must still match a binding of the user that the sent name selects |
//! | `principal-name-first` | Entra joined: the subject alternative name's principal name | |
//! | `principal-name-type` | the principal name is not a `UTF8String` | Windows is documented to decode any string type; the note names the interpretation |
//! | `rfc822-name-second` | Entra joined: the rfc822Name, because there is no principal name | |
//! | `several-names` | the certificate has several names of one kind | issue certificates with one; the note names the interpretation |
//! | `subject-email` | the subject has an e-mail address | it is used only with the interpretation `subject-email=used` |
//! | `unroutable-suffix` | the suffix ends in `.local` or similar, or has one label | synchronize `onPremisesUserPrincipalName`, or let the user type the Entra name |
//! | `unusable-name` | a name is present but is not a user principal name | reissue the certificate or type a hint; Windows itself refuses such a value (0xC004844C); the note names the interpretation |
//! | `upns-differ` | the cached Entra UPN differs from the AD UPN | common with unroutable AD suffixes; after a rename the cached name is stale |
//!
//! # Interpretations
//!
//! Where the published pages contradict each other or are silent, a decision uses an
//! [`Interpretation`](crate::Interpretation). A note names it and its alternative, and the rule of the note links to the page. The
//! default is the current documentation.
//!
//! | interpretation | values, the default first | question |
//! |---|---|---|
//! | `hint-against-cache` | `hint`, `cache` | hybrid joined, later sign-ins: "in all cases", or the cell of the table |
//! | `hybrid-first` | `active-directory`, `certificate` | hybrid joined, first sign-in: the revisions of September 2022 pulled the name from the certificate |
//! | `non-upn-hint` | `reject`, `ignore` | a hint in another form: stop, or use it for Active Directory only |
//! | `principal-name-type` | `any`, `utf8` | a principal name that is not a `UTF8String` |
//! | `several-names` | `first`, `last` | which of several names of the same kind |
//! | `subject-email` | `ignored`, `used` | whether the address in the subject replaces a missing rfc822Name |
//! | `unusable-name` | `ask-for-hint`, `next-name` | what happens if a name is present but cannot be sent |
//!
//! # What the interpretations do not cover
//!
//! - According to the revisions of September 2022, without a principal name, or with `E=` or `CN=` in the subject, Windows sends
//!   the whole value, which cannot work: the user must type a hint in any case. This crate sends nothing from the subject except
//!   its e-mail address, and only with `subject-email=used`.
//! - Two pages disagree about names with an unroutable suffix on hybrid joined devices with managed authentication:
//!   [smart card sign-in](https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-smartcard)
//!   describes the lookup in `onPremisesUserPrincipalName`, while
//!   [planning a hybrid join](https://learn.microsoft.com/en-us/entra/identity/devices/hybrid-join-plan) calls them
//!   unsupported. The name is sent, with the note `unroutable-suffix`.
//! - The maximum length of a hint, and the forms that the device's own check (0xC004844C) accepts, are not published. This crate
//!   accepts a hint as a user principal name if it has one `@` with text on both sides, and no white space or backslash.
