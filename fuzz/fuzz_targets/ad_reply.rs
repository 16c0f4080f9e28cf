//! A domain controller that answers anything: no panic, no account, and an end within a request more than the referrals allow.

#![no_main]

use std::sync::LazyLock;

use cba_protocol::active_directory::{AdOutcome, AdSignIn, AdStep, KdcTrust, MAX_REFERRALS};
use libfuzzer_sys::fuzz_target;
use rustls_pki_types::{CertificateDer, UnixTime};

const CARD: &[u8] = include_bytes!("../../examples/src/doctor/nobody.der");

static TRUST: LazyLock<KdcTrust> =
    LazyLock::new(|| KdcTrust::new([CertificateDer::from(CARD)], &[]).expect("a certificate"));

fuzz_target!(|reply: &[u8]| {
    let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(1_795_987_300));
    let sign_in = AdSignIn::new("ada@corp.local", "CORP.LOCAL", &CertificateDer::from(CARD));
    let mut step = sign_in
        .with_kdc_trust(TRUST.clone())
        .start([7; 32].into(), now)
        .expect("a first step");
    // The clock is corrected once.
    let mut requests = usize::from(MAX_REFERRALS) + 2;
    loop {
        let next = match step {
            AdStep::Done(outcome) => return assert!(!matches!(outcome, AdOutcome::SignedIn(_))),
            AdStep::SignWithCard(task) => task.complete(&[1; 256]),
            AdStep::SendToKdc(exchange) => {
                assert!(requests > 0, "no end");
                requests -= 1;
                exchange.respond(reply, now)
            }
        };
        let Ok(next) = next else { return };
        step = next;
    }
});
