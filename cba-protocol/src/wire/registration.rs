//! The registration service: discovery, joining, and its errors.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::lenient::string;

/// The discovery document, as far as it is used. Public clients show it.
#[derive(Deserialize)]
pub(crate) struct DiscoveryDocument {
    #[serde(default, rename = "DeviceJoinService")]
    pub(crate) join: Option<JoinService>,
    #[serde(default, rename = "TenantInfo")]
    pub(crate) tenant: Option<TenantInfo>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct JoinService {
    #[serde(default, deserialize_with = "string")]
    pub(crate) join_endpoint: Option<String>,
    #[serde(default, deserialize_with = "string")]
    pub(crate) service_version: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TenantInfo {
    #[serde(default, deserialize_with = "string")]
    pub(crate) tenant_id: Option<String>,
}

/// [MS-DVRJ] 3.1.5.1.1.1, and `Attributes`, which Entra's clients add.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct JoinRequest<'a> {
    pub(crate) certificate_request: CertificateRequest,
    pub(crate) transport_key: String,
    pub(crate) target_domain: &'a str,
    pub(crate) device_type: &'a str,
    #[serde(rename = "OSVersion")]
    pub(crate) os_version: &'a str,
    pub(crate) device_display_name: &'a str,
    pub(crate) join_type: u8,
    #[serde(rename = "Attributes", skip_serializing_if = "Option::is_none")]
    pub(crate) upper_case: Option<JoinAttributes>,
    #[serde(rename = "attributes", skip_serializing_if = "Option::is_none")]
    pub(crate) lower_case: Option<JoinAttributes>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CertificateRequest {
    pub(crate) r#type: &'static str,
    pub(crate) data: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct JoinAttributes {
    pub(crate) reuse_device: Value,
    pub(crate) return_client_sid: Value,
}

/// [MS-DVRJ] 3.1.5.1.1.2. The other members must be ignored.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct JoinAnswer {
    #[serde(default)]
    pub(crate) certificate: Option<IssuedCertificate>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct IssuedCertificate {
    #[serde(default, deserialize_with = "string")]
    pub(crate) raw_body: Option<String>,
}

/// [MS-DVRJ] 2.2.3.1. A newer form has other names, in another case.
#[derive(Deserialize)]
#[serde(from = "BTreeMap<String, Value>")]
pub(crate) struct RegistrationError {
    pub(crate) kind: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) trace: Option<String>,
    pub(crate) time: Option<String>,
    pub(crate) subcode: Option<String>,
}

impl From<BTreeMap<String, Value>> for RegistrationError {
    fn from(members: BTreeMap<String, Value>) -> Self {
        let text = |names: [&str; 2]| {
            members
                .iter()
                .find(|(name, _)| names.iter().any(|other| name.eq_ignore_ascii_case(other)))
                .and_then(|(_, value)| value.as_str().map(str::to_owned))
        };
        Self {
            kind: text(["ErrorType", "code"]),
            message: text(["Message", "error_description"]),
            trace: text(["TraceId", "requestid"]),
            time: text(["Time", "timestamp"]),
            subcode: text(["subcode", "suberror"]),
        }
    }
}
