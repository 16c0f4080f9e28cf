//! Party that has to act on an error.

use core::fmt;

/// Party that has to act on an error. The crates card-access and cba-protocol have the same type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum Responsible {
    /// An administrator of the tenant, of its CAs, or of the machine.
    Administrator,
    /// The developers of the calling program or of this crate.
    Developer,
    /// The issuer of the card or certificate.
    Issuer,
    /// The operator of the service. Try again later.
    Service,
    /// The user, with another card, file or name.
    User,
}

impl Responsible {
    /// Stable name for programs: `administrator`, `developer`, `issuer`, `service`, `user`.
    ///
    /// ```
    /// assert_eq!(upn_resolver::Responsible::Issuer.code(), "issuer");
    /// ```
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Developer => "developer",
            Self::Issuer => "issuer",
            Self::Service => "service",
            Self::User => "user",
        }
    }
}

impl fmt::Display for Responsible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}
