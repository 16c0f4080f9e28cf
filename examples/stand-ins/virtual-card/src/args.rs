//! The command line.

use std::{ffi::OsString, path::PathBuf, time::Duration};

use lexopt::{Arg, Parser, ValueExt};

use crate::{
    fault::Fault,
    persona::{Lengths, Metadata, Persona},
};

pub(crate) const HELP: &str = "\
A virtual PIV smart card: the Nitrokey's PIV firmware behind pcscd's virtual reader. For tests, never for real keys.

virtual-card --state FILE [--port PORT] [--trace FILE] [--fault N:KIND] [--no-metadata] [--extended] [--yubikey SERIAL]
             [--delay MS] [--control]

  --state FILE    the card's memory; made if it is not there yet, and a copy of it is a copy of the card
  --port PORT     where the virtual reader (vpcd) listens on this machine; 35963 if not given
  --trace FILE    add a line for each APDU
  --fault N:KIND  let the N-th APDU go wrong: empty, hang, one-byte, over-long, removed, reset, status=6F00, wrong-data
  --no-metadata   answer GET METADATA with 6D00. The firmware answers it with success and no data, which Yubico's program
                  from 2.3 takes for a broken card: with this, it can set the card up
  --extended      announce extended lengths in the answer to reset
  --yubikey SERIAL
                  answer to reset, version, serial number and a key's policy as a YubiKey 5 does
  --delay MS      think so many milliseconds about each command, as real cards do, without work for the processor
  --control       take orders from standard input, a line each, answered with 'ok' or a complaint: insert, remove,
                  fault N:KIND, answer COMMAND ANSWER (in hexadecimal: every command that begins so, or is so if a $ follows
                  it, gets this answer, and the firmware does not see it). The card starts outside the reader and ends with its standard input.

A new card has the PIN 123456, the PUK 12345678 and the management key 0102030405060708, three times over.";

pub(crate) struct Args {
    pub(crate) control: bool,
    pub(crate) fault: Option<Fault>,
    pub(crate) persona: Persona,
    pub(crate) port: u16,
    pub(crate) state: PathBuf,
    pub(crate) trace: Option<PathBuf>,
}

/// What the command line asks for; `None` is a call for help.
pub(crate) fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Option<Args>, lexopt::Error> {
    let (mut control, mut fault) = (false, None);
    let mut persona = Persona {
        delay: Duration::ZERO,
        lengths: Lengths::Short,
        metadata: Metadata::AsFirmware,
        yubikey: None,
    };
    let (mut port, mut state, mut trace) = (35963, None, None);
    let mut words = Parser::from_args(words);
    while let Some(word) = words.next()? {
        match word {
            Arg::Long("control") => control = true,
            Arg::Long("delay") => persona.delay = Duration::from_millis(words.value()?.parse()?),
            Arg::Long("extended") => persona.lengths = Lengths::Extended,
            Arg::Long("fault") => fault = Some(words.value()?.parse()?),
            Arg::Long("help") | Arg::Short('h') => return Ok(None),
            Arg::Long("no-metadata") => persona.metadata = Metadata::Refused,
            Arg::Long("port") => port = words.value()?.parse()?,
            Arg::Long("state") => state = Some(PathBuf::from(words.value()?)),
            Arg::Long("trace") => trace = Some(PathBuf::from(words.value()?)),
            Arg::Long("yubikey") => persona.yubikey = Some(words.value()?.parse()?),
            other => return Err(other.unexpected()),
        }
    }
    let state = state.ok_or("--state FILE is missing: where the card keeps its keys")?;
    Ok(Some(Args {
        control,
        fault,
        persona,
        port,
        state,
        trace,
    }))
}
