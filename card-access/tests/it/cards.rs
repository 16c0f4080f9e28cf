//! All tokens of a machine in one listing.

use std::{thread, time::Duration};

use crate::common::pin;
use card_access::{
    Backend, CardEntry, Cards, ErrorKind, Event, Hash, PinEntry, Scheme, SelectionReason,
    pcsc::PcscProvider,
    pkcs11::{Modules, Pkcs11Provider},
    soft::{SoftCard, SoftProvider},
};
use lab::{Module, Profile, Readers};

const PATIENCE: Duration = Duration::from_secs(20);

fn all() -> Cards {
    Cards::new()
        .with_provider(PcscProvider::new())
        .with_provider(Pkcs11Provider::from_module(Module::OpenSc.path().unwrap()).in_process())
}

#[test]
fn a_card_seen_through_pcsc_and_opensc_is_one_token_and_signs_both_ways() {
    let readers = Readers::start(1).unwrap();
    let card = readers.insert(0, &Profile::new("maria")).unwrap();
    let pin = pin(card.pin());
    let mut cards = all();
    let listing = cards.tokens(PATIENCE);
    let [seen] = &listing.found[..] else {
        panic!("{listing:#?}")
    };
    let backends: Vec<_> = seen.backends().map(|info| info.id.backend()).collect();
    assert_eq!(
        (backends, seen.reason()),
        (vec![Backend::PcSc, Backend::Pkcs11], SelectionReason::Direct)
    );

    let signed: Vec<_> = seen
        .backends()
        .map(|info| {
            let mut token = cards.open(&info.id).unwrap();
            let credential = token.credentials().unwrap().found.remove(0);
            let scheme = Scheme::RsaPkcs1(Hash::Sha256);
            let signature = token
                .sign(&credential, scheme, b"message", Some(PinEntry::typed(&pin)))
                .unwrap();
            (*credential.sha256(), signature)
        })
        .collect();
    // PKCS#1 v1.5 signatures are deterministic: the same key made both.
    assert_eq!(signed[0], signed[1]);
}

#[test]
fn what_the_machine_is_configured_with_is_looked_at() {
    let readers = Readers::start(1).unwrap();
    let card = readers.insert(0, &Profile::new("maria")).unwrap();
    let listing = Cards::system().tokens(PATIENCE);
    let direct = listing
        .found
        .iter()
        .flat_map(CardEntry::backends)
        .find(|info| info.id.backend() == Backend::PcSc)
        .expect("PC/SC is one of the backends");
    assert_eq!(direct.reader.as_deref(), Some(card.reader()));
    let modules: Vec<_> = Modules::system()
        .found
        .iter()
        .map(|module| module.path().to_owned())
        .collect();
    let looked_at = Pkcs11Provider::system();
    assert!(
        looked_at
            .modules()
            .iter()
            .map(card_access::pkcs11::Module::path)
            .eq(&modules)
    );
}

#[test]
fn a_service_that_is_missing_hides_no_other_token() {
    let mut readers = Readers::start(1).unwrap();
    readers.stop();
    let soft = SoftProvider::new();
    soft.insert(SoftCard::new("soft", pin("123456")));
    let listing = Cards::new()
        .with_provider(PcscProvider::new())
        .with_provider(soft)
        .tokens(PATIENCE);
    assert_eq!(listing.found[0].preferred().name, "soft");
    assert_eq!(listing.problems[0].error.kind(), &ErrorKind::NoService);
}

#[test]
fn a_watch_without_a_service_says_so_and_still_sees_the_other_tokens() {
    let mut readers = Readers::start(1).unwrap();
    readers.stop();
    let soft = SoftProvider::new();
    let mut cards = Cards::new()
        .with_provider(PcscProvider::new())
        .with_provider(soft.clone());
    let long = Duration::from_secs(60);
    assert_eq!(cards.wait(long), Ok(vec![Event::ServiceStopped]));
    soft.insert(SoftCard::new("soft", pin("123456")));
    let place = || "soft".to_owned();
    assert_eq!(cards.wait(long), Ok(vec![Event::Inserted { place: place() }]));
    assert_eq!(cards.tokens(PATIENCE).found.len(), 1);
    soft.remove("soft").unwrap();
    assert_eq!(cards.wait(long), Ok(vec![Event::Removed { place: place() }]));
    readers.restart(1).unwrap();
    assert_eq!(cards.wait(long).unwrap()[0], Event::ServiceStarted);
}

#[test]
fn after_an_interruption_only_the_same_card_is_accepted() {
    let readers = Readers::start(1).unwrap();
    let first = readers.insert(0, &Profile::new("maria")).unwrap();
    let mut cards = all();
    let listing = cards.tokens(PATIENCE);
    let ids: Vec<_> = listing.found[0].backends().map(|info| info.id.clone()).collect();
    drop(first);
    let _other = readers.insert(0, &Profile::new("norma")).unwrap();
    for id in ids {
        assert_eq!(
            cards.open(&id).err().unwrap().kind(),
            &ErrorKind::OtherCard,
            "{id}"
        );
    }
}

#[test]
fn a_wait_ends_with_an_event_with_the_time_or_when_it_is_cancelled() {
    let soft = SoftProvider::new();
    let mut cards = Cards::new().with_provider(soft.clone());
    assert_eq!(cards.wait(Duration::ZERO), Ok(vec![]));
    let canceller = cards.canceller();
    thread::spawn(move || canceller.cancel());
    let ended = cards.wait(Duration::from_secs(60)).unwrap_err();
    assert_eq!(ended.kind(), &ErrorKind::Cancelled);
    thread::spawn(move || soft.insert(SoftCard::new("soft", pin("123456"))));
    let inserted = cards.wait(Duration::from_secs(60)).unwrap();
    assert_eq!(
        inserted,
        [Event::Inserted {
            place: "soft".to_owned()
        }]
    );
}
