//! The dialect: points of the sign-in pages and of registration that no public source settles.
//!
//! Each default accepts every value that a public client was seen to send. A switch leaves one value, so that a client which tries
//! the others can be tested. Sources: [MS-DVRJ]; `aad-join-spec` of himmelblau-idm; the requests of libhimmelblau 0.8.45, roadtx 1.22.1
//! and AADInternals.

use serde::{Deserialize, Serialize};

/// How strictly requests are read, and which of several forms an answer has.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Dialect {
    /// How the certauth host refuses a certificate.
    pub certauth_failure: CertAuthFailure,
    /// The flags and `originalRequest` that browsers add to `GetCredentialType`. AADInternals and libhimmelblau send them.
    pub credential_flags: Demand,
    /// Where the form of the certauth host leads.
    pub login_path: LoginPath,
    /// The session cookie at `/login`. AADInternals sends none there, browsers do.
    pub login_cookie: Demand,
    /// A `Referer` of the certauth host at `/login`. AADInternals and browsers send one.
    pub login_referer: Demand,
    /// Values of `LoginOptions` that the page "stay signed in" accepts: AADInternals sends `3` after a certificate, other clients `1`.
    pub login_options: Vec<String>,
    /// `type`, `i19` and `hpgrequestid` at the pages between. libhimmelblau sends none of them.
    pub interrupt_fields: Demand,
    /// Value that `hpgrequestid` repeats.
    pub request_id: RequestId,
    /// When the page "is this the app that you meant" comes.
    pub app_check: AppCheck,
    /// A `code_challenge` (RFC 7636). libhimmelblau sends none.
    pub pkce: Demand,
    /// The `User-Agent` of the sign-in pages.
    pub login_agent: Agent,
    /// `amr_values` with `ngcmfa` in the request that led to a token for registration. libhimmelblau sends it.
    pub fresh_multifactor: Demand,
    /// The endpoints that issue tokens for registration.
    pub registration_tokens: Versions,
    /// A client that has the permission `adrs_access`. AADInternals joins with a client that lacks it.
    pub adrs_access: Demand,
    /// Discovery itself. roadtx and AADInternals do without.
    pub discovery: Demand,
    /// A bearer token at discovery. libhimmelblau sends one.
    pub discovery_token: Demand,
    /// The `User-Agent` of registration.
    pub registration_agent: Agent,
    /// The headers `ocp-adrs-client-name` and `-version`. roadtx sends none.
    pub client_headers: Demand,
    /// The member `Attributes`, which [MS-DVRJ] does not have.
    pub attributes: Demand,
    /// The name of the member `Attributes`.
    pub attributes_name: AttributesName,
    /// The values of the attributes.
    pub attribute_values: AttributeValues,
    /// The value of `TargetDomain`.
    pub target_domain: TargetDomain,
    /// Values of `DeviceType` that may join; any when empty.
    pub device_types: Vec<String>,
    /// Whether device key and transport key must differ, or be equal. roadtx and AADInternals send one key twice.
    pub transport_key: TransportKey,
    /// The form of the certificate request.
    pub request_form: RequestForm,
    /// The nonce of the service in the certificate request. No public client sends it.
    pub request_nonce: Demand,
    /// The slash at the end of the path of a join. [MS-DVRJ] has none.
    pub final_slash: Demand,
    /// The HTTP status of a join: 200 in [MS-DVRJ], 201 in the example of `aad-join-spec`.
    pub join_status: u16,
    /// The form of errors.
    pub error_body: ErrorBody,
    /// The host that a device leaves at.
    pub leave_host: LeaveHost,
    /// `api-version` in the request to leave. roadtx sends none.
    pub leave_version: Demand,
    /// The encoding of the extensions in device certificates.
    pub device_extensions: DeviceExtensions,
}

impl Default for Dialect {
    fn default() -> Self {
        Self {
            certauth_failure: CertAuthFailure::Form,
            credential_flags: Demand::Optional,
            login_path: LoginPath::Common,
            login_cookie: Demand::Optional,
            login_referer: Demand::Optional,
            login_options: ["0", "1", "3"].map(str::to_owned).to_vec(),
            interrupt_fields: Demand::Optional,
            request_id: RequestId::Any,
            app_check: AppCheck::NativeRedirects,
            pkce: Demand::Optional,
            login_agent: Agent::Any,
            fresh_multifactor: Demand::Optional,
            registration_tokens: Versions::Any,
            adrs_access: Demand::Optional,
            discovery: Demand::Optional,
            discovery_token: Demand::Optional,
            registration_agent: Agent::Any,
            client_headers: Demand::Optional,
            attributes: Demand::Optional,
            attributes_name: AttributesName::Any,
            attribute_values: AttributeValues::Any,
            target_domain: TargetDomain::Any,
            device_types: Vec::new(),
            transport_key: TransportKey::Any,
            request_form: RequestForm::Any,
            request_nonce: Demand::Optional,
            final_slash: Demand::Optional,
            join_status: 200,
            error_body: ErrorBody::Documented,
            leave_host: LeaveHost::Any,
            leave_version: Demand::Optional,
            device_extensions: DeviceExtensions::LongForm,
        }
    }
}

/// Treatment of a request with or without an optional part.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Demand {
    /// Accepted with and without.
    Optional,
    /// Refused with.
    Refused,
    /// Refused without.
    Required,
}

impl Demand {
    /// Whether a request that has it, or not, is accepted.
    pub(crate) fn accepts(self, present: bool) -> bool {
        match self {
            Self::Optional => true,
            Self::Refused => !present,
            Self::Required => present,
        }
    }
}

/// How the certauth host refuses a certificate. No public source shows it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum CertAuthFailure {
    /// A TLS alert.
    Alert,
    /// The form that leads back to `/login`, where the refusal comes.
    Form,
    /// A page with `$Config`.
    Page,
    /// HTTP status 403.
    Status,
}

/// Where the form of the certauth host leads.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum LoginPath {
    /// `/common/login`, where AADInternals posts to.
    Common,
    /// `/{tenant id}/login`.
    Tenant,
}

/// Value that `hpgrequestid` repeats.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum RequestId {
    /// Either.
    Any,
    /// The page's `correlationId`, as a public portal client sends.
    CorrelationId,
    /// The page's `sessionId`, as AADInternals sends.
    SessionId,
}

/// When the page "is this the app that you meant" comes.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum AppCheck {
    /// Always.
    Always,
    /// For redirect URIs of schemes that the reference of error code 50199 does not exempt.
    NativeRedirects,
    /// Never.
    Never,
}

/// A `User-Agent`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Agent {
    /// Any, or none.
    Any,
    /// A browser's: begins with `Mozilla/`.
    Browser,
    /// That of Windows' registration: begins with `Dsreg/`, as roadtx and AADInternals send.
    Windows,
}

/// Versions of the OAuth endpoints.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Versions {
    /// Both.
    Any,
    /// `/oauth2/…` with `resource`, as roadtx and AADInternals ask.
    V1,
    /// `/oauth2/v2.0/…` with `scope`, as libhimmelblau asks.
    V2,
}

/// The name of the member with the attributes.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum AttributesName {
    /// Either.
    Any,
    /// `attributes`, as roadtx sends.
    LowerCase,
    /// `Attributes`, as libhimmelblau and AADInternals send.
    UpperCase,
}

/// The values of the attributes.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum AttributeValues {
    /// Any of them.
    Any,
    /// `true`, as `aad-join-spec` says.
    Booleans,
    /// `"True"`, as AADInternals sends.
    Capitals,
    /// `"true"`, as libhimmelblau and roadtx send.
    Texts,
}

/// The value of `TargetDomain`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum TargetDomain {
    /// Anything.
    Any,
    /// The host of the registration service, as [MS-DVRJ] says.
    RegistrationHost,
    /// A domain of the tenant, as libhimmelblau sends.
    UserDomain,
}

/// Whether one key may serve for both purposes.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum TransportKey {
    /// It may.
    Any,
    /// It must.
    Same,
    /// It may not.
    Separate,
}

/// The form of the certificate request.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum RequestForm {
    /// Any of them.
    Any,
    /// With an empty extension request, as libhimmelblau sends.
    EmptyExtensions,
    /// The common name ends with a NUL, as in the sample of [MS-DVRJ] 4.1.
    NulTerminated,
    /// A common name and no attributes, as roadtx sends.
    Plain,
}

/// The form of the registration service's errors.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ErrorBody {
    /// `ErrorType`, `Message`, `TraceId`, `Time`: [MS-DVRJ] 2.2.3.
    Documented,
    /// `code`, `subcode`, `message`, `requestid`, `time`: Windows' `dsregcmd` prints such a sub-code.
    Newer,
}

/// The host that a device leaves at.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum LeaveHost {
    /// Either.
    Any,
    /// `certauth.enterpriseregistration.…`, which Microsoft's lists of addresses name.
    CertAuth,
    /// `enterpriseregistration.…`, as roadtx and AADInternals use.
    Plain,
}

/// The encoding of the extensions in device certificates.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum DeviceExtensions {
    /// Lengths in one byte where that is enough, as DER requires.
    Der,
    /// Lengths in two bytes, as in the sample of [MS-DVRJ] 4.1.
    LongForm,
}
