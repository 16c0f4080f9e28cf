//! A helper answers as its module does.

use card_access::pkcs11::{Module, Modules, P11Kit, Pkcs11Provider};
use card_access::{Credential, ErrorKind, KeyAlgorithm, PinEntry, PinStatus, Provider, Token};
use openssl::nid::Nid;
use pkcs11_faults::{Faults, Order, TextField};

use crate::Test;
use crate::helper::{SCHEME, assert_signs, fault_environment, open, pin};
use crate::support;
use crate::support::identity::{Identity, verifies};
use crate::support::softhsm::{self, PIN};

pub(crate) const TESTS: &[Test] = tests![
    a_helper_answers_as_the_module_itself_does,
    a_proxy_with_an_instance_for_each_caller_is_initialized,
    a_module_is_selected_by_its_configured_name,
    a_clock_that_was_never_set_changes_nothing,
    hidden_certificates_take_one_login,
    one_bad_module_hides_no_good_one,
];

fn a_helper_answers_as_the_module_itself_does(name: &str) {
    support::in_own_process(name, softhsm::environment, |folder| {
        softhsm::token("carol; 100 %");
        softhsm::put("carol; 100 %", folder, &Identity::rsa("rsa"), "rsa", "01", &[]);
        softhsm::put(
            "carol; 100 %",
            folder,
            &Identity::ec("ec", Nid::X9_62_PRIME256V1),
            "ec",
            "02",
            &[],
        );
        let uri = "pkcs11:token=carol%3B%20100%20%25".parse().unwrap();
        let mut direct = Pkcs11Provider::from_module(softhsm::path())
            .with_uri(&uri)
            .in_process();
        let mut helped = Pkcs11Provider::from_module(softhsm::path()).with_uri(&uri);
        let listing = helped.tokens().unwrap();
        assert_eq!(listing, direct.tokens().unwrap());

        let id = &listing.found[0].id;
        let (mut direct, mut helped) = (direct.open(id).unwrap(), helped.open(id).unwrap());
        assert_eq!(helped.info(), direct.info());
        let credentials = helped.credentials().unwrap();
        assert_eq!(credentials, direct.credentials().unwrap());
        for credential in credentials.found {
            assert_eq!(
                helped.schemes(&credential).unwrap(),
                direct.schemes(&credential).unwrap()
            );
            assert_eq!(
                helped.policy(&credential).unwrap(),
                direct.policy(&credential).unwrap()
            );
            for &scheme in credential.algorithm().schemes() {
                let signature = helped.sign(&credential, scheme, b"m", Some(PinEntry::typed(&pin(PIN))));
                assert!(
                    verifies(credential.certificate(), scheme, b"m", &signature.unwrap()),
                    "{scheme}"
                );
            }
            for entry in [
                None,
                Some(PinEntry::on_reader()),
                Some(PinEntry::typed(&pin("1"))),
            ] {
                let error = |token: &mut dyn Token| token.sign(&credential, SCHEME, b"m", entry).unwrap_err();
                assert_eq!(error(&mut *helped), error(&mut *direct));
            }
        }
        let rsa = |credential: &Credential| matches!(credential.algorithm(), KeyAlgorithm::Rsa { .. });
        let credential = direct.credentials().unwrap().found.into_iter().find(rsa).unwrap();
        let error = helped
            .sign(&credential, SCHEME, b"m", Some(PinEntry::typed(&pin("654321"))))
            .unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::WrongPin { tries_left: None });
        assert_eq!(error.vendor_code().unwrap().name, "CKR_PIN_INCORRECT");
        assert_eq!(helped.pin_status().unwrap(), PinStatus::Low);
    });
}

/// p11-kit's proxy gives each caller of `C_GetFunctionList` its own instance, so it has to be initialized through the list that is used.
fn a_proxy_with_an_instance_for_each_caller_is_initialized(name: &str) {
    support::in_own_process(name, softhsm::environment, |folder| {
        softhsm::token("carol");
        softhsm::put("carol", folder, &Identity::rsa("rsa"), "rsa", "01", &[]);
        let proxy =
            Module::p11_kit_proxy().expect("p11-kit's proxy: `make test` installs what the tests need");
        let mut provider =
            Pkcs11Provider::from_module(proxy.path()).with_uri(&"pkcs11:token=carol".parse().unwrap());
        let listing = provider.tokens().unwrap();
        assert_eq!((listing.found.len(), listing.problems.as_slice()), (1, &[][..]));
        let mut token = provider.open(&listing.found[0].id).unwrap();
        let credential = token.credentials().unwrap().found.remove(0);
        assert_signs(&mut *token, &credential);
    });
}

/// The name is p11-kit's, and the helper does not know it.
fn a_module_is_selected_by_its_configured_name(name: &str) {
    support::in_own_process(name, softhsm::environment, |folder| {
        softhsm::token("carol");
        let configured = folder.join("root/etc/pkcs11/modules");
        std::fs::create_dir_all(&configured).unwrap();
        let module = folder.join("root/libsofthsm2.so");
        std::os::unix::fs::symlink(softhsm::path(), module).unwrap();
        std::fs::write(configured.join("corporate.module"), "module: /libsofthsm2.so\n").unwrap();
        let modules = P11Kit::at_root(folder.join("root")).modules();
        let select = |uri: &str| {
            let mut provider = Pkcs11Provider::new(modules.clone()).with_uri(&uri.parse().unwrap());
            let listing = provider.tokens().unwrap();
            assert_eq!(listing.problems, []);
            let uris = listing
                .found
                .iter()
                .map(|token| provider.uri(&token.id).unwrap().token);
            uris.flatten().collect::<Vec<_>>()
        };
        assert_eq!(select("pkcs11:?module-name=corporate"), ["carol"]);
        assert_eq!(select("pkcs11:?module-name=softhsm2"), ["carol"]);
        assert_eq!(select("pkcs11:?module-name=other"), [""; 0]);
    });
}

const CLOCK_ON_TOKEN: u64 = 0x40;

/// A helper reads the flags nevertheless, so no permission is needed.
fn a_clock_that_was_never_set_changes_nothing(name: &str) {
    support::in_own_process(name, fault_environment, |folder| {
        softhsm::token("carol");
        softhsm::put("carol", folder, &Identity::rsa("rsa"), "rsa", "01", &[]);
        let faults = Faults::in_folder(folder);
        faults.none();
        let mut provider = Pkcs11Provider::from_module(pkcs11_faults::module());
        let usual = provider.tokens().unwrap();
        for time in [&[b' '; 16], &[0; 16], b"unknown         "] {
            faults.order(&[
                Order::SetTokenFlags(CLOCK_ON_TOKEN),
                Order::Text(TextField::TokenTime, time.to_vec()),
            ]);
            assert_eq!(provider.tokens().unwrap(), usual);
            let (mut token, credential) = open(&mut provider);
            assert_eq!(token.pin_status().unwrap(), PinStatus::NotLow);
            assert_signs(&mut *token, &credential);
        }
    });
}

fn hidden_certificates_take_one_login(name: &str) {
    support::in_own_process(name, fault_environment, |folder| {
        softhsm::token("carol");
        let identity = Identity::rsa("hidden");
        softhsm::put_key("carol", folder, &identity, "hidden", "01", &[]);
        softhsm::put_certificate_object(&identity.der(), "hidden", &[1], true);
        let faults = Faults::in_folder(folder);
        let mut provider = Pkcs11Provider::from_module(pkcs11_faults::module());
        let id = provider.tokens().unwrap().found.remove(0).id;
        let mut token = provider.open(&id).unwrap();
        let problem = token.credentials().unwrap().problems.remove(0);
        assert_eq!(*problem.error.kind(), ErrorKind::LoginRequired);
        faults.none();
        let pin = pin(PIN);
        let entry = PinEntry::typed(&pin);
        let hidden = token.credentials_after_login(entry).unwrap().found.remove(0);
        let signature = token.sign(&hidden, SCHEME, b"m", Some(entry));
        assert!(verifies(hidden.certificate(), SCHEME, b"m", &signature.unwrap()));
        assert_eq!(faults.calls().iter().filter(|call| *call == "C_Login").count(), 1);
    });
}

fn one_bad_module_hides_no_good_one(name: &str) {
    support::in_own_process(name, softhsm::environment, |_| {
        softhsm::token("carol");
        let mut modules = Modules::default();
        modules.found = ["/no/such/module.so", "/etc/passwd", softhsm::path()]
            .map(Module::new)
            .to_vec();
        let listing = Pkcs11Provider::new(modules).tokens().unwrap();
        assert_eq!(listing.found.len(), 1);
        assert_eq!(listing.problems.len(), 2);
        for problem in listing.problems {
            assert_eq!(*problem.error.kind(), ErrorKind::ModuleMissing, "{problem:?}");
        }
    });
}
