//! PKCS#11 against tpm2-pkcs11 on a TPM emulator: a virtual smart card, and the only token here that locks.

use crate::support;
use crate::support::identity::verifies;
use card_access::pkcs11::Pkcs11Provider;
use card_access::{
    Backend, Confidence, ErrorKind, Hash, Interface, Pin, PinEntry, Provider, Scheme, Token, TokenKind,
};
use lab::{Algorithm, Module, Profile, Slot, Tpm};

fn open(tpm: &Tpm) -> Box<dyn Token> {
    let mut provider = Pkcs11Provider::from_module(Module::Tpm2.path().unwrap()).in_process();
    let listing = provider.tokens().unwrap();
    let info = listing
        .found
        .into_iter()
        .find(|token| token.name == tpm.label())
        .expect("the token is listed");
    provider.open(&info.id).unwrap()
}

#[test]
fn a_tpm_signs_and_its_odd_token_info_is_cleaned() {
    support::alone_in_own_process("a_tpm_signs_and_its_odd_token_info_is_cleaned", || {
        let keys = [
            (Slot::Authentication, Algorithm::Rsa2048),
            (Slot::Signature, Algorithm::P256),
        ];
        let tpm = Tpm::start("dave", &Profile::new("dave").keys(keys)).unwrap();
        let mut token = open(&tpm);
        let info = token.info();
        assert_eq!(info.id.backend(), Backend::Pkcs11);
        // The model is padded with NUL bytes and the serial number is all zeros.
        assert!(!info.id.identity().unwrap().contains('\0'), "{info:?}");
        assert_eq!(info.serial, None);
        assert_eq!(info.kind, Confidence::Inferred(TokenKind::Virtual));
        assert_eq!(info.interface, Confidence::Inferred(Interface::None));

        let pin = Pin::new(tpm.pin().to_owned());
        let credentials = token.credentials().unwrap();
        assert_eq!((credentials.found.len(), credentials.problems.len()), (2, 0));
        for credential in credentials.found {
            for &scheme in credential.algorithm().schemes() {
                let signature = token.sign(&credential, scheme, b"m", Some(PinEntry::typed(&pin)));
                assert!(
                    verifies(credential.certificate(), scheme, b"m", &signature.unwrap()),
                    "{credential:?} {scheme}"
                );
            }
        }
    });
}

#[test]
fn wrong_pins_lock_a_tpm_and_each_is_reported() {
    support::alone_in_own_process("wrong_pins_lock_a_tpm_and_each_is_reported", || {
        let tpm = Tpm::start("dave", &Profile::new("dave")).unwrap();
        let mut token = open(&tpm);
        let credential = token.credentials().unwrap().found.remove(0);
        let scheme = Scheme::RsaPkcs1(Hash::Sha256);
        let (right, wrong) = (Pin::new(tpm.pin().to_owned()), Pin::new("999999".to_owned()));
        let mut wrong_tries = 0;
        let blocked = loop {
            let error = token
                .sign(&credential, scheme, b"m", Some(PinEntry::typed(&wrong)))
                .unwrap_err();
            match error.kind() {
                ErrorKind::WrongPin { .. } => wrong_tries += 1,
                _ => break error,
            }
            assert!(wrong_tries < 10, "the TPM does not lock");
        };
        assert_eq!(*blocked.kind(), ErrorKind::PinBlocked, "{blocked}");
        assert_eq!(blocked.vendor_code().unwrap().name, "CKR_PIN_LOCKED");
        let error = token
            .sign(&credential, scheme, b"m", Some(PinEntry::typed(&right)))
            .unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::PinBlocked, "{error}");

        tpm.clear_lockout().unwrap();
        let signature = token
            .sign(&credential, scheme, b"m", Some(PinEntry::typed(&right)))
            .unwrap();
        assert!(verifies(credential.certificate(), scheme, b"m", &signature));
    });
}
