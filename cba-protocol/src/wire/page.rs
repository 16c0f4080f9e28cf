//! Web sign-in: the configuration of a page, and the credentials that the service offers to a user.

use serde::{Deserialize, Serialize};

use super::lenient::{integer, secret_text, string};
use crate::Secret;

/// `$Config`, as far as it is used. Public clients show the members; <https://github.com/Versent/saml2aws> has real pages.
#[derive(Deserialize)]
pub(crate) struct Page {
    #[serde(default, deserialize_with = "string")]
    pub(crate) pgid: Option<String>,
    #[serde(default, rename = "sCtx", deserialize_with = "secret_text")]
    pub(crate) ctx: Option<Secret>,
    #[serde(default, rename = "sFT", deserialize_with = "secret_text")]
    pub(crate) flow_token: Option<Secret>,
    #[serde(default, rename = "sFTName", deserialize_with = "string")]
    pub(crate) flow_token_name: Option<String>,
    #[serde(default, deserialize_with = "secret_text")]
    pub(crate) canary: Option<Secret>,
    #[serde(default, rename = "sCanaryTokenName", deserialize_with = "string")]
    pub(crate) canary_name: Option<String>,
    #[serde(default, rename = "sessionId", deserialize_with = "string")]
    pub(crate) session_id: Option<String>,
    #[serde(default, rename = "correlationId", deserialize_with = "string")]
    pub(crate) correlation_id: Option<String>,
    #[serde(default, rename = "urlGetCredentialType", deserialize_with = "string")]
    pub(crate) url_credential_type: Option<String>,
    #[serde(default, rename = "urlPost", deserialize_with = "string")]
    pub(crate) url_post: Option<String>,
    #[serde(default, rename = "sErrorCode", deserialize_with = "integer")]
    pub(crate) error_code: Option<u64>,
    #[serde(default, rename = "iErrorCode", deserialize_with = "integer")]
    pub(crate) error_number: Option<u64>,
    #[serde(default, rename = "sErrTxt", deserialize_with = "string")]
    pub(crate) error_text: Option<String>,
    #[serde(default, rename = "strMainMessage", deserialize_with = "string")]
    pub(crate) main_message: Option<String>,
    #[serde(default, rename = "strServiceExceptionMessage", deserialize_with = "string")]
    pub(crate) exception: Option<String>,
}

/// The request for the credentials of a user.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CredentialTypeRequest<'a> {
    pub(crate) username: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) is_other_idp_supported: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) check_phones: Option<bool>,
    #[serde(rename = "isRemoteNGCSupported", skip_serializing_if = "Option::is_none")]
    pub(crate) is_remote_ngc_supported: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) is_cookie_banner_shown: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) is_fido_supported: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) is_access_pass_supported: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) original_request: Option<&'a str>,
    pub(crate) flow_token: &'a str,
}

/// The answer to it.
#[derive(Deserialize)]
pub(crate) struct CredentialType {
    #[serde(default, rename = "IfExistsResult", deserialize_with = "number")]
    pub(crate) exists: Option<i64>,
    #[serde(default, rename = "ThrottleStatus", deserialize_with = "number")]
    pub(crate) throttle: Option<i64>,
    #[serde(default, rename = "FlowToken", deserialize_with = "secret_text")]
    pub(crate) flow_token: Option<Secret>,
    #[serde(default, rename = "EstsProperties")]
    pub(crate) properties: Option<Properties>,
    #[serde(default, rename = "Credentials")]
    pub(crate) credentials: Option<Credentials>,
}

#[derive(Default, Deserialize)]
pub(crate) struct Properties {
    #[serde(default, rename = "DomainType", deserialize_with = "number")]
    pub(crate) domain_type: Option<i64>,
}

#[derive(Default, Deserialize)]
pub(crate) struct Credentials {
    #[serde(default, rename = "CertAuthParams")]
    pub(crate) certificate: Option<CertificateParameters>,
    #[serde(default, rename = "FederationRedirectUrl", deserialize_with = "string")]
    pub(crate) federation: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct CertificateParameters {
    #[serde(default, rename = "CertAuthUrl", deserialize_with = "string")]
    pub(crate) url: Option<String>,
}

/// An integer that may be negative.
fn number<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Form {
        Number(i64),
        Other(serde::de::IgnoredAny),
    }
    Ok(match Form::deserialize(deserializer)? {
        Form::Number(value) => Some(value),
        Form::Other(_) => None,
    })
}
