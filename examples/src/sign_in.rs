//! The program `sign-in`: command line, card, the loop over the protocol's steps, report. The program `greeter` shows the same
//! sign-in on a screen.

mod args;
pub(crate) mod attempt;
mod cache;
pub(crate) mod card;
pub(crate) mod card_options;
mod card_problem;
mod choice;
mod discovery_cache;
pub(crate) mod domain;
pub(crate) mod drive;
pub(crate) mod exit;
pub(crate) mod failure;
pub(crate) mod joined;
pub(crate) mod observer;
mod prefetch;
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

/// Runs the program. Prints the result to standard output and messages to standard error.
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
        // Only the card is still to be closed.
        let _ = thread.join();
    }
    exit.into()
}

/// Runs the sign-in in another thread and waits for it up to the time limit. After the limit, the thread may be in a call that
/// cannot be interrupted; it then ends with the program.
fn within_limit(args: &Args) -> (Result<Report, Failure>, Option<JoinHandle<()>>) {
    let waiting = Waiting::new();
    let (sender, receiver) = channel();
    let limit = args.joined.time_limit();
    let (own, mut observer) = (args.clone(), OnStandardError(waiting.clone()));
    let thread = thread::spawn(move || {
        // Dropped after the result is sent.
        let mut card = None;
        let _ = sender.send(run(&own, &mut card, &mut observer));
    });
    match receiver.recv_timeout(limit) {
        Ok(result) => (result, Some(thread)),
        Err(RecvTimeoutError::Timeout) => {
            let wait = waiting.abandon();
            pin_prompt::restore_echo();
            if wait == Wait::Pin && !args.card.pin_stdin {
                // Ends the line of the prompt.
                let _ = writeln!(io::stderr());
            }
            (Err(Failure::TimeLimit { limit, wait }), None)
        }
        Err(RecvTimeoutError::Disconnected) => match thread.join() {
            Err(panic) => resume_unwind(panic),
            // The thread sends its result before it ends.
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
    for warning in setup.warnings() {
        print_message("sign-in", warning);
    }
    let mut warnings = Vec::new();
    let opened = Card::open(
        &args.card,
        args.joined.short_pin(),
        args.joined.time_limit(),
        &mut warnings,
        &observer.0,
    );
    for warning in warnings {
        print_message("sign-in", printable_line(&warning));
    }
    let card = card.insert(opened?);
    let begun = setup.begin(card.credential(), args.hint.as_deref(), observer)?;
    setup.attempt(begun, card, observer)
}

/// Prints warnings only. The report has everything else.
struct OnStandardError(Waiting);

impl Observer for OnStandardError {
    fn reached(&mut self, _: State) -> ControlFlow<()> {
        if self.0.is_abandoned() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn is_cancelled(&self) -> bool {
        self.0.is_abandoned()
    }

    fn waiting_for(&mut self, wait: Wait) {
        self.0.set(wait);
    }

    fn warn(&mut self, text: &str) {
        print_message("sign-in", text);
    }
}
