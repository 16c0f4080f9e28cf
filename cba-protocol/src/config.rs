//! The switches of the protocol: the documented value is the default, and every open point is here and nowhere else.

use core::fmt;
use core::time::Duration;
use std::borrow::Cow;

use http::HeaderValue;
use rustls_pki_types::CertificateDer;

use crate::flow::IssuerMetadata;
use crate::jose::{Algorithm, KdfVersion};
use crate::{Cloud, Tenant};

/// How to speak with which cloud. Start from [`Config::new`] and change what you must.
///
/// Where [\[MS-OAPXBC\]][spec] leaves something open, or only implementations show it, the field says so. The public clients
/// that are meant are [roadlib] and [libhimmelblau].
///
/// ```
/// use cba_protocol::{Cloud, Config, Tenant, config::AssertionNonce};
///
/// let mut config = Config::new(Cloud::PUBLIC, Tenant::parse("contoso.com")?);
/// config.assertion_nonce = AssertionNonce::Omitted;
/// # Ok::<(), cba_protocol::TenantError>(())
/// ```
///
/// [spec]: https://learn.microsoft.com/openspecs/windows_protocols/ms-oapxbc/
/// [roadlib]: https://github.com/dirkjanm/ROADtools/blob/master/roadlib/roadtools/roadlib/deviceauth.py
/// [libhimmelblau]: https://github.com/himmelblau-idm/libhimmelblau
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// The cloud, and with it the only host that is asked.
    pub cloud: Cloud,
    /// The tenant in the URLs.
    pub tenant: Tenant,
    /// `client_id` of the request. [MS-OAPXBC] names the Windows sign-in client in its product notes.
    pub client_id: Cow<'static, str>,
    /// `scope` of the request. `openid` and `aza` are required ([MS-OAPXBC] 3.2.5.1.2.1); Windows and public clients add
    /// `ugs`, which is not documented.
    pub scope: Cow<'static, str>,
    /// The header `User-Agent`. Nothing found shows that the token endpoint asks for the one of Windows.
    pub user_agent: HeaderValue,
    /// `aud` of the user's assertion.
    pub audience: Audience,
    /// `request_nonce` inside the user's assertion.
    pub assertion_nonce: AssertionNonce,
    /// From `iat` to `exp` of the user's assertion. The specification asks for both and sets no length; public clients use
    /// five minutes to an hour on either side.
    pub assertion_lifetime: Duration,
    /// How far `iat` lies in the past, in whole seconds, for a server whose clock is behind ours.
    pub assertion_backdating: Duration,
    /// The algorithm of the user's assertion.
    pub user_algorithm: Algorithm,
    /// What the user's `x5c` holds.
    pub user_x5c: X5c,
    /// What the device's `x5c` holds. Certificates of a chain are never sent for the device.
    pub device_x5c: X5cForm,
    /// `kdf_ver` in the device's header.
    pub kdf: KdfOffer,
    /// `win_ver` in the device's request: any text names the operating system. Optional; seen in public clients.
    pub os_version: Option<Cow<'static, str>>,
    /// `username` beside the assertion in the device's request.
    pub user_name: UserName,
    /// The form field `windows_api_version`: `2.0` and `2.2` are seen in public clients.
    pub windows_api_version: Option<Cow<'static, str>>,
    /// The form field `tgt`.
    pub kerberos: Kerberos,
    /// `request_nonce` in requests with a primary refresh token.
    pub prt_nonce: PrtNonce,
    /// The proof that the unwrapped session key is the right one.
    pub session_key_check: SessionKeyCheck,
    /// `token_type` beside the primary refresh token.
    pub token_type_check: TokenTypeCheck,
    /// The limits on what is read from the server.
    pub limits: Limits,
}

impl Config {
    /// The documented protocol.
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
            assertion_lifetime: Duration::from_secs(5 * 60),
            assertion_backdating: Duration::ZERO,
            user_algorithm: Algorithm::Rs256,
            user_x5c: X5c::default(),
            device_x5c: X5cForm::Array,
            kdf: KdfOffer::AsAdvertised,
            os_version: None,
            user_name: UserName::Omitted,
            windows_api_version: Some(Cow::Borrowed("2.0")),
            kerberos: Kerberos::NotAsked,
            prt_nonce: PrtNonce::Fetched,
            session_key_check: SessionKeyCheck::Required,
            token_type_check: TokenTypeCheck::Required,
            limits: Limits::default(),
        }
    }
}

/// `request_nonce` in the user's assertion.
///
/// [MS-OAPXBC] 3.2.5.1.2.1.4 does not list it for a certificate (it requires it for a Hello key, since CVE-2023-35348).
/// Whether Entra asks for it is not known; a claim that is not listed is normally ignored, and this one stops a replay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum AssertionNonce {
    /// The same nonce as in the device's request.
    #[default]
    Included,
    /// No nonce, as the specification lists the claims.
    Omitted,
}

/// `aud` of the user's assertion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Audience {
    /// The word `common`, which public clients send for Hello keys. Needs no metadata request.
    Common,
    /// A value of your own. Needs no metadata request.
    Custom(String),
    /// The server's issuer identifier, as [MS-OAPXBC] 3.2.5.1.2.1.4 requires, read from the OpenID metadata.
    #[default]
    Issuer,
    /// The tenant as it stands in the URL. Needs no metadata request.
    Tenant,
}

/// `kdf_ver` in the device's request: which key derivation the client can do.
///
/// [MS-OAPXBC] allows it when the metadata's `capabilities` hold `kdf_ver2` ([MS-OIDCE]); public clients send it to Entra always or never.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum KdfOffer {
    /// `2` when the metadata lists it, otherwise nothing.
    #[default]
    AsAdvertised,
    /// Nothing: version 1.
    V1,
    /// `2` in any case.
    V2,
}

impl KdfOffer {
    /// The version that both sides can do.
    pub(crate) fn version(self, metadata: Option<&IssuerMetadata>) -> KdfVersion {
        match self {
            Self::V2 => KdfVersion::Two,
            Self::AsAdvertised if metadata.is_some_and(|metadata| metadata.kdf_ver2) => KdfVersion::Two,
            Self::AsAdvertised | Self::V1 => KdfVersion::One,
        }
    }
}

/// The form field `tgt`: the answer may then carry Kerberos tickets. Not in the specification; seen in public clients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kerberos {
    /// `tgt=true`.
    Asked,
    /// No such field.
    #[default]
    NotAsked,
}

/// `request_nonce` in a token request or a renewal.
///
/// [MS-OAPXBC] 3.2.5.1.3.1 does not list it; public clients fetch one each time. A claim that is not listed is normally ignored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum PrtNonce {
    /// Fetched first, which costs a request.
    #[default]
    Fetched,
    /// None, as the specification lists the claims.
    Omitted,
}

/// Whether the ciphertext of `session_key_jwe` must decrypt with the unwrapped key.
///
/// [MS-OAPXBC] 3.2.5.1.2.2 uses nothing but the wrapped key. The ciphertext carries no data, but its tag shows that the key is
/// the one that the server meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionKeyCheck {
    /// It must.
    #[default]
    Required,
    /// It is not looked at.
    Skipped,
}

/// Whether `token_type` beside the primary refresh token must be `pop`.
///
/// [MS-OAPXBC] 3.2.5.1.2.2 requires the member and this value, which says that the token is of no use without its key; RFC 6749
/// section 5.1 lets the letters have either case. Nothing public shows that Entra answers otherwise; if a service does, the check
/// can be switched off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenTypeCheck {
    /// It must.
    #[default]
    Required,
    /// It may be missing or have another value.
    Skipped,
}

/// `username` beside the assertion, which names the user already. Not in the specification; libhimmelblau sends both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum UserName {
    /// Not sent, as the specification lists the claims.
    #[default]
    Omitted,
    /// The name that the assertion carries too.
    Sent,
}

/// How `x5c` is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum X5cForm {
    /// An array of texts, RFC 7515 section 4.1.6.
    #[default]
    Array,
    /// One bare text, which [roadlib] sends for the device.
    ///
    /// [roadlib]: https://github.com/dirkjanm/ROADtools/blob/master/roadlib/roadtools/roadlib/deviceauth.py
    Text,
}

/// What the user's `x5c` holds.
///
/// Leaf only is the default: the CAs, intermediate ones too, are [uploaded to the tenant][cas]. RFC 7515 section 4.1.6 allows the
/// chain.
///
/// [cas]: https://learn.microsoft.com/entra/identity/authentication/how-to-certificate-based-authentication
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct X5c {
    /// How it is written; a chain needs [`X5cForm::Array`].
    pub form: X5cForm,
    /// Certificates after the user's own, each the issuer of the one before.
    pub chain: Vec<CertificateDer<'static>>,
}

/// The limits on what is read from the server. An answer beyond them ends the flow with an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one answer's body. Have your HTTP client stop there too.
    pub answer: usize,
    /// How many levels deep JSON may be nested.
    pub depth: usize,
}

impl Default for Limits {
    /// 1 MiB and 32 levels; real answers have a few kilobytes (Kerberos tickets some tens) and 3 levels.
    fn default() -> Self {
        Self {
            answer: 1 << 20,
            depth: 32,
        }
    }
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Common => "common",
            Self::Custom(value) => value,
            Self::Issuer => "the issuer of the OpenID metadata",
            Self::Tenant => "the tenant",
        })
    }
}
