//! Values of Active Directory's `altSecurityIdentities`.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::field::{Affinity, CertificateField};
use super::interpretation::ValueInterpretation;
use super::user_id::{CertificateUserId, name};
use crate::certificate::Certificate;

/// A value of Active Directory's `altSecurityIdentities` that matches a certificate.
///
/// Source: [\[MS-PKCA\]], the sections on explicit mappings and their strength.
///
/// [\[MS-PKCA\]]: https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-pkca/95c6f0e3-3565-41d7-80ed-2333c4c5e107
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AltSecurityIdentity {
    value: String,
    strength: MappingStrength,
}

/// Strength of a mapping: whether a domain controller accepts it on its own since the certificate changes of
/// [KB5014754].
///
/// [KB5014754]: https://support.microsoft.com/help/5014754
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MappingStrength {
    /// Strong: by a key, a certificate or its serial number. Accepted.
    Strong,
    /// Weak: by a name. Refused once the domain controller enforces strong mapping.
    Weak,
}

impl fmt::Display for MappingStrength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Strong => "strong",
            Self::Weak => "weak",
        })
    }
}

impl AltSecurityIdentity {
    /// Returns the values that match the certificate. The principal name has none, because Active Directory looks it
    /// up in `userPrincipalName`.
    ///
    /// The last value, `X509:<I>…<SID>…`, exists only in the newest revision of the specification.
    #[must_use]
    pub fn all_of(certificate: &Certificate<'_>, interpretation: ValueInterpretation) -> Vec<Self> {
        let mut values: Vec<Self> = CertificateUserId::all_of(certificate, interpretation)
            .into_iter()
            .filter(|value| value.field() != CertificateField::PrincipalName)
            .map(|value| Self {
                strength: match value.field().affinity() {
                    Affinity::High => MappingStrength::Strong,
                    Affinity::Low => MappingStrength::Weak,
                },
                value: value.value,
            })
            .collect();
        if let (Some(sid), Ok(issuer)) = (
            certificate.security_identifier(),
            name(certificate.issuer(), interpretation),
        ) {
            let value = alloc::format!("X509:<I>{issuer}<SID>{sid}");
            values.push(Self {
                value,
                strength: MappingStrength::Strong,
            });
        }
        values
    }

    /// The value as it is written into the attribute.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.value
    }

    /// The strength of this mapping.
    #[must_use]
    pub fn strength(&self) -> MappingStrength {
        self.strength
    }
}

impl fmt::Display for AltSecurityIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.value)
    }
}
