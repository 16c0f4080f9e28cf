//! Which certificates of a token become tiles, gate by gate and policy by policy.

mod minted;

use minted::{Mint, P256, ask_openssl};
use upn_resolver::Certificate;
use upn_resolver::windows::eligibility::{
    AccountName, Assessment, CredentialCacheKey, Gate, KeySpec, Reason, Tile, TileNote, TokenCertificate,
    assess,
};
use upn_resolver::windows::logon_policy::{DefaultsFrom, LogonPolicy, Setting, Switch};

const RSA: &[&str] = &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"];
const LOGON: &str = "1.3.6.1.4.1.311.20.2.2";

/// The extensions of a certificate that passes every gate.
fn extensions(usage: &str, purposes: &str, names: &str) -> String {
    let line = |name: &str, value: &str| {
        if value.is_empty() {
            String::new()
        } else {
            format!("{name} = {value}\n")
        }
    };
    let names = if names.is_empty() {
        String::new()
    } else {
        format!("subjectAltName = @names\n[names]\n{names}\n")
    };
    format!(
        "{}{}subjectKeyIdentifier = hash\n{names}",
        line("keyUsage", usage),
        line("extendedKeyUsage", purposes)
    )
}

fn upn(name: &str) -> String {
    format!("otherName = 1.3.6.1.4.1.311.20.2.3;FORMAT:UTF8,UTF8:{name}")
}

fn mint(usage: &str, purposes: &str, names: &str) -> Vec<u8> {
    Mint {
        key: RSA,
        extensions: &extensions(usage, purposes, names),
        ..Mint::default()
    }
    .der()
}

fn good() -> Vec<u8> {
    mint("digitalSignature", LOGON, &upn("ada@contoso.com"))
}

/// A moment at which a certificate made just now is valid.
fn now() -> i64 {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    i64::try_from(since.as_secs()).unwrap() + 60
}

fn assess_one(der: &[u8], policy: &LogonPolicy) -> Assessment {
    let certificate = Certificate::from_der(der).unwrap();
    assess(&[TokenCertificate::new(&certificate)], policy, now())
}

fn enabled(switches: &[Switch]) -> LogonPolicy {
    switches.iter().fold(LogonPolicy::new(), |policy, switch| {
        policy.with(*switch, Setting::Enabled)
    })
}

/// Hidden by this gate without policy, and shown with these policies and with none of them missing.
#[track_caller]
fn hidden_then_shown(der: &[u8], gate: Gate, needed: &[Switch]) {
    let assessment = assess_one(der, &LogonPolicy::new());
    let [hidden] = assessment.hidden() else {
        panic!("not hidden: {assessment:?}")
    };
    assert_eq!(hidden.gate(), gate);
    let named: Vec<Switch> = hidden
        .shown_with()
        .expect("some policy shows it")
        .iter()
        .map(|change| change.switch)
        .collect();
    assert_eq!(named, needed);
    assert_eq!(assess_one(der, &enabled(needed)).tiles().len(), 1);
    for left_out in needed {
        let fewer: Vec<Switch> = needed
            .iter()
            .copied()
            .filter(|switch| switch != left_out)
            .collect();
        assert_eq!(
            assess_one(der, &enabled(&fewer)).tiles(),
            [],
            "without {left_out}"
        );
    }
}

#[track_caller]
fn hidden_for_good(der: &[u8], reason: &Reason) {
    let everything = LogonPolicy::new().with(Switch::FilterDuplicateCerts, Setting::Disabled);
    let everything = Switch::ALL
        .into_iter()
        .filter(|switch| *switch != Switch::FilterDuplicateCerts)
        .fold(everything, |policy, switch| policy.with(switch, Setting::Enabled));
    for policy in [LogonPolicy::new(), everything] {
        let assessment = assess_one(der, &policy);
        let [hidden] = assessment.hidden() else {
            panic!("not hidden: {assessment:?}")
        };
        assert_eq!(hidden.reason(), reason);
        assert_eq!(hidden.shown_with(), None);
    }
}

#[test]
fn a_smart_card_logon_certificate_is_a_tile() {
    let assessment = assess_one(&good(), &LogonPolicy::new());
    assert_eq!(assessment.hidden(), []);
    assert_eq!(assessment.tiles()[0].to_string(), "Ada (ada@contoso.com)");
}

#[test]
fn time_is_a_gate_on_both_sides() {
    let der = good();
    let certificate = Certificate::from_der(&der).unwrap();
    let (first, last) = (
        certificate.validity().not_before().unix_seconds(),
        certificate.validity().not_after().unix_seconds(),
    );
    let assess_at = |policy: &LogonPolicy, at| assess(&[TokenCertificate::new(&certificate)], policy, at);
    for (at, reason) in [
        (first - 1, Some(Reason::NotYetValid { not_before: first })),
        (first, None),
        (last, None),
        (last + 1, Some(Reason::Expired { not_after: last })),
    ] {
        let assessment = assess_at(&LogonPolicy::new(), at);
        assert_eq!(
            assessment.hidden().first().map(|hidden| hidden.reason().clone()),
            reason
        );
        assert_eq!(
            assess_at(&enabled(&[Switch::AllowTimeInvalidCertificates]), at)
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
        assess(&card, &enabled(&[Switch::AllowSignatureOnlyKeys]), now())
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
            &[Switch::AllowCertificatesWithNoEku],
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
        hidden_then_shown(&der, Gate::Name, &[Switch::X509HintsNeeded]);
    }
}

#[test]
fn an_empty_name_counts_as_none_and_the_next_one_counts() {
    let numbered = |number: &str, name: &str| upn(name).replace("otherName", &format!("otherName.{number}"));
    let names = [numbered("0", ""), numbered("1", "second@contoso.com")].join("\n");
    let der = mint("digitalSignature", LOGON, &names);
    let certificate = Certificate::from_der(&der).unwrap();
    let assessment = assess(&[TokenCertificate::new(&certificate)], &LogonPolicy::new(), now());
    let [tile] = assessment.tiles() else {
        panic!("{assessment:?}")
    };
    assert_eq!(tile.principal_name(), Some("second@contoso.com"));
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
    hidden_then_shown(&on_curve(P256), Gate::EllipticCurve, &[Switch::EnumerateEccCerts]);
    let assessment = assess_one(&on_curve(P256), &enabled(&[Switch::EnumerateEccCerts]));
    assert_eq!(assessment.tiles()[0].notes(), [TileNote::EllipticCurve]);
    let der = on_curve(&["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"]);
    hidden_then_shown(&der, Gate::EllipticCurve, &[Switch::EnumerateEccCerts]);
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
        Switch::AllowCertificatesWithNoEku,
        Switch::X509HintsNeeded,
        Switch::EnumerateEccCerts,
    ];
    hidden_then_shown(&der, Gate::ExtendedKeyUsage, &needed);
}

/// Everything is wrong with the certificate, and is mended gate by gate.
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
        (&nobody, now() + 100 * 86_400, KeySpec::Signature, Gate::Time),
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
        assert_eq!(closed(token.read_one_by_one()), Gate::Readable);
    }
}

#[test]
fn what_the_driver_does_not_hand_out_is_not_seen() {
    let der = good();
    let certificate = Certificate::from_der(&der).unwrap();
    let token = TokenCertificate::new(&certificate).read_one_by_one();
    let card = [
        token.in_default_container(),
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
    let forced = assess(&card, &enabled(&[Switch::ForceReadingAllCertificates]), now());
    assert_eq!(forced.tiles().iter().map(Tile::index).collect::<Vec<_>>(), [0, 1]);
}

fn templated(version: u32, name: &str, days: u32) -> Vec<u8> {
    of_template(
        &format!("major = INTEGER:{version}\nminor = INTEGER:1"),
        name,
        days,
    )
}

fn without_template_version() -> Vec<u8> {
    of_template("", "ada@contoso.com", 10)
}

fn of_template(version: &str, name: &str, days: u32) -> Vec<u8> {
    let extensions = format!(
        "1.3.6.1.4.1.311.21.7 = ASN1:SEQUENCE:template\n{}\n[template]\nid = OID:1.3.6.1.4.1.311.21.8.1.2.3\n{version}",
        extensions("digitalSignature", LOGON, &upn(name))
    );
    Mint {
        key: RSA,
        extensions: &extensions,
        days,
        ..Mint::default()
    }
    .der()
}

#[test]
fn of_duplicates_the_one_that_ends_last_is_shown_unless_one_is_the_default() {
    let ders = [
        templated(100, "ada@contoso.com", 10),
        templated(100, "ADA@contoso.com", 30),
        templated(100, "ada@contoso.com", 20),
        templated(101, "ada@contoso.com", 10),
        templated(100, "bob@contoso.com", 10),
        good(),
    ];
    assert!(ask_openssl(&ders[0], &["-text"]).contains("1.3.6.1.4.1.311.21.7"));
    let certificates: Vec<_> = ders
        .iter()
        .map(|der| Certificate::from_der(der).unwrap())
        .collect();
    let mut card: Vec<_> = certificates.iter().map(TokenCertificate::new).collect();
    let tiles = |card: &[TokenCertificate<'_>], policy: &LogonPolicy| -> Vec<usize> {
        assess(card, policy, now())
            .tiles()
            .iter()
            .map(Tile::index)
            .collect()
    };

    // Not configured, the administrative template filters and the page on group policy does not.
    let not_configured = LogonPolicy::new();
    assert_eq!(tiles(&card, &not_configured), [1, 3, 4, 5]);
    let other_reading = LogonPolicy::new().with_defaults_from(DefaultsFrom::GroupPolicyPage);
    assert_eq!(tiles(&card, &other_reading), [0, 1, 2, 3, 4, 5]);

    let assessment = assess(&card, &not_configured, now());
    assert_eq!(
        assessment.hidden()[0].to_string(),
        "certificate 2 of the same template and user is shown; shown with FilterDuplicateCerts disabled"
    );

    card[0] = card[0].in_default_container();
    assert_eq!(tiles(&card, &not_configured), [0, 3, 4, 5]);
    // The exchange key of the default container counts, its signature key does not.
    card[0] = card[0].with_key_spec(KeySpec::Signature);
    assert_eq!(
        tiles(&card, &enabled(&[Switch::AllowSignatureOnlyKeys])),
        [1, 3, 4, 5]
    );
    // What another gate hides can't displace anything.
    assert_eq!(tiles(&card, &not_configured), [1, 3, 4, 5]);
    card[1] = card[1].with_key_spec(KeySpec::Signature);
    assert_eq!(tiles(&card, &not_configured), [2, 3, 4, 5]);
    // Of two that end together, the first; and what has no template version equals nothing.
    let twice = [TokenCertificate::new(&certificates[2]); 2];
    assert_eq!(tiles(&twice, &not_configured), [0]);
    let unversioned = without_template_version();
    let unversioned = Certificate::from_der(&unversioned).unwrap();
    assert_eq!(unversioned.template().unwrap().major_version(), None);
    assert_eq!(
        tiles(&[TokenCertificate::new(&unversioned); 2], &not_configured),
        [0, 1]
    );
}

#[test]
fn labels_follow_names_and_the_order_of_the_subject() {
    let subject = "DC = com\n1.DC = contoso\nOU = Users\nCN = Ada";
    let der = |names: &str| {
        let extensions = extensions("digitalSignature", LOGON, names);
        Mint {
            subject,
            key: RSA,
            extensions: &extensions,
            ..Mint::default()
        }
        .der()
    };
    let hint = |policy: LogonPolicy| policy.with(Switch::X509HintsNeeded, Setting::Enabled);
    let tile = |der: &[u8], policy: LogonPolicy| assess_one(der, &hint(policy)).tiles()[0].clone();

    let named = tile(&der(&upn("ada@contoso.com")), LogonPolicy::new());
    assert_eq!(
        (named.title(), named.principal_name()),
        ("Ada", Some("ada@contoso.com"))
    );
    assert_eq!(
        named.account_name(),
        &AccountName::PrincipalName("ada@contoso.com".to_owned())
    );

    let mailed = tile(&der("email = ada@mail.example"), LogonPolicy::new());
    assert_eq!(
        (mailed.title(), mailed.principal_name()),
        ("CN=Ada, OU=Users, DC=contoso, DC=com", None)
    );
    assert_eq!(
        mailed.account_name(),
        &AccountName::EmailAddress("ada@mail.example".to_owned())
    );

    let extensions = extensions("digitalSignature", LOGON, &upn("ada@contoso.com"));
    let two = Mint {
        subject: "0.CN = Users\n1.CN = Ada",
        key: RSA,
        extensions: &extensions,
        ..Mint::default()
    }
    .der();
    assert_eq!(tile(&two, LogonPolicy::new()).title(), "Ada");

    let page = LogonPolicy::new().with_defaults_from(DefaultsFrom::GroupPolicyPage);
    let bare = tile(&der(""), page);
    assert_eq!(bare.title(), "DC=com, DC=contoso, OU=Users, CN=Ada");
    assert_eq!(bare.account_name().to_string(), bare.title());
}

#[test]
fn cached_credentials_are_told_apart_by_subject_and_issuer() {
    let extensions = extensions("digitalSignature", LOGON, &upn("ada@contoso.com"));
    let with_subject = Mint {
        key: RSA,
        extensions: &extensions,
        ..Mint::default()
    };
    let certificates = [with_subject.der(), with_subject.der(), with_subject.der()]
        .map(Vec::leak)
        .map(|der| Certificate::from_der(der).unwrap());
    let card: Vec<_> = certificates.iter().map(TokenCertificate::new).collect();
    let assessment = assess(&card, &LogonPolicy::new(), now());
    assert!(matches!(
        assessment.tiles()[0].cache_key(),
        CredentialCacheKey::SubjectAndIssuer { .. }
    ));
    assert_eq!(assessment.tiles()[0].notes(), []);
    for tile in &assessment.tiles()[1..] {
        assert_eq!(tile.notes(), [TileNote::SharesCacheKey { with: 0 }]);
    }
    assert_eq!(assessment.tiles().len(), 3);
}
