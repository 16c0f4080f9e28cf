//! A real PIV firmware in a virtual reader: certificates, signatures, PIN counter.

use crate::common::{open, openssl_verifies, pin};
use card_access::{
    Backend, Confidence, Credential, Error, ErrorKind, Hash, KeyAlgorithm, PinEntry, PinStatus, Provider,
    Scheme, TokenId, TokenKind, pcsc::PcscProvider, piv::KnownCards,
};
use std::process::Command;

use lab::{Algorithm, Module, Profile, Readers, Slot};

const MESSAGE: &[u8] = b"the message, not its hash";
const RS256: Scheme = Scheme::RsaPkcs1(Hash::Sha256);

fn kind(result: Result<Vec<u8>, Error>) -> ErrorKind {
    result.unwrap_err().kind().clone()
}

#[test]
fn every_key_signs_in_every_scheme_it_offers_and_openssl_verifies() {
    let slots = [
        Slot::Authentication,
        Slot::Signature,
        Slot::KeyManagement,
        Slot::CardAuthentication,
    ];
    let kinds = [
        Algorithm::Rsa2048,
        Algorithm::P256,
        Algorithm::P384,
        Algorithm::P256,
    ];
    let readers = Readers::start(1).unwrap();
    let card = readers
        .insert(0, &Profile::new("paula").keys(slots.into_iter().zip(kinds)))
        .unwrap();
    let pin = pin(card.pin());

    let mut token = open(card.reader());
    let listing = token.credentials().unwrap();
    assert_eq!(listing.problems, []);
    let found: Vec<_> = listing.found.iter().map(Credential::algorithm).collect();
    let expected = [
        KeyAlgorithm::Rsa { bits: 2048 },
        KeyAlgorithm::EcP256,
        KeyAlgorithm::EcP384,
        KeyAlgorithm::EcP256,
    ];
    assert_eq!(found, expected);
    for (slot, credential) in slots.into_iter().zip(listing.found) {
        assert_eq!(credential.slot().to_string(), slot.name());
        for scheme in credential.algorithm().schemes() {
            let signature = token
                .sign(&credential, *scheme, MESSAGE, Some(PinEntry::typed(&pin)))
                .unwrap();
            let key = card.public_key(slot);
            assert!(
                openssl_verifies(&key, *scheme, MESSAGE, &signature),
                "{} {scheme}",
                slot.name()
            );
            assert!(!openssl_verifies(&key, *scheme, b"another message", &signature));
        }
    }
}

#[test]
fn the_certificate_is_the_one_that_was_issued() {
    let readers = Readers::start(1).unwrap();
    let card = readers.insert(0, &Profile::new("paula")).unwrap();
    let credential = open(card.reader()).credential(&"9a".parse().unwrap()).unwrap();
    let openssl = Command::new("openssl")
        .args(["x509", "-outform", "DER", "-in"])
        .arg(card.certificate(Slot::Authentication))
        .output()
        .unwrap();
    assert_eq!(credential.certificate().as_ref(), openssl.stdout);
    let empty = open(card.reader()).credential(&"9d".parse().unwrap());
    assert_eq!(empty.unwrap_err().kind(), &ErrorKind::NoCredential);
}

#[test]
fn a_certificate_that_was_replaced_is_read_anew() {
    let readers = Readers::start(1).unwrap();
    let mut cards = PcscProvider::new();
    let mut read = |card: &lab::Card| {
        let mut token = cards
            .open(&TokenId::any_at(Backend::PcSc, card.reader()))
            .unwrap();
        token.credential(&"9a".parse().unwrap()).unwrap()
    };
    let first = readers.insert(0, &Profile::new("paula")).unwrap();
    let [before, again] = [(); 2].map(|()| read(&first));
    drop(first);
    let second = readers.insert(0, &Profile::new("quentin")).unwrap();
    let after = read(&second);
    assert_eq!(before.certificate(), again.certificate());
    assert_ne!(before.certificate(), after.certificate());
}

#[test]
fn a_wrong_pin_spends_one_try_and_reports_the_tries_left() {
    let readers = Readers::start(1).unwrap();
    let card = readers.insert(0, &Profile::new("paula")).unwrap();
    let (right, wrong) = (pin(card.pin()), pin("999999"));
    let mut token = open(card.reader());
    let credential = token.credential(&"9a".parse().unwrap()).unwrap();
    let mut sign = |entry| token.sign(&credential, RS256, MESSAGE, Some(entry));

    assert_eq!(
        kind(sign(PinEntry::typed(&wrong))),
        ErrorKind::WrongPin { tries_left: Some(2) }
    );
    sign(PinEntry::typed(&right)).unwrap();
    assert_eq!(
        kind(sign(PinEntry::typed(&wrong))),
        ErrorKind::WrongPin { tries_left: Some(2) }
    );
    assert_eq!(
        kind(sign(PinEntry::typed(&wrong))),
        ErrorKind::WrongPin { tries_left: Some(1) }
    );
    assert_eq!(kind(sign(PinEntry::typed(&right))), ErrorKind::FinalTryRefused);
    sign(PinEntry::typed(&right).allow_final_try()).unwrap();
    assert_eq!(token.pin_status(), Ok(PinStatus::TriesLeft(3)));
}

#[test]
fn a_blocked_pin_is_reported_before_asking_and_unblocked_with_the_puk() {
    let readers = Readers::start(1).unwrap();
    let card = readers.insert(0, &Profile::new("paula")).unwrap();
    let (wrong, new, puk) = (pin("999999"), pin("112233"), pin("12345678"));
    let mut token = open(card.reader());
    let credential = token.credential(&"9a".parse().unwrap()).unwrap();
    for _ in 0..3 {
        let entry = PinEntry::typed(&wrong).allow_final_try();
        assert!(token.sign(&credential, RS256, MESSAGE, Some(entry)).is_err());
    }
    assert_eq!(token.pin_status(), Ok(PinStatus::Blocked));
    let blocked = token.sign(&credential, RS256, MESSAGE, Some(PinEntry::typed(&wrong)));
    assert_eq!(kind(blocked), ErrorKind::PinBlocked);

    let wrong_puk = token
        .unblock_pin(PinEntry::typed(&pin("87654321")), &new)
        .unwrap_err();
    assert_eq!(wrong_puk.kind(), &ErrorKind::WrongPin { tries_left: Some(2) });
    token.unblock_pin(PinEntry::typed(&puk), &new).unwrap();
    token
        .sign(&credential, RS256, MESSAGE, Some(PinEntry::typed(&new)))
        .unwrap();
}

#[test]
fn a_pin_that_cannot_be_one_is_not_sent() {
    let readers = Readers::start(1).unwrap();
    let mut card = readers.insert(0, &Profile::new("paula")).unwrap();
    let mut token = open(card.reader());
    let credential = token.credential(&"9a".parse().unwrap()).unwrap();
    card.forget_apdus().unwrap();
    for text in ["", "12345", "123456789", "12345é", "123 456"] {
        let refused = token.sign(&credential, RS256, MESSAGE, Some(PinEntry::typed(&pin(text))));
        assert!(matches!(kind(refused), ErrorKind::PinFormat { .. }), "{text}");
    }
    let verifications = card
        .apdus()
        .unwrap()
        .iter()
        .filter(|apdu| apdu.instruction() == Some(0x20))
        .count();
    assert_eq!(verifications, 0);
}

#[test]
fn a_changed_pin_is_the_only_one_that_works() {
    let readers = Readers::start(1).unwrap();
    let card = readers.insert(0, &Profile::new("paula")).unwrap();
    let (old, new) = (pin(card.pin()), pin("445566"));
    let mut token = open(card.reader());
    let credential = token.credential(&"9a".parse().unwrap()).unwrap();
    token.change_pin(PinEntry::typed(&old), &new).unwrap();
    // Changing the PIN verifies it; afterwards the card must have been logged out.
    assert_eq!(
        kind(token.sign(&credential, RS256, MESSAGE, None)),
        ErrorKind::PinRequired
    );
    let refused = token.sign(&credential, RS256, MESSAGE, Some(PinEntry::typed(&old)));
    assert_eq!(kind(refused), ErrorKind::WrongPin { tries_left: Some(2) });
    token
        .sign(&credential, RS256, MESSAGE, Some(PinEntry::typed(&new)))
        .unwrap();
}

#[test]
fn nobody_signs_with_our_pin_afterwards() {
    let readers = Readers::start(1).unwrap();
    let card = readers.insert(0, &Profile::new("paula")).unwrap();
    let mut token = open(card.reader());
    let credential = token.credential(&"9a".parse().unwrap()).unwrap();
    token
        .sign(
            &credential,
            RS256,
            MESSAGE,
            Some(PinEntry::typed(&pin(card.pin()))),
        )
        .unwrap();
    let mut other = open(card.reader());
    assert_eq!(
        kind(other.sign(&credential, RS256, MESSAGE, None)),
        ErrorKind::PinRequired
    );
}

#[test]
fn the_key_for_doors_signs_without_a_pin() {
    let readers = Readers::start(1).unwrap();
    let keys = [(Slot::CardAuthentication, Algorithm::P256)];
    let card = readers.insert(0, &Profile::new("paula").keys(keys)).unwrap();
    let mut token = open(card.reader());
    let credential = token.credential(&"9e".parse().unwrap()).unwrap();
    let scheme = Scheme::EcdsaDer(Hash::Sha256);
    let signature = token.sign(&credential, scheme, MESSAGE, None).unwrap();
    assert!(openssl_verifies(
        &card.public_key(Slot::CardAuthentication),
        scheme,
        MESSAGE,
        &signature
    ));
}

#[test]
fn a_retired_key_is_found_on_request_and_signs() {
    let readers = Readers::start(1).unwrap();
    let card = readers
        .insert(
            0,
            &Profile::new("paula").keys([(Slot::Retired1, Algorithm::P256)]),
        )
        .unwrap();
    let mut token = open(card.reader());
    assert_eq!(token.credentials().unwrap().found, []);
    let credential = token.retired_credentials().unwrap().found.remove(0);
    assert_eq!(credential.slot().to_string(), "82");
    let (scheme, pin) = (Scheme::EcdsaDer(Hash::Sha256), pin(card.pin()));
    let signature = token
        .sign(&credential, scheme, MESSAGE, Some(PinEntry::typed(&pin)))
        .unwrap();
    assert!(openssl_verifies(
        &card.public_key(Slot::Retired1),
        scheme,
        MESSAGE,
        &signature
    ));
}

#[test]
fn a_listing_names_cards_and_empty_readers() {
    let readers = Readers::start(2).unwrap();
    let card = readers.insert(1, &Profile::new("paula")).unwrap();
    let listing = PcscProvider::new().tokens().unwrap();
    let token = &listing.found[..][0];
    assert_eq!(token.reader.as_deref(), Some(card.reader()));
    assert_eq!(token.kind, Confidence::Inferred(TokenKind::Virtual));
    assert_eq!(token.id.identity(), token.serial.as_deref());
    let problem = &listing.problems[..][0];
    assert_eq!(
        (&*problem.place, problem.error.kind()),
        (&*readers.name(0), &ErrorKind::NoCard)
    );
}

#[test]
fn only_the_card_that_was_listed_is_opened_again() {
    let readers = Readers::start(1).unwrap();
    let first = readers.insert(0, &Profile::new("paula")).unwrap();
    let mut cards = PcscProvider::new();
    let listed = cards.tokens().unwrap().found.remove(0);
    cards.open(&listed.id).unwrap();
    drop(first);
    let _second = readers.insert(0, &Profile::new("quentin")).unwrap();
    let refused = cards.open(&listed.id).err().unwrap();
    assert_eq!(refused.kind(), &ErrorKind::OtherCard);
}

#[test]
fn a_pin_left_verified_by_another_program_is_reported_and_a_typed_one_is_checked() {
    let readers = Readers::start(1).unwrap();
    let card = readers.insert(0, &Profile::new("paula")).unwrap();
    let mut token = open(card.reader());
    let credential = token.credential(&"9a".parse().unwrap()).unwrap();
    // OpenSC's tool signs, and its module does not log out the card.
    let folder = tempfile::tempdir().unwrap();
    let message = folder.path().join("message");
    std::fs::write(&message, MESSAGE).unwrap();
    let signed = Command::new("pkcs11-tool")
        .arg("--module")
        .arg(Module::OpenSc.path().unwrap())
        .args([
            "--login",
            "--pin",
            card.pin(),
            "--sign",
            "--mechanism",
            "SHA256-RSA-PKCS",
            "--id",
            "01",
        ])
        .arg("--input-file")
        .arg(&message)
        .args(["--output-file", "/dev/null"])
        .status()
        .unwrap();
    assert!(signed.success());
    assert_eq!(token.pin_status(), Ok(PinStatus::Verified));

    let wrong = pin("999999");
    let result = token.sign(&credential, RS256, MESSAGE, Some(PinEntry::typed(&wrong)));
    assert_eq!(kind(result), ErrorKind::WrongPin { tries_left: Some(2) });
    assert_eq!(token.pin_status(), Ok(PinStatus::TriesLeft(2)));
}

#[test]
fn providers_share_what_they_have_read() {
    let readers = Readers::start(1).unwrap();
    let _card = readers.insert(0, &Profile::new("paula")).unwrap();
    let apdus = |cache: &KnownCards| {
        let mut provider = PcscProvider::new().with_known_cards(cache.clone());
        let listed = provider.tokens().unwrap().found.remove(0);
        let mut token = provider.open(&listed.id).unwrap();
        token.credential(&"9a".parse().unwrap()).unwrap();
        token.traffic().unwrap().apdus
    };
    let cache = KnownCards::new();
    let first = apdus(&cache);
    assert!(apdus(&cache) < first);
    assert_eq!(apdus(&KnownCards::new()), first);
}
