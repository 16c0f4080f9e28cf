//! Commands that a `YubiKey` 5 has in addition to the standard, for a firmware without them:
//! [version](https://docs.yubico.com/yesdk/users-manual/application-piv/apdu/version.html),
//! [serial number](https://docs.yubico.com/yesdk/users-manual/application-piv/apdu/serial.html) and, of
//! [metadata](https://docs.yubico.com/yesdk/users-manual/application-piv/apdu/metadata.html), a key's policy and origin.

pub(crate) const GET_METADATA: u8 = 0xF7;
const GET_SERIAL: u8 = 0xF8;
const GET_VERSION: u8 = 0xFD;

/// The first version with metadata is 5.3.
const VERSION: [u8; 3] = [5, 4, 3];

const WRONG_PARAMETERS: [u8; 2] = [0x6A, 0x86];
const REFERENCE_NOT_FOUND: [u8; 2] = [0x6A, 0x88];

/// The answer to one of these commands, as data or status word; `None` for other commands. `ask` sends a command to the
/// firmware.
pub(crate) fn answer(
    [_, instruction, p1, p2]: [u8; 4],
    serial: u32,
    ask: impl FnMut([u8; 4], &[u8]) -> Result<Vec<u8>, [u8; 2]>,
) -> Option<Result<Vec<u8>, [u8; 2]>> {
    match (instruction, p1, p2) {
        (GET_METADATA, 0, slot) => Some(metadata(slot, ask)),
        (GET_SERIAL, 0, 0) => Some(Ok(serial.to_be_bytes().into())),
        (GET_VERSION, 0, 0) => Some(Ok(VERSION.into())),
        (GET_METADATA | GET_SERIAL | GET_VERSION, _, _) => Some(Err(WRONG_PARAMETERS)),
        _ => None,
    }
}

/// A slot with a certificate has a key that was generated on the card.
fn metadata(
    slot: u8,
    mut ask: impl FnMut([u8; 4], &[u8]) -> Result<Vec<u8>, [u8; 2]>,
) -> Result<Vec<u8>, [u8; 2]> {
    const GET_DATA: [u8; 4] = [0x00, 0xCB, 0x3F, 0xFF];
    const POLICY: u8 = 0x02;
    const ORIGIN: u8 = 0x03;
    const MADE_HERE: u8 = 0x01;
    let (never, once, always) = (1, 2, 3);
    // SP 800-73-4 part 1, tables 3 and 4b
    let (object, pin) = match slot {
        0x9A => (0x05, once),
        0x9C => (0x0A, always),
        0x9D => (0x0B, once),
        0x9E => (0x01, never),
        0x82..=0x95 => (0x0D + (slot - 0x82), once),
        _ => return Err(REFERENCE_NOT_FOUND),
    };
    ask(GET_DATA, &[0x5C, 0x03, 0x5F, 0xC1, object]).map_err(|_| REFERENCE_NOT_FOUND)?;
    Ok(vec![POLICY, 2, pin, never, ORIGIN, 1, MADE_HERE])
}

#[cfg(test)]
mod tests {
    use super::{REFERENCE_NOT_FOUND, WRONG_PARAMETERS, answer};

    #[test]
    fn other_commands_and_empty_slots_go_to_the_firmware() {
        let empty = |_, _: &[u8]| Err([0x6A, 0x82]);
        assert_eq!(answer([0, 0xCB, 0x3F, 0xFF], 1, empty), None);
        assert_eq!(
            answer([0, 0xF7, 0, 0x9A], 1, empty),
            Some(Err(REFERENCE_NOT_FOUND))
        );
        assert_eq!(answer([0, 0xF8, 1, 0], 1, empty), Some(Err(WRONG_PARAMETERS)));
        assert_eq!(answer([0, 0xF8, 0, 0], 0x0102, empty), Some(Ok(vec![0, 0, 1, 2])));
    }
}
