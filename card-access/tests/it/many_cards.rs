//! Sixteen readers with sixteen cards, and a thousand sign-ins.

use std::thread;

use crate::common::{open, pin};
use card_access::{Hash, PinEntry, Provider, Scheme, pcsc::PcscProvider};
use lab::{Profile, Readers};

const CARDS: usize = 16;
const SIGN_INS: usize = 1000;

#[test]
fn sixteen_cards_sign_a_thousand_times_side_by_side() {
    let readers = Readers::start(CARDS).unwrap();
    let first = readers.insert(0, &Profile::new("xenia")).unwrap();
    let copies: Vec<_> = (1..CARDS)
        .map(|index| readers.insert_copy(index, &first).unwrap())
        .collect();
    let pin = pin(first.pin());

    let listing = PcscProvider::new().tokens().unwrap();
    assert_eq!((listing.found.len(), listing.problems), (CARDS, vec![]));
    thread::scope(|scope| {
        for card in std::iter::once(&first).chain(&copies) {
            scope.spawn(|| {
                for _ in 0..SIGN_INS.div_ceil(CARDS) {
                    let mut token = open(card.reader());
                    let credential = token.credential(&"9a".parse().unwrap()).unwrap();
                    let scheme = Scheme::RsaPkcs1(Hash::Sha256);
                    let entry = PinEntry::typed(&pin);
                    let signature = token.sign(&credential, scheme, b"message", Some(entry)).unwrap();
                    credential.verify(scheme, b"message", &signature).unwrap();
                }
            });
        }
    });
}
