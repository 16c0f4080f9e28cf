//! Virtual smart cards for tests by hand: starts pcscd with a card for each user.
//!
//! ```text
//! examples/stand-ins/lab/in-namespace target/debug/lab alice bob -- opensc-tool --list-readers
//! ```

use std::{
    fmt::Display,
    io::{self, Read, Write},
    process::{Command, ExitCode},
};

use clap::Parser;
use lab::{Authority, Error, Profile, Readers, Slot};

/// Inserts a virtual smart card for each user into a virtual reader, and runs a command with them.
///
/// Without a command, the cards stay until standard input ends. Run it through `examples/stand-ins/lab/in-namespace`, which gives it
/// its own pcscd.
#[derive(Parser)]
struct Arguments {
    /// Readers with a PIN pad; standard input is the keypad of the first one, as lines of digits
    #[arg(long, conflicts_with = "command")]
    pin_pad: bool,
    /// The users of the cards; `alice` is <alice@corp.example>
    #[arg(required = true, value_parser = user)]
    users: Vec<String>,
    /// The command to run; its environment variable `LAB_CA` names a file with the issuer of the cards
    #[arg(last = true)]
    command: Vec<String>,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            say(format_args!("lab: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<ExitCode, Error> {
    let count = arguments.users.len();
    let readers = if arguments.pin_pad {
        Readers::with_pin_pads(count)
    } else {
        Readers::start(count)
    }?;
    let profiles: Vec<_> = arguments.users.iter().map(|user| Profile::new(user)).collect();
    let cards = readers.insert_all(&profiles)?;
    for (card, user) in cards.iter().zip(&arguments.users) {
        let certificate = card.certificate(Slot::Authentication);
        say(format_args!(
            "{}: {user}, PIN {}, certificate {}",
            card.reader(),
            card.pin(),
            certificate.display()
        ));
    }
    let issuer = Authority::trusted()?.certificate();
    say(format_args!("issued by {}", issuer.display()));

    let Some((program, rest)) = arguments.command.split_first() else {
        attend(&readers, arguments)?;
        return Ok(ExitCode::SUCCESS);
    };
    let status = Command::new(program).args(rest).env("LAB_CA", &issuer).status();
    let status = status.map_err(|error| Error::new(format!("{program} does not start: {error}")))?;
    Ok(status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .map_or(ExitCode::FAILURE, ExitCode::from))
}

/// A user's name becomes a part of file names, a distinguished name and an e-mail address.
fn user(text: &str) -> Result<String, &'static str> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if text.is_empty() || !text.chars().all(fits) {
        return Err("a user's name has only ASCII letters, digits, - and _");
    }
    Ok(text.to_owned())
}

/// Writes a line to standard error; a failure is ignored.
fn say(line: impl Display) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Waits for the end of standard input.
fn attend(readers: &Readers, arguments: &Arguments) -> Result<(), Error> {
    let failed = |error: io::Error| Error::new(format!("standard input: {error}"));
    if !arguments.pin_pad {
        return io::stdin().read_to_end(&mut Vec::new()).map(drop).map_err(failed);
    }
    for line in io::stdin().lines() {
        readers.press(0, lab::Keypad::Digits(line.map_err(failed)?.trim()))?;
    }
    Ok(())
}
