//! Where a program takes the PIN from: the terminal or standard input, never an argument or the environment.

use std::fs::File;
use std::io::{self, BufRead, IsTerminal};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use card_access::Pin;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use signal_hook::consts::TERM_SIGNALS;
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

/// Where the PIN comes from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PinSource {
    /// The first line of standard input.
    StandardInput,
    /// The terminal, without echo.
    Terminal,
}

impl PinSource {
    /// Reads one PIN; `prompt` is shown on the terminal only.
    pub fn read(self, prompt: &str) -> io::Result<Pin> {
        let pin = match self {
            Self::StandardInput => first_line(&mut io::stdin().lock())?,
            Self::Terminal if io::stdin().is_terminal() => {
                restore_echo_on_signals()?;
                let typed = rpassword::prompt_password(prompt);
                if matches!(&typed, Err(error) if error.kind() == io::ErrorKind::Interrupted) {
                    // control-C: rpassword has raised the signal, and the thread that waits for it is about to end the program.
                    thread::sleep(Duration::from_secs(5));
                }
                Pin::from_line(typed.map_err(no_input)?)
            }
            Self::Terminal => {
                return Err(io::Error::new(
                    io::ErrorKind::NotConnected,
                    "standard input is no terminal: run this in one, or give the PIN with --pin-stdin",
                ));
            }
        };
        if pin.is_empty() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the PIN is empty; nothing was sent to the card",
            ));
        }
        Ok(pin)
    }
}

/// Leaves the terminal as it was before a PIN was asked for, where somebody still is to type one: for a program that ends
/// without waiting for it.
pub fn restore_echo() {
    let before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((terminal, modes)) = &*before {
        // Nothing could be done about a failure.
        let _ = tcsetattr(terminal, OptionalActions::Now, modes);
    }
}

/// The terminal before a PIN was asked for.
static BEFORE: Mutex<Option<(File, Termios)>> = Mutex::new(None);

/// From now on, a signal that ends the program leaves the terminal as it is now; rpassword gives the echo back only when the
/// line was typed.
fn restore_echo_on_signals() -> io::Result<()> {
    let terminal = File::open("/dev/tty")?;
    let modes = tcgetattr(&terminal)?;
    *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = Some((terminal, modes));
    let mut signals = Signals::new(TERM_SIGNALS)?;
    thread::spawn(move || {
        for signal in signals.forever() {
            // Whether that works or not, the program ends as the signal wants it.
            restore_echo();
            let _ = emulate_default_handler(signal);
        }
    });
    Ok(())
}

fn no_input(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => {
            io::Error::new(error.kind(), "the terminal's input ended before a PIN was typed")
        }
        _ => error,
    }
}

fn first_line(input: &mut impl BufRead) -> io::Result<Pin> {
    // A fixed capacity, so that the buffer is not copied about while it grows.
    let mut line = String::with_capacity(256);
    let read = input.read_line(&mut line);
    let pin = Pin::from_line(line);
    read.map(|_| pin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_line_end_is_taken_off() {
        for (input, pin) in [("123456\n", "123456"), ("12 34\r\nrest", "12 34"), ("abc", "abc")] {
            assert_eq!(
                first_line(&mut input.as_bytes()).unwrap().as_bytes(),
                pin.as_bytes()
            );
        }
    }
}
