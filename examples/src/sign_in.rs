//! The program `sign-in`, piece by piece: command line, card, the loop over the protocol's steps, report. The program `greeter`
//! shows the same sign-in on a screen.

mod args;
pub(crate) mod attempt;
mod cache;
pub(crate) mod card;
mod card_problem;
mod choice;
mod discovery_cache;
pub(crate) mod drive;
mod exit;
pub(crate) mod failure;
pub(crate) mod joined;
pub(crate) mod observer;
pub(crate) mod report;
mod token_choice;
pub(crate) mod waiting;

use std::io::{self, Write};
use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::process::ExitCode;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread::{self, JoinHandle};

use cba_protocol::State;
use clap::Parser;

use self::args::Args;
use self::attempt::Setup;
use self::card::Card;
use self::exit::Exit;
use self::failure::Failure;
use self::observer::Observer;
use self::report::{Outcome, Report};
use self::waiting::{Wait, Waiting};
use crate::output::{display_path, print_line, print_message, printable, printable_line, write_report};
use crate::pin_prompt;

/// Runs the program: data on standard output, messages on standard error.
#[must_use]
pub fn main() -> ExitCode {
    let args = Args::parse();
    let (result, thread) = within_limit(&args);
    let (json, text, exit) = match result {
        Ok(report) => (
            serde_json::json!(report),
            Some(report.to_string()),
            exit_of(&report),
        ),
        Err(failure) => {
            print_message("sign-in", &failure);
            (failure.json(), None, failure.exit())
        }
    };
    if let Some(path) = &args.report
        && let Err(error) = write_report(path, &format!("{}\n", printable(&json.to_string())))
    {
        print_message(
            "sign-in",
            format_args!("the report was not written to {}: {error}", display_path(path)),
        );
    }
    if args.json {
        print_line("sign-in", json);
    } else if let Some(text) = text {
        print_line("sign-in", text);
    }
    if let Some(thread) = thread {
        // Nothing is left but to let go of the card.
        let _ = thread.join();
    }
    exit.into()
}

/// Runs the sign-in in a thread of its own, and waits for it as long as its limit says. The thread has its result sent, or waits
/// for something that cannot be broken off and ends with the program.
fn within_limit(args: &Args) -> (Result<Report, Failure>, Option<JoinHandle<()>>) {
    let waiting = Waiting::new();
    let (sender, receiver) = channel();
    let limit = args.joined.time_limit();
    let (own, mut observer) = (args.clone(), OnStandardError(waiting.clone()));
    let thread = thread::spawn(move || {
        // Dropped when the result was sent.
        let mut card = None;
        let _ = sender.send(run(&own, &mut card, &mut observer));
    });
    match receiver.recv_timeout(limit) {
        Ok(result) => (result, Some(thread)),
        Err(RecvTimeoutError::Timeout) => {
            let wait = waiting.give_up();
            pin_prompt::restore_echo();
            if wait == Wait::Pin && !args.pin_stdin {
                // The prompt's line ends here.
                let _ = writeln!(io::stderr());
            }
            (Err(Failure::TimeLimit { limit, wait }), None)
        }
        Err(RecvTimeoutError::Disconnected) => match thread.join() {
            Err(panic) => resume_unwind(panic),
            // It has sent its result before its end.
            Ok(()) => unreachable!("the sign-in ended without a result"),
        },
    }
}

fn exit_of(report: &Report) -> Exit {
    match report.outcome {
        Outcome::Granted => Exit::Granted,
        Outcome::Interaction | Outcome::NotSent | Outcome::Refused => Exit::NotGranted,
    }
}

fn run(args: &Args, card: &mut Option<Card>, observer: &mut OnStandardError) -> Result<Report, Failure> {
    let setup = Setup::read(&args.joined)?;
    for warning in args.joined.warnings(setup.device().join_type()) {
        print_message("sign-in", warning);
    }
    let mut warnings = Vec::new();
    let opened = Card::open(args, &mut warnings, &observer.0);
    for warning in warnings {
        print_message("sign-in", printable_line(&warning));
    }
    setup.attempt(card.insert(opened?), args.hint.as_deref(), observer)
}

/// Only what went wrong beside the sign-in is said; the result tells the rest.
struct OnStandardError(Waiting);

impl Observer for OnStandardError {
    fn reached(&mut self, _: State) -> ControlFlow<()> {
        if self.0.is_over() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn waiting_for(&mut self, wait: Wait) {
        self.0.set(wait);
    }

    fn warn(&mut self, text: &str) {
        print_message("sign-in", text);
    }
}
