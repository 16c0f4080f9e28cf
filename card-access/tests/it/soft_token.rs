//! The token in memory behaves as a card does, also in case of errors.

use std::{thread, time::Duration};

use card_access::{
    Credential, ErrorKind, Event, Hash, KeyAlgorithm, Pin, PinEntry, PinStatus, PivSlot, Provider, Scheme,
    Token,
    soft::{Call, Fault, SoftCard, SoftProvider},
};

const MESSAGE: &[u8] = b"what is signed";
const SCHEME: Scheme = Scheme::EcdsaDer(Hash::Sha256);

fn pin(text: &str) -> Pin {
    Pin::new(text.to_owned())
}

fn card() -> SoftCard {
    let issued = rcgen::generate_simple_self_signed(["alice".to_owned()]).unwrap();
    let pkcs8 = issued.signing_key.serialize_der();
    let card = SoftCard::new("card", pin("123456"));
    card.with_key(PivSlot::Authentication, issued.cert.der().clone(), &pkcs8)
        .unwrap()
}

fn open(cards: &mut SoftProvider) -> (Box<dyn Token>, Credential) {
    let info = cards.tokens().unwrap().found.remove(0);
    let mut token = cards.open(&info.id).unwrap();
    let credential = token.credential(&"9a".parse().unwrap()).unwrap();
    (token, credential)
}

fn opened(card: SoftCard) -> (SoftProvider, Box<dyn Token>, Credential) {
    let mut cards = SoftProvider::new();
    cards.insert(card);
    let (token, credential) = open(&mut cards);
    (cards, token, credential)
}

#[test]
fn a_wrong_pin_spends_one_try_and_the_final_one_is_kept() {
    let (_cards, mut token, credential) = opened(card());
    let wrong = pin("999999");
    let mut try_with = |entry| {
        token
            .sign(&credential, SCHEME, MESSAGE, Some(entry))
            .map_err(|e| e.kind().clone())
    };

    assert_eq!(
        try_with(PinEntry::typed(&wrong)),
        Err(ErrorKind::WrongPin { tries_left: Some(2) })
    );
    assert_eq!(
        try_with(PinEntry::typed(&wrong)),
        Err(ErrorKind::WrongPin { tries_left: Some(1) })
    );
    assert_eq!(try_with(PinEntry::typed(&wrong)), Err(ErrorKind::FinalTryRefused));
    assert_eq!(
        try_with(PinEntry::typed(&wrong).allow_final_try()),
        Err(ErrorKind::WrongPin { tries_left: Some(0) })
    );
    assert_eq!(
        try_with(PinEntry::typed(&pin("123456"))),
        Err(ErrorKind::PinBlocked)
    );
    assert_eq!(token.pin_status(), Ok(PinStatus::Blocked));
}

#[test]
fn the_right_pin_restores_all_tries() {
    let (_cards, mut token, credential) = opened(card().with_tries_left(1));
    let right = pin("123456");
    assert_eq!(token.pin_status(), Ok(PinStatus::FinalTry));
    let refused = token.sign(&credential, SCHEME, MESSAGE, Some(PinEntry::typed(&right)));
    assert_eq!(refused.unwrap_err().kind(), &ErrorKind::FinalTryRefused);
    token
        .sign(
            &credential,
            SCHEME,
            MESSAGE,
            Some(PinEntry::typed(&right).allow_final_try()),
        )
        .unwrap();
    assert_eq!(token.pin_status(), Ok(PinStatus::TriesLeft(SoftCard::MAX_TRIES)));
}

#[test]
fn every_fault_is_a_typed_error_and_passes() {
    for (fault, expected) in [
        (Fault::Busy, ErrorKind::Busy),
        (Fault::Hang, ErrorKind::TimedOut),
        (Fault::Malformed, ErrorKind::Malformed { what: "answer" }),
        (Fault::Removed, ErrorKind::Removed),
        (Fault::Reset, ErrorKind::CardReset),
    ] {
        let (_cards, mut token, credential) = opened(card().with_fault(Call::Sign, fault));
        let entry = pin("123456");
        let failed = token.sign(&credential, SCHEME, MESSAGE, Some(PinEntry::typed(&entry)));
        assert_eq!(failed.unwrap_err().kind(), &expected);
        let again = token.sign(&credential, SCHEME, MESSAGE, Some(PinEntry::typed(&entry)));
        assert_eq!(again.is_ok(), fault != Fault::Removed, "{fault:?}");
    }
}

#[test]
fn a_card_that_was_out_must_be_opened_again() {
    let (mut cards, mut token, _) = opened(card());
    let out = cards.remove("card").unwrap();
    assert_eq!(token.pin_status().unwrap_err().kind(), &ErrorKind::Removed);
    cards.insert(out);
    assert_eq!(token.pin_status().unwrap_err().kind(), &ErrorKind::Removed);
    let (mut token, _) = open(&mut cards);
    assert_eq!(token.pin_status(), Ok(PinStatus::TriesLeft(3)));
}

#[test]
fn waiting_ends_with_what_happened() {
    let mut cards = SoftProvider::new();
    assert_eq!(cards.wait(Duration::ZERO), Ok(vec![]));
    let others = cards.clone();
    let hand = thread::spawn(move || {
        others.insert(card());
        others.remove("card").map(drop)
    });
    let mut events = Vec::new();
    while events.len() < 2 {
        events.extend(cards.wait(Duration::from_secs(60)).unwrap());
    }
    assert_eq!(hand.join().unwrap(), Some(()));
    let place = || "card".to_owned();
    assert_eq!(
        events,
        [
            Event::Inserted { place: place() },
            Event::Removed { place: place() }
        ]
    );
}

#[test]
fn a_key_that_is_not_the_certificates_is_refused() {
    let certificate = rcgen::generate_simple_self_signed(["a".to_owned()])
        .unwrap()
        .cert
        .der()
        .clone();
    let other = rcgen::generate_simple_self_signed(["b".to_owned()])
        .unwrap()
        .signing_key
        .serialize_der();
    let refused = SoftCard::new("card", pin("123456")).with_key(PivSlot::Authentication, certificate, &other);
    assert!(matches!(
        refused.err().unwrap().kind(),
        ErrorKind::Malformed { .. }
    ));
}

#[test]
fn an_elliptic_curve_key_offers_no_rsa() {
    let (_cards, mut token, credential) = opened(card());
    assert_eq!(credential.algorithm(), KeyAlgorithm::EcP256);
    let entry = pin("123456");
    let rsa = Scheme::RsaPkcs1(Hash::Sha256);
    let refused = token.sign(&credential, rsa, MESSAGE, Some(PinEntry::typed(&entry)));
    assert!(matches!(
        refused.unwrap_err().kind(),
        ErrorKind::Unsupported { .. }
    ));
}

#[cfg(feature = "verify")]
#[test]
fn a_wrong_signature_is_found_out() {
    let entry = pin("123456");
    for (faults, expected) in [
        (vec![], Ok(())),
        (vec![Fault::WrongSignature], Err(ErrorKind::WrongSignature)),
    ] {
        let card = faults
            .into_iter()
            .fold(card(), |card, fault| card.with_fault(Call::Sign, fault));
        let (_cards, mut token, credential) = opened(card);
        let scheme = Scheme::EcdsaRaw(Hash::Sha256);
        let signature = token
            .sign(&credential, scheme, MESSAGE, Some(PinEntry::typed(&entry)))
            .unwrap();
        let verified = credential
            .verify(scheme, MESSAGE, &signature)
            .map_err(|error| error.kind().clone());
        assert_eq!(verified, expected);
    }
}

/// A certificate that upn-resolver refuses is still on the card, and its key signs.
#[test]
fn an_odd_certificate_is_listed_and_signs() {
    use test_certificates::build::{Pieces, sequence};
    use upn_resolver::certificate::{Certificate, Outline};

    let issued = rcgen::generate_simple_self_signed(["alice".to_owned()]).unwrap();
    let good = Outline::from_der(issued.cert.der()).unwrap();
    let pieces = Pieces {
        public_key: good.public_key().as_der().to_vec(),
        ..Pieces::default()
    };
    let twice = pieces.extensions[0].clone();
    let odd = [
        Pieces {
            validity: sequence(&[]),
            ..pieces.clone()
        }
        .der(),
        pieces.clone().with(twice).der(),
        [pieces.der(), vec![0xff; 4]].concat(),
    ];
    for der in odd {
        assert!(Certificate::from_der(&der).is_err());
        let card = SoftCard::new("card", pin("123456"))
            .with_key(
                PivSlot::Authentication,
                der.into(),
                &issued.signing_key.serialize_der(),
            )
            .unwrap();
        let (_cards, mut token, credential) = opened(card);
        assert_eq!(credential.algorithm(), KeyAlgorithm::EcP256);
        let signature = token
            .sign(
                &credential,
                SCHEME,
                MESSAGE,
                Some(PinEntry::typed(&pin("123456"))),
            )
            .unwrap();
        #[cfg(feature = "verify")]
        credential.verify(SCHEME, MESSAGE, &signature).unwrap();
        assert!(!signature.is_empty());
    }
}
