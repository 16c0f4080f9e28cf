//! A virtual PIV smart card: the Nitrokey's PIV firmware (crate `piv-authenticator`) behind pcscd's virtual reader.
//!
//! For tests and demonstrations only. Its keys are unprotected in a file.

mod apdu;
mod args;
mod backends;
mod control;
mod fault;
mod firmware;
mod flash;
mod persona;
mod trace;
mod vpcd;
mod yubico;

use std::{fmt::Display, io, io::Write as _, process::ExitCode, thread};

use apdu::Card;
use args::Args;
use control::Hand;
use fault::Kind;
use flash::Flash;
use persona::Persona;
use trace::Trace;
use vpcd::{Message, Reader};

/// More than the longest answer to an extended APDU with this firmware.
const OVER_LONG: usize = 60_000;

fn main() -> ExitCode {
    let args = match args::parse(std::env::args_os().skip(1)) {
        Ok(Some(args)) => args,
        Ok(None) => {
            let _ = writeln!(io::stdout(), "{}", args::HELP);
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            complain(format_args!("{error}\n\n{}", args::HELP));
            return ExitCode::from(2);
        }
    };
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(error);
            ExitCode::FAILURE
        }
    }
}

/// Writes a message to standard error; a failure is ignored.
fn complain(message: impl Display) {
    let _ = writeln!(io::stderr(), "virtual-card: {message}");
}

/// Inserts and removes the card as commanded. Without commands, the card stays until a fault removes it.
fn run(args: &Args) -> io::Result<()> {
    let mut flash = Flash::open(&args.state)?;
    let mut trace = Trace::open(args.trace.as_deref())?;
    let hand = Hand::new(!args.control, args.fault);
    if args.control {
        let hand = hand.clone();
        thread::spawn(move || hand.take_orders());
    }
    let mut reported = false;
    loop {
        hand.wait_for_insertion();
        match hand.hold(args.port) {
            Ok(Some(mut reader)) => {
                trace.event("inserted");
                let end = live(&mut flash, &mut reader, &hand, &mut trace, args.persona);
                trace.event(&format!("out of the reader: {end}"));
                if !args.control && !hand.holds_in() {
                    return Ok(());
                }
            }
            Ok(None) => {}
            Err(error) => {
                if !reported && !args.control {
                    complain(format_args!(
                        "waiting for a virtual reader on port {}: {error}",
                        args.port
                    ));
                    reported = true;
                }
                hand.pause();
            }
        }
    }
}

/// Powers the card on, and again after each reset, until it is removed. Returns the reason.
fn live(
    flash: &mut Flash,
    reader: &mut Reader,
    hand: &Hand,
    trace: &mut Trace,
    persona: Persona,
) -> io::Error {
    let mut open = None;
    loop {
        match firmware::power_on(flash, |applet| {
            serve(
                Card::new(applet, persona),
                persona,
                open.take(),
                reader,
                hand,
                trace,
            )
        }) {
            Ok(command) => open = command,
            Err(error) => return error,
        }
    }
}

/// Answers commands until the power is lost. Returns the command during which it was lost, which is answered after that.
fn serve(
    mut card: Card<'_>,
    persona: Persona,
    open: Option<Vec<u8>>,
    reader: &mut Reader,
    hand: &Hand,
    trace: &mut Trace,
) -> io::Result<Option<Vec<u8>>> {
    if let Some(command) = open {
        let answer = card.answer(&command);
        trace.apdu(&command, Some(&answer));
        reader.send(&answer)?;
    }
    loop {
        let command = match reader.receive()? {
            Message::Apdu(command) => command,
            Message::Atr => {
                reader.send(persona.atr())?;
                continue;
            }
            Message::PowerOn => {
                trace.event("power on");
                continue;
            }
            Message::PowerOff | Message::Reset => {
                trace.event("reset");
                return Ok(None);
            }
        };
        thread::sleep(persona.delay);
        let answer = match hand.fault() {
            None => hand.answer(&command).unwrap_or_else(|| card.answer(&command)),
            Some(Kind::Empty) => {
                // vpcd has no empty answer, so the card is removed for a moment.
                trace.apdu(&command, Some(&[]));
                reader.remove();
                continue;
            }
            Some(Kind::Hang) => {
                trace.apdu(&command, None);
                continue;
            }
            Some(Kind::OneByte) => vec![0x90],
            Some(Kind::OverLong) => [vec![0x53; OVER_LONG], vec![0x90, 0x00]].concat(),
            Some(Kind::Removed) => {
                trace.apdu(&command, None);
                hand.remove();
                continue;
            }
            Some(Kind::Reset) => {
                trace.event("power lost");
                return Ok(Some(command));
            }
            Some(Kind::Status(word)) => word.into(),
            Some(Kind::WrongData) => fault::wrong_data(card.answer(&command)),
        };
        trace.apdu(&command, Some(&answer));
        reader.send(&answer)?;
    }
}
