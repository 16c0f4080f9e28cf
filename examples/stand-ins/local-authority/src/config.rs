//! The configuration: one JSON file, read once. Unknown members are refused.
//!
//! The part under `certificatePolicy` has the names and values of Microsoft Graph's
//! [`x509CertificateAuthenticationMethodConfiguration`][graph], so that a tenant's own policy can be pasted in.
//!
//! [graph]: https://learn.microsoft.com/en-us/graph/api/resources/x509certificateauthenticationmethodconfiguration

mod dialect;
mod pem;
mod policy;
mod registration;
mod switches;
mod web;

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use self::dialect::{
    Agent, AppCheck, AttributeValues, AttributesName, CertAuthFailure, Demand, DeviceExtensions, Dialect,
    ErrorBody, LeaveHost, LoginPath, RequestForm, RequestId, TargetDomain, TransportKey, Versions,
};
pub use self::pem::{Pem, PemError};
pub use self::policy::{
    Affinity, AuthenticationMode, AuthenticationModes, CertificateField, CertificatePolicy, CrlValidation,
    FieldBinding, IssuerHints, ModeRule, PolicyState, RuleType, Target, UserProperty,
};
pub use self::registration::{Allowed, Registration, Throttle};
pub use self::switches::{
    AssertionAudience, Lifetimes, ResponseEncryption, Sha1PublicKey, Switches, X5cForm,
};
pub use self::web::{CertAuth, ClientSignatures, DeviceCode, Pages, TlsVersion};
use crate::fault::Fault;

/// Configuration of the authority: the tenant, its users, authorities, devices and rules.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Configuration {
    /// The folder that relative paths start from; the folder of the file after [`Configuration::read`].
    #[serde(skip)]
    pub base: PathBuf,
    /// The one tenant.
    pub tenant: Tenant,
    /// Certificate and key of the HTTPS listener.
    pub tls: Tls,
    /// Domain names with the answer of realm discovery; any other domain is unknown.
    pub domains: Vec<Domain>,
    /// The directory.
    pub users: Vec<User>,
    /// The authorities that user certificates may come from: roots and intermediates.
    pub certificate_authorities: Vec<CertificateAuthority>,
    /// How certificates name users, and how strong they are.
    pub certificate_policy: CertificatePolicy,
    /// The authorities that issue device certificates (Entra's is called `MS-Organization-Access`).
    pub device_authorities: Vec<Pem>,
    /// The device objects of the directory.
    pub devices: Vec<DeviceRecord>,
    /// Resources that require more than one factor at the token exchange.
    #[serde(default)]
    pub conditional_access: Vec<ConditionalAccess>,
    /// Lifetimes of tokens and nonces.
    #[serde(default)]
    pub lifetimes: Lifetimes,
    /// Switches for points that no public source settles.
    #[serde(default)]
    pub switches: Switches,
    /// The hosts that ask for the user's certificate.
    #[serde(default)]
    pub certauth: CertAuth,
    /// The pages of a sign-in in the browser.
    #[serde(default)]
    pub pages: Pages,
    /// The registration service.
    #[serde(default)]
    pub registration: Registration,
    /// The forms that the pages and registration accept and answer with.
    #[serde(default)]
    pub dialect: Dialect,
    /// Faults that are active from the start.
    #[serde(default)]
    pub faults: Vec<Fault>,
    /// Milliseconds of a round trip to simulate: two before a connection's TLS handshake, for TCP and TLS 1.3, and one before each
    /// answer.
    #[serde(default)]
    pub round_trip_milliseconds: u64,
}

/// The tenant.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tenant {
    /// The tenant id, a GUID.
    pub id: String,
    /// The cloud that realm discovery names, such as `microsoftonline.com`.
    #[serde(default = "public_cloud")]
    pub cloud_instance_name: String,
    /// The OpenID issuer of the v1 metadata; `https://sts.windows.net/{tenant id}/` when absent.
    #[serde(default)]
    pub issuer: Option<String>,
    /// The region that tokens and metadata name, such as `EU`.
    #[serde(default = "region")]
    pub region: String,
}

impl Tenant {
    /// The issuer of the v1 metadata, which is the `aud` of the user assertion.
    #[must_use]
    pub fn issuer(&self) -> String {
        self.issuer
            .clone()
            .unwrap_or_else(|| format!("https://sts.windows.net/{}/", self.id))
    }
}

fn public_cloud() -> String {
    "microsoftonline.com".to_owned()
}

fn region() -> String {
    "EU".to_owned()
}

/// Certificate and key of the HTTPS listener.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tls {
    /// The authority that clients must trust.
    pub authority: Pem,
    /// The server's certificate.
    pub certificate: Pem,
    /// The server's private key.
    pub key: Pem,
}

/// A domain name and its realm.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Domain {
    /// The part after the `@`.
    pub name: String,
    /// Answer of realm discovery.
    #[serde(flatten)]
    pub realm: Realm,
}

/// The realm of a domain.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "realm")]
pub enum Realm {
    /// Users sign in at a federation server, except those in staged rollout.
    Federated {
        /// `WSTrust` or `SAML20`.
        protocol: String,
        /// The metadata exchange document.
        metadata_url: String,
        /// The active endpoint for a user name and password.
        active_auth_url: String,
        /// The browser's endpoint.
        auth_url: String,
    },
    /// Users sign in here.
    Managed,
    /// The domain is of a tenant in another national cloud.
    OtherCloud {
        /// Such as `microsoftonline.us`.
        cloud_instance_name: String,
    },
    /// As if the domain were not listed.
    Unknown,
}

/// A user object.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct User {
    /// The object id, a GUID.
    pub id: String,
    /// The Entra user principal name.
    pub user_principal_name: String,
    /// The name synchronised from Active Directory, which the second look-up uses.
    #[serde(default)]
    pub on_premises_user_principal_name: Option<String>,
    /// The security identifier synchronised from Active Directory.
    #[serde(default)]
    pub on_premises_security_identifier: Option<String>,
    /// Display name.
    #[serde(default)]
    pub display_name: String,
    /// Values such as `X509:<PN>bob@woodgrove`.
    #[serde(default)]
    pub certificate_user_ids: Vec<String>,
    /// The groups that the user is a member of, by object id.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Whether the account may sign in.
    #[serde(default = "yes")]
    pub account_enabled: bool,
    /// Whether a user of a federated domain signs in here (staged rollout).
    #[serde(default)]
    pub staged_rollout: bool,
    /// The public halves of the user's Windows Hello (NGC) keys.
    #[serde(default)]
    pub hello_keys: Vec<Pem>,
    /// A password, for clients that cannot sign in with a certificate. Made-up ones only.
    #[serde(default)]
    pub password: Option<String>,
}

/// An authority for user certificates.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CertificateAuthority {
    /// Its certificate; a self-signed one is a root.
    pub certificate: Pem,
    /// Where its revocation list is, read again when it changes; if absent, nothing is revoked.
    #[serde(default)]
    pub revocation_list: Option<PathBuf>,
    /// Where its delta revocation list is; if present, both must be valid.
    #[serde(default)]
    pub delta_revocation_list: Option<PathBuf>,
}

/// A device object.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeviceRecord {
    /// The device id, a GUID, and the common name of its certificate.
    pub id: String,
    /// The certificate that the device registered.
    pub certificate: Pem,
    /// The public half of the session transport key; a device may have lost it.
    #[serde(default)]
    pub transport_key: Option<Pem>,
    /// How the device is joined.
    pub join_type: JoinType,
    /// Whether the device object is enabled.
    #[serde(default = "yes")]
    pub account_enabled: bool,
}

/// How a device is joined, in the words of the `--join` option of the sign-in programs.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum JoinType {
    /// Joined to Entra ID only.
    Entra,
    /// Joined to Active Directory and to Entra ID.
    Hybrid,
    /// Registered (workplace joined): no primary refresh token for a Windows sign-in.
    Registered,
}

/// A resource that asks for multifactor authentication when its tokens are asked for.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConditionalAccess {
    /// The resource's identifier, such as `https://graph.microsoft.com`.
    pub resource: String,
    /// Condition for access.
    pub grant_control: GrantControl,
}

/// Condition for access to a resource.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum GrantControl {
    /// Nobody gets access.
    Block,
    /// A multifactor claim.
    Mfa,
}

impl Configuration {
    /// Reads a configuration file.
    pub fn read(path: &Path) -> Result<Self, ConfigurationError> {
        let text = fs::read_to_string(path).map_err(|source| ConfigurationError::Read {
            path: path.to_owned(),
            source,
        })?;
        let mut configuration: Self =
            serde_json::from_str(&text).map_err(|source| ConfigurationError::Parse {
                path: path.to_owned(),
                source,
            })?;
        path.parent()
            .unwrap_or(Path::new(""))
            .clone_into(&mut configuration.base);
        Ok(configuration)
    }

    /// Writes the configuration as JSON for people to edit.
    pub fn write(&self, path: &Path) -> Result<(), ConfigurationError> {
        let text = serde_json::to_string_pretty(self).map_err(|source| ConfigurationError::Parse {
            path: path.to_owned(),
            source,
        })?;
        fs::write(path, text + "\n").map_err(|source| ConfigurationError::Write {
            path: path.to_owned(),
            source,
        })
    }
}

fn yes() -> bool {
    true
}

/// Reason why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigurationError {
    /// The file is not a valid configuration.
    #[error("{}: {source}", path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// The problem and its place.
        source: serde_json::Error,
    },
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
}
