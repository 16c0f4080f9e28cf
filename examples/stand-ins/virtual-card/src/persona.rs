//! Properties of the card apart from its firmware.

use std::time::Duration;

/// Maker and announced capabilities of the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Persona {
    /// Delay of each command.
    pub(crate) delay: Duration,
    /// Whether the answer to reset announces extended lengths. The card accepts them in any case, like the physical key.
    pub(crate) lengths: Lengths,
    pub(crate) metadata: Metadata,
    /// The serial number of a `YubiKey`, whose own commands are then answered.
    pub(crate) yubikey: Option<u32>,
}

/// The lengths that the answer to reset announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lengths {
    Extended,
    Short,
}

/// Handling of Yubico's command GET METADATA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Metadata {
    /// The firmware answers it with success and no data.
    AsFirmware,
    /// It is refused, as by a card without this command.
    Refused,
}

/// T=1, and five historical bytes without capabilities.
const NITROKEY: [u8; 11] = [0x3B, 0x95, 0x13, 0x81, 0x01, 0x80, 0x73, 0xFF, 0x01, 0x00, 0x0B];

/// The same with bits 8 and 7 of the card capabilities' third byte: command chaining and extended lengths
/// (ISO/IEC 7816-4 section 12.1.1). The last byte checks the others.
const EXTENDED: [u8; 11] = [0x3B, 0x95, 0x13, 0x81, 0x01, 0x80, 0x73, 0xFF, 0x01, 0xC0, 0xCB];

/// A `YubiKey` 5's, on USB: the same capabilities, and its name.
const YUBIKEY: [u8; 23] = *b"\x3B\xFD\x13\x00\x00\x81\x31\xFE\x15\x80\x73\xC0\x21\xC0\x57YubiKey\x40";

impl Persona {
    /// The answer to reset (ISO/IEC 7816-3 section 8).
    pub(crate) fn atr(self) -> &'static [u8] {
        match (self.yubikey, self.lengths) {
            (Some(_), _) => &YUBIKEY,
            (None, Lengths::Extended) => &EXTENDED,
            (None, Lengths::Short) => &NITROKEY,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{EXTENDED, NITROKEY, YUBIKEY};

    #[test]
    fn every_answer_to_reset_has_a_valid_check_byte() {
        for atr in [&NITROKEY[..], &EXTENDED, &YUBIKEY] {
            // TCK: the exclusive or of all bytes after TS is zero (ISO/IEC 7816-3 section 8.2.5).
            assert_eq!(atr[1..].iter().fold(0, |sum, byte| sum ^ byte), 0, "{atr:02X?}");
        }
    }
}
