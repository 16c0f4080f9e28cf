//! A recorded sign-in to Samba's domain controller. Everybody in it is made up. `examples/tests/hybrid/recording.rs` writes it.

use cba_protocol::active_directory::{KdcExchange, KdcProof};
use rustls_pki_types::CertificateDer;

use super::*;

macro_rules! recorded {
    ($name:literal) => {
        include_bytes!(concat!("../../fixtures/active-directory/", $name)).as_slice()
    };
}

fn sign_in() -> AdSignIn {
    let authority = CertificateDer::from(recorded!("ca.der"));
    AdSignIn::new(
        "grace.hopper@contoso.example",
        "CORP.LOCAL",
        &CertificateDer::from(recorded!("card.der")),
    )
    .with_host_key(Keytab::from_bytes(recorded!("client1.keytab")).unwrap())
    .with_kdc_trust(KdcTrust::new([authority], &algorithms()).unwrap())
}

fn now() -> UnixTime {
    let seconds = include_str!("../../fixtures/active-directory/now");
    UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds.parse().unwrap()))
}

fn exchange(step: AdStep) -> KdcExchange {
    match step {
        AdStep::SendToKdc(exchange) => exchange,
        step => panic!("{step:?}"),
    }
}

#[test]
fn the_recorded_answers_name_the_account() {
    let AdStep::SignWithCard(task) = sign_in().start([7; 32].into(), now()).unwrap() else {
        panic!("the card comes first");
    };
    let first = exchange(task.complete(recorded!("signature")).unwrap());
    assert!(
        first.request() == recorded!("as-req"),
        "the same seed and time give the same request"
    );
    let second = exchange(first.respond(recorded!("as-rep"), now()).unwrap());
    assert!(
        second.request() == recorded!("tgs-req"),
        "the same seed and time give the same request"
    );
    let account = match second.respond(recorded!("tgs-rep"), now()).unwrap() {
        AdStep::Done(outcome) => account(Ok(outcome)),
        step => panic!("{step:?}"),
    };
    // As the directory has them.
    assert_eq!(account.upn.as_str(), "grace.hopper@contoso.example");
    assert_eq!(account.principal(), "grace@CORP.LOCAL");
    assert_eq!(
        (account.sam_account_name.as_deref(), account.dns_domain.as_str()),
        (Some("grace"), "CORP.LOCAL")
    );
    let sid = account.sid.as_ref().unwrap().to_string();
    assert!(
        sid.starts_with("S-1-5-21-1004336348-1177238915-682003330-"),
        "{sid}"
    );
    assert_eq!(account.proof, KdcProof::HostKeyAndCertificate);
    // Domain controllers are verified with the time of the answer.
    let AdStep::SignWithCard(task) = sign_in().start([7; 32].into(), now()).unwrap() else {
        panic!("the card comes first");
    };
    let first = exchange(task.complete(recorded!("signature")).unwrap());
    let late = UnixTime::since_unix_epoch(std::time::Duration::from_secs(
        now().as_secs() + 20 * 365 * 86_400,
    ));
    assert_eq!(
        first.respond(recorded!("as-rep"), late).unwrap_err().code(),
        "ad/kdc-not-proven"
    );
}
