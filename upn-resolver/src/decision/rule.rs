//! Rules of the decision: codes, statements, references.

use core::fmt;

/// The page with the table of what Windows sends.
const SMART_CARD: &str = "https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-smartcard";
const ENTRA_JOINED: &str = "https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-smartcard#windows-rules-for-sending-upn-for-microsoft-entra-joined-devices";
const HYBRID_JOINED: &str = "https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-smartcard#windows-rules-for-sending-upn-for-microsoft-entra-hybrid-joined-devices";
const HINT_POLICY: &str = "https://learn.microsoft.com/en-us/windows/security/identity-protection/smart-cards/smart-card-group-policy-and-registry-settings#allow-user-name-hint";
const NAME_STRING: &str =
    "https://learn.microsoft.com/en-us/windows/win32/api/wincrypt/nf-wincrypt-certgetnamestringw";
const REQUIREMENTS: &str = "https://learn.microsoft.com/en-us/windows/security/identity-protection/smart-cards/smart-card-certificate-requirements-and-enumeration";
const MALFORMED: &str =
    "https://learn.microsoft.com/en-us/entra/identity/devices/troubleshoot-primary-refresh-token";
const USER_NAME_POLICY: &str =
    "https://learn.microsoft.com/en-us/entra/identity/authentication/concept-sspr-policy#username-policies";
const UPN_DNS_INFO: &str = "https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-pac/1c0d6e11-6443-4846-b744-f9f810a504eb";
const UPN_CHANGES: &str =
    "https://learn.microsoft.com/en-us/entra/identity/hybrid/connect/howto-troubleshoot-upn-changes";
const FIRST_REVISION: &str = "https://github.com/MicrosoftDocs/azure-docs/blob/main/articles/active-directory/authentication/concept-certificate-based-authentication-smartcard.md";

/// The rules with their codes, statements and references.
macro_rules! rules {
    ($($(#[$doc:meta])* $variant:ident = $id:literal, $reference:expr, $statement:literal;)+) => {
        /// A rule that accepted, rejected or annotated a candidate. The page [Reading a
        /// decision](crate::manual::reading_a_decision) explains each, and [`reference`](Self::reference) returns the
        /// public page that states it.
        #[non_exhaustive]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Rule { $(#[doc = $statement] $variant,)+ }

        impl Rule {
            /// All rules, sorted by code.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Stable machine name.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $id),+ }
            }

            /// The statement of the rule.
            #[must_use]
            pub const fn statement(self) -> &'static str {
                match self { $(Self::$variant => $statement),+ }
            }

            /// The public page that states the rule, or that is silent or contradictory about it.
            #[must_use]
            pub const fn reference(self) -> &'static str {
                match self { $(Self::$variant => $reference),+ }
            }
        }
    };
}

rules! {
    AdLogonFirst = "ad-logon-first", HYBRID_JOINED,
        "A hybrid joined device signs in to Active Directory before it sends anything to Entra.";
    AdUpnFirstTime = "ad-upn-first-time", HYBRID_JOINED,
        "A hybrid joined device without a cached Entra UPN sends the UPN that Active Directory returned.";
    AdUpnImplicit = "ad-upn-implicit", UPN_DNS_INFO,
        "For an account without userPrincipalName, the domain controller returns sAMAccountName@domain and marks it as implicit.";
    CachedUpnLater = "cached-upn-later", HYBRID_JOINED,
        "A hybrid joined device sends the Entra UPN that it cached after an earlier sign-in.";
    CachedUpnStale = "cached-upn-stale", UPN_CHANGES,
        "A cached Entra UPN that Entra does not know any more is removed, and the AD UPN is sent once instead.";
    CertificateTime = "certificate-time", REQUIREMENTS,
        "Windows shows an expired or not yet valid certificate only if a policy allows it, and Entra refuses it.";
    EntraNamePolicy = "entra-name-policy", USER_NAME_POLICY,
        "Entra limits the length and the characters of a user name.";
    EntraReadsCertificate = "entra-reads-certificate", ENTRA_JOINED,
        "An Entra joined device uses the name in the certificate at the first and every later sign-in.";
    HintAdLeg = "hint-ad-leg", HINT_POLICY,
        "Active Directory accepts a hint that is a user principal name, DOMAIN\\user or a plain user name.";
    HintAgainstCache = "hint-against-cache", HYBRID_JOINED,
        "The page says both that a hint is sent in all cases and that later sign-ins send the cached Entra UPN.";
    HintFirst = "hint-first", HYBRID_JOINED,
        "A hint that the user supplied is sent in all cases.";
    HintForm = "hint-form", HYBRID_JOINED,
        "A hint must be a user principal name.";
    HintNeeded = "hint-needed", ENTRA_JOINED,
        "If the certificate has neither a principal name nor an rfc822Name, the user must supply a hint.";
    HybridFirst = "hybrid-first", FIRST_REVISION,
        "In the first revisions of the page, a hybrid joined device's first sign-in used the name in the certificate.";
    HybridIgnoresCertificate = "hybrid-ignores-certificate", HYBRID_JOINED,
        "A hybrid joined device does not send a name from the certificate.";
    PrincipalNameFirst = "principal-name-first", ENTRA_JOINED,
        "Windows first uses a principal name in the subject alternative name.";
    PrincipalNameType = "principal-name-type", REQUIREMENTS,
        "A principal name is usually a UTF-8 string; the API that reads it decodes any string type.";
    Rfc822NameSecond = "rfc822-name-second", ENTRA_JOINED,
        "If there is no principal name, Windows uses an rfc822Name in the subject alternative name.";
    SeveralNames = "several-names", NAME_STRING,
        "Windows uses one of several names of the same kind; for principal names, the sources do not say which.";
    SubjectEmail = "subject-email", NAME_STRING,
        "The page names only the subject alternative name; the API for e-mail names falls back to the subject.";
    UnroutableSuffix = "unroutable-suffix", HYBRID_JOINED,
        "Entra finds a name whose suffix no tenant can verify only by the lookup in onPremisesUserPrincipalName.";
    UnusableName = "unusable-name", MALFORMED,
        "A name that is not a user principal name cannot be sent: the device itself refuses its form.";
    UpnsDiffer = "upns-differ", SMART_CARD,
        "The Entra UPN can differ from the AD UPN; after a rename, the cached one is stale.";
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_sorted_kebab_case_and_every_rule_has_a_link() {
        assert!(Rule::ALL.is_sorted_by(|a, b| a.code() < b.code()));
        for rule in Rule::ALL {
            assert!(
                rule.code()
                    .bytes()
                    .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
            );
            assert!(rule.reference().starts_with("https://"));
        }
    }
}
