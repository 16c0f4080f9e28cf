//! Modules and tokens: listing, names, identity.

use card_access::pkcs11::{Module, Modules, Pkcs11Provider};
use card_access::{Backend, Confidence, ErrorKind, Hash, PinEntry, PinStatus, Provider, Scheme, TokenKind};

use crate::pkcs11_softhsm::process::{credentials, open, pin, test};
use crate::support;
use crate::support::identity::{Identity, verifies};
use crate::support::softhsm::{self, PIN};

#[test]
fn a_token_says_what_it_is() {
    test("tokens::a_token_says_what_it_is", |_| {
        softhsm::token("carol");
        let mut token = open("carol");
        let info = token.info();
        assert_eq!(info.id.backend(), Backend::Pkcs11);
        assert!(info.id.place().starts_with(softhsm::path()), "{:?}", info.id);
        assert_eq!(
            (info.kind, &info.reader),
            (Confidence::Inferred(TokenKind::Virtual), &None)
        );
        assert!(
            info.serial.as_ref().is_some_and(|serial| serial.len() == 16),
            "{info:?}"
        );
        assert_eq!(token.pin_status().unwrap(), PinStatus::NotLow);
        let listing = token.credentials().unwrap();
        assert_eq!(listing.found, []);
        // What is behind the PIN cannot be known.
        assert_eq!(*listing.problems[0].error.kind(), ErrorKind::LoginRequired);
    });
}

#[test]
fn one_bad_module_hides_no_good_one() {
    test("tokens::one_bad_module_hides_no_good_one", |_| {
        softhsm::token("carol");
        let mut modules = Modules::default();
        modules.found = ["/no/such/module.so", "/etc/passwd", "libc.so.6"]
            .map(Module::new)
            .to_vec();
        modules.found.push(Module::new(softhsm::path()));
        let listing = Pkcs11Provider::new(modules).in_process().tokens().unwrap();
        assert_eq!(listing.found.len(), 1);
        assert_eq!(listing.problems.len(), 3);
        for problem in listing.problems {
            assert_eq!(*problem.error.kind(), ErrorKind::ModuleMissing, "{problem:?}");
        }
    });
}

#[test]
fn another_token_in_the_slot_is_noticed() {
    test("tokens::another_token_in_the_slot_is_noticed", |_| {
        softhsm::token("carol");
        let mut provider = Pkcs11Provider::from_module(softhsm::path()).in_process();
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
    test("tokens::a_uri_names_one_token", |_| {
        softhsm::token("carol");
        softhsm::token("dave; 100 %");
        let mut provider = Pkcs11Provider::from_module(softhsm::path()).in_process();
        let dave = provider
            .tokens()
            .unwrap()
            .found
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
            let mut provider = Pkcs11Provider::from_module(softhsm::path())
                .with_uri(&text.parse().unwrap())
                .in_process();
            provider
                .tokens()
                .unwrap()
                .found
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
    test(
        "tokens::a_configured_module_is_found_without_its_path",
        |folder| {
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
                let mut provider = Pkcs11Provider::new(modules)
                    .with_uri(&"pkcs11:token=carol".parse().unwrap())
                    .in_process();
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
        },
    );
}

/// This program's `main` is the test harness's, so starting it once more would run the tests once more.
#[test]
fn a_program_that_is_not_a_helper_is_not_started_again() {
    test(
        "tokens::a_program_that_is_not_a_helper_is_not_started_again",
        |_| {
            softhsm::token("carol");
            let mut provider = Pkcs11Provider::from_module(softhsm::path());
            let listing = provider.tokens().unwrap();
            assert_eq!(listing.found, []);
            let error = &listing.problems[0].error;
            assert_eq!(*error.kind(), ErrorKind::HelperMissing, "{error}");
            assert_eq!(error.location(), Some(softhsm::path()));
            let task = format!("/proc/self/task/{}/children", std::process::id());
            assert_eq!(std::fs::read_to_string(task).unwrap_or_default(), "");

            let id = provider.in_process().tokens().unwrap().found.remove(0).id;
            let mut provider = Pkcs11Provider::from_module(softhsm::path());
            let error = provider.open(&id).map(drop).unwrap_err();
            assert_eq!(*error.kind(), ErrorKind::HelperMissing, "{error}");
        },
    );
}
