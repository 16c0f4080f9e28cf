//! Configuration: the documented protocol is the default, and each open point has a switch.

mod accessors;
mod registration;
mod switches;
mod web;

use core::time::Duration;
use std::borrow::Cow;

use http::HeaderValue;

use crate::algorithm::Algorithm;
use crate::cloud::{Cloud, Tenant};

pub use self::registration::{
    Attributes, AttributesName, ClientHeaders, DiscoveryRequest, FinalSlash, RegistrationService,
    RemovalHost, RemovalVersion, RequestForm, TargetDomain, TenantCheck,
};
pub use self::switches::{
    AssertionNonce, Audience, DeviceX5c, KdfOffer, Kerberos, PrtNonce, SessionKeyCheck, TokenTypeCheck,
    UserName, UserX5c,
};
pub use self::web::{
    CredentialTypeForm, Endpoint, InterruptForm, KeepSignedIn, LoginCookies, Pkce, Referer, ResponseMode, Web,
};
pub use crate::limits::Limits;

/// Configuration of the protocol. Start from [`Config::new`] and change what differs.
///
/// Where [\[MS-OAPXBC\]][spec] leaves something open, or only implementations show it, the method says so. "Public clients" are
/// [roadlib] and [libhimmelblau].
///
/// ```
/// use cba_protocol::{Cloud, Config, Tenant, config::AssertionNonce};
///
/// let config = Config::new(Cloud::PUBLIC, Tenant::parse("contoso.com")?)
///     .with_assertion_nonce(AssertionNonce::Omitted)
///     .with_os_version("Linux 6.12");
/// assert_eq!(config.assertion_nonce(), AssertionNonce::Omitted);
/// # Ok::<(), cba_protocol::TenantError>(())
/// ```
///
/// [spec]: https://learn.microsoft.com/openspecs/windows_protocols/ms-oapxbc/
/// [roadlib]: https://github.com/dirkjanm/ROADtools/blob/master/roadlib/roadtools/roadlib/deviceauth.py
/// [libhimmelblau]: https://github.com/himmelblau-idm/libhimmelblau
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    cloud: Cloud,
    tenant: Tenant,
    client_id: Cow<'static, str>,
    scope: Cow<'static, str>,
    user_agent: HeaderValue,
    audience: Audience,
    assertion_nonce: AssertionNonce,
    max_nonce_age: Duration,
    assertion_lifetime: Duration,
    assertion_backdating: Duration,
    user_algorithm: Algorithm,
    user_x5c: UserX5c,
    device_x5c: DeviceX5c,
    kdf: KdfOffer,
    os_version: Option<Cow<'static, str>>,
    user_name: UserName,
    windows_api_version: Option<Cow<'static, str>>,
    kerberos: Kerberos,
    prt_nonce: PrtNonce,
    session_key_check: SessionKeyCheck,
    token_type_check: TokenTypeCheck,
    web: Web,
    registration: RegistrationService,
    limits: Limits,
}

impl Config {
    /// Creates a configuration of the documented protocol.
    #[must_use]
    pub fn new(cloud: Cloud, tenant: Tenant) -> Self {
        Self {
            cloud,
            tenant,
            client_id: Cow::Borrowed("38aa3b87-a06d-4817-b275-7a316988d93b"),
            scope: Cow::Borrowed("openid aza ugs"),
            user_agent: HeaderValue::from_static(concat!("cba-protocol/", env!("CARGO_PKG_VERSION"))),
            audience: Audience::Issuer,
            assertion_nonce: AssertionNonce::Included,
            max_nonce_age: Duration::from_secs(5 * 60),
            assertion_lifetime: Duration::from_secs(5 * 60),
            assertion_backdating: Duration::ZERO,
            user_algorithm: Algorithm::Rs256,
            user_x5c: UserX5c::Leaf,
            device_x5c: DeviceX5c::Array,
            kdf: KdfOffer::AsAdvertised,
            os_version: None,
            user_name: UserName::Omitted,
            windows_api_version: Some(Cow::Borrowed("2.0")),
            kerberos: Kerberos::NotRequested,
            prt_nonce: PrtNonce::Fetched,
            session_key_check: SessionKeyCheck::Required,
            token_type_check: TokenTypeCheck::Required,
            web: Web::default(),
            registration: RegistrationService::default(),
            limits: Limits::default(),
        }
    }

    /// Sets the form field `windows_api_version`.
    #[must_use]
    pub fn with_windows_api_version(mut self, version: impl Into<Cow<'static, str>>) -> Self {
        self.windows_api_version = Some(version.into());
        self
    }

    /// Omits the form field `windows_api_version`.
    #[must_use]
    pub fn without_windows_api_version(mut self) -> Self {
        self.windows_api_version = None;
        self
    }

    /// Form field `windows_api_version`: `2.0` by default. `2.0` and `2.2` are seen in public clients.
    #[must_use]
    pub fn windows_api_version(&self) -> Option<&str> {
        self.windows_api_version.as_deref()
    }

    /// Sets `win_ver` in the device's request.
    #[must_use]
    pub fn with_os_version(mut self, version: impl Into<Cow<'static, str>>) -> Self {
        self.os_version = Some(version.into());
        self
    }

    /// `win_ver` in the device's request: any string that names the operating system. Optional; seen in public clients.
    #[must_use]
    pub fn os_version(&self) -> Option<&str> {
        self.os_version.as_deref()
    }
}

/// A getter with this documentation, and a consuming setter.
macro_rules! settings {
    ($($(#[$doc:meta])* $get:ident: $type:ty $(=> $deref:ty)?, $set:ident;)*) => {
        impl Config {
            $(
                $(#[$doc])*
                #[must_use]
                pub fn $get(&self) -> settings!(@returned $type $(=> $deref)?) {
                    settings!(@value self.$get, $type $(=> $deref)?)
                }

                #[doc = concat!("Sets [`", stringify!($get), "`](Self::", stringify!($get), ").")]
                #[must_use]
                pub fn $set(mut self, $get: settings!(@parameter $type $(=> $deref)?)) -> Self {
                    self.$get = settings!(@set $get, $type $(=> $deref)?);
                    self
                }
            )*
        }
    };
    (@returned $type:ty) => { $type };
    (@returned $type:ty => $deref:ty) => { &$deref };
    (@value $value:expr, $type:ty) => { $value };
    (@value $value:expr, $type:ty => $deref:ty) => { &$value };
    (@parameter $type:ty) => { $type };
    (@parameter $type:ty => $deref:ty) => { impl Into<$type> };
    (@set $value:ident, $type:ty) => { $value };
    (@set $value:ident, $type:ty => $deref:ty) => { $value.into() };
}

settings! {
    /// Cloud of the tenant: the only host that gets requests.
    cloud: Cloud => Cloud, with_cloud;

    /// Tenant in the URLs.
    tenant: Tenant => Tenant, with_tenant;

    /// `client_id` of the request. [MS-OAPXBC] names the Windows sign-in client in its product notes; it is the default.
    client_id: Cow<'static, str> => str, with_client_id;

    /// `scope` of the request. `openid` and `aza` are required ([MS-OAPXBC] 3.2.5.1.2.1). Windows and public clients add `ugs`,
    /// which is not documented.
    scope: Cow<'static, str> => str, with_scope;

    /// Header `User-Agent`. Nothing found shows that the token endpoint requires the one of Windows.
    user_agent: HeaderValue => HeaderValue, with_user_agent;

    /// `aud` of the user's assertion.
    audience: Audience => Audience, with_audience;

    /// `request_nonce` in the user's assertion.
    assertion_nonce: AssertionNonce, with_assertion_nonce;

    /// Greatest age of a nonce, in whole seconds, with which the user's assertion is still signed: 5 minutes by default.
    /// [`SignTask::refreshed`](crate::SignTask::refreshed) replaces an older one. AD FS accepts a nonce for 10 minutes
    /// ([MS-OAPXBC] product notes); Entra publishes no lifetime, and a nonce that it refuses is replaced once in any case.
    max_nonce_age: Duration, with_max_nonce_age;

    /// Time from `iat` to `exp` of the user's assertion: 5 minutes by default. The specification requires both claims and sets no
    /// length; public clients use five minutes to an hour on either side.
    assertion_lifetime: Duration, with_assertion_lifetime;

    /// Age of `iat` in the user's assertion, in whole seconds, for a server whose clock is behind.
    assertion_backdating: Duration, with_assertion_backdating;

    /// Algorithm of the user's assertion.
    user_algorithm: Algorithm, with_user_algorithm;

    /// `x5c` of the user's assertion.
    user_x5c: UserX5c => UserX5c, with_user_x5c;

    /// `x5c` of the device's request.
    device_x5c: DeviceX5c, with_device_x5c;

    /// `kdf_ver` of the device's request.
    kdf: KdfOffer, with_kdf;

    /// `username` in the device's request.
    user_name: UserName, with_user_name;

    /// Form field `tgt`.
    kerberos: Kerberos, with_kerberos;

    /// `request_nonce` in requests with a primary refresh token.
    prt_nonce: PrtNonce, with_prt_nonce;

    /// Check that the unwrapped session key is the right one.
    session_key_check: SessionKeyCheck, with_session_key_check;

    /// Check of `token_type` of the primary refresh token.
    token_type_check: TokenTypeCheck, with_token_type_check;

    /// Web sign-in and device code.
    web: Web => Web, with_web;

    /// Registration service: joining and leaving.
    registration: RegistrationService => RegistrationService, with_registration;

    /// Limits on what is read from the server.
    limits: Limits, with_limits;
}
