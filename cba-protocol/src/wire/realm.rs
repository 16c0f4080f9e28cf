//! Realm discovery and OpenID metadata.

use serde::Deserialize;

use super::lenient::{text, texts};

/// The answer of `userrealm`, in any of the forms that its versions and `GetUserRealm.srf` have.
///
/// Version 1.0 says `account_type`, the others `NameSpaceType`; the rest of the names is shared or has two spellings.
#[derive(Deserialize)]
pub(crate) struct Realm {
    #[serde(
        default,
        alias = "NameSpaceType",
        alias = "namespaceType",
        deserialize_with = "text"
    )]
    pub(crate) account_type: Option<String>,
    #[serde(default, alias = "CloudInstanceName", deserialize_with = "text")]
    pub(crate) cloud_instance_name: Option<String>,
    #[serde(default, alias = "DomainName", deserialize_with = "text")]
    pub(crate) domain_name: Option<String>,
    #[serde(default, alias = "AuthURL", deserialize_with = "text")]
    pub(crate) federation_active_auth_url: Option<String>,
    #[serde(default, deserialize_with = "text")]
    pub(crate) federation_metadata_url: Option<String>,
    #[serde(default, alias = "FederationProtocol", deserialize_with = "text")]
    pub(crate) federation_protocol: Option<String>,
}

/// OpenID Connect Discovery 1.0 section 3, and the extensions of [MS-OIDCE].
#[derive(Deserialize)]
pub(crate) struct Metadata {
    #[serde(default, deserialize_with = "text")]
    pub(crate) issuer: Option<String>,
    #[serde(default, deserialize_with = "text")]
    pub(crate) token_endpoint: Option<String>,
    #[serde(default, deserialize_with = "texts")]
    pub(crate) capabilities: Vec<String>,
}
