//! Any bytes as the content of each object of a PIV card (BER-TLV): no panic, and every found value is inside the input
//! and within its limits.

#![no_main]

use card_access::{ApduLength, Backend, PivSlot, Slot, Token, TokenId, TokenInfo, piv::PivToken};
use fuzz::card::Card;
use libfuzzer_sys::fuzz_target;

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap_or(u16::MAX);
    [&[tag, 0x82][..], &length.to_be_bytes(), content].concat()
}

fuzz_target!(|content: &[u8]| {
    let inside = |part: &[u8]| part.is_empty() || content.windows(part.len()).any(|window| window == part);
    let info = TokenInfo::new(TokenId::any_at(Backend::PcSc, "script"), "script");
    // All objects have the same content.
    let card = Card {
        length: ApduLength::Extended,
        answer: |command: &[u8]| {
            let object = match command {
                [_, 0xa4, ..] => vec![0x61, 0],
                // GET DATA of the discovery object, and of all others
                [_, 0xcb, _, _, _, _, _, 0x5c, 0x01, ..] => tlv(0x7e, content),
                [_, 0xcb, ..] => tlv(0x53, content),
                // Yubico's GET METADATA, GET SERIAL and GET VERSION
                [_, 0xf7 | 0xf8 | 0xfd, ..] => content.to_vec(),
                _ => Vec::new(),
            };
            Ok([&object[..], &[0x90, 0x00]].concat())
        },
    };
    let mut token = PivToken::new(card, info);
    let identifiers = token.identifiers().ok();
    if let Some(chuid) = identifiers.as_ref().and_then(|found| found.chuid.as_ref()) {
        assert!(chuid.guid().is_none_or(inside));
        assert!(chuid.fasc_n().is_none_or(inside));
        assert!(
            chuid
                .expiration_date()
                .is_none_or(|date| date.len() == 8 && inside(date.as_bytes()))
        );
    }
    if let Some(container) = identifiers
        .as_ref()
        .and_then(|found| found.capability_container.as_ref())
    {
        assert!(
            container
                .card_identifier()
                .is_none_or(|identifier| inside(identifier.as_bytes()))
        );
        assert!(
            container
                .application_urls()
                .all(|url| url.len() <= 128 && inside(url))
        );
        assert!(
            container
                .access_control_rules()
                .is_none_or(|rules| rules.len() <= 17 && inside(rules))
        );
    }
    let _ = token.identify();
    let _ = token.pin_status();
    let _ = token.retired_credentials();
    for credential in token.credentials().into_iter().flat_map(|listing| listing.found) {
        let _ = token.policy(&credential);
    }
    // An uncompressed certificate is returned unchanged.
    if let Ok(credential) = token.credential(&Slot::Piv(PivSlot::Signature)) {
        let der = credential.certificate();
        let packed = |window: &[u8]| {
            window == [0x1f, 0x8b]
                || window[0] & 0x0f == 8 && u16::from_be_bytes([window[0], window[1]]) % 31 == 0
        };
        assert!(inside(der) || content.windows(2).any(packed));
    }
});
