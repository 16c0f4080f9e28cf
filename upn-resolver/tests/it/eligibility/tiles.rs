//! Tiles: title, name, and the key of the cached credentials.

use upn_resolver::Certificate;
use upn_resolver::windows::eligibility::{
    AccountName, CredentialCacheKey, TileNote, TokenCertificate, assess,
};
use upn_resolver::windows::logon_policy::{DefaultSource, LogonPolicy, PolicyState, PolicySwitch};

use crate::build::{Pieces, attribute, element, extension, name};
use crate::eligibility::token::{LOGON, RSA, assess_one, at, extensions, good, mint, now, upn};
use crate::minted::Mint;

#[test]
fn a_smart_card_logon_certificate_is_a_tile() {
    let assessment = assess_one(&good(), &LogonPolicy::new());
    assert_eq!(assessment.hidden(), []);
    assert_eq!(assessment.tiles()[0].to_string(), "Ada (ada@contoso.com)");
}

/// Names that need characters which are not displayed, or with bytes that their type does not have, are titles all the same.
#[test]
fn titles_are_written_as_windows_writes_names() {
    for (tag, bytes, title) in [
        (0x0C, "ශ්\u{200D}රී".as_bytes(), "ශ්\u{200D}රී"),
        (0x14, "José".as_bytes(), "José"),
        (0x13, b"Jos\xE9", "José"),
        (0x0C, "a\u{202E}b".as_bytes(), ""),
    ] {
        let der = Pieces {
            subject: name(&[attribute(b"\x55\x04\x03", tag, bytes)]),
            ..Pieces::default()
        }
        .der();
        let policy = LogonPolicy::new().with_state(PolicySwitch::EnumerateEccCerts, PolicyState::Enabled);
        let certificate = Certificate::from_der(&der).unwrap();
        let midterm = at(certificate
            .validity()
            .not_after()
            .to_unix_time()
            .unwrap()
            .as_secs()
            - 60);
        let assessment = assess(&[TokenCertificate::new(&certificate)], &policy, midterm);
        assert_eq!(assessment.tiles()[0].title(), title);
    }
}

#[test]
fn an_empty_name_counts_as_absent() {
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
    let hint = |policy: LogonPolicy| policy.with_state(PolicySwitch::X509HintsNeeded, PolicyState::Enabled);
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

    let page = LogonPolicy::new().with_default_source(DefaultSource::GroupPolicyPage);
    let bare = tile(&der(""), page);
    assert_eq!(bare.title(), "DC=com, DC=contoso, OU=Users, CN=Ada");
    assert_eq!(bare.account_name().to_string(), bare.title());
}

#[test]
fn cached_credentials_are_distinguished_by_subject_and_issuer() {
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

/// Without a subject the key identifier is used; without both nothing is cached.
#[test]
fn cached_credentials_of_a_nameless_certificate() {
    let at = at(1_790_000_000); // Within `Pieces`'s validity, in 2026.
    let nameless = Pieces {
        subject: name(&[]),
        ..Pieces::default()
    };
    let subject_key = extension(b"\x55\x1D\x0E", &element(0x04, b"key"));
    let (identified, bare) = (nameless.clone().with(subject_key).der(), nameless.der());
    let policy = LogonPolicy::new().with_state(PolicySwitch::EnumerateEccCerts, PolicyState::Enabled);
    let tile = |der: &[u8]| {
        let certificate = Certificate::from_der(der).unwrap();
        assess(&[TokenCertificate::new(&certificate)], &policy, at).tiles()[0].clone()
    };
    let CredentialCacheKey::KeyIdentifierAndIssuer { key_identifier, .. } =
        tile(&identified).cache_key().clone()
    else {
        panic!("{:?}", tile(&identified))
    };
    assert_eq!(key_identifier, b"key");
    assert!(!tile(&identified).notes().contains(&TileNote::NotCached));
    assert_eq!(tile(&bare).cache_key(), &CredentialCacheKey::None);
    assert!(tile(&bare).notes().contains(&TileNote::NotCached));
    // Without a title, only the principal name is printed.
    assert_eq!(tile(&bare).to_string(), "ada@example.com");
}

#[test]
fn notes_state_the_effect_for_the_user() {
    for (note, words) in [
        (
            TileNote::EllipticCurve,
            "offline sign-in requires an additional ECDH key",
        ),
        (TileNote::NoKeyUsage, "permits every use"),
        (TileNote::NotCached, "offline sign-in is not possible"),
        (TileNote::SharesCacheKey { with: 0 }, "as certificate 1;"),
    ] {
        assert!(note.to_string().contains(words), "{note}");
    }
}
