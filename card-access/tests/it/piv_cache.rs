//! Certificates in the cache are read with one command, and nothing else is mistaken for one.

use crate::script;
use crate::script::{READ_9A, SELECT, Script, bytes, certificate, hex, kind, tlv};
use card_access::{ErrorKind, Token, piv::ObjectCache};

const REST: &str = "00c0000000";

/// A card that returns an object in two parts; `first` is the length of the first.
fn card(object: &[u8], first: usize) -> Script {
    let (first, rest) = object.split_at(first);
    Script::new([(READ_9A, hex(first) + "6100"), (REST, hex(rest) + "9000")])
}

/// Commands to the card for the certificate of 9A.
fn read(script: &Script, cache: &ObjectCache) -> Vec<String> {
    let before = script.log().len();
    let mut token = script.token().with_cache(cache.clone());
    let credential = token.credential(&"9a".parse().unwrap()).unwrap();
    assert!(!credential.certificate().is_empty());
    script.log().split_off(before)
}

const WHOLE: [&str; 4] = [SELECT, READ_9A, REST, "Leave"];
const FIRST_PIECE: [&str; 3] = [SELECT, READ_9A, "Leave"];

#[test]
fn a_certificate_is_read_whole_once() {
    let (ours, other) = (certificate(), certificate());
    let [script, another] = [&ours, &other].map(|certificate| card(&script::object(certificate, 0), 256));
    let cache = ObjectCache::new();
    assert_eq!(read(&script, &cache), WHOLE);
    assert_eq!(read(&script, &cache), FIRST_PIECE);
    // The cache returns what was read.
    let mut token = script.token().with_cache(cache.clone());
    let credential = token.credential(&"9a".parse().unwrap()).unwrap();
    assert_eq!(credential.certificate().as_ref(), ours);
    // Another card has another certificate, and another cache is empty.
    assert_eq!(read(&another, &cache), WHOLE);
    assert_eq!(read(&script, &ObjectCache::new()), WHOLE);
}

#[test]
fn a_piece_that_says_too_little_is_not_gone_by() {
    let object = script::object(&certificate(), 0);
    for (first, again) in [(199, &WHOLE[..]), (200, &FIRST_PIECE)] {
        let cache = ObjectCache::new();
        let script = card(&object, first);
        assert_eq!(read(&script, &cache), WHOLE);
        assert_eq!(read(&script, &cache), again, "{first} bytes");
    }
}

#[test]
fn a_reading_that_failed_is_not_kept() {
    let object = script::object(&certificate(), 0);
    let cache = ObjectCache::new();
    let mut broken = card(&object, 256);
    broken.answers.retain(|(command, _)| command != REST);
    broken
        .answers
        .push((REST.to_owned(), hex(&object[256..]) + "6f00"));
    let mut token = broken.token().with_cache(cache.clone());
    assert_eq!(
        kind(token.credential(&"9a".parse().unwrap())),
        ErrorKind::CardFailed
    );
    assert_eq!(read(&card(&object, 256), &cache), WHOLE);
}

#[test]
fn the_first_512_certificates_are_kept() {
    let certificate = certificate();
    // A number before the certificate makes each object a different one.
    let cards: Vec<_> = (0..=512_u16)
        .map(|number| {
            let number = [&bytes("7202")[..], &number.to_be_bytes()].concat();
            card(&tlv("53", &[number, tlv("70", &certificate)].concat()), 256)
        })
        .collect();
    let cache = ObjectCache::new();
    for card in &cards {
        assert_eq!(read(card, &cache), WHOLE);
    }
    for (card, again) in [
        (&cards[0], &FIRST_PIECE[..]),
        (&cards[511], &FIRST_PIECE),
        (&cards[512], &WHOLE),
    ] {
        assert_eq!(read(card, &cache), again);
    }
}
