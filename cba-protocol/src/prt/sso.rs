//! Single sign-on in a browser: the headers of [MS-OAPXBC] 2.2.1.

use http::{HeaderName, HeaderValue};
use rustls_pki_types::UnixTime;
use zeroize::Zeroizing;

use super::PrimaryRefreshToken;
use crate::config::Config;
use crate::flow::State;
use crate::jose::jws;
use crate::seed::Random;
use crate::wire::{CertificateHeader, SsoClaims};
use crate::{Device, Error, Outcome, Seed, Step, Transcript};

/// What shows that the credential is fresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Freshness<'a> {
    /// The time, which the older model without a nonce takes.
    IssuedAt(UnixTime),
    /// `sso_nonce` of the page that asks for the credential, as the specification requires.
    Nonce(&'a str),
}

/// For which application the browser signs in, when that is known. All of it is optional.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SsoContext<'a> {
    /// `ua_client_id`.
    pub client_id: Option<&'a str>,
    /// `ua_redirect_uri`.
    pub redirect_uri: Option<&'a str>,
    /// `x_client_platform`: `windows` is the one value that the specification names.
    pub platform: Option<&'a str>,
}

/// A credential for one request to the cloud's sign-in page.
pub struct SsoCredential {
    name: HeaderName,
    jws: Zeroizing<String>,
}

impl PrimaryRefreshToken {
    /// The user's credential: `x-ms-RefreshTokenCredential`, signed with the session key ([MS-OAPXBC] 3.2.5.2.1.1).
    ///
    /// Give it to the cloud's own host only, [`Cloud::authority`](crate::Cloud::authority).
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
            ..common(&self.config, freshness, context)
        };
        SsoCredential {
            name: HeaderName::from_static("x-ms-refreshtokencredential"),
            jws: jws::hs256(&self.session_key, self.kdf_version(), ctx, &claims),
        }
    }
}

/// The device's credential: `x-ms-DeviceCredential`, signed with the device key ([MS-OAPXBC] 3.2.5.2.1.2). The server looks at
/// it only where the user's credential is missing or not valid.
///
/// The flow has one step, [`Step::SignAsDevice`].
///
/// ```
/// use cba_protocol::{Error, Freshness, Outcome, SsoContext, Step, device_credential};
/// # fn example(config: &cba_protocol::Config, device: &cba_protocol::Device, sign: impl Fn(&[u8]) -> Vec<u8>) -> Result<(), Error> {
/// let step = device_credential(config, device, Freshness::Nonce("AwABAAEAAAAC"), SsoContext::default());
/// let Step::SignAsDevice(task) = step else { return Ok(()) };
/// let signature = sign(task.input());
/// if let Step::Done(Outcome::Granted(credential)) = task.complete(&signature)? {
///     assert_eq!(credential.header().0, "x-ms-devicecredential");
/// }
/// # Ok(()) }
/// ```
pub fn device_credential(
    config: &Config,
    device: &Device,
    freshness: Freshness<'_>,
    context: SsoContext<'_>,
) -> Step<SsoCredential> {
    let header = CertificateHeader {
        typ: "JWT",
        alg: "RS256",
        x5c: jws::x5c(device.certificate(), &[], config.device_x5c),
        kdf_ver: None,
    };
    let claims = SsoClaims {
        grant_type: Some("device_auth"),
        iss: Some("aad:brokerplugin"),
        ..common(config, freshness, context)
    };
    let input = jws::signing_input(&header, &claims);
    Step::sign_as_device(State::Request, input, Transcript::default(), |jws| {
        let name = HeaderName::from_static("x-ms-devicecredential");
        Ok::<_, Error>(Step::Done(Outcome::Granted(Box::new(SsoCredential {
            name,
            jws,
        }))))
    })
}

fn common<'a>(config: &'a Config, freshness: Freshness<'a>, context: SsoContext<'a>) -> SsoClaims<'a> {
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
        win_ver: config.os_version.as_deref(),
        windows_api_version: config.windows_api_version.is_some().then_some("2.0.1"),
        ..SsoClaims::default()
    }
}

impl SsoCredential {
    /// Name and value of the header. The value is marked sensitive.
    #[must_use]
    pub fn header(&self) -> (HeaderName, HeaderValue) {
        (self.name.clone(), sensitive(&self.jws))
    }

    /// The value of a header `Cookie` with the credential alone.
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

impl core::fmt::Debug for SsoCredential {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("SsoCredential")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// A compact JWS has the letters of base64url and dots, all of which a header takes.
fn sensitive(text: &str) -> HeaderValue {
    let mut value = HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}
