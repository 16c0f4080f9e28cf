//! PKCS#11 URIs: the examples of RFC 7512 section 3, and what must be refused.

use card_access::uri::{LibraryVersion, ObjectType, Pkcs11Uri, UriError};

fn parse(text: &str) -> Pkcs11Uri {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn refuse(text: &str) -> UriError {
    text.parse::<Pkcs11Uri>().expect_err(text)
}

#[test]
fn an_empty_uri_asks_for_nothing() {
    assert_eq!(parse("pkcs11:"), Pkcs11Uri::default());
    assert_eq!(parse("PKCS11:"), Pkcs11Uri::default());
    assert_eq!(Pkcs11Uri::default().to_string(), "pkcs11:");
}

#[test]
fn the_rfc_examples_decode() {
    let uri = parse(
        "pkcs11:token=The%20Software%20PKCS%2311%20Softtoken;manufacturer=Snake%20Oil,%20Inc.;model=1.0;\
         object=my-certificate;type=cert;id=%69%95%3E%5C%F4%BD%EC%91;serial=",
    );
    assert_eq!(uri.token.as_deref(), Some("The Software PKCS#11 Softtoken"));
    assert_eq!(uri.manufacturer.as_deref(), Some("Snake Oil, Inc."));
    assert_eq!(uri.model.as_deref(), Some("1.0"));
    assert_eq!(
        uri.serial.as_deref(),
        Some(""),
        "an empty value is not an absent one"
    );
    assert_eq!(uri.object_type, Some(ObjectType::Cert));
    assert_eq!(
        uri.id.as_deref(),
        Some(&[0x69, 0x95, 0x3E, 0x5C, 0xF4, 0xBD, 0xEC, 0x91][..])
    );

    assert_eq!(
        parse("pkcs11:object=k;type=private?module-name=mypkcs11")
            .module_name
            .as_deref(),
        Some("mypkcs11")
    );
    let module = parse("pkcs11:object=k;type=private?module-path=/mnt/libmypkcs11.so.1").module_path;
    assert_eq!(
        module.as_deref(),
        Some(std::path::Path::new("/mnt/libmypkcs11.so.1"))
    );

    assert_eq!(
        parse("pkcs11:slot-description=Sun%20Metaslot")
            .slot_description
            .as_deref(),
        Some("Sun Metaslot")
    );
    let version =
        parse("pkcs11:library-manufacturer=Snake%20Oil,%20Inc.;library-version=1.23").library_version;
    assert_eq!(version, Some(LibraryVersion { major: 1, minor: 23 }));

    let uri = parse(
        "pkcs11:token=My%20token%25%20created%20by%20Joe;library-version=3;id=%01%02%03%Ba%dd%Ca%fe%04%05%06",
    );
    assert_eq!(uri.token.as_deref(), Some("My token% created by Joe"));
    assert_eq!(uri.library_version, Some(LibraryVersion { major: 3, minor: 0 }));
    assert_eq!(
        uri.id.as_deref(),
        Some(&[1, 2, 3, 0xBA, 0xDD, 0xCA, 0xFE, 4, 5, 6][..])
    );

    assert_eq!(
        parse("pkcs11:token=A%20substring%20%25%3B").token.as_deref(),
        Some("A substring %;")
    );
    assert_eq!(
        parse("pkcs11:token=small%20A%20with%20acute:%20%C3%A1")
            .token
            .as_deref(),
        Some("small A with acute: á")
    );

    let uri = parse("pkcs11:token=t;vendor-aaa=value-a?vendor-bbb=value-b&vendor-bbb=%26");
    assert_eq!(uri.vendor_path, [("vendor-aaa".to_owned(), "value-a".to_owned())]);
    assert_eq!(uri.vendor_query.len(), 2);
    assert_eq!(uri.vendor_query[1].1, "&");
}

#[test]
fn a_pin_anywhere_in_a_uri_is_refused() {
    for text in [
        "pkcs11:token=t?pin-value=123456",
        "pkcs11:pin-value=123456",
        "pkcs11:?module-name=m&pin-value=123456",
    ] {
        let error = refuse(text);
        assert_eq!(
            error,
            UriError::PinInUri {
                attribute: "pin-value"
            }
        );
        assert!(
            !format!("{error} {error:?}").contains("123456"),
            "the error must not repeat the PIN"
        );
    }
    for source in ["file:/etc/token_pin", "|/usr/bin/pin"] {
        let error = refuse(&format!("pkcs11:object=k?pin-source={source}"));
        assert_eq!(
            error,
            UriError::PinInUri {
                attribute: "pin-source"
            }
        );
    }
}

#[test]
fn errors_say_what_and_where() {
    assert_eq!(refuse("file:/etc/passwd"), UriError::NotPkcs11);
    assert_eq!(refuse("pkcs1"), UriError::NotPkcs11);
    assert_eq!(refuse("pkcs11\u{2028}"), UriError::NotPkcs11);
    assert_eq!(refuse("pkcs11:id=%0"), UriError::Percent { position: 10 });
    assert_eq!(refuse("pkcs11:id=%ZZ"), UriError::Percent { position: 10 });
    assert_eq!(
        refuse("pkcs11:token=a;id=%+1"),
        UriError::Percent { position: 18 }
    );
    assert_eq!(
        refuse("pkcs11:token=SSH Keys"),
        UriError::Character {
            found: ' ',
            position: 16
        }
    );
    assert_eq!(
        refuse("pkcs11:token=a/b"),
        UriError::Character {
            found: '/',
            position: 14
        }
    );
    assert_eq!(
        refuse("pkcs11:token=é"),
        UriError::Character {
            found: 'é',
            position: 13
        }
    );
    assert_eq!(
        refuse("pkcs11:?module-name=a#b"),
        UriError::Character {
            found: '#',
            position: 21
        }
    );
    assert_eq!(
        refuse("pkcs11:id=%01;id=%02"),
        UriError::Duplicate {
            attribute: "id".to_owned()
        }
    );
    assert_eq!(
        refuse("pkcs11:v=1;v=2"),
        UriError::Duplicate {
            attribute: "v".to_owned()
        }
    );
    assert_eq!(
        refuse("pkcs11:token=a;"),
        UriError::NotAnAttribute { position: 15 }
    );
    assert_eq!(refuse("pkcs11:token"), UriError::NotAnAttribute { position: 7 });
    assert!(matches!(
        refuse("pkcs11:type=key"),
        UriError::Value {
            attribute: "type",
            ..
        }
    ));
    assert!(matches!(
        refuse("pkcs11:slot-id=+1"),
        UriError::Value {
            attribute: "slot-id",
            ..
        }
    ));
    assert!(matches!(
        refuse("pkcs11:slot-id="),
        UriError::Value {
            attribute: "slot-id",
            ..
        }
    ));
    assert!(matches!(
        refuse("pkcs11:library-version=1.2.3"),
        UriError::Value {
            attribute: "library-version",
            ..
        }
    ));
    assert!(matches!(
        refuse("pkcs11:token=%FF"),
        UriError::Value {
            attribute: "token",
            ..
        }
    ));
}

#[test]
fn what_is_printed_parses_to_the_same() {
    let mut uri = Pkcs11Uri::default();
    uri.token = Some("Käse; 100 % & more/less?".to_owned());
    uri.id = Some(vec![0, b'a', 0xFF]);
    uri.slot_id = Some(u64::MAX);
    uri.object_type = Some(ObjectType::SecretKey);
    uri.vendor_path = vec![("x-a".to_owned(), ";".to_owned())];
    uri.module_path = Some("/usr/lib/a b&c.so".into());
    let text = uri.to_string();
    assert_eq!(
        text,
        "pkcs11:token=K%C3%A4se%3B%20100%20%25%20&%20more%2Fless%3F;slot-id=18446744073709551615;id=%00%61%FF;\
         type=secret-key;x-a=%3B?module-path=/usr/lib/a%20b%26c.so"
    );
    assert_eq!(parse(&text), uri);
}
