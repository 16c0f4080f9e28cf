//! Properties of a token that follow from the reader's name and the card's answer to reset.

use crate::{Confidence, Interface, TokenKind};

/// Kind of token, inferred from the reader's name and from the historical bytes: a security key may be used with a reader of
/// another manufacturer.
pub(super) fn form(reader: &str, atr: &[u8]) -> Confidence<TokenKind> {
    const SECURITY_KEYS: [&str; 6] = [
        "Feitian ePass",
        "Nitrokey",
        "SoloKeys",
        "Swissbit",
        "TOKEN2",
        "Yubi",
    ];
    let by_name = SECURITY_KEYS.iter().any(|part| reader.contains(part));
    Confidence::Inferred(if by_name || is_yubikey(atr) {
        TokenKind::SecurityKey
    } else if reader.contains("Virtual") {
        TokenKind::Virtual
    } else {
        TokenKind::Card
    })
}

/// Display name of the token.
pub(super) fn product(reader: &str, atr: &[u8]) -> &'static str {
    if is_yubikey(atr) || reader.contains("YubiKey") || reader.contains("Yubikey") {
        "YubiKey"
    } else if reader.contains("Nitrokey") {
        "Nitrokey"
    } else {
        "PIV card"
    }
}

/// `YubiKey`s have their name in the historical bytes: "YubiKey", or "Yubikey" and a number in older ones.
fn is_yubikey(atr: &[u8]) -> bool {
    const NAME: &[u8] = b"yubikey";
    atr.windows(NAME.len())
        .any(|part| part.eq_ignore_ascii_case(NAME))
}

/// Interface of the card. Contactless cards have no answer to reset of their own: the reader builds one (PC/SC part 3 section
/// 3.1.3.2.3), `3B 8n 80 01` and the historical bytes. Readers with two interfaces appear as two readers, of which the
/// contactless one is named so.
pub(super) fn interface(reader: &str, atr: &[u8]) -> Confidence<Interface> {
    let by_atr = matches!(atr, [0x3b, t0, 0x80, 0x01, ..] if t0 & 0xf0 == 0x80);
    Confidence::Inferred(if by_atr || is_contactless(reader) {
        Interface::Contactless
    } else {
        Interface::Contact
    })
}

/// Words in the names of contactless interfaces, such as "OMNIKEY 5422CL", "uTrust 3700 F CL Reader", "ACR1252 PICC Interface"
/// and "cyberJack RFID".
fn is_contactless(reader: &str) -> bool {
    const WORDS: [&str; 5] = ["CL", "NFC", "PICC", "RFID", "CONTACTLESS"];
    let name = reader.to_ascii_uppercase();
    name.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| {
        // "5422CL" is a model and its interface.
        WORDS.contains(&word.trim_start_matches(|c: char| c.is_ascii_digit()))
    }) || name.contains("CONTACTLESS")
}

#[cfg(test)]
mod tests {
    use super::{form, interface, product};
    use crate::{Confidence, Interface, TokenKind};

    #[test]
    fn a_contactless_interface_is_known_by_the_answer_to_reset_or_the_name() {
        let (contact, contactless) = (
            &b"\x3b\x95\x13\x81\x01\x80\x73\xff\x01\x00\x0b"[..],
            &b"\x3b\x88\x80\x01\x00\x00\x00\x00\x00\x00\x00\x00\x09"[..],
        );
        for (reader, atr, found) in [
            ("ACS ACR122U 00 00", contactless, Interface::Contactless),
            (
                "ACS ACR1252 1S CL Reader [ACR1252 Reader PICC] 00 00",
                contact,
                Interface::Contactless,
            ),
            (
                "HID Global OMNIKEY 5422 Smartcard Reader [OMNIKEY 5422CL Smartcard Reader] 01 00",
                contact,
                Interface::Contactless,
            ),
            (
                "Identiv uTrust 3700 F CL Reader 00 00",
                contact,
                Interface::Contactless,
            ),
            (
                "REINER SCT cyberJack RFID komfort 00 00",
                contact,
                Interface::Contactless,
            ),
            (
                "Broadcom Corp Contactless SmartCard 00 00",
                contact,
                Interface::Contactless,
            ),
            (
                "HID Global OMNIKEY 5422 Smartcard Reader [OMNIKEY 5422 Smartcard Reader] 00 00",
                contact,
                Interface::Contact,
            ),
            (
                "Broadcom Corp Contacted SmartCard 00 00",
                contact,
                Interface::Contact,
            ),
            ("Yubico YubiKey OTP+FIDO+CCID 00 00", contact, Interface::Contact),
            ("Clever Reader 00 00", contact, Interface::Contact),
        ] {
            assert_eq!(interface(reader, atr), Confidence::Inferred(found), "{reader}");
        }
    }

    #[test]
    fn a_security_key_is_known_by_its_reader_or_by_itself() {
        let (key, card) = (
            b"\x3b\x8d\x80\x01\x80\x73\xc0\x21\xc0\x57YubiKey\xf9",
            b"\x3b\x00",
        );
        for (reader, atr, kind, name) in [
            (
                "ACS ACR122U PICC Interface 00 00",
                &key[..],
                TokenKind::SecurityKey,
                "YubiKey",
            ),
            (
                "Yubico YubiKey CCID 00 00",
                card,
                TokenKind::SecurityKey,
                "YubiKey",
            ),
            (
                "Nitrokey 3 [CCID/ICCD Interface] 00 00",
                card,
                TokenKind::SecurityKey,
                "Nitrokey",
            ),
            ("Virtual PCD 00 00", card, TokenKind::Virtual, "PIV card"),
            ("Alcor Micro AU9560 00 00", card, TokenKind::Card, "PIV card"),
        ] {
            assert_eq!(
                (form(reader, atr), product(reader, atr)),
                (Confidence::Inferred(kind), name)
            );
        }
    }
}
