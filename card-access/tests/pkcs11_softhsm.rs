//! PKCS#11 against `SoftHSM`: signing, logins and odd tokens. OpenSSL makes the keys and checks the signatures.

mod support;

use std::path::Path;
use std::thread;

use card_access::pkcs11::{Module, Modules, Pkcs11Provider};
use card_access::{
    Backend, Credential, ErrorKind, Form, Hash, KeyAlgorithm, Listing, Pin, PinEntry, PinStatus, Provider,
    Scheme, Slot, Token, Told,
};
use openssl::nid::Nid;
use support::identity::{Identity, verifies};
use support::softhsm::{self, PIN};

fn test(name: &str, body: impl FnOnce(&Path)) {
    support::in_own_process(name, softhsm::environment, body);
}

fn open(label: &str) -> Box<dyn Token> {
    let mut provider = Pkcs11Provider::module(softhsm::path());
    let listing = provider.tokens().unwrap();
    assert_eq!(listing.problems, []);
    let info = listing
        .into_iter()
        .find(|token| token.name == label)
        .expect("the token is listed");
    provider.open(&info.id).unwrap()
}

fn credentials(token: &mut dyn Token) -> Vec<Credential> {
    let Listing { found, problems, .. } = token.credentials().unwrap();
    assert_eq!(problems, []);
    found
}

fn pin() -> Pin {
    Pin::new(PIN.to_owned())
}

#[test]
fn every_scheme_of_every_key_verifies() {
    test("every_scheme_of_every_key_verifies", |folder| {
        softhsm::token("carol");
        softhsm::put("carol", folder, &Identity::rsa("rsa"), "rsa", "01", &[]);
        softhsm::put(
            "carol",
            folder,
            &Identity::ec("p256", Nid::X9_62_PRIME256V1),
            "p256",
            "02",
            &[],
        );
        softhsm::put(
            "carol",
            folder,
            &Identity::ec("p384", Nid::SECP384R1),
            "p384",
            "03",
            &[],
        );
        let mut token = open("carol");
        let credentials = credentials(&mut *token);
        assert_eq!(credentials.len(), 3);
        let pin = pin();
        for credential in &credentials {
            assert_ne!(credential.algorithm(), KeyAlgorithm::Other);
            for &scheme in credential.algorithm().schemes() {
                // Longer than any key, so that nothing passes by signing the message as it is.
                let message = vec![0x5a; 1000];
                let signature = token
                    .sign(credential, scheme, &message, Some(PinEntry::typed(&pin)))
                    .unwrap();
                assert!(
                    verifies(credential.certificate(), scheme, &message, &signature),
                    "{credential:?} {scheme}"
                );
                assert!(!verifies(
                    credential.certificate(),
                    scheme,
                    b"another",
                    &signature
                ));
            }
        }
    });
}

#[test]
fn a_token_says_what_it_is() {
    test("a_token_says_what_it_is", |_| {
        softhsm::token("carol");
        let mut token = open("carol");
        let info = token.info();
        assert_eq!(info.id.backend(), Backend::Pkcs11);
        assert!(info.id.place().starts_with(softhsm::path()), "{:?}", info.id);
        assert_eq!((info.form, &info.reader), (Told::Guessed(Form::Virtual), &None));
        assert!(
            info.serial.as_ref().is_some_and(|serial| serial.len() == 16),
            "{info:?}"
        );
        assert_eq!(token.pin_status().unwrap(), PinStatus::Unknown);
        assert_eq!(credentials(&mut *token), []);
    });
}

#[test]
fn a_wrong_pin_is_told_from_a_pin_that_can_not_be_one() {
    test("a_wrong_pin_is_told_from_a_pin_that_can_not_be_one", |folder| {
        softhsm::token("carol");
        softhsm::put("carol", folder, &Identity::rsa("rsa"), "rsa", "01", &[]);
        let mut token = open("carol");
        let credential = credentials(&mut *token).remove(0);
        let scheme = Scheme::RsaPkcs1(Hash::Sha256);
        let mut sign = |pin: &str| {
            let pin = Pin::new(pin.to_owned());
            let result = token.sign(&credential, scheme, b"m", Some(PinEntry::typed(&pin)));
            (result, token.pin_status().unwrap())
        };

        let (result, status) = sign("1");
        assert!(matches!(result.unwrap_err().kind(), ErrorKind::PinFormat { .. }));
        assert_eq!(status, PinStatus::Unknown, "nothing was sent to the token");

        let (result, status) = sign("654321");
        let error = result.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::WrongPin { tries_left: None });
        let vendor = error.vendor().unwrap();
        assert_eq!((&*vendor.name, vendor.number), ("CKR_PIN_INCORRECT", 0xA0));
        assert_eq!(status, PinStatus::Low);

        let (result, status) = sign(PIN);
        assert!(verifies(credential.certificate(), scheme, b"m", &result.unwrap()));
        assert_eq!(status, PinStatus::Unknown);
    });
}

#[test]
fn no_login_outlives_its_signature() {
    test("no_login_outlives_its_signature", |folder| {
        softhsm::token("carol");
        softhsm::put("carol", folder, &Identity::rsa("rsa"), "rsa", "01", &[]);
        let (mut token, mut other) = (open("carol"), open("carol"));
        let credential = credentials(&mut *token).remove(0);
        let scheme = Scheme::RsaPkcs1(Hash::Sha256);
        token
            .sign(&credential, scheme, b"m", Some(PinEntry::typed(&pin())))
            .unwrap();
        for token in [&mut token, &mut other] {
            let error = token.sign(&credential, scheme, b"m", None).unwrap_err();
            assert_eq!(*error.kind(), ErrorKind::PinRequired);
        }
    });
}

#[test]
fn a_login_of_another_part_of_the_process_is_used_and_left() {
    test(
        "a_login_of_another_part_of_the_process_is_used_and_left",
        |folder| {
            use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
            use cryptoki::session::{SessionState, UserType};

            softhsm::token("carol");
            softhsm::put("carol", folder, &Identity::rsa("rsa"), "rsa", "01", &[]);
            let theirs = Pkcs11::new(softhsm::path()).unwrap();
            theirs
                .initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK))
                .unwrap();
            let slot = theirs.get_slots_with_initialized_token().unwrap().remove(0);
            let session = theirs.open_ro_session(slot).unwrap();
            session
                .login(UserType::User, Some(&PIN.to_owned().into()))
                .unwrap();

            let mut token = open("carol");
            let credential = credentials(&mut *token).remove(0);
            let scheme = Scheme::RsaPkcs1(Hash::Sha256);
            token
                .sign(&credential, scheme, b"m", Some(PinEntry::typed(&pin())))
                .unwrap();
            assert_eq!(
                session.get_session_info().unwrap().session_state(),
                SessionState::RoUser
            );
        },
    );
}

#[test]
fn threads_do_not_log_each_other_out() {
    test("threads_do_not_log_each_other_out", |folder| {
        softhsm::token("carol");
        softhsm::put("carol", folder, &Identity::rsa("rsa"), "rsa", "01", &[]);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let mut token = open("carol");
                    let credential = credentials(&mut *token).remove(0);
                    for _ in 0..25 {
                        let scheme = Scheme::RsaPkcs1(Hash::Sha256);
                        token
                            .sign(&credential, scheme, b"m", Some(PinEntry::typed(&pin())))
                            .unwrap();
                    }
                });
            }
        });
    });
}

#[test]
fn keys_with_one_identifier_and_label_are_told_apart() {
    test("keys_with_one_identifier_and_label_are_told_apart", |folder| {
        softhsm::token("carol");
        for name in ["one", "two"] {
            softhsm::put("carol", folder, &Identity::rsa(name), "same", "01", &[]);
            softhsm::put(
                "carol",
                folder,
                &Identity::ec(name, Nid::X9_62_PRIME256V1),
                name,
                "01",
                &[],
            );
        }
        signs_with_the_right_key("carol", 4);
    });
}

#[test]
fn keys_without_an_identifier_are_found_by_their_public_key() {
    test(
        "keys_without_an_identifier_are_found_by_their_public_key",
        |folder| {
            softhsm::token("carol");
            let (one, two) = (Identity::rsa("one"), Identity::rsa("two"));
            softhsm::put("carol", folder, &one, "one", "", &[]);
            // The identifiers of key and certificate differ.
            softhsm::put_key("carol", folder, &two, "two", "0a", &[]);
            softhsm::put_certificate("carol", folder, &two, "two", "0b");
            signs_with_the_right_key("carol", 2);
        },
    );
}

fn signs_with_the_right_key(label: &str, expected: usize) {
    let mut token = open(label);
    let credentials = credentials(&mut *token);
    assert_eq!(credentials.len(), expected);
    for credential in credentials {
        let scheme = credential.algorithm().schemes()[0];
        let signature = token
            .sign(&credential, scheme, b"m", Some(PinEntry::typed(&pin())))
            .unwrap();
        assert!(
            verifies(credential.certificate(), scheme, b"m", &signature),
            "{credential:?}"
        );
    }
}

#[test]
fn a_certificate_without_its_key_has_no_signature() {
    test("a_certificate_without_its_key_has_no_signature", |folder| {
        softhsm::token("carol");
        softhsm::put_certificate("carol", folder, &Identity::rsa("lonely"), "lonely", "01");
        softhsm::put_key("carol", folder, &Identity::rsa("other"), "other", "02", &[]);
        let mut token = open("carol");
        let credential = credentials(&mut *token).remove(0);
        assert_eq!(*credential.slot(), Slot::Object(vec![1]));
        let scheme = Scheme::RsaPkcs1(Hash::Sha256);
        let error = token
            .sign(&credential, scheme, b"m", Some(PinEntry::typed(&pin())))
            .unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::NoCredential);
    });
}

#[test]
fn a_key_that_wants_the_pin_each_time_gets_it() {
    test("a_key_that_wants_the_pin_each_time_gets_it", |folder| {
        softhsm::token("carol");
        softhsm::put(
            "carol",
            folder,
            &Identity::rsa("rsa"),
            "rsa",
            "01",
            &["--always-auth"],
        );
        let mut token = open("carol");
        let credential = credentials(&mut *token).remove(0);
        for scheme in [Scheme::RsaPkcs1(Hash::Sha256), Scheme::RsaPss(Hash::Sha384)] {
            let signature = token
                .sign(&credential, scheme, b"m", Some(PinEntry::typed(&pin())))
                .unwrap();
            assert!(verifies(credential.certificate(), scheme, b"m", &signature));
        }
    });
}

/// `SoftHSM` 2.6 hashes nothing for an elliptic-curve key, and takes a hash with `C_Sign` only.
#[test]
fn a_pin_each_time_for_a_single_part_mechanism_is_said_to_be_unsupported() {
    test(
        "a_pin_each_time_for_a_single_part_mechanism_is_said_to_be_unsupported",
        |folder| {
            softhsm::token("carol");
            let identity = Identity::ec("ec", Nid::SECP384R1);
            softhsm::put("carol", folder, &identity, "ec", "02", &["--always-auth"]);
            let mut token = open("carol");
            let credential = credentials(&mut *token).remove(0);
            let scheme = Scheme::EcdsaDer(Hash::Sha384);
            let error = token
                .sign(&credential, scheme, b"m", Some(PinEntry::typed(&pin())))
                .unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Unsupported { .. }), "{error}");
            assert_eq!(
                token.pin_status().unwrap(),
                PinStatus::Unknown,
                "the PIN was right and cost nothing"
            );
        },
    );
}

#[test]
fn what_a_token_can_not_do_is_refused_before_the_pin() {
    test("what_a_token_can_not_do_is_refused_before_the_pin", |folder| {
        softhsm::token("carol");
        softhsm::put("carol", folder, &Identity::rsa("rsa"), "rsa", "01", &[]);
        let mut token = open("carol");
        let credential = credentials(&mut *token).remove(0);
        let wrong = Pin::new("654321".to_owned());

        let on_reader = token.sign(
            &credential,
            Scheme::RsaPkcs1(Hash::Sha256),
            b"m",
            Some(PinEntry::on_reader()),
        );
        assert!(matches!(
            on_reader.unwrap_err().kind(),
            ErrorKind::Unsupported { .. }
        ));
        let ecdsa = token.sign(
            &credential,
            Scheme::EcdsaDer(Hash::Sha256),
            b"m",
            Some(PinEntry::typed(&wrong)),
        );
        assert!(matches!(ecdsa.unwrap_err().kind(), ErrorKind::Unsupported { .. }));
        assert_eq!(
            token.pin_status().unwrap(),
            PinStatus::Unknown,
            "no try was spent"
        );
    });
}

#[test]
fn one_bad_module_hides_no_good_one() {
    test("one_bad_module_hides_no_good_one", |_| {
        softhsm::token("carol");
        let mut modules = Modules::default();
        modules.found = ["/no/such/module.so", "/etc/passwd", "libc.so.6"]
            .map(Module::at)
            .to_vec();
        modules.found.push(Module::at(softhsm::path()));
        let listing = Pkcs11Provider::new(modules).tokens().unwrap();
        assert_eq!(listing.found.len(), 1);
        assert_eq!(listing.problems.len(), 3);
        for problem in listing.problems {
            assert_eq!(*problem.error.kind(), ErrorKind::ModuleMissing, "{problem:?}");
        }
    });
}

#[test]
fn another_token_in_the_slot_is_noticed() {
    test("another_token_in_the_slot_is_noticed", |_| {
        softhsm::token("carol");
        let mut provider = Pkcs11Provider::module(softhsm::path());
        let carol = provider.tokens().unwrap().found.remove(0);
        let mut token = provider.open(&carol.id).unwrap();

        let slot = carol.id.place().rsplit_once(' ').unwrap().1;
        let again = [
            "--init-token",
            "--slot",
            slot,
            "--label",
            "dave",
            "--so-pin",
            "12345678",
            "--pin",
            PIN,
        ];
        support::run("softhsm2-util", &again);
        assert_eq!(
            *provider.open(&carol.id).err().unwrap().kind(),
            ErrorKind::OtherCard
        );
        assert_eq!(*token.pin_status().unwrap_err().kind(), ErrorKind::OtherCard);
    });
}

#[test]
fn a_uri_names_one_token() {
    test("a_uri_names_one_token", |_| {
        softhsm::token("carol");
        softhsm::token("dave; 100 %");
        let mut provider = Pkcs11Provider::module(softhsm::path());
        let dave = provider
            .tokens()
            .unwrap()
            .into_iter()
            .find(|token| token.name.starts_with("dave"))
            .unwrap();
        let uri = provider.uri(&dave.id).unwrap();
        let serial = dave.serial.unwrap();
        assert_eq!(
            uri.to_string(),
            format!(
                "pkcs11:model=SoftHSM%20v2;manufacturer=SoftHSM%20project;serial={serial};token=dave%3B%20100%20%25"
            ),
        );

        let select = |text: &str| {
            let mut provider = Pkcs11Provider::module(softhsm::path()).select(&text.parse().unwrap());
            provider
                .tokens()
                .unwrap()
                .into_iter()
                .map(|token| token.name)
                .collect::<Vec<_>>()
        };
        assert_eq!(select(&uri.to_string()), ["dave; 100 %"]);
        assert_eq!(select("pkcs11:token=carol"), ["carol"]);
        assert_eq!(select("pkcs11:model=SoftHSM%20v2").len(), 2);
        assert_eq!(select("pkcs11:?module-name=softhsm2").len(), 2);
        assert_eq!(select("pkcs11:?module-path=/usr/lib/softhsm").len(), 2);
        assert_eq!(
            select("pkcs11:library-manufacturer=SoftHSM;library-version=2.6").len(),
            2
        );
        assert_eq!(select("pkcs11:token=eve").len(), 0);
        assert_eq!(select("pkcs11:library-version=1.0").len(), 0);
        assert_eq!(
            select("pkcs11:token=carol;x-unknown=1").len(),
            0,
            "what can't be judged matches nothing"
        );
        assert_eq!(select("pkcs11:?module-name=opensc-pkcs11").len(), 0);
    });
}

#[test]
fn a_configured_module_is_found_without_its_path() {
    test("a_configured_module_is_found_without_its_path", |folder| {
        softhsm::token("carol");
        softhsm::put("carol", folder, &Identity::rsa("rsa"), "rsa", "01", &[]);
        // Through p11-kit's configuration, and through its proxy, which loads what it is configured with.
        let mut proxy = Modules::default();
        proxy.found.extend(Module::p11_kit_proxy());
        assert_eq!(
            proxy.found.len(),
            1,
            "p11-kit's proxy is missing: `make test` installs what the tests need"
        );
        for modules in [Modules::system(), proxy] {
            let mut provider = Pkcs11Provider::new(modules).select(&"pkcs11:token=carol".parse().unwrap());
            let listing = provider.tokens().unwrap();
            assert_eq!(listing.found.len(), 1, "{listing:?}");
            let mut token = provider.open(&listing.found[0].id).unwrap();
            let credential = credentials(&mut *token).remove(0);
            let scheme = Scheme::RsaPkcs1(Hash::Sha256);
            let signature = token
                .sign(&credential, scheme, b"m", Some(PinEntry::typed(&pin())))
                .unwrap();
            assert!(verifies(credential.certificate(), scheme, b"m", &signature));
        }
    });
}
