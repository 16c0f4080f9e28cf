//! The APDU layer of the physical key: SELECT, command chaining, GET RESPONSE (ISO/IEC 7816-4, sections 5.3.3 and 5.3.4).

use heapless::Vec as FixedVec;
use iso7816::command::CommandView;

use crate::{
    firmware::Applet,
    persona::{Metadata, Persona},
    yubico,
};

/// The application identifier with its version at the end (NIST SP 800-73-4 part 1, section 2.2).
const PIV_AID: [u8; 11] = [0xA0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00, 0x01, 0x00];
const RID_LENGTH: usize = 5;
const LONGEST: usize = 7609;

const SELECT: u8 = 0xA4;
const GET_RESPONSE: u8 = 0xC0;

const OK: [u8; 2] = [0x90, 0x00];
const WRONG_LENGTH: [u8; 2] = [0x67, 0x00];
const CONDITIONS_NOT_SATISFIED: [u8; 2] = [0x69, 0x85];
const NOT_FOUND: [u8; 2] = [0x6A, 0x82];
const NO_SUCH_INSTRUCTION: [u8; 2] = [0x6D, 0x00];

/// The applet with its APDU layer, from power-on to the next reset.
pub(crate) struct Card<'a> {
    applet: Applet<'a>,
    persona: Persona,
    selected: bool,
    /// Data of a chained command up to now.
    chained: Vec<u8>,
    /// Remaining data for GET RESPONSE, and the final status word.
    pending: Option<(Vec<u8>, [u8; 2])>,
}

impl<'a> Card<'a> {
    pub(crate) fn new(applet: Applet<'a>, persona: Persona) -> Self {
        Self {
            applet,
            persona,
            selected: false,
            chained: Vec::new(),
            pending: None,
        }
    }

    /// Answers one command APDU from the wire.
    pub(crate) fn answer(&mut self, apdu: &[u8]) -> Vec<u8> {
        let Ok(command) = CommandView::try_from(apdu) else {
            return WRONG_LENGTH.into();
        };
        // Without Le the host accepts the data of a short answer: T=1 readers send case 3 commands in this form.
        let expected = if command.expected() == 0 {
            256
        } else {
            command.expected()
        };
        let pending = self.pending.take();
        match apdu {
            [_, GET_RESPONSE, ..] => match pending {
                Some((data, status)) => self.reply(data, status, expected),
                None => CONDITIONS_NOT_SATISFIED.into(),
            },
            _ if command.class().chain().not_the_last() => {
                self.chained.extend_from_slice(command.data());
                if self.chained.len() > LONGEST {
                    self.chained.clear();
                    return WRONG_LENGTH.into();
                }
                OK.into()
            }
            [class, instruction, p1, p2, ..] => {
                let mut data = std::mem::take(&mut self.chained);
                data.extend_from_slice(command.data());
                self.whole([*class, *instruction, *p1, *p2], &data, expected)
            }
            _ => WRONG_LENGTH.into(),
        }
    }

    /// Answers a command after its chained parts were joined.
    fn whole(&mut self, header: [u8; 4], data: &[u8], expected: usize) -> Vec<u8> {
        let mut data = data;
        if let [_, SELECT, 0x04, _] = header {
            // The key's dispatcher accepts any unambiguous beginning of the AID; the applet requires the complete one.
            if data.len() < RID_LENGTH || !PIV_AID.starts_with(data) {
                return NOT_FOUND.into();
            }
            data = &PIV_AID;
            self.selected = true;
        } else if !self.selected {
            return CONDITIONS_NOT_SATISFIED.into();
        } else if header[1] == yubico::GET_METADATA && self.persona.metadata == Metadata::Refused {
            return NO_SUCH_INSTRUCTION.into();
        } else if let Some(serial) = self.persona.yubikey {
            let ask = |header, data: &[u8]| self.ask(header, data);
            if let Some(answer) = yubico::answer(header, serial, ask) {
                return match answer {
                    Ok(data) => self.reply(data, OK, expected),
                    Err(status) => status.into(),
                };
            }
        }
        match self.ask(header, data) {
            Ok(answer) => self.reply(answer, OK, expected),
            Err(status) => status.into(),
        }
    }

    /// Passes a complete command to the firmware.
    fn ask(&mut self, header: [u8; 4], data: &[u8]) -> Result<Vec<u8>, [u8; 2]> {
        let apdu = extended(header, data).ok_or(WRONG_LENGTH)?;
        let command = CommandView::try_from(apdu.as_slice()).map_err(|_| WRONG_LENGTH)?;
        let mut answer = FixedVec::<u8, LONGEST>::new();
        self.applet.respond(command, &mut answer)?;
        Ok(answer.to_vec())
    }

    /// Returns as many bytes as the host accepts; the rest is for GET RESPONSE.
    fn reply(&mut self, mut data: Vec<u8>, status: [u8; 2], expected: usize) -> Vec<u8> {
        if data.len() <= expected {
            data.extend_from_slice(&status);
            return data;
        }
        let rest = data.split_off(expected);
        // 0 means "256 or more".
        let more = u8::try_from(rest.len()).unwrap_or(0);
        self.pending = Some((rest, status));
        data.extend_from_slice(&[0x61, more]);
        data
    }
}

/// The command as one extended APDU.
fn extended(header: [u8; 4], data: &[u8]) -> Option<Vec<u8>> {
    let length = u16::try_from(data.len()).ok()?;
    let mut apdu = header.to_vec();
    apdu.push(0);
    if length > 0 {
        apdu.extend_from_slice(&length.to_be_bytes());
        apdu.extend_from_slice(data);
    }
    apdu.extend_from_slice(&[0, 0]);
    Some(apdu)
}
