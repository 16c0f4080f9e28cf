//! A reference model of the service and the real machine, driven by the same random transitions.
//!
//! `Service` answers requests as a strict server would. `expect_…` predict each result from the state of the model alone. After every
//! transition the two must agree on the outcome, the number of requests and the current token.

use std::collections::HashMap;
use std::time::Duration;

use cba_protocol::{Error, Outcome, PrimaryRefreshToken, Seed, SignIn, Step};
use http::{Request, Response};
use proptest::collection::vec;
use proptest::prelude::*;
use rustls_pki_types::UnixTime;
use serde_json::{Value, json};
use upn_resolver::Upn;

use crate::peer::{self, CARD, DEVICE, ISSUER, Jwt, NOW};

const NONCE_LIFE: u64 = 300;
const PRT_LIFE: u64 = 14 * 24 * 3600;
const NAMES: [&str; 4] = [
    "alice@contoso.com",
    "bob@contoso.com",
    "carol@federated.example",
    "dan@nowhere.example",
];

#[derive(Clone, Copy, Debug)]
enum Transition {
    /// Hours pass.
    Advance(u16),
    /// An administrator disables or enables a user.
    Toggle(usize),
    /// The directory forgets or learns a name.
    Rename(usize),
    Renew,
    /// The next renewal brings a new session key.
    RollKey,
    SignIn {
        name: usize,
        metadata: bool,
    },
    /// Number of the next nonces that are issued too old.
    StaleNonces(usize),
    Token,
}

/// Result of a transition with requests.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    Federated,
    Granted,
    Refused(u32),
    Unknown,
}

#[derive(Clone)]
struct Service {
    now: u64,
    known: [bool; 4],
    disabled: [bool; 4],
    /// Unused nonces with their expiry times.
    nonces: HashMap<String, u64>,
    stale: usize,
    roll: bool,
    /// The token that the service accepts, its user, its session key and its expiry time.
    prt: Option<(String, usize, [u8; 32], u64)>,
    counter: u32,
    requests: usize,
}

impl Service {
    fn new() -> Self {
        Self {
            now: NOW,
            known: [true, true, true, false],
            disabled: [false; 4],
            nonces: HashMap::new(),
            stale: 0,
            roll: false,
            prt: None,
            counter: 0,
            requests: 0,
        }
    }

    fn answer(&mut self, request: &Request<Vec<u8>>) -> Response<Vec<u8>> {
        self.requests += 1;
        let path = request.uri().path();
        let result = if let Some(name) = path.strip_prefix("/common/userrealm/") {
            let federated = name.ends_with("%40federated.example");
            let kind = match name.replace("%40", "@") {
                _ if federated => "Federated",
                name if NAMES[..2].contains(&name.as_str()) => "Managed",
                _ => "Unknown",
            };
            Ok(json!({"account_type": kind}).to_string().into_bytes())
        } else if path.ends_with("openid-configuration") {
            Ok(json!({"issuer": ISSUER}).to_string().into_bytes())
        } else {
            self.token_endpoint(request)
        };
        let (status, body) = match result {
            Ok(body) => (200, body),
            Err(code) => (400, peer::refusal(code, "invalid_grant").to_string().into_bytes()),
        };
        Response::builder().status(status).body(body).unwrap()
    }

    fn token_endpoint(&mut self, request: &Request<Vec<u8>>) -> Result<Vec<u8>, u32> {
        let form = peer::form(request.body());
        if form["grant_type"] == "srv_challenge" {
            return Ok(self.give_nonce().into_bytes());
        }
        let jwt = Jwt::read(&form["request"]);
        self.use_nonce(&jwt.claims["request_nonce"])?;
        match jwt.header["alg"].as_str() {
            Some("RS256") => self.sign_in(&jwt).map(|answer| answer.to_string().into_bytes()),
            _ => self.redeem(&jwt),
        }
    }

    fn give_nonce(&mut self) -> String {
        self.counter += 1;
        let nonce = format!("nonce-{}", self.counter);
        let age = if self.stale > 0 { NONCE_LIFE + 1 } else { 0 };
        self.stale = self.stale.saturating_sub(1);
        self.nonces.insert(nonce.clone(), self.now + NONCE_LIFE - age);
        json!({ "Nonce": nonce }).to_string()
    }

    fn use_nonce(&mut self, nonce: &Value) -> Result<(), u32> {
        let end = self
            .nonces
            .remove(nonce.as_str().unwrap())
            .expect("a nonce of ours that was not used before");
        if self.now > end { Err(140_000) } else { Ok(()) }
    }

    fn sign_in(&mut self, jwt: &Jwt) -> Result<Value, u32> {
        assert!(DEVICE.verify(&jwt.input, &jwt.signature));
        let assertion = Jwt::read(jwt.claims["assertion"].as_str().unwrap());
        assert!(CARD.verify(&assertion.input, &assertion.signature));
        assert_eq!(assertion.claims["request_nonce"], jwt.claims["request_nonce"]);
        assert_eq!(assertion.claims["iat"], self.now);
        let user = NAMES
            .iter()
            .position(|name| assertion.claims["iss"] == *name)
            .unwrap();
        self.may(user)?;
        Ok(self.issue(user, peer::SESSION_KEY, true))
    }

    fn redeem(&mut self, jwt: &Jwt) -> Result<Vec<u8>, u32> {
        let (token, user, key, end) = self.prt.clone().ok_or(1_000_026_u32)?;
        if jwt.claims["refresh_token"] != token {
            return Err(1_000_026);
        }
        let ctx = openssl::base64::decode_block(jwt.header["ctx"].as_str().unwrap()).unwrap();
        assert_eq!(
            peer::hmac(&peer::derive_from(&key, &ctx), &jwt.input),
            jwt.signature
        );
        if self.now > end {
            return Err(700_083);
        }
        self.may(user)?;
        let answer = if jwt.claims.get("previous_refresh_token").is_some() {
            let roll = core::mem::take(&mut self.roll);
            let next = if roll {
                [u8::try_from(self.counter % 251).unwrap(); 32]
            } else {
                key
            };
            self.issue(user, next, roll)
        } else {
            json!({"access_token": format!("for {}", NAMES[user])})
        };
        Ok(peer::encrypted_with(&key, &answer))
    }

    fn may(&self, user: usize) -> Result<(), u32> {
        match (self.known[user], self.disabled[user]) {
            (false, _) => Err(50_034),
            (true, true) => Err(50_057),
            (true, false) => Ok(()),
        }
    }

    fn issue(&mut self, user: usize, key: [u8; 32], send_key: bool) -> Value {
        self.counter += 1;
        let token = format!("prt-{}", self.counter);
        self.prt = Some((token.clone(), user, key, self.now + PRT_LIFE));
        let mut answer =
            json!({"token_type": "pop", "refresh_token": token, "refresh_token_expires_in": PRT_LIFE});
        if send_key {
            answer["session_key_jwe"] = peer::wrap(&key).into();
        }
        answer
    }

    /// What a sign-in must lead to, and with how many requests.
    fn expect_sign_in(&self, name: usize, metadata: bool) -> (Seen, usize) {
        match name {
            2 => return (Seen::Federated, 1),
            3 => return (Seen::Unknown, 1),
            _ => {}
        }
        let tries = if self.stale == 0 { 1 } else { 2 };
        let requests = 1 + usize::from(!metadata) + 2 * tries;
        let seen = match self.may(name) {
            _ if self.stale >= 2 => Seen::Refused(140_000),
            Ok(()) => Seen::Granted,
            Err(code) => Seen::Refused(code),
        };
        (seen, requests)
    }

    /// What using the token must lead to.
    fn expect_use(&self, held: &str) -> (Seen, usize) {
        let requests = if self.stale == 0 { 2 } else { 4 };
        let seen = match &self.prt {
            _ if self.stale >= 2 => Seen::Refused(140_000),
            Some((token, user, _, end)) if token == held => match self.may(*user) {
                _ if self.now > *end => Seen::Refused(700_083),
                Ok(()) => Seen::Granted,
                Err(code) => Seen::Refused(code),
            },
            _ => Seen::Refused(1_000_026),
        };
        (seen, requests)
    }
}

/// Runs the real machine against the service.
fn drive<T: 'static>(first: Result<Step<T>, Error>, service: &mut Service) -> (Seen, usize, Option<T>) {
    service.requests = 0;
    let mut step = first.unwrap();
    let (seen, granted) = loop {
        step = match step {
            Step::Done(Outcome::Granted(granted)) => break (Seen::Granted, Some(*granted)),
            Step::Done(Outcome::Refused(refusal)) => break (Seen::Refused(refusal.codes[0]), None),
            Step::Done(Outcome::NotManaged(cba_protocol::NotManaged::Federated(_))) => {
                break (Seen::Federated, None);
            }
            Step::Done(Outcome::NotManaged(_)) => break (Seen::Unknown, None),
            Step::Done(other) => panic!("{:?}", other.state()),
            Step::Send(exchange) => {
                let answer = service.answer(exchange.request());
                exchange.respond(answer, at(service.now)).unwrap()
            }
            Step::SignAsDevice(task) => {
                let signature = DEVICE.sign(task.input());
                task.complete(&signature).unwrap()
            }
            Step::SignAsUser(task) => {
                let signature = CARD.sign(task.input());
                task.complete(&signature).unwrap()
            }
            Step::Unwrap(task) => {
                let key = peer::unwrap(task.wrapped());
                task.complete(key).unwrap()
            }
            _ => unreachable!("a sign-in has no other steps"),
        };
    };
    (seen, service.requests, granted)
}

fn at(seconds: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}

fn apply(transition: Transition, service: &mut Service, held: &mut Option<PrimaryRefreshToken>, seed: Seed) {
    match transition {
        Transition::Advance(hours) => service.now += u64::from(hours) * 3600,
        Transition::Toggle(user) => service.disabled[user] ^= true,
        Transition::Rename(user) => service.known[user] ^= true,
        Transition::RollKey => service.roll = true,
        Transition::StaleNonces(count) => service.stale = count,
        Transition::SignIn { name, metadata } => {
            let expected = service.expect_sign_in(name, metadata);
            let upn = Upn::parse(NAMES[name]).unwrap();
            let mut sign_in = SignIn::with_certificate(&peer::config(), &peer::device(), &upn, &CARD.der());
            if metadata {
                sign_in = sign_in.with_metadata(peer::issuer_metadata());
            }
            let (result, requests, granted) = drive(sign_in.start(seed), service);
            assert_eq!((result, requests), expected);
            *held = granted.or(held.take());
        }
        Transition::Renew => {
            let Some(prt) = held.take() else { return };
            let expected = service.expect_use(prt.token().expose());
            let (result, requests, granted) = drive(prt.renewal().start(seed, at(service.now)), service);
            assert_eq!((result, requests), expected);
            *held = Some(granted.unwrap_or(prt));
        }
        Transition::Token => {
            let Some(prt) = held else { return };
            let expected = service.expect_use(prt.token().expose());
            let request = prt.token_request("client", "openid");
            let (result, requests, granted) = drive(request.start(seed, at(service.now)), service);
            assert_eq!((result, requests), expected);
            if let Some(token) = granted {
                assert_eq!(token.token().expose(), format!("for {}", prt.upn()));
            }
        }
    }
}

fn transitions() -> impl Strategy<Value = Vec<Transition>> {
    let user = 0_usize..4;
    let sign_in =
        (user.clone(), any::<bool>()).prop_map(|(name, metadata)| Transition::SignIn { name, metadata });
    let transition = prop_oneof![
        4 => sign_in,
        3 => Just(Transition::Renew),
        3 => Just(Transition::Token),
        2 => (0_u16..500).prop_map(Transition::Advance),
        1 => user.clone().prop_map(Transition::Toggle),
        1 => user.prop_map(Transition::Rename),
        1 => Just(Transition::RollKey),
        2 => (0_usize..4).prop_map(Transition::StaleNonces),
    ];
    vec(transition, 1..24)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_machine_and_the_model_agree(transitions in transitions()) {
        let (mut service, mut held) = (Service::new(), None);
        for (n, transition) in transitions.into_iter().enumerate() {
            let seed = Seed::from([u8::try_from(n).unwrap(); 32]);
            apply(transition, &mut service, &mut held, seed);
            // a token is always the newest one that the service issued
            if let (Some(held), Some((token, user, ..))) = (&held, &service.prt) {
                prop_assert_eq!(held.token().expose(), token);
                prop_assert_eq!(held.upn().as_str(), NAMES[*user]);
            }
        }
    }
}
