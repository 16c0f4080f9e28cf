//! Whether the certificate is one of the account's.

use upn_resolver::Certificate;
use upn_resolver::entra::{
    BindingRejection, CertificateField, CertificateUserId, Policy, UserAttribute, UsernameBinding,
    ValueInterpretation,
};

use crate::build::{Pieces, element, extension, principal_name};
use crate::entra_sign_in::tenant::{MICROSOFT, bind};
use crate::minted::Mint;

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
    let values = CertificateUserId::all_of(&certificate, ValueInterpretation::default());
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

/// The value in the other case, except for its tags, which are case-sensitive.
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
fn bindings_are_tried_in_order_past_mismatches() {
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
            (1, BindingRejection::Different),
            (2, BindingRejection::FieldMissing),
            (5, BindingRejection::AttributeEmpty)
        ]
    );
    assert_eq!(
        format!("{bound:#}"),
        "PrincipalName -> userPrincipalName, low affinity, single factor\n  strength: single factor, by default\n  \
         rejected: SubjectKeyIdentifier -> certificateUserIds (priority 1): the account has another value\n  \
         rejected: RFC822Name -> certificateUserIds (priority 2): the certificate does not have the field\n  \
         rejected: PrincipalName -> onPremisesUserPrincipalName (priority 5): the account has no such value"
    );
}

#[test]
fn a_certificate_without_any_bound_field_has_its_own_code() {
    let binding = UsernameBinding::new(CertificateField::Rfc822Name, UserAttribute::UserPrincipalName, 1);
    let policy = Policy::new(vec![binding], vec![]).unwrap();
    let bound = bind(&policy, "contoso@microsoft.com", &[], MICROSOFT);
    assert_eq!((bound.used(), bound.error_code()), (None, Some(1_001_003)));
    // Without bindings no field is missing, and a missing field does not matter if another binding matches.
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

/// Mistakes of issuers: empty names before the real ones, and an empty key identifier.
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
        CertificateUserId::of(&certificate, field, ValueInterpretation::default())
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

/// U+212A, the Kelvin sign, has the Unicode lower case `k`, but is not equal to it in a lookup.
#[test]
fn letters_beyond_ascii_never_equal_ascii_letters() {
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
