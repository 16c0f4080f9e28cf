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

  --state FILE    the memory of the card, made if it does not exist; a copy of the file is a copy of the card
  --port PORT     the port of the virtual reader (vpcd) on this machine; 35963 by default
  --trace FILE    add a line for each APDU
  --fault N:KIND  make the N-th APDU fail: empty, hang, one-byte, over-long, removed, reset, status=6F00, wrong-data
  --no-metadata   answer GET METADATA with 6D00. The firmware answers with success and no data, which Yubico's program from
                  2.3 on takes for a broken card; this option lets it set up the card
  --extended      announce extended lengths in the answer to reset
  --yubikey SERIAL
                  answer to reset, version, serial number and the policy of a key as a YubiKey 5 does
  --delay MS      delay each command, as physical cards do, without processor time
  --control       read commands from standard input, one per line, each answered with 'ok' or an error: insert, remove,
                  fault N:KIND, answer COMMAND ANSWER. The last one sets the answer, in hexadecimal, to every command with
                  this beginning, or to exactly this command if it ends with $; the firmware does not see it. The card
                  starts outside the reader and ends with standard input

A new card has the PIN 123456, the PUK 12345678 and the management key 0102030405060708, repeated three times.";

pub(crate) struct Args {
    pub(crate) control: bool,
    pub(crate) fault: Option<Fault>,
    pub(crate) persona: Persona,
    pub(crate) port: u16,
    pub(crate) state: PathBuf,
    pub(crate) trace: Option<PathBuf>,
}

/// The options; `None` if help was requested.
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
    let state = state.ok_or("--state FILE is missing: the file with the memory of the card")?;
    Ok(Some(Args {
        control,
        fault,
        persona,
        port,
        state,
        trace,
    }))
}
