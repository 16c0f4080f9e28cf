//! A sign-in without key operations: the work of the client itself, with responses of the usual size.

use std::sync::LazyLock;
use std::time::Duration;

use cba_protocol::{
    Cloud, Config, Device, Error, IssuerMetadata, Outcome, PrimaryRefreshToken, Seed, SessionKey, SignIn,
    State, Step, Transcript,
};
use http::Response;
use rustls_pki_types::{CertificateDer, UnixTime};
use upn_resolver::Upn;

const ISSUER: &str = "https://sts.windows.net/33221100-5544-7766-8899-aabbccddeeff/";
const SESSION_KEY: [u8; 32] = [7; 32];
/// A space encrypted under [`SESSION_KEY`]. The wrapped key in it is not used, like all keys here.
const SESSION_KEY_JWE: &str = "eyJlbmMiOiJBMjU2R0NNIiwiYWxnIjoiUlNBLU9BRVAifQ.AQEBAQEBAQEBAQEBAQEBAQ.CQkJCQkJCQkJCQkJ.Bw.1XWx7SgL7Y57KMDM-guWqw";

/// Cached data before the sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cache {
    /// None: realm discovery and metadata are requested.
    Cold,
    /// Realm and metadata.
    Warm,
}

/// Device, card and configuration of the sign-ins.
pub struct Setup {
    config: Config,
    device: Device,
    card: CertificateDer<'static>,
    upn: Upn,
    token_answer: Vec<u8>,
}

/// The setup that all sign-ins share.
pub static SETUP: LazyLock<Setup> = LazyLock::new(|| {
    let der = include_bytes!("../../cba-protocol/tests/fixtures/device.der");
    let device = Device::from_certificate(&CertificateDer::from(&der[..])).expect("a device certificate");
    let tenant = device.tenant().expect("its tenant").clone();
    let (prt, id_token) = ("0.A".repeat(500), format!("e30.{}.", "eyJ1cG4iOiJhIn0"));
    let answer = format!(
        r#"{{"token_type":"pop","refresh_token":"{prt}","refresh_token_expires_in":1209600,"session_key_jwe":"{SESSION_KEY_JWE}","id_token":"{id_token}"}}"#
    );
    Setup {
        config: Config::new(Cloud::PUBLIC, tenant),
        card: CertificateDer::from(vec![0x30; 1500]),
        upn: Upn::parse("alice@contoso.com").expect("a name"),
        device,
        token_answer: answer.into_bytes(),
    }
});

impl Setup {
    /// One sign-in without a transcript. Returns the token and the number of requests.
    ///
    /// # Errors
    /// None with good responses.
    pub fn sign_in(&self, cache: Cache) -> Result<(PrimaryRefreshToken, usize), Error> {
        self.run(cache, None)
    }

    /// One sign-in that is recorded in `transcript`.
    ///
    /// # Errors
    /// None with good responses.
    pub fn recorded_sign_in(
        &self,
        cache: Cache,
        transcript: &Transcript,
    ) -> Result<(PrimaryRefreshToken, usize), Error> {
        self.run(cache, Some(transcript))
    }

    fn run(
        &self,
        cache: Cache,
        transcript: Option<&Transcript>,
    ) -> Result<(PrimaryRefreshToken, usize), Error> {
        let mut sign_in = SignIn::with_certificate(&self.config, &self.device, &self.upn, &self.card);
        if let Some(transcript) = transcript {
            sign_in = sign_in.with_transcript(transcript);
        }
        let sign_in = match cache {
            Cache::Cold => sign_in,
            Cache::Warm => sign_in
                .with_managed_realm()
                .with_metadata(IssuerMetadata::new(ISSUER)),
        };
        let (mut step, mut requests) = (sign_in.start(Seed::from([1; 32]))?, 0);
        loop {
            step = match step {
                Step::Done(Outcome::Granted(prt)) => return Ok((*prt, requests)),
                Step::Done(other) => unreachable!("good answers end in {:?}", other.state()),
                Step::Send(exchange) => {
                    requests += 1;
                    let answer = self.answer(exchange.state());
                    exchange.respond(
                        answer,
                        UnixTime::since_unix_epoch(Duration::from_secs(1_800_000_001)),
                    )?
                }
                Step::SignAsDevice(task) | Step::SignAsUser(task) => task.complete(&[1; 256])?,
                Step::Unwrap(task) => task.complete(SessionKey::from(SESSION_KEY))?,
                _ => unreachable!("a sign-in has no other steps"),
            };
        }
    }

    fn answer(&self, state: State) -> Response<Vec<u8>> {
        Response::new(match state {
            State::Realm => {
                br#"{"ver":"1.0","account_type":"Managed","domain_name":"contoso.com","cloud_instance_name":"microsoftonline.com"}"#.to_vec()
            }
            State::Metadata => format!(r#"{{"issuer":"{ISSUER}"}}"#).into_bytes(),
            State::Nonce => br#"{"Nonce":"AwABEgEAAAACAOz_BQD0_nonce"}"#.to_vec(),
            _ => self.token_answer.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Cache, SETUP};

    #[test]
    fn two_requests_with_a_cache_and_four_without() {
        let requests = [Cache::Warm, Cache::Cold].map(|cache| SETUP.sign_in(cache).unwrap().1);
        assert_eq!(requests, [2, 4]);
    }
}
