//! Sign-in to Active Directory with a scripted domain controller.

mod accounts;
mod certificates;
mod der;
mod files;
mod hostile;
mod kdc;
mod recorded;
mod referrals;
mod refusals;

use std::sync::LazyLock;

use cba_protocol::Algorithm;
use cba_protocol::active_directory::{
    AdAccount, AdError, AdOutcome, AdSignIn, AdStep, KdcRefusal, KdcTrust, Keytab,
};
use openssl::ecdsa::EcdsaSig;
use openssl::hash::MessageDigest;
use openssl::sign::Signer;
use rustls_pki_types::UnixTime;

use self::certificates::{Identity, algorithms, dns_name, krbtgt_name, rsa};
use self::kdc::{HOST_KEY, HOST_KEY_VERSION, Kdc};
use crate::peer;

const REALM: &str = "CORP.EXAMPLE";
const KDC_AUTHENTICATION: &str = "1.3.6.1.5.2.3.5";

/// Keys take a second to make, so the tests share these.
struct Parts {
    authority: Identity,
    other_authority: Identity,
    controller: Identity,
    card: Identity,
}

static PARTS: LazyLock<Parts> = LazyLock::new(|| {
    let authority = Identity::authority("Corp CA");
    let names = [dns_name("dc1.corp.example"), krbtgt_name(REALM)].concat();
    Parts {
        controller: Identity::domain_controller(&authority, names, KDC_AUTHENTICATION, (-1, 100)),
        card: Identity::card(&authority, rsa(), "ada@corp.example"),
        other_authority: Identity::authority("Other CA"),
        authority,
    }
});

fn trust() -> KdcTrust {
    KdcTrust::new([PARTS.authority.der()], &algorithms()).unwrap()
}

fn keytab() -> Keytab {
    Keytab::from_bytes(&kdc::keytab(HOST_KEY_VERSION, &HOST_KEY)).unwrap()
}

fn new_sign_in() -> AdSignIn {
    AdSignIn::new("ada@corp.example", REALM, &PARTS.card.der())
}

/// Proven by the host key.
fn with_keytab() -> AdSignIn {
    new_sign_in().with_host_key(keytab())
}

/// Proven by the certificate of the domain controller.
fn with_trust() -> AdSignIn {
    new_sign_in().with_kdc_trust(trust())
}

fn kdc() -> Kdc {
    Kdc::new(PARTS.controller.clone())
}

/// A signature of the card in the form of JWS.
fn sign(card: &Identity, algorithm: Algorithm, message: &[u8]) -> Vec<u8> {
    let digest = match algorithm {
        Algorithm::Es384 => MessageDigest::sha384(),
        _ => MessageDigest::sha256(),
    };
    let signature = Signer::new(digest, &card.key)
        .unwrap()
        .sign_oneshot_to_vec(message)
        .unwrap();
    let length = match algorithm {
        Algorithm::Es256 => 32,
        Algorithm::Es384 => 48,
        _ => return signature,
    };
    let signature = EcdsaSig::from_der(&signature).unwrap();
    [
        signature.r().to_vec_padded(length).unwrap(),
        signature.s().to_vec_padded(length).unwrap(),
    ]
    .concat()
}

/// Runs a sign-in to its end. Each step has the time of the test.
fn run(sign_in: AdSignIn, card: &Identity, kdc: &mut Kdc) -> Result<AdOutcome, AdError> {
    run_at(sign_in, card, kdc, peer::now())
}

fn run_at(sign_in: AdSignIn, card: &Identity, kdc: &mut Kdc, now: UnixTime) -> Result<AdOutcome, AdError> {
    let mut step = sign_in.start(peer::seed(), now)?;
    for _ in 0..20 {
        step = match step {
            AdStep::Done(outcome) => return Ok(outcome),
            AdStep::SignWithCard(task) => {
                let signature = sign(card, task.algorithm(), task.input());
                task.complete(&signature)?
            }
            AdStep::SendToKdc(exchange) => {
                let reply = kdc.answer(exchange.request());
                exchange.respond(&reply, now)?
            }
        };
    }
    panic!("no end after 20 steps");
}

fn account(outcome: Result<AdOutcome, AdError>) -> AdAccount {
    match outcome {
        Ok(AdOutcome::SignedIn(account)) => *account,
        other => panic!("not signed in: {other:?}"),
    }
}

fn refusal(outcome: Result<AdOutcome, AdError>) -> KdcRefusal {
    match outcome {
        Ok(AdOutcome::Refused(refusal)) => *refusal,
        other => panic!("not refused: {other:?}"),
    }
}

fn error(outcome: Result<AdOutcome, AdError>) -> AdError {
    match outcome {
        Err(error) => error,
        Ok(outcome) => panic!("no error: {outcome:?}"),
    }
}
