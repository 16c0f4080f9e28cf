//! Keys of the machine in a token: made, used and deleted in a helper process. OpenSSL checks the results.

use std::time::Duration;

use card_access::pkcs11::{KeyPurpose, KeyStore, Oaep, Pkcs11Provider, RsaPublicKey};
use card_access::{ErrorKind, Hash, PinEntry, Provider, Scheme};
use lab::{Profile, Tpm};
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Public};
use openssl::rsa::{Padding, Rsa};
use openssl::sign::{RsaPssSaltlen, Verifier};
use pkcs11_faults::{Fault, Faults};

use crate::Test;
use crate::helper::{fault_environment, pin};
use crate::support;
use crate::support::softhsm::{self, PIN};

pub(crate) const TESTS: &[Test] = tests![
    a_software_token_makes_and_uses_keys,
    a_tpm_makes_and_uses_keys,
    a_wrong_pin_makes_no_key,
    a_module_may_fail_while_it_makes_or_uses_a_key,
];

const RS256: Scheme = Scheme::RsaPkcs1(Hash::Sha256);
const SIGNS: &[u8] = &[7, 1];
const DECRYPTS: &[u8] = &[7, 2];

fn a_software_token_makes_and_uses_keys(name: &str) {
    support::in_own_process(name, softhsm::environment, |_| {
        softhsm::token("device");
        // SoftHSM supports OAEP with SHA-1 only.
        makes_and_uses_keys(softhsm::path(), "device", PIN, &[Oaep::Sha1]);
    });
}

fn a_tpm_makes_and_uses_keys(name: &str) {
    support::alone_in_own_process(name, || {
        let tpm = Tpm::start("device", &Profile::new("device").keys([])).unwrap();
        let module = lab::Module::Tpm2.path().unwrap();
        let paddings = [Oaep::Sha1, Oaep::Sha256];
        makes_and_uses_keys(module.to_str().unwrap(), tpm.label(), tpm.pin(), &paddings);
    });
}

fn makes_and_uses_keys(module: &str, label: &str, pin_text: &str, paddings: &[Oaep]) {
    let pin = pin(pin_text);
    let entry = Some(PinEntry::typed(&pin));
    let mut store = store(module, label);
    assert_eq!(store.info().name, label);
    let signing = store
        .make_rsa_2048(SIGNS, "device key", KeyPurpose::Sign, entry)
        .unwrap();
    let decrypting = store
        .make_rsa_2048(DECRYPTS, "transport key", KeyPurpose::Decrypt, entry)
        .unwrap();
    assert_eq!(
        (signing.modulus().len(), signing.exponent()),
        (256, &[1, 0, 1][..])
    );
    assert_ne!(signing, decrypting);

    // The keys stay in the token when the process that made them has ended.
    drop(store);
    let mut store = self::store(module, label);
    for scheme in [RS256, Scheme::RsaPss(Hash::Sha256)] {
        let signature = store.sign(SIGNS, scheme, b"message", entry).unwrap();
        assert!(is_signature(&signing, scheme, b"message", &signature), "{scheme}");
        assert!(
            !is_signature(&signing, scheme, b"massage", &signature),
            "{scheme}"
        );
    }
    for padding in paddings {
        let wrapped = encrypt(&decrypting, *padding, &[9; 32]);
        let key = store.decrypt(DECRYPTS, *padding, &wrapped, entry).unwrap();
        assert_eq!(**key, [9; 32], "{padding:?}");
        let foreign = encrypt(&signing, *padding, &[9; 32]);
        store.decrypt(DECRYPTS, *padding, &foreign, entry).unwrap_err();
    }

    let scheme_of_ec = store.sign(SIGNS, Scheme::EcdsaRaw(Hash::Sha256), b"m", entry);
    assert!(matches!(
        scheme_of_ec.unwrap_err().kind(),
        ErrorKind::Unsupported { .. }
    ));

    let wrapped = encrypt(&signing, Oaep::Sha1, &[9; 32]);
    // An empty identifier would match every key.
    for id in [&[][..], &[1]] {
        let missing = ErrorKind::NoCredential;
        assert_eq!(*store.sign(id, RS256, b"m", entry).unwrap_err().kind(), missing);
        let decrypted = store.decrypt(id, Oaep::Sha1, &wrapped, entry);
        assert_eq!(*decrypted.unwrap_err().kind(), missing);
        assert_eq!(*store.delete(id, entry).unwrap_err().kind(), missing);
    }
    store.delete(DECRYPTS, entry).unwrap();
    let gone = store.delete(DECRYPTS, entry).unwrap_err();
    assert_eq!(*gone.kind(), ErrorKind::NoCredential);
    store.sign(SIGNS, RS256, b"m", entry).unwrap();
    store.delete(SIGNS, entry).unwrap();
}

fn a_wrong_pin_makes_no_key(name: &str) {
    support::in_own_process(name, fault_environment, |folder| {
        softhsm::token("device");
        let faults = Faults::in_folder(folder);
        let mut store = store(pkcs11_faults::module(), "device");
        faults.none();
        let wrong = pin("654321");
        let mut make = |entry| {
            store
                .make_rsa_2048(SIGNS, "device key", KeyPurpose::Sign, entry)
                .map(drop)
        };
        let error = make(Some(PinEntry::typed(&wrong))).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::WrongPin { tries_left: None });
        let calls = faults.calls();
        let count = |name: &str| calls.iter().filter(|call| *call == name).count();
        assert_eq!((count("C_Login"), count("C_GenerateKeyPair")), (1, 0));
        assert_eq!(*make(None).unwrap_err().kind(), ErrorKind::PinRequired);
    });
}

/// The caller survives a module that crashes, exits or hangs, and asks it again.
fn a_module_may_fail_while_it_makes_or_uses_a_key(name: &str) {
    support::in_own_process(name, fault_environment, |folder| {
        softhsm::token("device");
        let faults = Faults::in_folder(folder);
        let pin = pin(PIN);
        let entry = Some(PinEntry::typed(&pin));
        let mut store = store_within(pkcs11_faults::module(), "device", Duration::from_secs(5));
        let mut ids = 0..;
        let mut make = |store: &mut KeyStore, purpose| {
            let id = [8, ids.next().unwrap()];
            let made = store.make_rsa_2048(&id, "key", purpose, entry);
            made.map(|public| (id, public))
        };
        let (id, public) = make(&mut store, KeyPurpose::Decrypt).unwrap();
        let wrapped = encrypt(&public, Oaep::Sha1, &[9; 32]);
        for fault in [Fault::Crash, Fault::Exit, Fault::Hang] {
            faults.order(&[pkcs11_faults::Order::Each("C_GenerateKeyPair", fault)]);
            let error = make(&mut store, KeyPurpose::Sign).unwrap_err();
            assert_eq!(*error.kind(), ErrorKind::ModuleFailed, "{fault:?}");
            faults.order(&[pkcs11_faults::Order::Each("C_Decrypt", fault)]);
            let error = store.decrypt(&id, Oaep::Sha1, &wrapped, entry).unwrap_err();
            assert_eq!(*error.kind(), ErrorKind::ModuleFailed, "{fault:?}");
            faults.none();
            let key = store.decrypt(&id, Oaep::Sha1, &wrapped, entry).unwrap();
            assert_eq!(**key, [9; 32]);
        }
        // An error code of the module, whose process goes on.
        faults.order(&[pkcs11_faults::Order::Each("C_DestroyObject", Fault::Answer(5))]);
        let error = store.delete(&id, entry).unwrap_err();
        assert_eq!(error.vendor_code().unwrap().name, "CKR_GENERAL_ERROR");
        faults.none();
        store.delete(&id, entry).unwrap();
    });
}

fn store(module: impl Into<std::path::PathBuf>, label: &str) -> KeyStore {
    store_within(module, label, Duration::from_secs(60))
}

fn store_within(module: impl Into<std::path::PathBuf>, label: &str, limit: Duration) -> KeyStore {
    let uri = format!("pkcs11:token={label}").parse().unwrap();
    let mut provider = Pkcs11Provider::from_module(module)
        .with_uri(&uri)
        .with_time_limit(limit);
    let id = provider.tokens().unwrap().found.remove(0).id;
    provider.open_key_store(&id).unwrap()
}

fn rsa(key: &RsaPublicKey) -> Rsa<Public> {
    let number = |bytes| BigNum::from_slice(bytes).unwrap();
    Rsa::from_public_components(number(key.modulus()), number(key.exponent())).unwrap()
}

fn is_signature(key: &RsaPublicKey, scheme: Scheme, message: &[u8], signature: &[u8]) -> bool {
    let key = PKey::from_rsa(rsa(key)).unwrap();
    let mut verifier = Verifier::new(MessageDigest::sha256(), &key).unwrap();
    if matches!(scheme, Scheme::RsaPss(_)) {
        verifier.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
        verifier
            .set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)
            .unwrap();
    }
    verifier.verify_oneshot(signature, message).unwrap()
}

fn encrypt(key: &RsaPublicKey, padding: Oaep, message: &[u8]) -> Vec<u8> {
    let key = PKey::from_rsa(rsa(key)).unwrap();
    let mut operation = openssl::encrypt::Encrypter::new(&key).unwrap();
    operation.set_rsa_padding(Padding::PKCS1_OAEP).unwrap();
    let digest = match padding {
        Oaep::Sha256 => MessageDigest::sha256(),
        _ => MessageDigest::sha1(),
    };
    operation.set_rsa_oaep_md(digest).unwrap();
    operation.set_rsa_mgf1_md(digest).unwrap();
    let mut wrapped = vec![0; operation.encrypt_len(message).unwrap()];
    let length = operation.encrypt(message, &mut wrapped).unwrap();
    wrapped.truncate(length);
    wrapped
}
