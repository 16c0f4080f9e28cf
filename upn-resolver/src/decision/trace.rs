//! Candidates for the user name, and their verdicts.

use core::fmt;

/// Source of a user name: the sources that [Windows uses][sc], and the one that is left open.
///
/// [sc]: https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-smartcard
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Candidate {
    /// The UPN that the domain controller returned at the Active Directory sign-in.
    ActiveDirectory,
    /// The Entra UPN that an earlier sign-in cached.
    CachedEntraUpn,
    /// The hint that the user typed.
    Hint,
    /// A principal name in the certificate's subject alternative name.
    PrincipalName,
    /// An rfc822Name in the certificate's subject alternative name.
    Rfc822Name,
    /// The e-mail address in the certificate's subject.
    SubjectEmail,
}

impl Candidate {
    /// All candidates; those in the certificate come last.
    pub const ALL: &'static [Self] = &[
        Self::Hint,
        Self::CachedEntraUpn,
        Self::ActiveDirectory,
        Self::PrincipalName,
        Self::Rfc822Name,
        Self::SubjectEmail,
    ];

    /// Stable machine name, as in JSON.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::ActiveDirectory => "active-directory",
            Self::CachedEntraUpn => "cached-entra-upn",
            Self::Hint => "hint",
            Self::PrincipalName => "principal-name",
            Self::Rfc822Name => "rfc822-name",
            Self::SubjectEmail => "subject-email",
        }
    }
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::ActiveDirectory => "AD UPN",
            Self::CachedEntraUpn => "cached Entra UPN",
            Self::Hint => "hint",
            Self::PrincipalName => "principal name",
            Self::Rfc822Name => "rfc822Name",
            Self::SubjectEmail => "subject e-mail",
        })
    }
}

/// Verdict on a candidate.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Not present.
    Absent,
    /// Not used by this kind of device.
    NotConsulted,
    /// Considered, but it cannot be sent.
    Rejected,
    /// Sent.
    Taken,
    /// Not sent, because another candidate takes precedence.
    Unused,
}

impl Verdict {
    /// Stable machine name, as in JSON.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::NotConsulted => "not-consulted",
            Self::Rejected => "rejected",
            Self::Taken => "taken",
            Self::Unused => "unused",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::NotConsulted => "not consulted",
            other => other.code(),
        })
    }
}
