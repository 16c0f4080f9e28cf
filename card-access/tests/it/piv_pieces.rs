//! Chained commands and responses: limits, encoding, counting.

use std::{iter, sync::mpsc};

use crate::answering::Answering;
use crate::script::{SELECT, SELECTED, Script, bytes, certificate, credential, kind, signed, tlv};
use card_access::{
    ApduLength, Backend, Credential, Error, ErrorKind, Hash, Scheme, Token, TokenId, TokenInfo, Traffic,
    piv::PivToken,
};

/// Reads 9A from an object of `length` bytes, and returns how often the card was asked for more.
fn read(length: usize, mut pieces: impl Iterator<Item = usize> + Send) -> (Result<Credential, Error>, usize) {
    let certificate = tlv("70", &certificate());
    // The object and the filling after the certificate have a tag of one byte and a length of four.
    let filling = vec![0; length - certificate.len() - 5 - 5];
    let content = [certificate, vec![0x72], tlv_length(filling.len()), filling].concat();
    let mut object = [vec![0x53], tlv_length(content.len()), content].concat();
    assert_eq!(object.len(), length);
    let (asked, answers) = mpsc::channel();
    // Returns the object in these parts.
    let card = Answering(move |command: &[u8]| {
        match command {
            [0x00, 0xa4, ..] => return Ok(bytes(SELECTED)),
            [0x00, 0xcb, ..] => {}
            _ => asked.send(()).unwrap(),
        }
        let length = pieces.next().unwrap().min(object.len());
        let rest = object.split_off(length);
        let piece = std::mem::replace(&mut object, rest);
        let status = if object.is_empty() { "9000" } else { "6100" };
        Ok([piece, bytes(status)].concat())
    });
    let info = TokenInfo::new(TokenId::any_at(Backend::PcSc, "pieces"), "pieces");
    let read = PivToken::new(card, info).credential(&"9a".parse().unwrap());
    (read, answers.try_iter().count())
}

/// A length of 83 and three bytes (ISO/IEC 7816-4 table 8).
fn tlv_length(length: usize) -> Vec<u8> {
    let [.., a, b, c] = length.to_be_bytes();
    vec![0x83, a, b, c]
}

#[test]
fn a_response_has_64_kib_at_most() {
    let (whole, asked) = read(64 * 1024, iter::repeat(256));
    whole.unwrap();
    assert_eq!(asked, 255);
    let (too_long, asked) = read(64 * 1024 + 1, iter::repeat(256));
    assert_eq!(
        kind(too_long),
        ErrorKind::Malformed {
            what: "response: it is too long"
        }
    );
    assert_eq!(asked, 256);
}

#[test]
fn a_response_has_1024_pieces_more_at_most() {
    let pieces = || iter::once(1000).chain(iter::repeat(1));
    let (whole, asked) = read(1000 + 1024, pieces());
    whole.unwrap();
    assert_eq!(asked, 1024);
    let (too_many, asked) = read(1000 + 1025, pieces());
    assert_eq!(
        kind(too_many),
        ErrorKind::Malformed {
            what: "response: it is too long"
        }
    );
    assert_eq!(asked, 1025);
}

/// An RSA-2048 key, whose signatures need a command in two parts.
fn rsa() -> Credential {
    credential(&rcgen::PKCS_RSA_SHA256)
}

const RS256: Scheme = Scheme::RsaPkcs1(Hash::Sha256);

#[test]
fn a_long_command_goes_in_pieces() {
    let credential = rsa();
    let script = Script::new([
        ("1087079a", "9000".to_owned()),
        ("0087079a", signed(&[0x5a; 256])),
    ]);
    let mut token = script.token();
    let signature = token.sign(&credential, RS256, b"message", None).unwrap();
    assert_eq!(signature, [0x5a; 256]);
    let log = script.log();
    let [select, first, last, end] = &log[..] else {
        panic!("{log:?}")
    };
    assert_eq!((&**select, &**end), (SELECT, "Leave"));
    // 255 bytes, of which 10 are headers and an empty response; then 11 and the expected length.
    assert!(
        first.starts_with("1087079aff7c82010682008182010000 01ff".replace(' ', "").as_str()),
        "{first}"
    );
    assert_eq!(first.len(), 2 * (5 + 255));
    assert!(last.starts_with("0087079a0b"), "{last}");
    assert_eq!(last.len(), 2 * (5 + 11 + 1));
    assert!(last.ends_with("00"));

    let refused = Script::new([
        ("1087079a", "6700".to_owned()),
        ("0087079a", signed(&[0x5a; 256])),
    ]);
    assert_eq!(
        kind(refused.token().sign(&credential, RS256, b"message", None)),
        ErrorKind::CardFailed
    );
    assert_eq!(refused.log().len(), 3, "no further piece after a refusal");
}

#[test]
fn extended_lengths_are_written_as_the_standard_has_them() {
    let select = "00a40400000009a000000308000010000000";
    let mut script = Script::new([
        (select, SELECTED.to_owned()),
        ("00200080", "63c3".to_owned()),
        ("0087079a", signed(&[0x5a; 256])),
    ]);
    script.length = ApduLength::Extended;
    let mut token = script.token();
    token.pin_status().unwrap();
    token.identify().unwrap();
    token.sign(&rsa(), RS256, b"message", None).unwrap();
    let mut log = script.log();
    let sign = log.remove(log.len() - 2);
    let discovery = "00cb3fff0000035c017e0000";
    // Neither data nor an answer; an answer without data; and both.
    assert_eq!(
        log,
        [
            select,
            discovery,
            "00200080",
            "Leave",
            select,
            "00cb3fff0000055c035fc1020000",
            "00fd0000000000",
            "00f80000000000",
            "Leave",
            select,
            "Leave",
        ]
    );
    assert!(sign.starts_with("0087079a00010a7c820106"), "{sign}");
    assert!(sign.ends_with("0000"), "{sign}");
    assert_eq!(sign.len(), 2 * (7 + 266 + 2));
}

#[test]
fn the_traffic_is_counted_to_the_byte() {
    let script = Script::new([("00200080", "63c3".to_owned())]);
    let mut token = script.token();
    assert_eq!(token.traffic(), Some(Traffic::default()));
    token.pin_status().unwrap();
    // SELECT, GET DATA and VERIFY with the script's answers: the template, 6A82, 63C3.
    let once = token.traffic().unwrap();
    assert_eq!(
        (once.apdus, once.sent, once.received),
        (3, 15 + 9 + 4, 21 + 2 + 2)
    );
    token.pin_status().unwrap();
    // It is known by now that there is no discovery object.
    let twice = token.traffic().unwrap();
    assert_eq!(
        (twice.apdus, twice.sent, twice.received),
        (5, 28 + 15 + 4, 25 + 21 + 2)
    );
}
