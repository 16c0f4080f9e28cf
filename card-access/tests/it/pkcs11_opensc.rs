//! PKCS#11 against `OpenSC` over a virtual PIV card: the module's answers are compared with the commands to the card.

use crate::support;
use std::time::Duration;

use crate::support::identity::verifies;
use card_access::pkcs11::{InProcessProvider, Pkcs11Provider};
use card_access::{
    Credential, ErrorKind, Event, Hash, KeyAlgorithm, Listing, Pin, PinEntry, PinStatus, Provider, Scheme,
    Token,
};
use lab::{Algorithm, Card, Module, Profile, Readers, Slot};

const SCHEME: Scheme = Scheme::RsaPkcs1(Hash::Sha256);
const VERIFY: u8 = 0x20;

fn provider() -> InProcessProvider {
    Pkcs11Provider::from_module(Module::OpenSc.path().unwrap()).in_process()
}

fn open(provider: &mut InProcessProvider) -> Box<dyn Token> {
    let Listing { found, problems, .. } = provider.tokens().unwrap();
    assert_eq!(problems, []);
    let info = found.first().expect("the card is listed");
    provider.open(&info.id).unwrap()
}

fn first(token: &mut dyn Token) -> Credential {
    token.credentials().unwrap().found.remove(0)
}

fn pin(card: &Card) -> Pin {
    Pin::new(card.pin().to_owned())
}

/// Number of times that a PIN was sent to the card: VERIFY with data, which is longer than the one that reads the counter.
fn tries(card: &Card) -> usize {
    let verify = |apdu: &&lab::Apdu| apdu.instruction() == Some(VERIFY) && apdu.command.len() > 10;
    card.apdus().unwrap().iter().filter(verify).count()
}

#[test]
fn every_key_signs_in_every_scheme() {
    support::alone_in_own_process("every_key_signs_in_every_scheme", || {
        let keys = [
            (Slot::Authentication, Algorithm::Rsa2048),
            (Slot::Signature, Algorithm::P256),
            (Slot::KeyManagement, Algorithm::P384),
        ];
        let readers = Readers::start(1).unwrap();
        let card = readers.insert(0, &Profile::new("alice").keys(keys)).unwrap();
        let mut token = open(&mut provider());
        assert_eq!(token.info().reader.as_deref(), Some(card.reader()));
        let credentials = token.credentials().unwrap();
        assert_eq!((credentials.found.len(), credentials.problems.len()), (3, 0));
        let pin = pin(&card);
        for credential in credentials.found {
            for &scheme in credential.algorithm().schemes() {
                let signature = token.sign(&credential, scheme, b"m", Some(PinEntry::typed(&pin)));
                let signature = signature.unwrap_or_else(|error| panic!("{credential:?} {scheme}: {error}"));
                assert!(
                    verifies(credential.certificate(), scheme, b"m", &signature),
                    "{credential:?} {scheme}"
                );
            }
        }
    });
}

#[test]
fn a_key_without_pin_hides_no_other_and_signs_without_one() {
    support::alone_in_own_process("a_key_without_pin_hides_no_other_and_signs_without_one", || {
        let keys = [
            (Slot::Authentication, Algorithm::Rsa2048),
            (Slot::CardAuthentication, Algorithm::P256),
        ];
        let readers = Readers::start(1).unwrap();
        let card = readers.insert(0, &Profile::new("alice").keys(keys)).unwrap();
        let mut token = open(&mut provider());
        let credentials = token.credentials().unwrap();
        assert_eq!((credentials.found.len(), credentials.problems.len()), (2, 0));
        for credential in credentials.found {
            let scheme = credential.algorithm().schemes()[0];
            let signature = token.sign(&credential, scheme, b"m", None);
            if credential.algorithm() == KeyAlgorithm::EcP256 {
                assert!(verifies(
                    credential.certificate(),
                    scheme,
                    b"m",
                    &signature.unwrap()
                ));
            } else {
                assert_eq!(*signature.unwrap_err().kind(), ErrorKind::PinRequired);
            }
        }
        assert_eq!(tries(&card), 0);
    });
}

#[test]
fn a_wrong_pin_costs_one_try_and_the_final_one_is_refused() {
    support::alone_in_own_process("a_wrong_pin_costs_one_try_and_the_final_one_is_refused", || {
        let readers = Readers::start(1).unwrap();
        let mut card = readers.insert(0, &Profile::new("alice")).unwrap();
        let mut token = open(&mut provider());
        let credential = first(&mut *token);
        let (right, wrong) = (pin(&card), Pin::new("999999".to_owned()));
        let mut sign = |card: &mut Card, entry| {
            card.forget_apdus().unwrap();
            let result = token.sign(&credential, SCHEME, b"m", Some(entry));
            (
                result.map_err(|error| error.kind().clone()),
                tries(card),
                token.pin_status().unwrap(),
            )
        };

        let short = Pin::new("1".to_owned());
        let (result, tries, _) = sign(&mut card, PinEntry::typed(&short));
        assert!(matches!(result, Err(ErrorKind::PinFormat { .. })), "{result:?}");
        assert_eq!(tries, 0);

        let (result, tries, status) = sign(&mut card, PinEntry::typed(&wrong));
        assert_eq!(result, Err(ErrorKind::WrongPin { tries_left: None }));
        assert_eq!((tries, status), (1, PinStatus::NotLow));

        let (result, tries, status) = sign(&mut card, PinEntry::typed(&wrong));
        assert_eq!(result, Err(ErrorKind::WrongPin { tries_left: Some(1) }));
        assert_eq!((tries, status), (1, PinStatus::FinalTry));

        let (result, tries, status) = sign(&mut card, PinEntry::typed(&right));
        assert_eq!(result, Err(ErrorKind::FinalTryRefused));
        assert_eq!((tries, status), (0, PinStatus::FinalTry));

        let (result, tries, status) = sign(&mut card, PinEntry::typed(&wrong).allow_final_try());
        assert_eq!(result, Err(ErrorKind::PinBlocked));
        assert_eq!((tries, status), (1, PinStatus::Blocked));

        let (result, tries, _) = sign(&mut card, PinEntry::typed(&right).allow_final_try());
        assert_eq!(result, Err(ErrorKind::PinBlocked));
        assert_eq!(tries, 0, "a blocked PIN is not sent again");
    });
}

#[test]
fn a_card_that_comes_back_signs_again() {
    support::alone_in_own_process("a_card_that_comes_back_signs_again", || {
        let readers = Readers::start(1).unwrap();
        let mut card = readers.insert(0, &Profile::new("alice")).unwrap();
        let mut provider = provider();
        let mut token = open(&mut provider);
        let credential = first(&mut *token);
        let pin = pin(&card);
        for _ in 0..2 {
            let signature = token
                .sign(&credential, SCHEME, b"m", Some(PinEntry::typed(&pin)))
                .unwrap();
            assert!(verifies(credential.certificate(), SCHEME, b"m", &signature));

            card.remove().unwrap();
            let place = token.info().id.place().to_owned();
            assert_eq!(
                provider.wait(Duration::from_secs(10)).unwrap(),
                [Event::Removed { place: place.clone() }]
            );
            let error = token
                .sign(&credential, SCHEME, b"m", Some(PinEntry::typed(&pin)))
                .unwrap_err();
            assert!(
                matches!(error.kind(), ErrorKind::NoCard | ErrorKind::Removed),
                "{error}"
            );

            card.insert().unwrap();
            assert_eq!(
                provider.wait(Duration::from_secs(10)).unwrap(),
                [Event::Inserted { place }]
            );
        }
    });
}

#[test]
fn another_card_is_not_signed_with() {
    support::alone_in_own_process("another_card_is_not_signed_with", || {
        let readers = Readers::start(1).unwrap();
        let card = readers.insert(0, &Profile::new("alice")).unwrap();
        let mut token = open(&mut provider());
        let credential = first(&mut *token);
        drop(card);
        let card = readers.insert(0, &Profile::new("bob")).unwrap();
        let pin = pin(&card);
        let error = token
            .sign(&credential, SCHEME, b"m", Some(PinEntry::typed(&pin)))
            .unwrap_err();
        // OpenSC 0.23 reports the other card. OpenSC 0.26 still reports the first one, and ends its session at C_Login.
        let expected = [ErrorKind::OtherCard, ErrorKind::Removed];
        assert!(expected.contains(error.kind()), "{error:?}");
        assert_eq!(tries(&card), 0, "the PIN of one card is not sent to another");
    });
}
