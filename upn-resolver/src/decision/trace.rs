//! Candidates for the user name that is sent, and what becomes of them.

use core::fmt;

/// What could be sent: the names that [Windows looks at][sc], and the one that it leaves open.
///
/// [sc]: https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-smartcard
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Candidate {
    /// The UPN that the domain controller returned at the Active Directory sign-in.
    ActiveDirectory,
    /// The Entra UPN kept from an earlier sign-in.
    CachedEntraUpn,
    /// What the user typed.
    Hint,
    /// A principal name in the certificate's subject alternative name.
    PrincipalName,
    /// An rfc822Name in the certificate's subject alternative name.
    Rfc822Name,
    /// The e-mail address in the certificate's subject.
    SubjectEmail,
}

impl Candidate {
    /// Every kind of candidate, those of the certificate last.
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

/// What became of a candidate.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// There is none.
    Absent,
    /// This kind of device does not look at it.
    NotConsulted,
    /// It was its turn, and it can't be sent.
    Rejected,
    /// It is what is sent.
    Taken,
    /// It could be sent, and another came first.
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
