//! A small scripted server and the keys of a device and a card, on OpenSSL, which shares nothing with the crate.

mod answers;
mod jwt;
mod keys;
mod web;

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use cba_protocol::{
    Cloud, Config, Device, Error, IssuerMetadata, Outcome, PrimaryRefreshToken, Refusal, Seed, SignIn, State,
    Step, Tenant, Transcript,
};
use http::{Request, Response};
use openssl::asn1::Asn1Time;
use rustls_pki_types::UnixTime;
use serde_json::{Value, json};
use upn_resolver::Upn;

pub(crate) use answers::*;
pub(crate) use jwt::*;
pub(crate) use keys::*;
pub(crate) use web::*;

pub(crate) const TENANT: &str = "33221100-5544-7766-8899-aabbccddeeff";
pub(crate) const DEVICE_ID: &str = "6b0fae8a-2e5a-4f0c-9a52-0d9d2f3f3f11";
pub(crate) const ISSUER: &str = "https://sts.windows.net/33221100-5544-7766-8899-aabbccddeeff/";
pub(crate) const PRT: &str = "0.AXoA-primary-refresh-token";
pub(crate) const NOW: u64 = 1_800_000_000;

/// Answers of the server: a queue for each leg, whose last answer is repeated.
#[derive(Clone)]
pub(crate) struct Script(HashMap<State, VecDeque<Reply>>);

/// Status, headers and body.
type Reply = (u16, Vec<(&'static str, String)>, Vec<u8>);

impl Script {
    /// A server that grants everything.
    pub(crate) fn granting() -> Self {
        Self(HashMap::new())
            .answer(State::Realm, 200, &managed())
            .answer(State::Metadata, 200, &metadata())
            .answer(State::Nonce, 200, &json!({"Nonce": "AwABAAAAAAACAOz_nonce-1"}))
            .answer(State::Token, 200, &issued())
    }

    /// Replaces the answers of a leg.
    pub(crate) fn answer(self, leg: State, status: u16, body: &Value) -> Self {
        self.raw(leg, status, body.to_string().as_bytes())
    }

    pub(crate) fn raw(mut self, leg: State, status: u16, body: &[u8]) -> Self {
        self.0
            .insert(leg, VecDeque::from([(status, json_type(), body.to_vec())]));
        self
    }

    /// Appends an answer to a leg.
    pub(crate) fn then(mut self, leg: State, status: u16, body: &Value) -> Self {
        self.0
            .entry(leg)
            .or_default()
            .push_back((status, json_type(), body.to_string().into_bytes()));
        self
    }

    /// Replaces the answers of a leg by one with headers.
    pub(crate) fn page(
        mut self,
        leg: State,
        status: u16,
        headers: &[(&'static str, &str)],
        body: &str,
    ) -> Self {
        let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned()));
        let reply = (status, headers.collect(), body.as_bytes().to_vec());
        self.0.insert(leg, VecDeque::from([reply]));
        self
    }

    /// Appends an answer with headers to a leg.
    pub(crate) fn then_page(mut self, leg: State, status: u16, body: &str) -> Self {
        let reply = (status, Vec::new(), body.as_bytes().to_vec());
        self.0.entry(leg).or_default().push_back(reply);
        self
    }

    /// Appends the answers that another script has for a leg.
    pub(crate) fn followed_by(mut self, leg: State, mut other: Self) -> Self {
        let more = other.0.remove(&leg).unwrap_or_default();
        self.0.entry(leg).or_default().extend(more);
        self
    }

    fn next(&mut self, leg: State) -> Response<Vec<u8>> {
        let queue = self
            .0
            .get_mut(&leg)
            .unwrap_or_else(|| panic!("the script has nothing for {leg}"));
        let (status, headers, body) = if queue.len() > 1 {
            queue.pop_front().unwrap()
        } else {
            queue[0].clone()
        };
        let mut response = Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(name, value);
        }
        response.body(body).unwrap()
    }

    /// A server that knows nothing yet.
    pub(crate) fn empty() -> Self {
        Self(HashMap::new())
    }
}

fn json_type() -> Vec<(&'static str, String)> {
    vec![("content-type", "application/json".to_owned())]
}

pub(crate) fn config() -> Config {
    Config::new(Cloud::PUBLIC, Tenant::parse(TENANT).unwrap())
}

/// What the metadata of [`Script::granting`] says.
pub(crate) fn issuer_metadata() -> IssuerMetadata {
    IssuerMetadata::new(ISSUER)
}

pub(crate) fn device() -> Device {
    Device::from_certificate(&DEVICE.der()).unwrap()
}

pub(crate) fn upn() -> Upn {
    Upn::parse("alice@contoso.com").unwrap()
}

pub(crate) fn sign_in() -> SignIn {
    with(&config())
}

pub(crate) fn with(config: &Config) -> SignIn {
    SignIn::with_certificate(config, &device(), &upn(), &CARD.der())
}

pub(crate) fn seed() -> Seed {
    Seed::from([42; 32])
}

pub(crate) fn now() -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(NOW))
}

/// That many seconds after [`now`].
pub(crate) fn later(seconds: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(NOW + seconds))
}

/// A flow from its first step to its end.
pub(crate) struct Run<T = PrimaryRefreshToken> {
    pub(crate) states: Vec<State>,
    pub(crate) requests: Vec<(State, Request<Vec<u8>>)>,
    /// The two JWS inputs with their signatures, in order.
    pub(crate) signed: Vec<(State, Vec<u8>, Vec<u8>)>,
    pub(crate) result: Result<Outcome<T>, Error>,
    pub(crate) transcript: Transcript,
}

/// Runs a sign-in against a script.
pub(crate) fn run(sign_in: SignIn, script: Script) -> Run {
    let transcript = Transcript::default();
    drive(
        sign_in.with_transcript(&transcript).start(seed()),
        script,
        transcript,
    )
}

/// Runs any flow against a script.
pub(crate) fn drive<T: 'static>(
    first: Result<Step<T>, Error>,
    mut script: Script,
    transcript: Transcript,
) -> Run<T> {
    let (mut states, mut requests, mut signed) = (Vec::new(), Vec::new(), Vec::new());
    let mut step = first;
    let result = loop {
        assert!(states.len() < 64, "the flow does not end");
        match &step {
            Ok(step) => states.push(step.state()),
            Err(_) => states.push(State::Failed),
        }
        step = match step {
            Err(error) => break Err(error),
            Ok(Step::Done(outcome)) => break Ok(outcome),
            Ok(next) => {
                match &next {
                    Step::Send(exchange) => requests.push((exchange.state(), exchange.request().clone())),
                    Step::SendAsUser(exchange) | Step::SendAsDevice(exchange) => {
                        requests.push((exchange.state(), exchange.request().clone()));
                    }
                    Step::SignAsDevice(task) => {
                        signed.push((task.state(), task.input().to_vec(), DEVICE.sign(task.input())));
                    }
                    Step::SignAsUser(task) => {
                        signed.push((State::Assertion, task.input().to_vec(), CARD.sign(task.input())));
                    }
                    _ => {}
                }
                once(next, &mut script)
            }
        };
    };
    Run {
        states,
        requests,
        signed,
        result,
        transcript,
    }
}

/// Answers one step.
pub(crate) fn once<T: 'static>(step: Step<T>, script: &mut Script) -> Result<Step<T>, Error> {
    match step {
        Step::Done(_) => panic!("the flow has ended"),
        Step::Send(exchange) => {
            let answer = script.next(exchange.state());
            exchange.respond(answer, now())
        }
        Step::SignAsDevice(task) => {
            let signature = DEVICE.sign(task.input());
            task.complete(&signature)
        }
        Step::SignAsUser(task) => {
            let signature = CARD.sign(task.input());
            task.complete(&signature)
        }
        Step::Unwrap(task) => {
            let key = unwrap(task.wrapped());
            task.complete(key)
        }
        Step::SendAsUser(exchange) | Step::SendAsDevice(exchange) => {
            let answer = script.next(exchange.state());
            exchange.respond(answer, now())
        }
        Step::MakeKeys(task) => task.complete(&DEVICE.spki(), &transport_spki()),
        Step::ShowCode(task) => task.shown(),
        Step::Wait(task) => task.waited(),
    }
}

impl<T> Run<T> {
    /// The granted result.
    pub(crate) fn granted(self) -> T {
        match self.result {
            Ok(Outcome::Granted(granted)) => *granted,
            Ok(other) => panic!("not granted: {:?}", other.state()),
            Err(error) => panic!("not granted: {error}"),
        }
    }

    pub(crate) fn error(self) -> Error {
        self.result.err().expect("an error")
    }

    pub(crate) fn refused(self) -> Refusal {
        match self.result {
            Ok(Outcome::Refused(refusal)) => *refusal,
            Ok(other) => panic!("not refused: {:?}", other.state()),
            Err(error) => panic!("not refused: {error}"),
        }
    }

    /// The form of the n-th request to the token endpoint of a leg.
    pub(crate) fn form(&self, leg: State, n: usize) -> HashMap<String, String> {
        let (_, request) = self
            .requests
            .iter()
            .filter(|(state, _)| *state == leg)
            .nth(n)
            .unwrap();
        form(request.body())
    }

    /// The device's request and in it the user's assertion, as (header, claims) each.
    pub(crate) fn jwts(&self, n: usize) -> (Jwt, Option<Jwt>) {
        let request = Jwt::read(&self.form(State::Token, n)["request"]);
        let assertion = request.claims["assertion"].as_str().map(Jwt::read);
        (request, assertion)
    }
}

/// A time for OpenSSL, whose `time_t` has 32 bits on some processors.
pub(crate) fn asn1_time(seconds: i64) -> Asn1Time {
    let seconds = seconds.to_string();
    Asn1Time::from_unix(seconds.parse().unwrap()).unwrap()
}

/// The token of a sign-in, for tests of its use.
pub(crate) fn prt() -> PrimaryRefreshToken {
    prt_with(&config())
}

pub(crate) fn prt_with(config: &Config) -> PrimaryRefreshToken {
    run(with(config), Script::granting()).granted()
}
