//! Sign-ins that succeed.

use cba_protocol::Algorithm;
use cba_protocol::active_directory::{
    AdSignIn, AdStep, CertificateFinding, KdcExchange, KdcProblem, KdcProof, KdcTrust, MAX_KDC_REPLY,
};
use openssl::nid::Nid;
use upn_resolver::AdLogon;

use super::certificates::{Content, Identity, dns_name, elliptic};
use super::kdc::{Attributes, HOST_KEY, SHA256, Twist};
use super::*;

#[test]
fn the_domain_names_the_account() {
    let mut kdc = kdc();
    let account = account(run(with_keytab(), &PARTS.card, &mut kdc));
    assert_eq!(account.upn.as_str(), "ada.lovelace@contoso.example");
    assert!(!account.is_implicit);
    assert_eq!(account.sid.as_ref().unwrap().as_str(), "S-1-5-21-1-2-3-1104");
    assert_eq!(account.sam_account_name.as_deref(), Some("ada"));
    assert_eq!(account.dns_domain, "CORP.EXAMPLE");
    assert_eq!(account.principal(), "ada@CORP.EXAMPLE");
    assert_eq!(account.proof, KdcProof::HostKey);
    assert_eq!(account.clock_ahead, None);
    assert_eq!(account.valid_until().as_secs(), peer::NOW + 36_000);
    assert_eq!(account.logon(), AdLogon::Succeeded(&account.upn));
    assert_eq!(kdc.requests, 2);
    let shown = format!("{account:?}");
    assert!(
        shown.contains("ada.lovelace") && !shown.contains("ticket"),
        "{shown}"
    );
}

#[test]
fn an_implicit_upn_is_reported_as_such() {
    let mut kdc = kdc();
    (kdc.upn, kdc.flags) = ("ada@corp.example", 3);
    let account = account(run(with_keytab(), &PARTS.card, &mut kdc));
    assert!(account.is_implicit);
    assert_eq!(account.logon(), AdLogon::SucceededImplicitly(&account.upn));
}

#[test]
fn an_old_domain_controller_gives_the_sid_in_another_buffer() {
    let mut kdc = kdc();
    kdc.twist = Twist::InfoOfOldServer;
    let account = account(run(with_keytab(), &PARTS.card, &mut kdc));
    assert_eq!(account.sid.as_ref().unwrap().as_str(), "S-1-5-21-1-2-3-1104");
    assert_eq!(account.sam_account_name.as_deref(), None);
}

#[test]
fn without_a_keytab_the_certificate_is_the_proof() {
    for twist in [Twist::None, Twist::HeimdalSignature] {
        let mut kdc = kdc();
        kdc.twist = twist;
        let account = account(run(with_trust(), &PARTS.card, &mut kdc));
        assert_eq!(
            (account.proof.code(), kdc.requests),
            ("certificate", 2),
            "{twist:?}"
        );
    }
    let both = account(run(
        with_keytab().with_kdc_trust(trust()),
        &PARTS.card,
        &mut kdc(),
    ));
    assert_eq!(both.proof.code(), "host-key-and-certificate");
}

#[test]
fn a_domain_controller_of_windows_has_only_dns_names() {
    let sign_in = |names: &str, trust: KdcTrust| {
        let mut kdc = kdc();
        kdc.identity =
            Identity::domain_controller(&PARTS.authority, dns_name(names), KDC_AUTHENTICATION, (-1, 9));
        run(new_sign_in().with_kdc_trust(trust), &PARTS.card, &mut kdc)
    };
    account(sign_in("corp.example", trust()));
    account(sign_in("dc1.corp.example", trust().with_host("DC1.corp.example")));
    assert_eq!(
        error(sign_in("dc1.corp.example", trust())).code(),
        "ad/kdc-not-proven"
    );
}

#[test]
fn an_old_template_is_accepted_on_request() {
    let sign_in = |trust: KdcTrust| {
        let mut kdc = kdc();
        kdc.identity = Identity::domain_controller(
            &PARTS.authority,
            dns_name("corp.example"),
            "1.3.6.1.5.5.7.3.1",
            (-1, 9),
        );
        run(new_sign_in().with_kdc_trust(trust), &PARTS.card, &mut kdc)
    };
    account(sign_in(trust().with_server_authentication()));
    error(sign_in(trust()));
}

#[test]
fn elliptic_cards_and_authorities_work() {
    for (curve, algorithm) in [
        (Nid::X9_62_PRIME256V1, Algorithm::Es256),
        (Nid::SECP384R1, Algorithm::Es384),
    ] {
        let card = Identity::card(&PARTS.authority, elliptic(curve), "ada@corp.example");
        let sign_in = AdSignIn::new("ada@corp.example", REALM, &card.der()).with_host_key(keytab());
        let AdStep::SignWithCard(task) = sign_in.clone().start(peer::seed(), peer::now()).unwrap() else {
            panic!("the card comes first");
        };
        assert_eq!(task.algorithm(), algorithm);
        assert_eq!(
            task.complete(&[0; 256]).unwrap_err().code(),
            "ad/signature-length"
        );
        account(run(sign_in, &card, &mut kdc()));
    }
    let content = certificates::Content {
        subject: "EC CA",
        days: (-1, 100),
        extensions: vec![("2.5.29.19", der::seq(&[der::tlv(1, &[0xff])]))],
    };
    let authority = Identity::new(elliptic(Nid::X9_62_PRIME256V1), &content, None);
    let mut kdc = kdc();
    kdc.identity =
        Identity::domain_controller(&authority, dns_name("corp.example"), KDC_AUTHENTICATION, (-1, 9));
    let trust = KdcTrust::new([authority.der()], &algorithms()).unwrap();
    account(run(new_sign_in().with_kdc_trust(trust), &PARTS.card, &mut kdc));
}

#[test]
fn a_domain_controller_with_an_elliptic_key_is_verified() {
    let content = Content::of_controller(dns_name("corp.example"), KDC_AUTHENTICATION, (-1, 9));
    let key = elliptic(Nid::X9_62_PRIME256V1);
    let mut kdc = kdc();
    kdc.identity = Identity::new(key, &content, Some(&PARTS.authority));
    kdc.twist = Twist::SignatureNames(SHA256, "1.2.840.10045.4.3.2");
    account(run(with_trust(), &PARTS.card, &mut kdc));
    kdc.twist = Twist::SignatureNames(SHA256, "1.2.840.10045.4.3.3");
    assert_eq!(
        error(run(with_trust(), &PARTS.card, &mut kdc)),
        AdError::KdcNotProven(KdcProblem::Signature)
    );
}

#[test]
fn the_signature_uses_an_algorithm_of_the_program() {
    let sign_in = |twist, algorithms: &[_]| {
        let trust = KdcTrust::new([PARTS.authority.der()], algorithms).unwrap();
        let mut kdc = kdc();
        kdc.twist = twist;
        run(new_sign_in().with_kdc_trust(trust), &PARTS.card, &mut kdc)
    };
    let all = algorithms();
    let (sha1, others) = all.split_last().unwrap();
    account(sign_in(Twist::HeimdalSignature, &all));
    account(sign_in(Twist::None, others));
    // rsaEncryption: the hash is the one that is named.
    account(sign_in(
        Twist::SignatureNames(SHA256, "1.2.840.113549.1.1.1"),
        others,
    ));
    for (twist, algorithms) in [
        (Twist::HeimdalSignature, others),
        (Twist::None, &[*sha1][..]),
        (Twist::None, &[]),
        // Another hash is named than the one of the signature, or one that is not known.
        (
            Twist::SignatureNames("1.3.14.3.2.26", "1.2.840.113549.1.1.1"),
            &all,
        ),
        (
            Twist::SignatureNames("1.3.14.3.2.26", "1.2.840.113549.1.1.11"),
            &all,
        ),
        (Twist::SignatureNames(SHA256, "1.2.840.113549.1.1.13"), &all),
        (Twist::SignatureNames(SHA256, "1.2.840.113549.1.1.5"), &all),
        (Twist::SignatureNames(SHA256, "1.2.3"), &all),
    ] {
        assert_eq!(
            error(sign_in(twist, algorithms)),
            AdError::KdcNotProven(KdcProblem::Signature),
            "{twist:?}"
        );
    }
}

#[test]
fn signed_attributes_belong_to_the_content() {
    for odd in [
        Attributes::OfOtherContent,
        Attributes::OfOtherType,
        Attributes::WithoutType,
        Attributes::WithoutDigest,
        Attributes::TwoDigests,
        Attributes::MoreBytes,
    ] {
        let mut kdc = kdc();
        kdc.twist = Twist::SignedAttributes(odd);
        assert_eq!(
            error(run(with_trust(), &PARTS.card, &mut kdc)),
            AdError::KdcNotProven(KdcProblem::Signature),
            "{odd:?}"
        );
    }
}

#[test]
fn certificates_are_not_verified_with_sha_1() {
    let content = || Content::of_controller(dns_name("corp.example"), KDC_AUTHENTICATION, (-1, 9));
    let sign_in = |hash| {
        let mut kdc = kdc();
        kdc.identity = Identity::signed_with(hash, rsa(), &content(), Some(&PARTS.authority));
        kdc.twist = Twist::HeimdalSignature;
        run(with_trust(), &PARTS.card, &mut kdc)
    };
    account(sign_in(MessageDigest::sha256()));
    assert_eq!(
        error(sign_in(MessageDigest::sha1())),
        AdError::KdcNotProven(KdcProblem::Chain)
    );
}

#[test]
fn a_task_can_be_dated_anew_and_tried_again() {
    let AdStep::SignWithCard(task) = with_keytab().start(peer::seed(), peer::now()).unwrap() else {
        panic!("the card comes first");
    };
    let first = task.input().to_vec();
    let later = UnixTime::since_unix_epoch(std::time::Duration::from_secs(peer::NOW + 600));
    let AdStep::SignWithCard(task) = task.redated(later).unwrap() else {
        panic!("the card comes first");
    };
    assert_ne!(task.input(), first);
    let signature = sign(&PARTS.card, task.algorithm(), task.input());
    let AdStep::SendToKdc(exchange) = task.complete(&signature).unwrap() else {
        panic!("the request follows");
    };
    assert_eq!(exchange.realm(), REALM);
    let framed = exchange.framed_request();
    assert_eq!(
        usize::try_from(u32::from_be_bytes(framed[..4].try_into().unwrap())).unwrap(),
        exchange.request().len()
    );
    assert_eq!(framed[4..], *exchange.request());
}

#[test]
fn the_same_seed_gives_the_same_request() {
    let input = |seed: u8| match with_keytab().start([seed; 32].into(), peer::now()).unwrap() {
        AdStep::SignWithCard(task) => task.input().to_vec(),
        step => panic!("{step:?}"),
    };
    assert_eq!(input(1), input(1));
    assert_ne!(input(1), input(2));
}

#[test]
fn replies_have_a_limit() {
    assert_eq!(KdcExchange::reply_length([0, 0, 1, 0]).unwrap(), 256);
    assert_eq!(
        KdcExchange::reply_length([0x80, 0, 0, 1]).unwrap_err().code(),
        "ad/reply-too-long"
    );
    let mut kdc = kdc();
    kdc.first = vec![vec![0; MAX_KDC_REPLY + 1]];
    assert_eq!(
        error(run(with_keytab(), &PARTS.card, &mut kdc)).code(),
        "ad/reply-too-long"
    );
}

#[test]
fn the_credential_cache_has_the_format_of_mit() {
    let cache = account(run(with_keytab(), &PARTS.card, &mut kdc())).credential_cache();
    // Version 4, no header, then the default principal: one part, type 1.
    assert_eq!(cache[..12], [5, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
    assert_eq!(cache[12..16], [0, 0, 0, 12]);
    assert_eq!(&cache[16..28], b"CORP.EXAMPLE");
    assert_eq!(&cache[28..35], &[&[0, 0, 0, 3][..], b"ada"].concat()[..]);
    assert!(cache.windows(6).any(|bytes| bytes == b"krbtgt"));
    assert!(!cache.windows(32).any(|bytes| bytes == HOST_KEY));
}

#[test]
fn findings_are_made_before_the_card_is_used() {
    let codes = |sign_in: &AdSignIn, days: i64| {
        let seconds = u64::try_from(i64::try_from(peer::NOW).unwrap() + days * 86_400).unwrap();
        let findings = sign_in.findings(UnixTime::since_unix_epoch(std::time::Duration::from_secs(
            seconds,
        )));
        findings.iter().map(CertificateFinding::code).collect::<Vec<_>>()
    };
    assert_eq!(codes(&with_trust(), 0), ["no-sid"]);
    assert_eq!(codes(&with_trust(), 200), ["expired", "no-sid"]);
    assert_eq!(codes(&with_trust(), -30), ["not-yet-valid", "no-sid"]);
    let other = AdSignIn::new("bob@corp.example", REALM, &PARTS.card.der());
    assert_eq!(codes(&other, 0), ["other-name", "no-sid"]);
    let elsewhere =
        new_sign_in().with_kdc_trust(KdcTrust::new([PARTS.other_authority.der()], &algorithms()).unwrap());
    assert_eq!(codes(&elsewhere, 0), ["other-issuer", "no-sid"]);
    let content = certificates::Content {
        subject: "odd",
        days: (-1, 9),
        extensions: vec![
            ("2.5.29.15", der::tlv(3, &[5, 0x20])),
            ("2.5.29.37", der::seq(&[der::oid("1.3.6.1.5.5.7.3.2")])),
        ],
    };
    let odd = Identity::new(rsa(), &content, Some(&PARTS.authority));
    let odd = AdSignIn::new("ada", REALM, &odd.der());
    assert_eq!(
        codes(&odd, 0),
        ["no-digital-signature", "no-smart-card-logon", "no-sid"]
    );
    // A name without a domain, and a certificate that restricts nothing, contradict nothing.
    let short = AdSignIn::new("ada", REALM, &PARTS.card.der());
    assert_eq!(codes(&short, 0), ["no-sid"]);
    let content = Content {
        subject: "plain",
        days: (-1, 9),
        extensions: vec![],
    };
    let plain = Identity::new(rsa(), &content, Some(&PARTS.authority));
    let plain = AdSignIn::new("ada@corp.example", REALM, &plain.der());
    assert_eq!(codes(&plain, 0), ["no-sid"]);
    for finding in with_trust().findings(peer::now()) {
        assert!(
            !finding.hint().is_empty()
                && !finding.to_string().is_empty()
                && !finding.responsible().code().is_empty()
        );
    }
}
