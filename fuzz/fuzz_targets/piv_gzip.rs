//! Any bytes as a compressed certificate: no panic and no more memory than the limit; a certificate that was compressed
//! within the limit is decompressed again.

#![no_main]

use std::io::Write as _;

use card_access::{ApduLength, Backend, ErrorKind, PivSlot, Slot, Token, TokenId, TokenInfo, piv::PivToken};
use flate2::{Compression, write::GzEncoder};
use fuzz::card::Card;
use libfuzzer_sys::fuzz_target;

/// The result for a certificate object on the card.
fn read(compressed: &[u8]) -> Result<Vec<u8>, ErrorKind> {
    let tlv = |tag: u8, content: &[u8]| {
        let length = u32::try_from(content.len())
            .expect("inputs are short")
            .to_be_bytes();
        [&[tag, 0x84][..], &length, content].concat()
    };
    let object = tlv(0x53, &[tlv(0x70, compressed), vec![0x71, 1, 1, 0xfe, 0]].concat());
    let info = TokenInfo::new(TokenId::any_at(Backend::PcSc, "script"), "script");
    let card = Card {
        length: ApduLength::Extended,
        answer: |command: &[u8]| {
            let object = match command {
                [_, 0xa4, ..] => &[0x61, 0],
                [_, 0xcb, ..] => &object[..],
                _ => &[],
            };
            Ok([object, &[0x90, 0x00]].concat())
        },
    };
    let credential = PivToken::new(card, info).credential(&Slot::Piv(PivSlot::Authentication));
    match credential {
        Ok(credential) => Ok(credential.certificate().to_vec()),
        Err(error) => Err(error.kind().clone()),
    }
}

/// Number of repetitions of a piece, so that little input becomes much output.
const REPETITIONS: usize = 64;
const CAP: usize = 32 * 1024;

fuzz_target!(|bytes: &[u8]| {
    // A gzip stream from its first bytes on (RFC 1952), or from its content on.
    let _ = read(&[&[0x1f, 0x8b][..], bytes].concat());
    let _ = read(&[&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3][..], bytes].concat());

    let content = bytes.repeat(REPETITIONS);
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&content).expect("memory takes everything");
    let packed = encoder.finish().expect("memory takes everything");
    let not_unpacked = ErrorKind::Malformed {
        what: "certificate object",
    };
    match read(&packed) {
        // Without the fill bytes after it.
        Ok(certificate) => {
            assert!(content.starts_with(&certificate));
            assert!(
                content[certificate.len()..]
                    .iter()
                    .all(|byte| matches!(byte, 0x00 | 0xff))
            );
        }
        Err(kind) => assert_eq!(
            kind == not_unpacked,
            content.len() > CAP,
            "{kind:?} of {}",
            content.len()
        ),
    }
});
