//! What a reader's name and a card's answer to reset tell about a token.

use crate::{Form, Interface, Told};

/// The kind of thing, guessed from the name that the reader's driver gives.
pub(super) fn form(reader: &str) -> Told<Form> {
    const SECURITY_KEYS: [&str; 6] = [
        "Feitian ePass",
        "Nitrokey",
        "SoloKeys",
        "Swissbit",
        "TOKEN2",
        "Yubi",
    ];
    Told::Guessed(if SECURITY_KEYS.iter().any(|part| reader.contains(part)) {
        Form::SecurityKey
    } else if reader.contains("Virtual") {
        Form::Virtual
    } else {
        Form::Card
    })
}

/// What to call the token.
pub(super) fn product(reader: &str) -> &'static str {
    let products = [
        ("Nitrokey", "Nitrokey"),
        ("YubiKey", "YubiKey"),
        ("Yubikey", "YubiKey"),
    ];
    products
        .iter()
        .find(|(part, _)| reader.contains(part))
        .map_or("PIV card", |(_, product)| product)
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
