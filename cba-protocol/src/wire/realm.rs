//! Realm discovery and OpenID metadata.

use serde::Deserialize;

use super::lenient::{string, strings};

/// The answer of `userrealm`, in any of the forms of its versions and of `GetUserRealm.srf`.
///
/// Version 1.0 has `account_type`, the others `NameSpaceType`. Two more members have two spellings. An answer may contain both.
#[derive(Deserialize)]
pub(crate) struct Realm {
    #[serde(default, deserialize_with = "string")]
    account_type: Option<String>,
    #[serde(default, rename = "NameSpaceType", deserialize_with = "string")]
    name_space_type: Option<String>,
    #[serde(default, deserialize_with = "string")]
    cloud_instance_name: Option<String>,
    #[serde(default, rename = "CloudInstanceName", deserialize_with = "string")]
    cloud_instance_name_srf: Option<String>,
    #[serde(default, deserialize_with = "string")]
    domain_name: Option<String>,
    #[serde(default, rename = "DomainName", deserialize_with = "string")]
    domain_name_2: Option<String>,
    #[serde(default, deserialize_with = "string")]
    federation_active_auth_url: Option<String>,
    #[serde(default, rename = "AuthURL", deserialize_with = "string")]
    auth_url: Option<String>,
    #[serde(default, deserialize_with = "string")]
    pub(crate) federation_metadata_url: Option<String>,
    #[serde(default, deserialize_with = "string")]
    pub(crate) federation_protocol: Option<String>,
}

impl Realm {
    /// `Managed`, `Federated`, `Unknown`, or something new.
    pub(crate) fn account_type(&self) -> &str {
        self.account_type
            .as_deref()
            .or(self.name_space_type.as_deref())
            .unwrap_or_default()
    }

    pub(crate) fn cloud_instance_name(&self) -> Option<&str> {
        self.cloud_instance_name
            .as_deref()
            .or(self.cloud_instance_name_srf.as_deref())
    }

    pub(crate) fn domain_name(&self) -> Option<&str> {
        self.domain_name.as_deref().or(self.domain_name_2.as_deref())
    }

    pub(crate) fn active_auth_url(&self) -> Option<&str> {
        self.federation_active_auth_url
            .as_deref()
            .or(self.auth_url.as_deref())
    }
}

/// OpenID Connect Discovery 1.0 section 3, and the extensions of [MS-OIDCE].
#[derive(Deserialize)]
pub(crate) struct Metadata {
    #[serde(default, deserialize_with = "string")]
    pub(crate) issuer: Option<String>,
    #[serde(default, deserialize_with = "string")]
    pub(crate) token_endpoint: Option<String>,
    #[serde(default, deserialize_with = "strings")]
    pub(crate) capabilities: Vec<String>,
}
