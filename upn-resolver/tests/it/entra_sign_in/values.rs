//! Values of `certificateUserIds` that do not match, and why.

use upn_resolver::Certificate;
use upn_resolver::entra::{
    CertificateField, NearMiss, Policy, StoredUserId, UserAttribute, UsernameBinding, ValueInterpretation,
};

use crate::entra_sign_in::tenant::{MICROSOFT, directory};
use crate::minted::Mint;

#[test]
fn the_usual_mistakes_in_values_are_named() {
    let certificate = Certificate::from_der(MICROSOFT).unwrap();
    let near_miss = |value| {
        StoredUserId::parse(value)
            .unwrap()
            .near_miss(&certificate, ValueInterpretation::default())
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
        (
            "X509:<S>DC=com, DC=contoso, DC=corp, OU=UserAccounts, CN=Contoso User",
            Some(NearMiss::SpacedName),
        ),
        (
            "X509:<I>CN = Contoso<S>DC=com,DC=contoso,DC=corp,OU=UserAccounts,CN=Contoso User",
            Some(NearMiss::SpacedName),
        ),
        (
            "X509:<I>CN = Contoso<SR>8a2d086464fa23449686bf4441978c1e",
            Some(NearMiss::SpacedName),
        ),
        (
            "X509:<I>CN = Contoso<SR>1e8c974144bf86964423fa6464082d8a",
            Some(NearMiss::SerialNotReversed),
        ),
        (
            "X509:<S>CN=Contoso User, OU=UserAccounts, DC=corp, DC=contoso, DC=com",
            Some(NearMiss::NameReversed),
        ),
        ("X509:<S>CN=Somebody, O=Else", None),
        ("X509:<PN>other@contoso.com", None),
    ] {
        assert_eq!(near_miss(value), expected, "{value}");
    }
}

/// The serial number is right here, and reads the same from both ends or has the byte that keeps it positive.
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
                .near_miss(&certificate, ValueInterpretation::default())
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
        value.near_miss(&certificate, ValueInterpretation::default()),
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
    // Two examples of the documentation have a space after the tag.
    assert_eq!(
        StoredUserId::parse("X509:<I>CN=CA<SR> 0a0b"),
        Ok(StoredUserId::IssuerAndSerialNumber {
            issuer: "CN=CA",
            serial: "0a0b"
        })
    );
}

/// Only a value of the binding's own field is to blame, and only where the binding looks at such values.
#[test]
fn near_misses_are_found_in_the_values_of_an_account() {
    let certificate = Certificate::from_der(MICROSOFT).unwrap();
    let directory = directory(|users| {
        users
            .add("c@contoso.com")
            .with_certificate_user_id("X509:<SHA1-PUKEY>c6f4e96caad84640361f9fb5f74f6308247cb8b4")
            .with_certificate_user_id("X509:<I>CN=Contoso<SR>1e8c974144bf86964423fa6464082d8a")
            .finish();
    });
    let account = directory.users().next().unwrap();
    let policy = Policy::default();
    for (field, attribute, expected) in [
        (
            CertificateField::IssuerAndSerialNumber,
            UserAttribute::CertificateUserIds,
            Some(NearMiss::SerialNotReversed),
        ),
        (
            CertificateField::Sha1PublicKey,
            UserAttribute::CertificateUserIds,
            Some(NearMiss::OtherHash),
        ),
        (CertificateField::Subject, UserAttribute::CertificateUserIds, None),
        (
            CertificateField::Sha1PublicKey,
            UserAttribute::UserPrincipalName,
            None,
        ),
    ] {
        let binding = UsernameBinding::new(field, attribute, 1);
        assert_eq!(
            policy.near_miss(binding, &account, &certificate),
            expected,
            "{binding}"
        );
    }
}

#[test]
fn readings_are_chosen_by_name() {
    use upn_resolver::entra::{MultiValueSeparator, SerialPadding, Sha1PublicKey};
    let mut chosen = ValueInterpretation::default();
    let mut set = |name, value| {
        chosen = chosen.with_named(name, value).unwrap();
        chosen
    };
    assert_eq!(
        set("multi-valued", "plus").multi_valued,
        MultiValueSeparator::Plus
    );
    assert_eq!(
        set("multi-valued", "space").multi_valued,
        MultiValueSeparator::Space
    );
    assert_eq!(
        set("serial-padding", "dropped").serial_padding,
        SerialPadding::Dropped
    );
    assert_eq!(set("serial-padding", "kept").serial_padding, SerialPadding::Kept);
    for (value, expected) in [
        ("public-key", Sha1PublicKey::PublicKey),
        ("subject-public-key-info", Sha1PublicKey::SubjectPublicKeyInfo),
        ("certificate", Sha1PublicKey::Certificate),
    ] {
        assert_eq!(set("sha1-public-key", value).sha1_public_key, expected);
    }
    assert_eq!(chosen, ValueInterpretation::default());
    for (name, value) in [("serial-padding", "plus"), ("no-such", "kept")] {
        let message = chosen.with_named(name, value).unwrap_err().to_string();
        assert!(message.contains("serial-padding=kept|dropped"), "{message}");
    }
}
