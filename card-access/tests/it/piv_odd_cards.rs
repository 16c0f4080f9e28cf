//! Cards and readers that answer differently from the firmware, over PC/SC: the virtual card gives scripted answers.

use crate::common::{open, pin};
use card_access::{
    Backend, Cards, Error, ErrorKind, Event, Hash, Listing, Monitor, PinEntry, PinStatus, Provider, Scheme,
    SelectionReason, Selector, Token, TokenId, TokenInfo, TokenSource, pcsc::PcscProvider,
};
use lab::{Algorithm, Card, Profile, Readers, Slot};
use rustls_pki_types::UnixTime;
use std::time::Duration;

const RS256: Scheme = Scheme::RsaPkcs1(Hash::Sha256);
const MESSAGE: &[u8] = b"message";

fn sign(token: &mut dyn Token, slot: &str, entry: PinEntry<'_>) -> Result<(), Error> {
    let credential = token.credential(&slot.parse().unwrap())?;
    let scheme = *credential.algorithm().schemes().first().unwrap();
    let signature = token.sign(&credential, scheme, MESSAGE, Some(entry))?;
    credential.verify(scheme, MESSAGE, &signature)
}

/// VERIFY with a PIN, as sent to the card.
fn pins_sent(card: &Card) -> usize {
    let apdus = card.apdus().unwrap();
    let verify = |command: &str| command.to_ascii_lowercase().starts_with("0020008008");
    apdus.iter().filter(|apdu| verify(&apdu.command)).count()
}

fn listed(readers: &Readers) -> TokenInfo {
    let listing = PcscProvider::new().tokens().unwrap();
    let here = |token: &TokenInfo| token.reader.as_deref() == Some(&*readers.name(0));
    listing.found.into_iter().find(here).unwrap()
}

#[test]
fn a_yubikey_neo_keeps_its_last_try() {
    let readers = Readers::start(1).unwrap();
    let mut card = readers.insert(0, &Profile::new("paula")).unwrap();
    let right = pin(card.pin());
    let entry = PinEntry::typed(&right);
    card.answer("00200080$", "6303").unwrap();
    let mut token = open(card.reader());
    assert_eq!(token.pin_status(), Ok(PinStatus::TriesLeft(3)));
    sign(&mut *token, "9a", entry).unwrap();

    card.answer("00200080$", "6301").unwrap();
    let before = pins_sent(&card);
    let refused = sign(&mut *token, "9a", entry).unwrap_err();
    assert_eq!(refused.kind(), &ErrorKind::FinalTryRefused);
    assert_eq!(pins_sent(&card), before);
    sign(&mut *token, "9a", entry.allow_final_try()).unwrap();

    card.answer("0020008008", "6302").unwrap();
    card.answer("00200080$", "6303").unwrap();
    let wrong = sign(&mut *token, "9a", entry).unwrap_err();
    assert_eq!(wrong.kind(), &ErrorKind::WrongPin { tries_left: Some(2) });
}

#[test]
fn a_counter_that_cannot_be_read_spends_no_try() {
    let readers = Readers::start(1).unwrap();
    let mut card = readers.insert(0, &Profile::new("paula")).unwrap();
    let right = pin(card.pin());
    let entry = PinEntry::typed(&right);
    let mut token = open(card.reader());
    for status in ["6300", "6d00", "6700", "6a86", "9000"] {
        card.answer("00200080$", status).unwrap();
        let refused = sign(&mut *token, "9a", entry).unwrap_err();
        assert_eq!(refused.kind(), &ErrorKind::TriesUnknown, "{status}");
        assert_eq!(pins_sent(&card), 0, "{status}");
    }
    sign(&mut *token, "9a", entry.allow_final_try()).unwrap();
    assert_eq!(pins_sent(&card), 1);
}

#[test]
fn a_contactless_reader_that_is_refused_asks_for_the_contact_reader() {
    let readers = Readers::with_names(b"Virtual PICC", 1).unwrap();
    let mut card = readers.insert(0, &Profile::new("paula")).unwrap();
    let right = pin(card.pin());
    let entry = PinEntry::typed(&right);
    sign(&mut *open(card.reader()), "9a", entry).unwrap();
    // The key, the PIN, the counter, the certificate.
    for (command, answer) in [
        ("0087", "6982"),
        ("0020008008", "6985"),
        ("00200080", "6a81"),
        ("00cb3fff055c035fc105", "6982"),
    ] {
        card.answer(command, answer).unwrap();
        let refused = sign(&mut *open(card.reader()), "9a", entry).unwrap_err();
        assert_eq!(
            refused.kind(),
            &ErrorKind::ContactRequired,
            "{answer} to {command}"
        );
    }
}

#[test]
fn a_reader_whose_name_is_not_utf_8_is_a_reader() {
    let readers = Readers::with_names(b"Lecteur \xe0 puce", 1).unwrap();
    let mut card = readers.insert(0, &Profile::new("paula")).unwrap();
    let right = pin(card.pin());
    let token = listed(&readers);
    assert_eq!(token.reader.as_deref(), Some(card.reader()));
    assert!(card.reader().contains('\u{fffd}'));
    let mut cards = PcscProvider::new();
    let mut opened = cards.open(&token.id).unwrap();
    sign(&mut *opened, "9a", PinEntry::typed(&right)).unwrap();
    sign(&mut *open(card.reader()), "9a", PinEntry::typed(&right)).unwrap();

    cards.wait(Duration::ZERO).unwrap();
    card.remove().unwrap();
    let events = cards.wait(Duration::from_secs(20)).unwrap();
    let place = card.reader().to_owned();
    assert!(events.contains(&Event::Removed { place }), "{events:?}");
}

#[test]
fn a_card_that_refuses_select_or_accepts_any_is_left_to_others() {
    let readers = Readers::start(1).unwrap();
    let mut card = readers.insert(0, &Profile::new("paula")).unwrap();
    for answer in [
        "6a82", "6d00", "6e00", "6999", "6985", "6a81", "6881", "6700", "6f00", "9000",
    ] {
        card.answer("00a404", answer).unwrap();
        let listing = PcscProvider::new().tokens().unwrap();
        let here = |place: &str| place == card.reader();
        let problem = listing.problems.iter().find(|one| here(&one.place)).unwrap();
        assert_eq!(problem.error.kind(), &ErrorKind::UnknownCard, "{answer}");
    }
}

/// A PKCS#11 module that supports the card in a reader, as OpenSC supports many without PIV.
#[derive(Clone)]
struct Module(TokenInfo);

impl Module {
    fn listing(&self) -> Listing<TokenInfo> {
        let mut listing = Listing::default();
        listing.record("module", Ok(self.0.clone()));
        listing
    }
}

impl Provider for Module {
    fn backend(&self) -> Backend {
        Backend::Pkcs11
    }

    fn monitor(&mut self) -> Box<dyn Monitor> {
        Box::new(self.clone())
    }

    fn tokens(&mut self) -> Result<Listing<TokenInfo>, Error> {
        Ok(self.listing())
    }

    fn open(&mut self, _: &TokenId) -> Result<Box<dyn Token>, Error> {
        Err(ErrorKind::NoCard.into())
    }

    fn wait(&mut self, _: Duration) -> Result<Vec<Event>, Error> {
        Ok(Vec::new())
    }
}

impl Monitor for Module {
    fn place(&self) -> String {
        "module".to_owned()
    }

    fn sources(&mut self) -> Result<Vec<TokenSource>, Error> {
        let listing = self.listing();
        Ok(vec![TokenSource::new("module", move |_| Ok(listing.clone()))])
    }
}

#[test]
fn a_card_that_only_a_module_supports_is_listed_once_without_a_problem() {
    let readers = Readers::start(1).unwrap();
    let mut card = readers.insert(0, &Profile::new("paula")).unwrap();
    for answer in ["6a82", "6d00", "6999", "6f00", "9000"] {
        card.answer("00a404", answer).unwrap();
        let mut info = TokenInfo::new(TokenId::new(Backend::Pkcs11, "module", "cac"), "CAC");
        info.reader = Some(card.reader().to_owned());
        let mut cards = Cards::new()
            .with_provider(PcscProvider::new())
            .with_provider(Module(info));
        let listing = cards.tokens(Duration::from_secs(20));
        let seen: Vec<_> = listing
            .found
            .iter()
            .filter(|seen| seen.preferred().reader.as_deref() == Some(card.reader()))
            .map(|seen| (seen.reason(), seen.preferred().name.clone()))
            .collect();
        assert_eq!(
            seen,
            [(SelectionReason::ModuleKnowsCard, "CAC".to_owned())],
            "{answer}"
        );
        let problem = listing.problems.iter().find(|one| one.place == card.reader());
        assert_eq!(problem, None, "{answer}");
    }
}

#[test]
fn an_unneeded_object_does_not_make_a_card_unusable() {
    let readers = Readers::start(1).unwrap();
    let mut card = readers.insert(0, &Profile::new("paula")).unwrap();
    let right = pin(card.pin());
    // The CHUID, the discovery object, the key history, and the commands of YubiKeys.
    let objects = [
        "00cb3fff055c035fc102",
        "00cb3fff035c017e",
        "00cb3fff055c035fc10c",
        "00f8",
        "00fd",
    ];
    for answer in [
        "9000",
        "6a80",
        "6a88",
        "6982",
        "6f00",
        "53009000",
        "530330ff009000",
    ] {
        for command in objects {
            card.answer(command, answer).unwrap();
        }
        let token = listed(&readers);
        let mut opened = PcscProvider::new().open(&token.id).unwrap();
        sign(&mut *opened, "9a", PinEntry::typed(&right)).unwrap();
    }
}

#[test]
fn certificates_in_retired_slots_are_read_when_no_other_will_do_and_only_then() {
    let readers = Readers::start(1).unwrap();
    let profile = Profile::new("rita").keys([
        (Slot::Authentication, Algorithm::Rsa2048),
        (Slot::Retired1, Algorithm::Rsa2048),
    ]);
    let mut card = readers.insert(0, &profile).unwrap();
    let right = pin(card.pin());
    let selector = Selector::new(UnixTime::now());
    let slots = |token: &mut dyn Token| -> Vec<String> {
        let listing = selector.credentials(token).unwrap();
        assert_eq!(listing.problems, []);
        listing.found.iter().map(|one| one.slot().to_string()).collect()
    };
    assert_eq!(slots(&mut *open(card.reader())), ["9a"]);
    // Nothing in 9A, and a key history that is empty or incomplete.
    for history in ["6a82", "5308c10100c20100fe009000", "530000"] {
        card.answer("00cb3fff055c035fc105", "6a82").unwrap();
        card.answer("00cb3fff055c035fc10c", history).unwrap();
        let mut token = open(card.reader());
        assert_eq!(slots(&mut *token), ["82"]);
        sign(&mut *token, "82", PinEntry::typed(&right)).unwrap();
    }
    let credential = open(card.reader()).credential(&"82".parse().unwrap()).unwrap();
    assert!(credential.algorithm().schemes().contains(&RS256));
}
