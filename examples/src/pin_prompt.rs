//! Input of the PIN from the terminal or standard input, never from an argument or the environment.

mod echo;

use std::io::{self, BufRead, IsTerminal};
use std::thread;
use std::time::Duration;

use card_access::Pin;

pub use self::echo::restore_echo;

/// The source of the PIN.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PinSource {
    /// The first line of standard input.
    StandardInput,
    /// The terminal, without echo.
    Terminal,
}

impl PinSource {
    /// Reads one PIN. Only the terminal shows `prompt`.
    pub fn read(self, prompt: &str) -> io::Result<Pin> {
        let pin = match self {
            Self::StandardInput => first_line(&mut io::stdin().lock())?,
            Self::Terminal if io::stdin().is_terminal() => {
                echo::restore_on_signals()?;
                let typed = rpassword::prompt_password(prompt);
                if matches!(&typed, Err(error) if error.kind() == io::ErrorKind::Interrupted) {
                    // Control-C: rpassword has raised the signal, and the thread that waits for it is about to end the program.
                    thread::sleep(Duration::from_secs(5));
                }
                Pin::from_line(typed.map_err(no_input)?)
            }
            Self::Terminal => {
                return Err(io::Error::new(
                    io::ErrorKind::NotConnected,
                    "standard input is not a terminal; run the program in a terminal, or use --pin-stdin",
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

fn no_input(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => {
            io::Error::new(error.kind(), "the terminal's input ended before a PIN was typed")
        }
        _ => error,
    }
}

fn first_line(input: &mut impl BufRead) -> io::Result<Pin> {
    // A fixed capacity, so that the buffer is not copied while it grows.
    let mut line = String::with_capacity(256);
    let read = input.read_line(&mut line);
    let pin = Pin::from_line(line);
    read.map(|_| pin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_line_end_is_removed() {
        for (input, pin) in [("123456\n", "123456"), ("12 34\r\nrest", "12 34"), ("abc", "abc")] {
            assert_eq!(
                first_line(&mut input.as_bytes()).unwrap().as_bytes(),
                pin.as_bytes()
            );
        }
    }
}
