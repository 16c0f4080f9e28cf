//! Features of readers: PC/SC part 10, revision 2.02.09.

use pcsc::{Card, ctl_code};

/// The type of PC/SC's control codes: 64 bits wide with pcsc-lite on Linux, 32 elsewhere.
pub(super) type ControlCode = pcsc::ffi::DWORD;

/// Features of a reader.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Features {
    /// Control code for typing and verifying a PIN on the reader (`FEATURE_VERIFY_PIN_DIRECT`).
    pub(super) verify_pin_direct: Option<ControlCode>,
    /// Longest APDU that the reader supports, if it was asked.
    pub(super) max_apdu: Option<u32>,
}

impl Features {
    /// Asks the reader; one that does not know the request has no features. The APDU length is asked only if the card supports
    /// extended length.
    pub(super) fn of(card: &Card, extended: bool) -> Self {
        /// `CM_IOCTL_GET_FEATURE_REQUEST` (section 2.2)
        const GET_FEATURE_REQUEST: ControlCode = ctl_code(3400);
        const VERIFY_PIN_DIRECT: u8 = 0x06;
        const GET_TLV_PROPERTIES: u8 = 0x12;
        let mut buffer = [0; pcsc::MAX_BUFFER_SIZE];
        let features = card
            .control(GET_FEATURE_REQUEST, &[], &mut buffer)
            .unwrap_or_default();
        let code = |feature| control_code(features, feature);
        let mut properties = [0; pcsc::MAX_BUFFER_SIZE];
        let properties = code(GET_TLV_PROPERTIES)
            .filter(|_| extended)
            .and_then(|code| card.control(code, &[], &mut properties).ok());
        Self {
            verify_pin_direct: code(VERIFY_PIN_DIRECT),
            max_apdu: properties.and_then(max_apdu),
        }
    }
}

/// Control code of a feature in a list of tag, length 4, and control code, most significant byte first (section 2.2).
#[allow(
    clippy::useless_conversion,
    reason = "a control code has 64 bits on most systems and 32 on Windows"
)]
fn control_code(features: &[u8], feature: u8) -> Option<ControlCode> {
    let mut entries = features.chunks_exact(6);
    entries.find_map(|entry| match *entry {
        [tag, 4, a, b, c, d] if tag == feature => Some(u32::from_be_bytes([a, b, c, d]).into()),
        _ => None,
    })
}

/// Value of the property `dwMaxAPDUDataSize`, least significant byte first (section 2.6.14).
fn max_apdu(mut properties: &[u8]) -> Option<u32> {
    const MAX_APDU_DATA_SIZE: u8 = 0x0a;
    while let [tag, length, rest @ ..] = properties {
        let (value, rest) = rest.split_at_checked(usize::from(*length))?;
        if let (MAX_APDU_DATA_SIZE, &[a, b, c, d]) = (*tag, value) {
            return Some(u32::from_le_bytes([a, b, c, d]));
        }
        properties = rest;
    }
    None
}

/// Whether a card supports extended length, according to its answer to reset (ISO/IEC 7816-4 section 12.1.1): the third byte of
/// the card capabilities, tag 7, in the historical bytes.
pub(super) fn extended_lengths(atr: &[u8]) -> Option<()> {
    const EXTENDED: u8 = 0x40;
    // After a category indicator of 00, the last three bytes are a status.
    let ([0x80, objects @ ..] | [0x00, objects @ .., _, _, _]) = historical_bytes(atr)? else {
        return None;
    };
    let mut objects = objects;
    loop {
        let (head, rest) = objects.split_first()?;
        let (value, rest) = rest.split_at_checked(usize::from(head & 0x0f))?;
        if let (0x70, &[_, _, capabilities]) = (head & 0xf0, value) {
            return (capabilities & EXTENDED != 0).then_some(());
        }
        objects = rest;
    }
}

/// Historical bytes, after the interface bytes (ISO/IEC 7816-3 section 8.2).
fn historical_bytes(atr: &[u8]) -> Option<&[u8]> {
    let (&t0, mut rest) = atr.get(1..)?.split_first()?;
    let mut indicator = t0;
    loop {
        let interface_bytes = (indicator & 0xf0).count_ones();
        let (bytes, after) = rest.split_at_checked(usize::try_from(interface_bytes).ok()?)?;
        rest = after;
        // The last of the four, TD, announces the next group.
        if indicator & 0x80 == 0 {
            return rest.get(..usize::from(t0 & 0x0f));
        }
        indicator = *bytes.last()?;
    }
}

/// `PIN_VERIFY_STRUCTURE` (section 2.5.2) around a command with an eight-byte PIN block of ASCII characters.
pub(super) fn pin_verify_structure(template: &[u8], min: u8, max: u8) -> Vec<u8> {
    /// Unit bytes, at the start, left-justified, ASCII.
    const FORMAT: u8 = 0x82;
    const BLOCK_LENGTH: u8 = 0x08;
    const NO_LENGTH_FIELD: u8 = 0x00;
    /// The OK key ends the PIN.
    const VALIDATION_KEY: u8 = 0x02;
    const ONE_MESSAGE: u8 = 0x01;
    const ENGLISH: [u8; 2] = 0x0409_u16.to_le_bytes();
    let mut structure = vec![
        PAD_SECONDS,
        PAD_SECONDS,
        FORMAT,
        BLOCK_LENGTH,
        NO_LENGTH_FIELD,
        max,
        min,
    ];
    structure.extend([VALIDATION_KEY, ONE_MESSAGE]);
    structure.extend(ENGLISH);
    structure.extend([0, 0, 0, 0]);
    structure.extend(u32::try_from(template.len()).unwrap_or(u32::MAX).to_le_bytes());
    structure.extend(template);
    structure
}

/// Time that the reader waits for the user.
pub(super) const PAD_SECONDS: u8 = 30;

#[cfg(test)]
mod tests {
    use super::{control_code, extended_lengths, max_apdu, pin_verify_structure};

    #[test]
    fn features_and_properties_are_found_in_their_lists() {
        let features = [0x06, 4, 0x42, 0, 0x0d, 0x4a, 0x12, 4, 0x42, 0, 0x0d, 0x56];
        assert_eq!(control_code(&features, 0x12), Some(0x4200_0d56));
        assert_eq!(control_code(&features, 0x07), None);
        assert_eq!(max_apdu(&[0x01, 2, 0, 0, 0x0a, 4, 0, 0, 1, 0]), Some(0x1_0000));
        assert_eq!(max_apdu(&[0x0a, 4, 0, 0]), None);
    }

    #[test]
    fn only_some_cards_take_extended_lengths() {
        let yubikey =
            b"\x3b\xfd\x13\x00\x00\x81\x31\xfe\x15\x80\x73\xc0\x21\xc0\x57\x59\x75\x62\x69\x4b\x65\x79\x40";
        assert_eq!(extended_lengths(yubikey), Some(()));
        let nitrokey = [0x3b, 0x95, 0x13, 0x81, 0x01, 0x80, 0x73, 0xff, 0x01, 0x00, 0x0b];
        assert_eq!(extended_lengths(&nitrokey), None);
        for length in 0..nitrokey.len() {
            assert_eq!(extended_lengths(&nitrokey[..length]), None);
        }
    }

    #[test]
    fn the_pin_structure_is_laid_out_as_specified() {
        let template = [
            0, 0x20, 0, 0x80, 8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        ];
        let structure = pin_verify_structure(&template, 6, 8);
        let head = [
            30, 30, 0x82, 0x08, 0, 8, 6, 2, 1, 0x09, 0x04, 0, 0, 0, 0, 13, 0, 0, 0,
        ];
        assert_eq!(structure, [&head[..], &template].concat());
    }
}
