//! Results of the two discovery requests: who signs the user in, and the issuer of the tenant.

use core::fmt;

use crate::printable::{MAX_MESSAGE, line};
use crate::responsible::Responsible;

/// OpenID metadata that a sign-in needs. Keep it for the tenant, and the next sign-in takes one request less
/// ([`SignIn::with_metadata`](crate::SignIn::with_metadata)).
///
/// ```
/// use cba_protocol::IssuerMetadata;
///
/// let metadata = IssuerMetadata::new("https://sts.windows.net/33221100-5544-7766-8899-aabbccddeeff/").with_kdf_ver2(true);
/// assert!(metadata.issuer().ends_with('/') && metadata.kdf_ver2());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct IssuerMetadata {
    issuer: String,
    #[cfg_attr(feature = "serde", serde(default))]
    kdf_ver2: bool,
}

impl IssuerMetadata {
    /// Creates metadata with this issuer identifier, without version 2 of the key derivation.
    #[must_use]
    pub fn new(issuer: impl Into<String>) -> Self {
        Self {
            issuer: issuer.into(),
            kdf_ver2: false,
        }
    }

    /// Issuer identifier.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Whether `capabilities` contains `kdf_ver2` ([MS-OIDCE] 2.2.3.2).
    #[must_use]
    pub fn kdf_ver2(&self) -> bool {
        self.kdf_ver2
    }

    /// Sets whether `capabilities` contains `kdf_ver2`.
    #[must_use]
    pub fn with_kdf_ver2(mut self, offered: bool) -> Self {
        self.kdf_ver2 = offered;
        self
    }
}

/// Reason why this cloud does not sign the user in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum NotManaged {
    /// A federation server signs the user in. Certificate sign-in to Entra itself requires a managed domain, or the user in
    /// [staged rollout](https://learn.microsoft.com/entra/identity/hybrid/connect/how-to-connect-staged-rollout).
    Federated(Federation),
    /// The user belongs to another national cloud.
    OtherCloud {
        /// The server's name for that cloud, such as `microsoftonline.us`.
        cloud_instance_name: String,
    },
    /// The user name is that of a personal account, which has no tenant.
    Personal,
    /// The server does not know the user name. Ask for another.
    Unknown {
        /// The domain as the server read it.
        domain: Option<String>,
    },
}

/// Federation server of a domain, as realm discovery names it. This crate sends it no request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Federation {
    /// Protocol: `WSTrust`, `SAML20`, …
    pub protocol: Option<String>,
    /// URL of the metadata exchange document of WS-Trust, which names the certificate endpoint. A URL of more than 2,083 bytes is
    /// left out.
    pub mex: Option<String>,
    /// URL of the endpoint for active clients, with the same limit.
    pub active_auth: Option<String>,
}

impl NotManaged {
    /// Stable name for programs: `realm/federated`, `realm/other-cloud`, `realm/personal`, `realm/unknown`.
    ///
    /// ```
    /// use cba_protocol::{NotManaged, Responsible};
    ///
    /// let reason = NotManaged::Unknown { domain: Some("contoso.example".to_owned()) };
    /// assert_eq!((reason.code(), reason.responsible()), ("realm/unknown", Responsible::User));
    /// assert_eq!(reason.to_string(), "the domain contoso.example is unknown; enter another user name");
    /// ```
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Federated(_) => "realm/federated",
            Self::OtherCloud { .. } => "realm/other-cloud",
            Self::Personal => "realm/personal",
            Self::Unknown { .. } => "realm/unknown",
        }
    }

    /// Who has to act.
    #[must_use]
    pub fn responsible(&self) -> Responsible {
        match self {
            Self::Federated(_) | Self::OtherCloud { .. } => Responsible::Administrator,
            Self::Personal | Self::Unknown { .. } => Responsible::User,
        }
    }
}

impl fmt::Display for NotManaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Federated(Federation { protocol, mex, .. }) => {
                f.write_str("the domain of the user signs in at a federation server")?;
                if let Some(server) = mex.as_deref().or(protocol.as_deref()) {
                    write!(f, " ({})", line(server, MAX_MESSAGE))?;
                }
                f.write_str(
                    "; certificate sign-in to Entra itself requires a managed domain, or the user in staged rollout",
                )
            }
            Self::OtherCloud { cloud_instance_name } => {
                write!(
                    f,
                    "the user belongs to another cloud, {cloud_instance_name}; sign in there"
                )
            }
            Self::Personal => {
                f.write_str("the user name is that of a personal account; enter that of a work account")
            }
            Self::Unknown { domain: Some(domain) } => {
                write!(f, "the domain {domain} is unknown; enter another user name")
            }
            Self::Unknown { domain: None } => {
                f.write_str("the domain of the user name is unknown; enter another user name")
            }
        }
    }
}
