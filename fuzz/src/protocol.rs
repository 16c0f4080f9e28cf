//! A flow up to one of its legs, for the targets of that leg.

use std::sync::LazyLock;
use std::time::Duration;

use cba_protocol::{
    Cloud, Config, Device, Error, Outcome, PrimaryRefreshToken, Seed, SessionKey, SignIn, State, Step,
    Tenant, Transcript,
};
use http::Response;
use rustls_pki_types::{CertificateDer, UnixTime};
use upn_resolver::Upn;

/// The key of `SESSION_KEY_JWE`.
pub const SESSION_KEY: [u8; 32] = [7; 32];
/// A space encrypted under [`SESSION_KEY`]; the wrapping of the key does not matter here.
pub const SESSION_KEY_JWE: &str = "eyJlbmMiOiJBMjU2R0NNIiwiYWxnIjoiUlNBLU9BRVAifQ.AQEBAQEBAQEBAQEBAQEBAQ.CQkJCQkJCQkJCQkJ.Bw.1XWx7SgL7Y57KMDM-guWqw";

static DEVICE: LazyLock<Device> = LazyLock::new(|| {
    let der = include_bytes!("../../cba-protocol/tests/fixtures/device.der");
    Device::from_certificate(&CertificateDer::from(&der[..])).expect("a device certificate")
});

pub fn now() -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(1_800_000_000))
}

pub fn answer(status: u16, body: &[u8]) -> Response<Vec<u8>> {
    let mut response = Response::new(body.to_vec());
    if let Ok(status) = http::StatusCode::from_u16(status) {
        *response.status_mut() = status;
    }
    response
}

pub fn sign_in(transcript: Option<&Transcript>) -> Step {
    let config = Config::new(Cloud::PUBLIC, Tenant::common());
    let (upn, card) = (
        Upn::parse("alice@contoso.com").expect("a name"),
        CertificateDer::from(&[0x30, 0][..]),
    );
    let mut sign_in = SignIn::with_certificate(&config, &DEVICE, &upn, &card);
    if let Some(transcript) = transcript {
        sign_in = sign_in.with_transcript(transcript);
    }
    sign_in.start(Seed::from([1; 32])).expect("a short name")
}

/// The answer of a good server or key to a step.
pub fn good(step: Step) -> Result<Step, Error> {
    match step {
        Step::Done(_) => panic!("the flow has ended"),
        Step::Send(exchange) => {
            let body = match exchange.state() {
                State::Realm => r#"{"account_type":"Managed"}"#.to_owned(),
                State::Metadata => r#"{"issuer":"https://sts.windows.net/t/"}"#.to_owned(),
                State::Nonce => r#"{"Nonce":"n"}"#.to_owned(),
                _ => format!(
                    r#"{{"token_type":"pop","refresh_token":"prt","session_key_jwe":"{SESSION_KEY_JWE}"}}"#
                ),
            };
            exchange.respond(answer(200, body.as_bytes()), now())
        }
        Step::SignAsDevice(task) | Step::SignAsUser(task) => task.complete(&[1; 256]),
        Step::Unwrap(task) => task.complete(SessionKey::from(SESSION_KEY)),
        _ => unreachable!("a sign-in has no other steps"),
    }
}

/// A sign-in that waits for the response of this leg, with as few legs before it as possible.
pub fn at(state: State, transcript: Option<&Transcript>) -> Step {
    let mut step = if state == State::Realm {
        sign_in(transcript)
    } else {
        short_sign_in(state, transcript)
    };
    while step.state() != state {
        step = good(step).expect("a good server");
    }
    step
}

/// A sign-in with a refresh token, which needs no card. Its realm is known, and its metadata unless that is the leg.
fn short_sign_in(state: State, transcript: Option<&Transcript>) -> Step {
    static CONFIG: LazyLock<Config> = LazyLock::new(|| Config::new(Cloud::PUBLIC, Tenant::common()));
    let upn = Upn::parse("alice@contoso.com").expect("a name");
    let token = "a refresh token".to_owned().into();
    let mut sign_in = SignIn::with_refresh_token(&CONFIG, &DEVICE, &upn, token).with_managed_realm();
    if let Some(transcript) = transcript {
        sign_in = sign_in.with_transcript(transcript);
    }
    if state != State::Metadata {
        let metadata = prt().metadata().expect("the sign-in asked for it");
        sign_in = sign_in.with_metadata(metadata.clone());
    }
    sign_in.start(Seed::from([1; 32])).expect("a short name")
}

/// One response to one leg: no panic, and an error has a message. Only `protocol_transcript` records a transcript, because
/// that is slow.
pub fn feed(state: State, status: u16, body: &[u8]) {
    respond(state, status, body, None);
}

/// The same, recorded in a transcript.
pub fn respond(state: State, status: u16, body: &[u8], transcript: Option<&Transcript>) {
    let Step::Send(exchange) = at(state, transcript) else {
        panic!("a request")
    };
    match exchange.respond(answer(status, body), now()) {
        Ok(step) => drop(format!("{step:?}")),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

pub fn prt() -> &'static PrimaryRefreshToken {
    static PRT: LazyLock<PrimaryRefreshToken> = LazyLock::new(|| {
        let mut step = sign_in(None);
        loop {
            step = match step {
                Step::Done(Outcome::Granted(prt)) => return *prt,
                other => good(other).expect("a good server"),
            };
        }
    });
    &PRT
}
