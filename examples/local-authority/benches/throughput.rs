//! How many sign-ins a second the authority answers, RSA-2048 on both sides, clients and authority on the same machine.
//!
//! `cargo bench -p local-authority --profile release`. A sign-in is two requests: a nonce, and the primary refresh token. The client signs twice
//! with RSA-2048 and unwraps the session key, so it costs more than the authority does. On a machine with other work the rate says
//! little; the processor time of a sign-in, both sides together, says what a free machine can do.

#[path = "../tests/authority/support/mod.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "shared with the tests, and not all of it used here"
)]
mod support;

use std::time::{Duration, Instant};

use local_authority::Leg;
use openssl::pkey::PKey;
use support::{Assertion, DeviceRequest, JWT_BEARER, Lab, now, sign_with_openssl};

/// How long is measured.
const TIME: Duration = Duration::from_secs(5);

fn main() {
    let lab = Lab::new();
    let issuer = lab.issuer_identifier();
    let clients = std::thread::available_parallelism().map_or(2, usize::from) * 2;
    let processor = processor_seconds();
    let started = Instant::now();
    let total: usize = std::thread::scope(|scope| {
        let client = || scope.spawn(|| sign_ins(&lab, &issuer, started));
        let running: Vec<_> = (0..clients).map(|_| client()).collect();
        running.into_iter().map(|client| client.join().unwrap()).sum()
    });
    let seconds = started.elapsed().as_secs_f64();
    let processor = processor_seconds() - processor;
    let log = lab.authority.log();
    let mean = |leg| {
        let times: Vec<u64> = log
            .iter()
            .filter(|entry| entry.leg == leg)
            .map(|entry| entry.microseconds)
            .collect();
        times.iter().sum::<u64>() / u64::try_from(times.len().max(1)).unwrap()
    };
    assert!(
        log.iter().all(|entry| entry.status == 200),
        "every sign-in is granted"
    );
    println!(
        "{clients} clients, {total} sign-ins in {seconds:.1} s: {:.0} a second",
        per_second(total, seconds)
    );
    let (each, rate) = (
        1_000.0 / per_second(total, processor),
        per_second(total, processor) * 2.0,
    );
    println!("processor time of both sides: {each:.2} ms a sign-in, so {rate:.0} a second on two free cores");
    println!(
        "elapsed in the authority: nonce {} µs, token {} µs",
        mean(Leg::Nonce),
        mean(Leg::PrimaryRefreshToken)
    );
}

/// User and system time of this process, from `/proc/self/stat` (fields 14 and 15, in hundredths of a second).
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields = stat.rsplit_once(") ").unwrap().1.split(' ').skip(11).take(2);
    fields.map(|ticks| ticks.parse::<f64>().unwrap()).sum::<f64>() / 100.0
}

#[expect(clippy::cast_precision_loss, reason = "a count of some thousands")]
fn per_second(total: usize, seconds: f64) -> f64 {
    total as f64 / seconds
}

fn sign_ins(lab: &Lab, issuer: &str, started: Instant) -> usize {
    let card = lab.alice();
    let device = PKey::private_key_from_pem(lab.device.key.as_bytes()).unwrap();
    let agent = support::agent(&lab.path("tls-ca.pem"));
    let post = |form: &[(&str, &str)]| {
        support::json(
            agent
                .post(lab.token_url())
                .send_form(form.iter().copied())
                .unwrap(),
        )
        .1
    };
    let mut assertion = Assertion::new(&card, "alice@contoso.example", issuer, "");
    let mut request = DeviceRequest::new(&lab.device, "", "");
    let mut count = 0;
    while started.elapsed() < TIME {
        let nonce = post(&[("grant_type", "srv_challenge")])["Nonce"].clone();
        assertion.claims.insert("request_nonce".to_owned(), nonce.clone());
        assertion.claims.insert("exp".to_owned(), (now() + 300).into());
        let signed = sign_with_openssl(&assertion.header, &assertion.claims, &card.key);
        request.claims.insert("request_nonce".to_owned(), nonce);
        request.claims.insert("assertion".to_owned(), signed.into());
        let signed = sign_with_openssl(&request.header, &request.claims, &device);
        let answer = post(&[("grant_type", JWT_BEARER), ("request", &signed)]);
        assert!(
            support::unwrap_key(lab, answer["session_key_jwe"].as_str().unwrap()).len() == 32,
            "{answer}"
        );
        count += 1;
    }
    count
}
