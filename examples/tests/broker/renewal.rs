//! Renewal of the token by the broker itself.

use local_authority::{Effect, Fault, Leg};
use serde_json::Value;

use crate::bench::Bench;

fn issued(bench: &Bench) -> Option<u64> {
    bench.bus.status()["token"]["issuedAt"].as_u64()
}

#[test]
fn the_token_is_renewed_and_the_new_one_stored() {
    // Renewed at half of its lifetime.
    let bench = Bench::with(|configuration| configuration.lifetimes.primary_refresh_token = 8);
    let mut broker = bench.start(&[]);
    bench.sign_in();
    let first = issued(&bench).unwrap();
    // It goes on: without the renewals it would have expired.
    bench.wait_until("it was renewed", || issued(&bench).unwrap() > first + 8);
    broker.kill();
    let _broker = bench.start(&[]);
    assert!(issued(&bench).unwrap() > first + 8);
    assert!(bench.cookie("")["cookieContent"].is_string());
}

#[test]
fn a_failure_of_the_network_or_the_service_leaves_the_token() {
    let bench = Bench::with(|configuration| configuration.lifetimes.primary_refresh_token = 20);
    let effect = Effect::Refuse {
        code: 90_033,
        retry_after: None,
    };
    bench.tenant.authority.inject(Fault::once(Leg::Exchange, effect));
    let broker = bench.start(&[]);
    bench.sign_in();
    bench.wait_until("a renewal failed", || broker.log().contains("was not renewed"));
    assert!(bench.cookie("")["cookieContent"].is_string());
    // It is tried again later and not at once.
    assert_eq!(broker.log().matches("was not renewed").count(), 1);
    let next = bench.bus.status()["token"]["renewAt"].as_u64().unwrap();
    assert!(next > issued(&bench).unwrap() + 30);
}

#[test]
fn a_token_that_the_authority_no_longer_accepts_is_dropped() {
    let bench = Bench::with(|configuration| configuration.lifetimes.primary_refresh_token = 4);
    let effect = Effect::Refuse {
        code: 50_173,
        retry_after: None,
    };
    bench.tenant.authority.inject(Fault::once(Leg::Exchange, effect));
    let broker = bench.start(&[]);
    bench.sign_in();
    bench.wait_until("it was dropped", || bench.signed_out());
    assert!(!bench.stored().exists());
    assert!(broker.log().contains("no longer accepts"), "{}", broker.log());
    assert_eq!(bench.bus.status()["token"], Value::Null);
}

#[test]
fn an_expired_token_is_not_used() {
    let bench = Bench::with(|configuration| configuration.lifetimes.primary_refresh_token = 3);
    let mut broker = bench.start(&[]);
    bench.sign_in();
    broker.kill();
    std::thread::sleep(std::time::Duration::from_secs(4));
    let _broker = bench.start(&[]);
    assert!(bench.signed_out());
    bench.wait_until("the file is removed", || !bench.stored().exists());
}
