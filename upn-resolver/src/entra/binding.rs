//! Username bindings: fields of a certificate and attributes of a user.

use core::fmt;

use super::field::{Affinity, CertificateField};

/// An attribute of a user that a certificate can be bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum UserAttribute {
    /// `certificateUserIds`.
    CertificateUserIds,
    /// `onPremisesUserPrincipalName`.
    OnPremisesUserPrincipalName,
    /// `userPrincipalName`.
    UserPrincipalName,
}

impl UserAttribute {
    /// The name in Microsoft Graph (`userProperty`).
    #[must_use]
    pub const fn graph_name(self) -> &'static str {
        match self {
            Self::CertificateUserIds => "certificateUserIds",
            Self::OnPremisesUserPrincipalName => "onPremisesUserPrincipalName",
            Self::UserPrincipalName => "userPrincipalName",
        }
    }

    /// Returns the attribute with this name in Microsoft Graph.
    #[must_use]
    pub fn from_graph_name(name: &str) -> Option<Self> {
        [
            Self::CertificateUserIds,
            Self::OnPremisesUserPrincipalName,
            Self::UserPrincipalName,
        ]
        .into_iter()
        .find(|attribute| attribute.graph_name().eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for UserAttribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.graph_name())
    }
}

/// A username binding: the field of the certificate that must match the attribute of the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UsernameBinding {
    pub(super) field: CertificateField,
    pub(super) attribute: UserAttribute,
    pub(super) priority: u32,
    pub(super) affinity: Affinity,
}

impl UsernameBinding {
    /// Returns a binding. Bindings are tried in ascending priority. Its affinity is that of the field.
    #[must_use]
    pub const fn new(field: CertificateField, attribute: UserAttribute, priority: u32) -> Self {
        Self {
            field,
            attribute,
            priority,
            affinity: field.affinity(),
        }
    }

    /// Sets another affinity than that of the field.
    #[must_use]
    pub const fn with_affinity(self, affinity: Affinity) -> Self {
        Self { affinity, ..self }
    }

    /// The field of the certificate.
    #[must_use]
    pub const fn field(&self) -> CertificateField {
        self.field
    }

    /// The attribute of the user.
    #[must_use]
    pub const fn attribute(&self) -> UserAttribute {
        self.attribute
    }

    /// The priority: the lowest is tried first.
    #[must_use]
    pub const fn priority(&self) -> u32 {
        self.priority
    }

    /// The affinity.
    #[must_use]
    pub const fn affinity(&self) -> Affinity {
        self.affinity
    }

    /// Names can be bound to both user principal names, every field to `certificateUserIds`.
    pub(super) const fn is_offered(self) -> bool {
        matches!(
            self.field,
            CertificateField::PrincipalName | CertificateField::Rfc822Name
        ) || matches!(self.attribute, UserAttribute::CertificateUserIds)
    }
}

impl fmt::Display for UsernameBinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {}", self.field, self.attribute)
    }
}
