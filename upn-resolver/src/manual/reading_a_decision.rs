//! Reading a decision: what its lines mean, and what each rule says.
//!
//! A [`Decision`](crate::Decision) is a list of candidates in the order in which they were considered. It ends at the one
//! that is sent, or with the reason why none is. Windows itself leaves two traces that can be laid beside it: event 1144 of
//! the log `Microsoft-Windows-AAD/Analytic`, which holds the user name, and `dsregcmd /status`, whose `User Identity` is
//! the name of the last failed attempt
//! ([troubleshoot primary refresh token](https://learn.microsoft.com/en-us/entra/identity/devices/troubleshoot-primary-refresh-token)).
//!
//! # The outcome
//!
//! | text | JSON | what it means |
//! |---|---|---|
//! | send *name* | `send` | this name goes to Entra, byte for byte as it was found in its source |
//! | ask for a user name hint | `ask-for-hint` | the certificate names nobody; the user has to type a user principal name |
//! | reject the hint | `reject-hint` | what was typed can't be sent; nothing is sent |
//! | sign in to Active Directory first | `require-ad-logon` | a hybrid joined device has no Entra leg before the Active Directory leg |
//!
//! # A candidate's line
//!
//! `> principal name   taken         bob@contoso.com: found in the subject alternative name, and takes precedence`
//!
//! The mark `>` is on the line that is sent. Then come the kind of candidate, the verdict, the value and the reason. A value
//! that hides or reorders text (control, bidirectional or zero-width characters) is not shown; the reason names the
//! character.
//!
//! | verdict | what it means |
//! |---|---|
//! | taken | this is what is sent |
//! | unused | it could be sent, and another came first |
//! | rejected | it was its turn, and it can't be sent |
//! | absent | there is none, or it counts as none |
//! | not consulted | this kind of device does not look at it |
//!
//! In JSON the verdict is one word: `not-consulted`. Candidates are `hint`, `cached-entra-upn`, `active-directory`,
//! `principal-name`, `rfc822-name` and `subject-email`; the `source` of what is sent is one of these.
//!
//! # The rules
//!
//! Ids are stable: a rule may be added, and none changes its meaning. [`Rule`](crate::Rule) has their statements and
//! references.
//!
//! | id | when it appears | what to do |
//! |---|---|---|
//! | `ad-logon-first` | hybrid joined, and Active Directory did not sign the user in | look at the Active Directory leg: card, KDC, network |
//! | `ad-upn-first-time` | hybrid joined, nothing is cached | this is `userPrincipalName` in Active Directory |
//! | `ad-upn-implicit` | hybrid joined, the account has no `userPrincipalName` in Active Directory | give the account one and have it synchronised, or let the user type the Entra name |
//! | `cached-upn-later` | hybrid joined, an earlier sign-in succeeded | |
//! | `cached-upn-stale` | Entra knew no user of the cached name | the name was changed in Entra; the cache heals itself |
//! | `certificate-time` | the certificate is expired or not yet valid | Entra refuses it, whatever the name; renew it, or mend the clock |
//! | `entra-name-policy` | the name has a form that no Entra user name can have | it is sent all the same; only `onPremisesUserPrincipalName` or a certificate binding can match |
//! | `entra-reads-certificate` | Entra joined: cache and Active Directory play no part | |
//! | `hint-ad-leg` | hybrid joined with a hint | says how Active Directory takes the same hint |
//! | `hint-against-cache` | hybrid joined with both a hint and a cached name | the page contradicts itself here; the interpretation is named |
//! | `hint-first` | a hint was typed, or none was | an empty field is no hint |
//! | `hint-form` | the hint is no user principal name | type `user@domain`: `DOMAIN\user` and plain names are for Active Directory only |
//! | `hint-needed` | the certificate has no name that can be sent | the policy "Allow user name hint" (`X509HintsNeeded`) shows the field |
//! | `hybrid-first` | the interpretation of the first revisions of the page was taken | for comparing with old documentation only |
//! | `hybrid-ignores-certificate` | hybrid joined: names in the certificate play no part | the certificate still has to match a binding of the user that the sent name selects |
//! | `principal-name-first` | Entra joined: the subject alternative name's principal name | |
//! | `principal-name-type` | the principal name is no UTF-8 string | Windows is documented to decode any string type; the interpretation is named |
//! | `rfc822-name-second` | Entra joined: the e-mail name, in place of a principal name that is not there | |
//! | `several-names` | the certificate has several names of one kind | issue certificates with one; the interpretation is named |
//! | `subject-email` | the subject has an e-mail address | it counts only with the interpretation `subject-email=used` |
//! | `unroutable-suffix` | the suffix ends in `.local` or its like, or has one label | have `onPremisesUserPrincipalName` synchronised, or let the user type the Entra name |
//! | `unusable-name` | a name is present and is no user principal name | reissue the certificate or type a hint; Windows stops such a value itself (0xC004844C); the interpretation is named |
//! | `upns-differ` | the cached Entra UPN is not the AD UPN | usual with unroutable AD suffixes; after a rename the cached one is stale |
//!
//! # Readings
//!
//! Where the published pages contradict each other or say nothing, a decision takes a [`Interpretation`](crate::Interpretation). It tells
//! so in a note that names the interpretation and its alternative, and the rule of the note links the page. The default is the
//! current documentation.
//!
//! | interpretation | values, the default first | the question |
//! |---|---|---|
//! | `hint-against-cache` | `hint`, `cache` | hybrid joined, later sign-ins: "in all cases" against the cell of the table |
//! | `hybrid-first` | `active-directory`, `certificate` | hybrid joined, first sign-in: the revisions of September 2022 pulled the name from the certificate |
//! | `non-upn-hint` | `reject`, `ignore` | a hint of another form: stop, or leave it to Active Directory |
//! | `principal-name-type` | `any`, `utf8` | a principal name that is no `UTF8String` |
//! | `several-names` | `first`, `last` | which of two names of one kind |
//! | `subject-email` | `ignored`, `used` | whether the address in the subject stands in for an rfc822Name |
//! | `unusable-name` | `ask-for-hint`, `next-name` | what follows a name that is there and can't be sent |
//!
//! # What no interpretation covers
//!
//! - The revisions of September 2022 said that without a principal name, or with `E=` or `CN=` in the subject, Windows sends
//!   the whole value, and that this can't work: the user has to type a hint either way. Nothing of the subject is sent here but its
//!   e-mail address, and that with `subject-email=used` only.
//! - Two pages disagree about names with an unroutable suffix on hybrid joined devices with managed authentication:
//!   [smart card sign-in](https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-smartcard)
//!   has the look-up in `onPremisesUserPrincipalName`, while
//!   [planning a hybrid join](https://learn.microsoft.com/en-us/entra/identity/devices/hybrid-join-plan) calls them
//!   unsupported. The name is sent, with the note `unroutable-suffix`.
//! - How long a hint may be, and what the device's own check of its form (0xC004844C) accepts, is not published. A hint is a
//!   user principal name here when it has one `@` with something on both sides, and neither white space nor a backslash.
