//! The program `sign-in`: command line, card, the loop over the protocol's steps, report. The program `greeter` shows the same
//! sign-in on a screen.

mod args;
pub(crate) mod attempt;
pub(crate) mod broker_option;
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
pub(crate) mod within_limit;

use std::ops::ControlFlow;
use std::process::ExitCode;

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
use self::within_limit::{Finished, within_limit};
use crate::output::{ReportFile, print_lines, print_message, printable, printable_line};

/// Runs the program. Prints the result to standard output and messages to standard error.
#[must_use]
pub fn main() -> ExitCode {
    let args = Args::parse();
    let report_file = match args.report.as_deref().map(ReportFile::open).transpose() {
        Ok(file) => file,
        Err(source) => {
            let path = args.report.unwrap_or_default();
            return end(args.json, &Err(Failure::Report { path, source }), None);
        }
    };
    let waiting = Waiting::new();
    let (own, mut observer) = (args.clone(), OnStandardError(waiting.clone()));
    let Finished { result, thread } = within_limit(args.joined.time_limit(), &waiting, move || {
        let mut card = None;
        (run(&own, &mut card, &mut observer), card)
    });
    let code = end(args.json, &result, report_file);
    if let Some(thread) = thread {
        // Only the card is still to be closed.
        let _ = thread.join();
    }
    code
}

/// Writes the result. A granted sign-in whose result is lost has the exit code of a file that cannot be used.
fn end(as_json: bool, result: &Result<Report, Failure>, report_file: Option<ReportFile>) -> ExitCode {
    let (json, text, mut exit) = match result {
        Ok(report) => (
            serde_json::json!(report),
            Some(report.to_string()),
            exit_of(report),
        ),
        Err(failure) => {
            print_message("sign-in", failure);
            (failure.json(), None, failure.exit())
        }
    };
    if let Some(file) = report_file
        && let Err(error) = file.write(format!("{}\n", printable(&json.to_string())))
    {
        print_message("sign-in", format_args!("the report was not written: {error}"));
        exit = exit.with_lost_result();
    }
    let line = if as_json { Some(json.to_string()) } else { text };
    if print_lines("sign-in", line).is_err() {
        exit = exit.with_lost_result();
    }
    exit.into()
}

fn exit_of(report: &Report) -> Exit {
    match report.outcome {
        Outcome::Granted if report.broker.as_ref().is_some_and(|broker| !broker.taken) => Exit::NotHandedOver,
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
    let opened = Card::open(&args.card, setup.card(), &mut warnings, &observer.0);
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
