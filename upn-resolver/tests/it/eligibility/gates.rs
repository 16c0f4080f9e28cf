//! The gates that a certificate passes by itself, each with the policies that open it.

use upn_resolver::Certificate;
use upn_resolver::certificate::Time;
use upn_resolver::windows::eligibility::{Gate, KeySpec, Reason, Tile, TileNote, TokenCertificate, assess};
use upn_resolver::windows::logon_policy::{LogonPolicy, PolicyState, PolicySwitch};

use crate::eligibility::token::{LOGON, assess_one, at, enabled, extensions, good, mint, now, upn};
use crate::minted::{Mint, P256};

#[test]
fn time_is_a_gate_on_both_sides() {
    let der = good();
    let certificate = Certificate::from_der(&der).unwrap();
    let (first, last) = (
        certificate.validity().not_before(),
        certificate.validity().not_after(),
    );
    let assess_at = |policy: &LogonPolicy, at| assess(&[TokenCertificate::new(&certificate)], policy, at);
    let seconds = |time: Time| time.to_unix_time().unwrap().as_secs();
    for (at, reason) in [
        (
            at(seconds(first) - 1),
            Some(Reason::NotYetValid { not_before: first }),
        ),
        (at(seconds(first)), None),
        (at(seconds(last)), None),
        (at(seconds(last) + 1), Some(Reason::Expired { not_after: last })),
    ] {
        let assessment = assess_at(&LogonPolicy::new(), at);
        assert_eq!(
            assessment.hidden().first().map(|hidden| hidden.reason().clone()),
            reason
        );
        assert_eq!(
            assess_at(&enabled(&[PolicySwitch::AllowTimeInvalidCertificates]), at)
                .tiles()
                .len(),
            1
        );
    }
}

#[test]
fn a_signature_key_needs_its_policy() {
    let der = good();
    let certificate = Certificate::from_der(&der).unwrap();
    let card = [TokenCertificate::new(&certificate).with_key_spec(KeySpec::Signature)];
    let assessment = assess(&card, &LogonPolicy::new(), now());
    assert_eq!(
        assessment.hidden()[0].to_string(),
        "a signature-only key; shown with AllowSignatureOnlyKeys enabled"
    );
    assert_eq!(
        assess(&card, &enabled(&[PolicySwitch::AllowSignatureOnlyKeys]), now())
            .tiles()
            .len(),
        1
    );
}

#[test]
fn key_usage_must_include_signatures() {
    hidden_for_good(
        &mint("keyEncipherment", LOGON, &upn("a@b.c")),
        &Reason::NoDigitalSignature,
    );
    let assessment = assess_one(&mint("", LOGON, &upn("a@b.c")), &LogonPolicy::new());
    assert_eq!(assessment.tiles()[0].notes(), [TileNote::NoKeyUsage]);
}

#[test]
fn three_kinds_of_purposes_can_be_allowed_and_others_not() {
    for purposes in [
        "",
        "clientAuth",
        "anyExtendedKeyUsage",
        "emailProtection,clientAuth",
    ] {
        let der = mint("digitalSignature", purposes, &upn("a@b.c"));
        hidden_then_shown(
            &der,
            Gate::ExtendedKeyUsage,
            &[PolicySwitch::AllowCertificatesWithNoEku],
        );
    }
    // The question of windows-itpro-docs issue 10776.
    let der = mint("digitalSignature", "emailProtection", &upn("a@b.c"));
    hidden_for_good(
        &der,
        &Reason::OtherPurposes {
            purposes: vec!["1.3.6.1.5.5.7.3.4".to_owned()],
        },
    );
}

#[test]
fn without_a_principal_name_the_hint_field_is_needed() {
    for names in ["", "email = ada@contoso.com", &upn("")] {
        let der = mint("digitalSignature", LOGON, names);
        hidden_then_shown(&der, Gate::Name, &[PolicySwitch::X509HintsNeeded]);
    }
}

#[test]
fn elliptic_curves_need_their_policy() {
    let extensions = extensions("digitalSignature", LOGON, &upn("a@b.c"));
    let on_curve = |key| {
        Mint {
            key,
            extensions: &extensions,
            ..Mint::default()
        }
        .der()
    };
    hidden_then_shown(
        &on_curve(P256),
        Gate::EllipticCurve,
        &[PolicySwitch::EnumerateEccCerts],
    );
    let assessment = assess_one(&on_curve(P256), &enabled(&[PolicySwitch::EnumerateEccCerts]));
    assert_eq!(assessment.tiles()[0].notes(), [TileNote::EllipticCurve]);
    let der = on_curve(&["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"]);
    hidden_then_shown(&der, Gate::EllipticCurve, &[PolicySwitch::EnumerateEccCerts]);
    hidden_for_good(
        &on_curve(&["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"]),
        &Reason::KeyKind,
    );
}

#[test]
fn the_first_closed_gate_is_named_and_every_policy_that_it_takes() {
    let der = Mint {
        extensions: &extensions("digitalSignature", "clientAuth", ""),
        ..Mint::default()
    }
    .der();
    let needed = [
        PolicySwitch::AllowCertificatesWithNoEku,
        PolicySwitch::X509HintsNeeded,
        PolicySwitch::EnumerateEccCerts,
    ];
    hidden_then_shown(&der, Gate::ExtendedKeyUsage, &needed);
}

/// The certificate fails every gate; they are resolved one by one.
#[test]
fn the_gates_close_in_the_order_of_the_page() {
    let certificate = |usage, purposes, names: &str| {
        let extensions = extensions(usage, purposes, names);
        Mint {
            extensions: &extensions,
            ..Mint::default()
        }
        .der()
    };
    let (bad_usage, good_usage) = ("keyEncipherment", "digitalSignature");
    let (one, other) = ("emailProtection", LOGON);
    let nobody = certificate(bad_usage, one, "");
    let stages = [
        (
            &nobody,
            at(now().as_secs() + 100 * 86_400),
            KeySpec::Signature,
            Gate::Time,
        ),
        (&nobody, now(), KeySpec::Signature, Gate::KeyType),
        (&nobody, now(), KeySpec::KeyExchange, Gate::KeyUsage),
        (
            &certificate(good_usage, one, ""),
            now(),
            KeySpec::KeyExchange,
            Gate::ExtendedKeyUsage,
        ),
        (
            &certificate(good_usage, other, ""),
            now(),
            KeySpec::KeyExchange,
            Gate::Name,
        ),
        (
            &certificate(good_usage, other, &upn("a@b.c")),
            now(),
            KeySpec::KeyExchange,
            Gate::EllipticCurve,
        ),
    ];
    for (der, at, key_spec, gate) in stages {
        let certificate = Certificate::from_der(der).unwrap();
        let token = TokenCertificate::new(&certificate).with_key_spec(key_spec);
        let closed = |token| assess(&[token], &LogonPolicy::new(), at).hidden()[0].gate();
        assert_eq!(closed(token), gate);
        assert_eq!(closed(token.with_one_by_one_reading()), Gate::Readable);
    }
}

#[test]
fn what_the_driver_does_not_hand_out_is_not_seen() {
    let der = good();
    let certificate = Certificate::from_der(&der).unwrap();
    let token = TokenCertificate::new(&certificate).with_one_by_one_reading();
    let card = [
        token.with_default_container(),
        token,
        TokenCertificate::unreadable(),
    ];
    let assessment = assess(&card, &LogonPolicy::new(), now());
    let reasons: Vec<_> = assessment
        .hidden()
        .iter()
        .map(|hidden| (hidden.index(), hidden.reason().clone()))
        .collect();
    assert_eq!(reasons, [(1, Reason::NotRead), (2, Reason::Unreadable)]);
    let forced = assess(
        &card,
        &enabled(&[PolicySwitch::ForceReadingAllCertificates]),
        now(),
    );
    assert_eq!(forced.tiles().iter().map(Tile::index).collect::<Vec<_>>(), [0, 1]);
}

/// A program that reads JSON keeps to these.
#[test]
fn the_gates_have_names() {
    for (gate, name) in [
        (Gate::DuplicateFilter, "duplicate-filter"),
        (Gate::EllipticCurve, "elliptic-curve"),
        (Gate::ExtendedKeyUsage, "extended-key-usage"),
        (Gate::KeyType, "key-type"),
        (Gate::KeyUsage, "key-usage"),
        (Gate::Name, "name"),
        (Gate::Readable, "readable"),
        (Gate::Time, "time"),
    ] {
        assert_eq!((gate.code(), gate.to_string().as_str()), (name, name));
    }
}

/// Hidden by this gate without policy, and shown with these policies and with none of them missing.
#[track_caller]
fn hidden_then_shown(der: &[u8], gate: Gate, needed: &[PolicySwitch]) {
    let assessment = assess_one(der, &LogonPolicy::new());
    let [hidden] = assessment.hidden() else {
        panic!("not hidden: {assessment:?}")
    };
    assert_eq!(hidden.gate(), gate);
    let named: Vec<PolicySwitch> = hidden
        .shown_with()
        .expect("some policy shows it")
        .iter()
        .map(|change| change.switch)
        .collect();
    assert_eq!(named, needed);
    let listed = needed
        .iter()
        .map(|switch| format!("{switch} enabled"))
        .collect::<Vec<_>>()
        .join(", ");
    let shown = hidden.to_string();
    assert!(shown.ends_with(&format!("; shown with {listed}")), "{shown}");
    assert_eq!(assess_one(der, &enabled(needed)).tiles().len(), 1);
    for skipped in needed {
        let fewer: Vec<PolicySwitch> = needed
            .iter()
            .copied()
            .filter(|switch| switch != skipped)
            .collect();
        assert_eq!(assess_one(der, &enabled(&fewer)).tiles(), [], "without {skipped}");
    }
}

#[track_caller]
fn hidden_for_good(der: &[u8], reason: &Reason) {
    let everything = LogonPolicy::new().with_state(PolicySwitch::FilterDuplicateCerts, PolicyState::Disabled);
    let everything = PolicySwitch::ALL
        .iter()
        .copied()
        .filter(|switch| *switch != PolicySwitch::FilterDuplicateCerts)
        .fold(everything, |policy, switch| {
            policy.with_state(switch, PolicyState::Enabled)
        });
    for policy in [LogonPolicy::new(), everything] {
        let assessment = assess_one(der, &policy);
        let [hidden] = assessment.hidden() else {
            panic!("not hidden: {assessment:?}")
        };
        assert_eq!(hidden.reason(), reason);
        assert_eq!(hidden.shown_with(), None);
    }
}
