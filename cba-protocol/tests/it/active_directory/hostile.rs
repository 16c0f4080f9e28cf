//! Domain controllers that lie, and answers that are damaged.

use cba_protocol::active_directory::{AdOutcome, AdSignIn, KdcProblem, KdcTrust, Keytab};
use proptest::collection::vec;
use proptest::prelude::*;

use super::certificates::{Identity, dns_name, krbtgt_name};
use super::kdc::{HOST_KEY, HOST_KEY_VERSION, Twist};
use super::*;

/// Code of the error, and the number of requests before it.
fn code_of(sign_in: AdSignIn, twist: Twist) -> (&'static str, usize) {
    let mut kdc = kdc();
    kdc.twist = twist;
    let error = error(run(sign_in, &PARTS.card, &mut kdc));
    assert!(!error.hint().is_empty() && !error.to_string().is_empty());
    (error.code(), kdc.requests)
}

#[test]
fn each_lie_is_noticed() {
    for (twist, expected) in [
        (Twist::PublicValue(0), "ad/malformed"),
        (Twist::PublicValue(1), "ad/malformed"),
        (Twist::SignedNonce, "ad/reply-mismatch"),
        (Twist::ReplyNonce, "ad/reply-mismatch"),
        (Twist::ReplyRealm, "ad/reply-mismatch"),
        (Twist::GrantingRealm, "ad/reply-mismatch"),
        (Twist::ReplyEnded, "ad/reply-mismatch"),
        (Twist::OtherReplyKey, "ad/reply-mismatch"),
        (Twist::ContentChanged, "ad/reply-mismatch"),
    ] {
        assert_eq!(code_of(with_keytab(), twist), (expected, 1), "{twist:?}");
    }
    for (twist, expected) in [
        (Twist::TicketClient, "ad/reply-mismatch"),
        (Twist::ReplyClient, "ad/reply-mismatch"),
        (Twist::Overheard, "ad/reply-mismatch"),
        (Twist::TicketRc4, "ad/unsupported-encryption"),
        (Twist::TicketVersion(HOST_KEY_VERSION + 1), "ad/stale-keytab"),
        (Twist::TicketOtherKey, "ad/ticket-unopened"),
        (Twist::NoPac, "ad/no-account"),
        (Twist::PacWithoutInfo, "ad/no-account"),
        (Twist::TwoPacs, "ad/malformed"),
        (Twist::PacChanged, "ad/pac-not-genuine"),
        (Twist::PacOtherClient, "ad/pac-not-genuine"),
        (Twist::PacOtherTime, "ad/pac-not-genuine"),
        (Twist::PacSignedWithRc4, "ad/pac-not-genuine"),
        (Twist::PacWithTwoInfos, "ad/pac-not-genuine"),
        (Twist::InfoWithoutUpn, "ad/upn-unusable"),
    ] {
        assert_eq!(code_of(with_keytab(), twist), (expected, 2), "{twist:?}");
    }
    for (twist, expected, requests) in [
        (Twist::SignatureChanged, "ad/kdc-not-proven", 1),
        (Twist::ContentChanged, "ad/kdc-not-proven", 1),
        (Twist::NoCertificate, "ad/kdc-not-proven", 1),
        (Twist::PacChanged, "ad/pac-not-genuine", 2),
        (Twist::Overheard, "ad/reply-mismatch", 2),
    ] {
        assert_eq!(code_of(with_trust(), twist), (expected, requests), "{twist:?}");
    }
}

#[test]
fn the_certificate_of_the_domain_controller_must_fit() {
    let realm = || krbtgt_name(REALM);
    let problem = |identity: Identity| {
        let mut kdc = kdc();
        kdc.identity = identity;
        match error(run(with_trust(), &PARTS.card, &mut kdc)) {
            AdError::KdcNotProven(problem) => problem,
            other => panic!("{other}"),
        }
    };
    let of = |issuer: &Identity, names: Vec<u8>, purpose: &str, days| {
        Identity::domain_controller(issuer, names, purpose, days)
    };
    let parts = &*PARTS;
    for (identity, expected, code) in [
        (
            of(&parts.other_authority, realm(), KDC_AUTHENTICATION, (-1, 9)),
            KdcProblem::Chain,
            "chain",
        ),
        (
            of(&parts.authority, realm(), KDC_AUTHENTICATION, (-9, -1)),
            KdcProblem::Dates,
            "dates",
        ),
        (
            of(&parts.authority, realm(), "1.3.6.1.5.5.7.3.1", (-1, 9)),
            KdcProblem::Purpose,
            "purpose",
        ),
        // What a user's card has must not be enough to be a domain controller.
        (
            of(&parts.authority, realm(), "1.3.6.1.4.1.311.20.2.2", (-1, 9)),
            KdcProblem::Purpose,
            "purpose",
        ),
        (
            of(
                &parts.authority,
                krbtgt_name("OTHER.EXAMPLE"),
                KDC_AUTHENTICATION,
                (-1, 9),
            ),
            KdcProblem::Name,
            "name",
        ),
        (
            of(
                &parts.authority,
                dns_name("corp.example.net"),
                KDC_AUTHENTICATION,
                (-1, 9),
            ),
            KdcProblem::Name,
            "name",
        ),
        (parts.card.clone(), KdcProblem::Purpose, "purpose"),
    ] {
        let found = problem(identity);
        assert_eq!((found, found.code()), (expected, code));
    }
}

#[test]
fn nothing_starts_without_proof_or_with_unusable_names() {
    let start = |sign_in: AdSignIn| sign_in.start(peer::seed(), peer::now()).unwrap_err().code();
    assert_eq!(start(new_sign_in()), "ad/no-proof");
    let with =
        |name: &str, realm: &str| AdSignIn::new(name, realm, &PARTS.card.der()).with_host_key(keytab());
    assert_eq!(start(with("", REALM)), "ad/name-unusable");
    assert_eq!(start(with("ada\u{0}@corp.example", REALM)), "ad/name-unusable");
    assert_eq!(start(with(&"a".repeat(5000), REALM)), "ad/name-unusable");
    assert_eq!(start(with("ada", "")), "ad/realm-unusable");
    assert_eq!(start(with("ada", "CORP\nEXAMPLE")), "ad/realm-unusable");
    let odd = AdSignIn::new("ada", REALM, &b"no certificate".to_vec().into()).with_host_key(keytab());
    assert!(odd.findings(peer::now()).is_empty());
    assert_eq!(start(odd), "ad/certificate-unusable");
    assert_eq!(
        KdcTrust::new([], &algorithms()).unwrap_err().code(),
        "ad/ca-unusable"
    );
    assert_eq!(
        KdcTrust::new([b"no certificate".to_vec().into()], &algorithms())
            .unwrap_err()
            .code(),
        "ad/ca-unusable"
    );
    assert!(format!("{:?}", trust().with_host("dc1")).contains("dc1"));
}

#[test]
fn a_keytab_of_another_service_does_not_open_the_ticket() {
    let mut other = Keytab::from_bytes(&kdc::keytab(HOST_KEY_VERSION, &[1; 32])).unwrap();
    other.service = "host/client1.corp.example".to_owned();
    let outcome = run(new_sign_in().with_host_key(other), &PARTS.card, &mut kdc());
    assert_eq!(error(outcome), AdError::TicketUnopened);
    let old = Keytab::from_bytes(&kdc::keytab(HOST_KEY_VERSION - 1, &HOST_KEY)).unwrap();
    let outcome = run(new_sign_in().with_host_key(old), &PARTS.card, &mut kdc());
    assert_eq!(
        error(outcome),
        AdError::StaleKeytab {
            needed: HOST_KEY_VERSION,
            newest: HOST_KEY_VERSION - 1
        }
    );
}

/// Runs a sign-in whose reply number `number` is changed.
fn with_changed_reply(
    sign_in: AdSignIn,
    number: usize,
    change: impl Fn(&mut Vec<u8>),
) -> Result<AdOutcome, AdError> {
    let mut kdc = kdc();
    let mut step = sign_in.start(peer::seed(), peer::now())?;
    loop {
        step = match step {
            AdStep::Done(outcome) => return Ok(outcome),
            AdStep::SignWithCard(task) => {
                let signature = sign(&PARTS.card, task.algorithm(), task.input());
                task.complete(&signature)?
            }
            AdStep::SendToKdc(exchange) => {
                let mut reply = kdc.answer(exchange.request());
                if kdc.requests == number {
                    change(&mut reply);
                }
                exchange.respond(&reply, peer::now())?
            }
        };
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_changed_reply_never_names_another_account(number in 1..3_usize, at in any::<prop::sample::Index>(), bit in 0..8_u8, trusted in any::<bool>()) {
        let sign_in = if trusted { with_trust() } else { with_keytab() };
        let outcome = with_changed_reply(sign_in, number, |reply| {
            let at = at.index(reply.len());
            reply[at] ^= 1 << bit;
        });
        if let Ok(AdOutcome::SignedIn(account)) = outcome {
            prop_assert_eq!(account.upn.as_str(), "ada.lovelace@contoso.example");
            prop_assert_eq!(account.sid.as_ref().unwrap().as_str(), "S-1-5-21-1-2-3-1104");
        }
    }

    #[test]
    fn a_cut_reply_is_refused(number in 1..3_usize, at in any::<prop::sample::Index>()) {
        let outcome = with_changed_reply(with_trust(), number, |reply| reply.truncate(at.index(reply.len())));
        prop_assert!(outcome.is_err());
    }

    #[test]
    fn other_bytes_are_refused(bytes in vec(any::<u8>(), 0..200), tag in prop::sample::select(vec![0x6b, 0x6d, 0x7e, 0x30])) {
        for reply in [bytes.clone(), der::tlv(tag, &bytes), der::tlv(tag, &der::tlv(0x30, &bytes))] {
            for number in [1, 2] {
                let outcome = with_changed_reply(with_keytab(), number, |real| real.clone_from(&reply));
                prop_assert!(!matches!(outcome, Ok(AdOutcome::SignedIn(_))));
            }
        }
    }
}
