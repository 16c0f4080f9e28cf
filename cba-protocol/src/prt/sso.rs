//! Single sign-on in a browser: the headers of [MS-OAPXBC] 2.2.1.

use core::fmt;

use http::{HeaderName, HeaderValue};
use rustls_pki_types::UnixTime;
use zeroize::Zeroizing;

use super::PrimaryRefreshToken;
use crate::config::Config;
use crate::jose::jws;
use crate::seed::{Random, Seed};
use crate::wire::SsoClaims;

/// Proof that the credential is fresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Freshness<'a> {
    /// The current time, for the older model without a nonce.
    IssuedAt(UnixTime),
    /// `sso_nonce` of the page that asks for the credential, as the specification requires.
    Nonce(&'a str),
}

/// The application for which the browser signs in, as far as it is known.
///
/// ```
/// use cba_protocol::SsoContext;
///
/// let context = SsoContext::default()
///     .with_client_id("1b730954-1685-4b74-9bfd-dac224a7b894")
///     .with_redirect_uri("https://localhost")
///     .with_platform("windows");
/// assert_ne!(context, SsoContext::default());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SsoContext<'a> {
    client_id: Option<&'a str>,
    redirect_uri: Option<&'a str>,
    platform: Option<&'a str>,
}

impl<'a> SsoContext<'a> {
    /// Sets `ua_client_id`.
    #[must_use]
    pub fn with_client_id(mut self, id: &'a str) -> Self {
        self.client_id = Some(id);
        self
    }

    /// Sets `ua_redirect_uri`.
    #[must_use]
    pub fn with_redirect_uri(mut self, uri: &'a str) -> Self {
        self.redirect_uri = Some(uri);
        self
    }

    /// Sets `x_client_platform`. `windows` is the only value that the specification names.
    #[must_use]
    pub fn with_platform(mut self, platform: &'a str) -> Self {
        self.platform = Some(platform);
        self
    }
}

/// A credential for one request to the sign-in page of the cloud.
pub struct SsoCredential {
    name: HeaderName,
    jws: Zeroizing<String>,
}

impl PrimaryRefreshToken {
    /// The user's credential: `x-ms-RefreshTokenCredential`, signed with the session key ([MS-OAPXBC] 3.2.5.2.1.1).
    ///
    /// Send it to the host of the cloud only: [`Cloud::authority`](crate::Cloud::authority).
    ///
    /// ```
    /// use cba_protocol::{Freshness, SsoContext};
    /// # fn example(prt: &cba_protocol::PrimaryRefreshToken, seed: cba_protocol::Seed) {
    /// let credential = prt.sso(Freshness::Nonce("AwABAAEAAAAC"), SsoContext::default(), seed);
    /// let (name, value) = credential.header();
    /// assert_eq!(name, "x-ms-refreshtokencredential");
    /// assert!(value.is_sensitive());
    /// # }
    /// ```
    #[must_use]
    pub fn sso(&self, freshness: Freshness<'_>, context: SsoContext<'_>, seed: Seed) -> SsoCredential {
        let drawn = Random::new(seed).draw();
        let (ctx, _) = drawn.split_at(24);
        let claims = SsoClaims {
            refresh_token: Some(self.token.expose()),
            is_primary: Some("true"),
            ..claims(&self.config, freshness, context)
        };
        SsoCredential {
            name: HeaderName::from_static("x-ms-refreshtokencredential"),
            jws: jws::hs256(&self.session_key, self.kdf_version(), ctx, &claims),
        }
    }
}

impl SsoCredential {
    /// The device's credential: `x-ms-DeviceCredential`.
    pub(crate) fn of_device(jws: Zeroizing<String>) -> Self {
        Self {
            name: HeaderName::from_static("x-ms-devicecredential"),
            jws,
        }
    }

    /// Name and value of the header. The value is marked sensitive.
    #[must_use]
    pub fn header(&self) -> (HeaderName, HeaderValue) {
        (self.name.clone(), sensitive(&self.jws))
    }

    /// Value of the header as text, for a program that passes it on and wipes its copy.
    ///
    /// ```
    /// # use cba_protocol::{Freshness, SsoContext};
    /// # fn example(prt: &cba_protocol::PrimaryRefreshToken, seed: cba_protocol::Seed) {
    /// let credential = prt.sso(Freshness::Nonce("AwABAAEAAAAC"), SsoContext::default(), seed);
    /// assert_eq!(credential.header().1, credential.expose());
    /// # }
    /// ```
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.jws
    }

    /// Value of a `Cookie` header that contains the credential alone.
    #[must_use]
    pub fn cookie(&self) -> HeaderValue {
        let name = if self.name == "x-ms-devicecredential" {
            "x-ms-DeviceCredential"
        } else {
            "x-ms-RefreshTokenCredential"
        };
        sensitive(&Zeroizing::new(format!("{name}={}", *self.jws)))
    }
}

impl fmt::Debug for SsoCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SsoCredential")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// The claims that both credentials have.
pub(crate) fn claims<'a>(
    config: &'a Config,
    freshness: Freshness<'a>,
    context: SsoContext<'a>,
) -> SsoClaims<'a> {
    let (request_nonce, iat) = match freshness {
        Freshness::IssuedAt(time) => (None, Some(time.as_secs())),
        Freshness::Nonce(nonce) => (Some(nonce), None),
    };
    SsoClaims {
        request_nonce,
        iat,
        ua_client_id: context.client_id,
        ua_redirect_uri: context.redirect_uri,
        x_client_platform: context.platform,
        win_ver: config.os_version(),
        windows_api_version: config.windows_api_version().is_some().then_some("2.0.1"),
        ..SsoClaims::default()
    }
}

/// A compact JWS consists of base64url and dots, which every header value may contain.
fn sensitive(text: &str) -> HeaderValue {
    let mut value = HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}
