//! Entra's side of a sign-in: `locate`, then `bind`, and how strong it is.

#[path = "support/build.rs"]
mod build;
mod minted;

use build::{Pieces, element, extension, principal_name};
use minted::{Mint, ask_openssl};
use upn_resolver::Certificate;
use upn_resolver::entra::{
    Account, Affinity, Binding, CertificateField, CertificateUserId, DirectoryBuilder, IndexKey, Located,
    NameAttribute, NearMiss, Policy, PolicyError, Rejection, RuleAffinity, StoredUserId, Strength,
    StrengthRule, UserAttribute, UserDirectory, UsernameBinding, ValueReadings, locate,
};

const MICROSOFT: &[u8] = include_bytes!("certificates/entra-powershell.der");

fn directory(fill: impl FnOnce(&mut DirectoryBuilder)) -> UserDirectory {
    let mut users = DirectoryBuilder::new();
    fill(&mut users);
    users.build(IndexKey::from_seed([1; 16])).unwrap()
}

fn located(directory: &UserDirectory, sent: &str) -> (NameAttribute, String) {
    match locate(directory, sent) {
        Located::Found { by, user } => (by, user.user_principal_name().to_owned()),
        other => panic!("{sent}: {other:?}"),
    }
}

#[test]
fn the_sent_value_selects_the_account() {
    let directory = directory(|users| {
        users
            .add("ada@contoso.com")
            .on_premises("ada@corp.local")
            .finish();
        users
            .add("bob@contoso.com")
            .on_premises("ada@contoso.com")
            .finish();
        users
            .add("carla@contoso.com")
            .on_premises("shared@corp.local")
            .finish();
        users
            .add("dan@contoso.com")
            .on_premises("Shared@corp.local")
            .finish();
    });
    assert_eq!(
        located(&directory, "ADA@contoso.com"),
        (NameAttribute::UserPrincipalName, "ada@contoso.com".into())
    );
    // Bob's on-premises name is Ada's name: the first look-up has the last word.
    assert_eq!(
        located(&directory, "ada@CORP.local"),
        (
            NameAttribute::OnPremisesUserPrincipalName,
            "ada@contoso.com".into()
        )
    );
    assert_eq!(locate(&directory, "eve@contoso.com"), Located::Missing);
    assert_eq!(
        locate(&directory, "shared@corp.local"),
        Located::Ambiguous {
            by: NameAttribute::OnPremisesUserPrincipalName,
            users: 2
        }
    );
}

fn bind<'p>(policy: &'p Policy, upn: &str, ids: &[&str], der: &[u8]) -> Binding<'p> {
    let directory = directory(|users| {
        ids.iter()
            .fold(users.add(upn), |user, id| user.certificate_user_id(id))
            .finish();
    });
    let user = directory.users().next().unwrap();
    policy.bind(&user, &Certificate::from_der(der).unwrap())
}

#[test]
fn every_kind_of_value_binds_its_own_certificate_and_no_other() {
    let certificate = Certificate::from_der(MICROSOFT).unwrap();
    let extensions = "subjectAltName = @names\nsubjectKeyIdentifier = hash\n[names]\n\
        otherName = 1.3.6.1.4.1.311.20.2.3;FORMAT:UTF8,UTF8:eve@microsoft.com\nemail = eve@contoso.com";
    let stranger = Mint {
        extensions,
        ..Mint::default()
    }
    .der();
    let values = CertificateUserId::all_of(&certificate, ValueReadings::default());
    assert_eq!(values.len(), 6, "all but the rfc822Name, which it does not have");
    for value in values {
        let binding = UsernameBinding::new(value.field(), UserAttribute::CertificateUserIds, 1);
        let policy = Policy::new(vec![binding], vec![]).unwrap();
        for written in [value.as_str().to_owned(), other_case(value.as_str())] {
            let bound = bind(
                &policy,
                "c@contoso.com",
                &["X509:<PN>other@contoso.com", &written],
                MICROSOFT,
            );
            assert_eq!(bound.used(), Some(&binding), "{written}: {bound:#}");
            assert_eq!(
                bind(&policy, "c@contoso.com", &[&written], &stranger).used(),
                None,
                "{written}"
            );
        }
    }
}

/// The value with letters of the other case behind its tags, which alone are compared with their case.
fn other_case(value: &str) -> String {
    let mut in_tag = false;
    value
        .chars()
        .enumerate()
        .map(|(at, letter)| {
            in_tag = (in_tag || letter == '<') && letter != '>';
            match letter {
                _ if in_tag || at < 5 => letter,
                _ if letter.is_lowercase() => letter.to_ascii_uppercase(),
                _ => letter.to_ascii_lowercase(),
            }
        })
        .collect()
}

#[test]
fn bindings_are_tried_in_order_and_a_mismatch_goes_on() {
    let policy = Policy::new(
        vec![
            UsernameBinding::new(
                CertificateField::PrincipalName,
                UserAttribute::UserPrincipalName,
                9,
            ),
            UsernameBinding::new(CertificateField::Rfc822Name, UserAttribute::CertificateUserIds, 2),
            UsernameBinding::new(
                CertificateField::PrincipalName,
                UserAttribute::OnPremisesUserPrincipalName,
                5,
            ),
            UsernameBinding::new(
                CertificateField::SubjectKeyIdentifier,
                UserAttribute::CertificateUserIds,
                1,
            ),
        ],
        vec![],
    )
    .unwrap();
    let bound = bind(&policy, "contoso@microsoft.com", &["X509:<SKI>00"], MICROSOFT);
    assert_eq!(bound.used().map(UsernameBinding::priority), Some(9));
    let reasons: Vec<_> = bound
        .rejected()
        .iter()
        .map(|rejected| (rejected.binding.priority(), rejected.reason))
        .collect();
    assert_eq!(
        reasons,
        [
            (1, Rejection::Different),
            (2, Rejection::FieldMissing),
            (5, Rejection::AttributeEmpty)
        ]
    );
    assert_eq!(
        format!("{bound:#}"),
        "PrincipalName -> userPrincipalName, low affinity, single factor\n  strength: single factor, by default\n  \
         passed over: SubjectKeyIdentifier -> certificateUserIds (priority 1): the account has another value\n  \
         passed over: RFC822Name -> certificateUserIds (priority 2): the certificate does not have the field\n  \
         passed over: PrincipalName -> onPremisesUserPrincipalName (priority 5): the account has no such value"
    );
}

#[test]
fn a_certificate_without_any_bound_field_has_its_own_code() {
    let binding = UsernameBinding::new(CertificateField::Rfc822Name, UserAttribute::UserPrincipalName, 1);
    let policy = Policy::new(vec![binding], vec![]).unwrap();
    let bound = bind(&policy, "contoso@microsoft.com", &[], MICROSOFT);
    assert_eq!((bound.used(), bound.error_code()), (None, Some(1_001_003)));
    // Where nothing is bound nothing is missing; and what was missing does not matter once another binding agrees.
    let nothing = Policy::new(vec![], vec![]).unwrap();
    assert_eq!(
        bind(&nothing, "contoso@microsoft.com", &[], MICROSOFT).error_code(),
        None
    );
    let name = UsernameBinding::new(
        CertificateField::PrincipalName,
        UserAttribute::UserPrincipalName,
        2,
    );
    let both = Policy::new(vec![binding, name], vec![]).unwrap();
    let bound = bind(&both, "contoso@microsoft.com", &[], MICROSOFT);
    assert_eq!((bound.used(), bound.error_code()), (Some(&name), None));
    assert_eq!(bound.rejected().len(), 1);
    let policy = Policy::default();
    assert_eq!(
        bind(&policy, "someone@microsoft.com", &[], MICROSOFT).error_code(),
        None
    );
}

/// What a sloppy issuer may write: empty names in front of the real ones, and a key identifier of no octets.
#[test]
fn an_empty_field_counts_as_none() {
    let with = |names: &[&[u8]]| {
        let key_identifier = extension(b"\x55\x1D\x0E", b"\x04\x00");
        Pieces::default().with_names(names).with(key_identifier).der()
    };
    let other = |name: &str| principal_name(0x0C, name.as_bytes());
    let bindings = [
        CertificateField::PrincipalName,
        CertificateField::Rfc822Name,
        CertificateField::SubjectKeyIdentifier,
    ];
    let policy = Policy::new(
        bindings
            .into_iter()
            .zip(1..)
            .map(|(field, n)| UsernameBinding::new(field, UserAttribute::CertificateUserIds, n))
            .collect(),
        vec![],
    )
    .unwrap();
    let of = |der: &[u8], field| {
        let certificate = Certificate::from_der(der).unwrap();
        CertificateUserId::of(&certificate, field, ValueReadings::default())
            .unwrap()
            .map(|id| id.to_string())
    };

    let empty = with(&[&other(""), &element(0x81, b"")]);
    assert!(bindings.iter().all(|field| of(&empty, *field).is_none()));
    assert_eq!(
        bind(&policy, "ada@contoso.com", &[], &empty).error_code(),
        Some(1_001_003)
    );

    let second = with(&[&other(""), &other("ada@contoso.com")]);
    let value = "X509:<PN>ada@contoso.com";
    assert_eq!(
        of(&second, CertificateField::PrincipalName).as_deref(),
        Some(value)
    );
    assert!(bind(&policy, "x@contoso.com", &[value], &second).used().is_some());
}

#[test]
fn high_affinity_passes_low_bindings_over() {
    let bindings = || {
        vec![
            UsernameBinding::new(
                CertificateField::PrincipalName,
                UserAttribute::UserPrincipalName,
                1,
            ),
            UsernameBinding::new(
                CertificateField::SubjectKeyIdentifier,
                UserAttribute::CertificateUserIds,
                2,
            ),
        ]
    };
    let ski = "X509:<SKI>c6f4e96caad84640361f9fb5f74f6308247cb8b4";
    let policy = Policy::new(bindings(), vec![]).unwrap();
    let used = |policy: &Policy| {
        bind(policy, "contoso@microsoft.com", &[ski], MICROSOFT)
            .used()
            .map(UsernameBinding::affinity)
    };
    assert_eq!(used(&policy), Some(Affinity::Low));
    assert_eq!(
        used(&policy.with_required_affinity(Affinity::High)),
        Some(Affinity::High)
    );

    let rule = StrengthRule::for_issuer("CN=Contoso", Strength::Multifactor).unwrap();
    let policy = Policy::new(bindings(), vec![rule.clone().requiring(Affinity::High)]).unwrap();
    assert_eq!(used(&policy), Some(Affinity::High));

    // Of several rules that the certificate meets, one that demands it is enough, whichever is first.
    let by_policy = |affinity| {
        let rule = StrengthRule::for_policy("1.3.6.1.4.1.99999.1", Strength::SingleFactor).unwrap();
        rule.requiring(affinity)
    };
    let der = Mint {
        extensions: "certificatePolicies = 1.3.6.1.4.1.99999.1",
        ..Mint::default()
    }
    .der();
    let certificate = Certificate::from_der(&der).unwrap();
    let by_issuer = |affinity| {
        StrengthRule::for_issuer("CN=Ada", Strength::Multifactor)
            .unwrap()
            .requiring(affinity)
    };
    for (rules, expected) in [
        (
            [by_issuer(Affinity::Low), by_policy(Affinity::High)],
            Affinity::High,
        ),
        (
            [by_policy(Affinity::High), by_issuer(Affinity::Low)],
            Affinity::High,
        ),
        (
            [by_issuer(Affinity::High), by_policy(Affinity::Low)],
            Affinity::High,
        ),
        (
            [by_policy(Affinity::Low), by_issuer(Affinity::Low)],
            Affinity::Low,
        ),
    ] {
        let policy = Policy::new(vec![], rules.to_vec()).unwrap();
        assert_eq!(policy.rate(&certificate).required_affinity, expected, "{rules:?}");
    }

    // A rule that is content with low affinity lowers the tenant's demand in one reading only.
    let policy = Policy::new(bindings(), vec![rule.requiring(Affinity::Low)])
        .unwrap()
        .with_required_affinity(Affinity::High);
    assert_eq!(used(&policy), Some(Affinity::High));
    assert_eq!(
        used(&policy.with_rule_affinity(RuleAffinity::Replaces)),
        Some(Affinity::Low)
    );
}

const SUBJECT: &str = "C = DE\nO = \"Beispiel, AG\"\nCN = Card CA\nemailAddress = ca@beispiel.example";

#[test]
fn the_most_specific_rule_decides_and_single_factor_wins_a_tie() {
    let extensions = "certificatePolicies = 1.3.6.1.4.1.99999.1,1.3.6.1.4.1.99999.2.300";
    let der = Mint {
        subject: SUBJECT,
        extensions,
        ..Mint::default()
    }
    .der();
    let certificate = Certificate::from_der(&der).unwrap();
    let issuer = "C=DE,O=\"Beispiel, AG\",CN=Card CA,E=ca@beispiel.example";
    let strength = |rules: Vec<StrengthRule>| Policy::new(vec![], rules).unwrap().rate(&certificate).strength;
    let by_issuer = |strength| StrengthRule::for_issuer(issuer, strength).unwrap();
    let by_policy = |policy, strength| StrengthRule::for_policy(policy, strength).unwrap();
    let by_both = |policy, strength| StrengthRule::for_issuer_and_policy(issuer, policy, strength).unwrap();
    let (single, multi) = (Strength::SingleFactor, Strength::Multifactor);
    let (one, other) = ("1.3.6.1.4.1.99999.1", "1.3.6.1.4.1.99999.2.300");

    assert_eq!(strength(vec![]), single);
    assert_eq!(strength(vec![by_issuer(multi)]), multi);
    assert_eq!(strength(vec![by_issuer(single), by_policy(one, multi)]), multi);
    assert_eq!(
        strength(vec![
            by_policy(one, multi),
            by_policy(other, single),
            by_issuer(multi)
        ]),
        single
    );
    for pair in [[multi, single], [single, multi]] {
        let of_one_kind = vec![by_policy(one, pair[0]), by_policy(other, pair[1])];
        assert_eq!(strength(of_one_kind), single, "in either order");
    }
    assert_eq!(
        strength(vec![by_policy(one, multi), by_policy(one, multi)]),
        multi,
        "said twice"
    );
    assert_eq!(
        strength(vec![
            by_both(other, multi),
            by_policy(one, single),
            by_issuer(single)
        ]),
        multi
    );
    // Identifiers are compared whole, and the rule for all policies is none for any policy.
    assert_eq!(strength(vec![by_policy("1.3.6.1.4.1.99999", multi)]), single);
    assert_eq!(strength(vec![by_policy("1.3.6.1.4.1.99999.2", multi)]), single);
    assert_eq!(strength(vec![by_policy("2.5.29.32.0", multi)]), single);
    assert!(ask_openssl(&der, &["-text"]).contains("Policy: 1.3.6.1.4.1.99999.2.300"));
}

/// OpenSSL encodes them: the first two components share an octet, which under 2 goes beyond 39, and zero is an octet too.
#[test]
fn identifiers_of_every_arc_are_compared() {
    let policies = [
        "2.5.29.32.0",
        "2.999.1",
        "2.16.840.1.101.3.2.1.3.13",
        "1.3.6.1.4.1.311.0",
        "0.9.2342",
    ];
    let extensions = format!("certificatePolicies = {}", policies.join(","));
    let der = Mint {
        extensions: &extensions,
        ..Mint::default()
    }
    .der();
    let certificate = Certificate::from_der(&der).unwrap();
    for policy in policies {
        let rule = StrengthRule::for_policy(policy, Strength::Multifactor).unwrap();
        let policy = Policy::new(vec![], vec![rule]).unwrap();
        assert_eq!(
            policy.rate(&certificate).strength,
            Strength::Multifactor,
            "{policy:?}"
        );
    }
}

/// U+212A, the Kelvin sign, is a `k` to Unicode's lower case and to nobody who looks up a user.
#[test]
fn letters_beyond_ascii_stand_in_for_no_ascii_letter() {
    let with = |name: &str| {
        Pieces::default()
            .with_names(&[&principal_name(0x0C, name.as_bytes())])
            .der()
    };
    let binds = |user: &str, name: &str| bind(&Policy::default(), user, &[], &with(name)).used().is_some();
    assert!(binds("K@contoso.com", "k@CONTOSO.com"));
    assert!(!binds("k@contoso.com", "\u{212A}@contoso.com"));
    assert!(!binds("\u{212A}@contoso.com", "k@contoso.com"));
    assert!(binds("JOS\u{c9}@contoso.com", "jos\u{e9}@contoso.com"));
    assert!(!binds("jos\u{e8}@contoso.com", "jos\u{e9}@contoso.com"));
}

#[test]
fn an_issuer_may_be_written_in_either_order() {
    let der = Mint {
        subject: SUBJECT,
        ..Mint::default()
    }
    .der();
    let certificate = Certificate::from_der(&der).unwrap();
    for (text, expected) in [
        ("C=DE,O=\"Beispiel, AG\",CN=Card CA,E=ca@beispiel.example", true),
        (
            "E=ca@beispiel.example, CN=Card CA, O=\"Beispiel, AG\", C=DE",
            true,
        ),
        (
            "emailAddress=ca@beispiel.example,CN=card ca,O=Beispiel\\, AG,c=de",
            true,
        ),
        ("CN=Card CA,O=\"Beispiel, AG\",C=DE", false),
        (
            "E=ca@beispiel.example, CN=Card CA 2, O=\"Beispiel, AG\", C=DE",
            false,
        ),
    ] {
        let rule = StrengthRule::for_issuer(text, Strength::Multifactor).unwrap();
        let policy = Policy::new(vec![], vec![rule]).unwrap();
        assert_eq!(policy.rate(&certificate).rule.is_some(), expected, "{text}");
    }
    for text in ["", "Card CA", "CN=Card CA,", "CN=\"Card CA"] {
        let error = StrengthRule::for_issuer(text, Strength::Multifactor).unwrap_err();
        assert_eq!(error, PolicyError::Issuer(text.to_owned()));
    }
}

#[test]
fn a_policy_that_entra_would_not_take_is_refused() {
    use PolicyError::{NotOffered, Oid, Priority, TwoStrengths};
    let binding = |field, attribute| UsernameBinding::new(field, attribute, 1);
    let name = binding(CertificateField::PrincipalName, UserAttribute::UserPrincipalName);
    let subject = binding(CertificateField::Subject, UserAttribute::UserPrincipalName);
    assert_eq!(Policy::new(vec![name, name], vec![]), Err(Priority(1)));
    assert_eq!(Policy::new(vec![subject], vec![]), Err(NotOffered(subject)));
    let rule = |strength| StrengthRule::for_issuer("CN=CA", strength).unwrap();
    assert_eq!(
        Policy::new(
            vec![],
            vec![rule(Strength::Multifactor), rule(Strength::SingleFactor)]
        ),
        Err(TwoStrengths("issuer CN=CA".to_owned()))
    );
    for issuer in ["", "CA", "CN=CA,", "CN=\"CA", "CN=CA\u{1b}[2J", "CN=A\u{202e}C"] {
        let error = StrengthRule::for_issuer(issuer, Strength::Multifactor).unwrap_err();
        assert!(!error.to_string().contains(['\u{1b}', '\u{202e}']), "{error}");
    }
    for oid in [
        "",
        "1",
        "1.40",
        "3.1",
        "1.2.x",
        "1..2",
        "1.+2.3",
        "1.2.18446744073709551616",
    ] {
        assert_eq!(
            StrengthRule::for_policy(oid, Strength::Multifactor),
            Err(Oid(oid.to_owned()))
        );
    }
}

#[test]
fn the_usual_mistakes_in_values_are_named() {
    let certificate = Certificate::from_der(MICROSOFT).unwrap();
    let near_miss = |value| {
        StoredUserId::parse(value)
            .unwrap()
            .near_miss(&certificate, ValueReadings::default())
    };
    for (value, expected) in [
        // What Microsoft's cmdlet writes.
        (
            "X509:<I>CN=Contoso<SR>1e8c974144bf86964423fa6464082d8a",
            Some(NearMiss::SerialNotReversed),
        ),
        ("X509:<I>CN=Contoso<SR>8a2d086464fa23449686bf4441978c1e", None),
        (
            "X509:<S>CN=Contoso User,OU=UserAccounts,DC=corp,DC=contoso,DC=com",
            Some(NearMiss::NameReversed),
        ),
        (
            "X509:<SHA1-PUKEY>c6f4e96caad84640361f9fb5f74f6308247cb8b4",
            Some(NearMiss::OtherHash),
        ),
        ("X509:<SHA1-PUKEY>0000000000000000000000000000000000000000", None),
        ("X509:<PN>other@contoso.com", None),
    ] {
        assert_eq!(near_miss(value), expected, "{value}");
    }
}

/// The serial number is right here, and reads the same from both ends or has the octet that keeps it positive.
#[test]
fn a_name_in_the_wrong_order_is_not_blamed_on_the_serial_number() {
    for (serial, stored) in [("05", "05"), ("8001", "018000"), ("0102", "0201")] {
        let der = Mint {
            subject: "O = Example\nCN = Ada",
            serial,
            ..Mint::default()
        }
        .der();
        let certificate = Certificate::from_der(&der).unwrap();
        let near_miss = |value: &str| {
            StoredUserId::parse(value)
                .unwrap()
                .near_miss(&certificate, ValueReadings::default())
        };
        let reversed = format!("X509:<I>CN=Ada,O=Example<SR>{stored}");
        assert_eq!(near_miss(&reversed), Some(NearMiss::NameReversed), "{serial}");
        assert_eq!(
            near_miss(&format!("X509:<I>O=Example,CN=Ada<SR>{stored}")),
            None,
            "{serial}"
        );
    }
    let der = Mint {
        subject: "CN = Ada",
        serial: "8001",
        ..Mint::default()
    }
    .der();
    let certificate = Certificate::from_der(&der).unwrap();
    let value = StoredUserId::parse("X509:<I>CN=Ada<SR>0180").unwrap();
    assert_eq!(
        value.near_miss(&certificate, ValueReadings::default()),
        Some(NearMiss::SerialPadding)
    );
}

#[test]
fn values_that_can_never_match_are_reported() {
    use upn_resolver::entra::MalformedUserId::{
        Empty, IssuerAlone, NoPrefix, NotHexadecimal, TooLong, UnknownTag,
    };
    let long = format!("X509:<PN>{}", "a".repeat(1024));
    for (value, expected) in [
        ("contoso@microsoft.com", NoPrefix),
        ("x509:<PN>a@b", NoPrefix),
        ("X509:<pn>a@b", UnknownTag),
        ("X509:<UPN>a@b", UnknownTag),
        ("X509:<PN>", Empty),
        ("X509:<I>CN=CA<S>", Empty),
        ("X509:<I>CN=CA", IssuerAlone),
        ("X509:<SKI>aB1-=", NotHexadecimal),
        ("X509:<SKI>abc", NotHexadecimal),
        ("X509:<SHA1-PUKEY>abcd", NotHexadecimal),
        ("X509:<I>CN=CA<SR>xyz1", NotHexadecimal),
        (&long, TooLong),
    ] {
        assert_eq!(StoredUserId::parse(value), Err(expected), "{value}");
    }
    assert_eq!(
        StoredUserId::parse("X509:<PN>\u{a0}bob@woodgrove"),
        Ok(StoredUserId::PrincipalName("\u{a0}bob@woodgrove")),
        "only a blank is passed over"
    );
    // Two examples of the documentation have a blank behind the tag.
    assert_eq!(
        StoredUserId::parse("X509:<I>CN=CA<SR> 0a0b"),
        Ok(StoredUserId::IssuerAndSerialNumber {
            issuer: "CN=CA",
            serial: "0a0b"
        })
    );
}
