//! Certificate fields for username bindings.

use core::fmt;

/// A certificate field that can be bound to an attribute of a user.
///
/// Source: the table "Understand the username binding policy" of
/// [Microsoft Entra certificate-based authentication technical deep dive][dd].
///
/// [dd]: https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-technical-deep-dive
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum CertificateField {
    /// `X509:<I>issuer<SR>serial`.
    IssuerAndSerialNumber,
    /// `X509:<I>issuer<S>subject`.
    IssuerAndSubject,
    /// `X509:<PN>name`: the first principal name.
    PrincipalName,
    /// `X509:<RFC822>address`: the first rfc822Name.
    Rfc822Name,
    /// `X509:<SHA1-PUKEY>hash`.
    Sha1PublicKey,
    /// `X509:<S>subject`.
    Subject,
    /// `X509:<SKI>identifier`.
    SubjectKeyIdentifier,
}

impl CertificateField {
    /// All fields, in alphabetical order.
    pub const ALL: &'static [Self] = &[
        Self::IssuerAndSerialNumber,
        Self::IssuerAndSubject,
        Self::PrincipalName,
        Self::Rfc822Name,
        Self::Sha1PublicKey,
        Self::Subject,
        Self::SubjectKeyIdentifier,
    ];

    /// The name in Microsoft Graph (`x509CertificateField`).
    #[must_use]
    pub const fn graph_name(self) -> &'static str {
        match self {
            Self::IssuerAndSerialNumber => "IssuerAndSerialNumber",
            Self::IssuerAndSubject => "IssuerAndSubject",
            Self::PrincipalName => "PrincipalName",
            Self::Rfc822Name => "RFC822Name",
            Self::Sha1PublicKey => "SHA1PublicKey",
            Self::Subject => "Subject",
            Self::SubjectKeyIdentifier => "SubjectKeyIdentifier",
        }
    }

    /// Returns the field with this name in Microsoft Graph. `SKI`, the name in the admin center, is accepted too.
    #[must_use]
    pub fn from_graph_name(name: &str) -> Option<Self> {
        if name.eq_ignore_ascii_case("SKI") {
            return Some(Self::SubjectKeyIdentifier);
        }
        Self::ALL
            .iter()
            .copied()
            .find(|field| field.graph_name().eq_ignore_ascii_case(name))
    }

    /// The affinity of the field.
    ///
    /// The text of the deep dive lists three mappings of low affinity, its table four; this follows the table.
    #[must_use]
    pub const fn affinity(self) -> Affinity {
        match self {
            Self::IssuerAndSerialNumber | Self::Sha1PublicKey | Self::SubjectKeyIdentifier => Affinity::High,
            Self::IssuerAndSubject | Self::PrincipalName | Self::Rfc822Name | Self::Subject => Affinity::Low,
        }
    }
}

impl fmt::Display for CertificateField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.graph_name())
    }
}

/// Affinity of a username binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Affinity {
    /// By a name, which another certificate can contain too.
    Low,
    /// By a key, a certificate or its serial number.
    High,
}

impl fmt::Display for Affinity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Low => "low",
            Self::High => "high",
        })
    }
}
