//! What a reader's name and a card's answer to reset tell about a token.

use crate::{Form, Interface, Told};

/// The kind of thing, guessed from the name that the reader's driver gives, and from what the card calls itself: a
/// security key may be held to a reader of another make.
pub(super) fn form(reader: &str, atr: &[u8]) -> Told<Form> {
    const SECURITY_KEYS: [&str; 6] = [
        "Feitian ePass",
        "Nitrokey",
        "SoloKeys",
        "Swissbit",
        "TOKEN2",
        "Yubi",
    ];
    let by_name = SECURITY_KEYS.iter().any(|part| reader.contains(part));
    Told::Guessed(if by_name || is_yubikey(atr) {
        Form::SecurityKey
    } else if reader.contains("Virtual") {
        Form::Virtual
    } else {
        Form::Card
    })
}

/// What to call the token.
pub(super) fn product(reader: &str, atr: &[u8]) -> &'static str {
    if is_yubikey(atr) || reader.contains("YubiKey") || reader.contains("Yubikey") {
        "YubiKey"
    } else if reader.contains("Nitrokey") {
        "Nitrokey"
    } else {
        "PIV card"
    }
}

/// `YubiKey`s have their name among the historical bytes: "YubiKey", older ones "Yubikey" and a number.
fn is_yubikey(atr: &[u8]) -> bool {
    const NAME: &[u8] = b"yubikey";
    atr.windows(NAME.len())
        .any(|part| part.eq_ignore_ascii_case(NAME))
}

/// How the card is connected. PC/SC part 3 section 3.1.3.2.3 gives contactless cards an answer to reset of one shape:
/// `3B 8n 80 01`, then the historical bytes.
pub(super) fn interface(reader: &str, atr: &[u8]) -> Told<Interface> {
    match atr {
        [0x3b, t0, 0x80, 0x01, ..] if t0 & 0xf0 == 0x80 => Told::Guessed(Interface::Contactless),
        _ if ["PICC", "Contactless", "NFC"]
            .iter()
            .any(|part| reader.contains(part)) =>
        {
            Told::Guessed(Interface::Contactless)
        }
        _ => Told::Guessed(Interface::Contact),
    }
}

#[cfg(test)]
mod tests {
    use super::{form, product};
    use crate::{Form, Told};

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
                Form::SecurityKey,
                "YubiKey",
            ),
            ("Yubico YubiKey CCID 00 00", card, Form::SecurityKey, "YubiKey"),
            (
                "Nitrokey 3 [CCID/ICCD Interface] 00 00",
                card,
                Form::SecurityKey,
                "Nitrokey",
            ),
            ("Virtual PCD 00 00", card, Form::Virtual, "PIV card"),
            ("Alcor Micro AU9560 00 00", card, Form::Card, "PIV card"),
        ] {
            assert_eq!(
                (form(reader, atr), product(reader, atr)),
                (Told::Guessed(kind), name)
            );
        }
    }
}
