//! A `YubiKey` on a real PIV firmware, behind the virtual card that answers Yubico's commands; and identifiers of cards.

use crate::common::{openssl_verifies, pin};
use card_access::{
    Confidence, KeyPolicy, PinEntry, PinPolicy, Provider, TokenKind, TouchPolicy, pcsc::PcscProvider,
};
use lab::{Algorithm, Profile, Readers, Slot};
use std::process::Command;

const SERIAL: u32 = 11_409_355;

#[test]
fn a_yubikey_shows_its_serial_number_version_and_policies_and_signs() {
    let keys = [
        (Slot::Authentication, Algorithm::Rsa2048),
        (Slot::Signature, Algorithm::P256),
        (Slot::CardAuthentication, Algorithm::P256),
    ];
    let readers = Readers::with_extended_lengths(1).unwrap();
    let card = readers
        .insert(0, &Profile::new("yara").keys(keys).yubikey(SERIAL))
        .unwrap();
    let mut cards = PcscProvider::new();
    let listed = cards.tokens().unwrap().found.remove(0);
    assert_eq!(listed.name, "YubiKey");
    assert_eq!(listed.kind, Confidence::Inferred(TokenKind::SecurityKey));
    assert_eq!(listed.serial.as_deref(), Some("11409355"));
    assert_eq!(listed.firmware.as_deref(), Some("5.4.3"));

    let mut token = cards.open(&listed.id).unwrap();
    let pin = pin(card.pin());
    for (slot, pin_use) in [
        (Slot::Authentication, PinPolicy::Once),
        (Slot::Signature, PinPolicy::EveryUse),
        (Slot::CardAuthentication, PinPolicy::Never),
    ] {
        let credential = token.credential(&slot.name().parse().unwrap()).unwrap();
        assert_eq!(
            token.policy(&credential).unwrap(),
            KeyPolicy::new(
                Confidence::Reported(pin_use),
                Confidence::Reported(TouchPolicy::Never)
            ),
            "{}",
            slot.name()
        );
        let scheme = *credential.algorithm().schemes().first().unwrap();
        let signature = token
            .sign(&credential, scheme, b"message", Some(PinEntry::typed(&pin)))
            .unwrap();
        assert!(openssl_verifies(
            &card.public_key(slot),
            scheme,
            b"message",
            &signature
        ));
    }
    // Yubico's own program reports the same.
    let status = Command::new("yubico-piv-tool")
        .args(["--reader", card.reader(), "--action", "status"])
        .output()
        .unwrap();
    let status = String::from_utf8_lossy(&status.stdout);
    assert!(
        status.contains("5.4.3") && status.contains("11409355"),
        "{status}"
    );
}

#[test]
fn the_identifiers_of_a_card_are_those_that_opensc_shows() {
    let readers = Readers::start(1).unwrap();
    let card = readers.insert(0, &Profile::new("paula")).unwrap();
    let mut cards = PcscProvider::new();
    let id = cards.tokens().unwrap().found.remove(0).id;
    let identifiers = cards.identifiers(&id).unwrap();
    let chuid = identifiers.chuid.unwrap();
    let hex = |bytes: &[u8]| {
        bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<Vec<_>>()
            .concat()
    };
    let guid = hex(chuid.guid().unwrap());
    assert_eq!(id.identity(), Some(&*guid));
    // OpenSC uses the GUID as the card's serial number.
    let shown = Command::new("opensc-tool")
        .args(["--reader", card.reader(), "--serial"])
        .output()
        .unwrap();
    let shown: String = String::from_utf8_lossy(&shown.stdout)
        .lines()
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .take_while(|part| part.len() == 2)
        .collect();
    assert_eq!(shown.to_lowercase(), guid);

    // This firmware has a capability container with PIV's data model and nothing else.
    let container = identifiers.capability_container.unwrap();
    assert_eq!(container.data_model(), Some(0x10));
    assert_eq!(container.card_identifier(), None);
}
