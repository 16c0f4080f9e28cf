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

use std::process::ExitCode;

use clap::Parser;

use self::args::Args;
use self::attempt::Ground;
use self::card::Card;
use self::exit::Exit;
use self::failure::Failure;
use self::observer::Observer;
use self::report::{Outcome, Report};
use crate::output::{complain, fit, name_of, on_one_line, say, write_report};

/// Runs the program: data on standard output, messages on standard error.
#[must_use]
pub fn main() -> ExitCode {
    let args = Args::parse();
    let (json, text, exit) = match run(&args) {
        Ok(report) => (
            serde_json::json!(report),
            Some(report.to_string()),
            exit_of(&report),
        ),
        Err(failure) => {
            complain("sign-in", &failure);
            (failure.json(), None, failure.exit())
        }
    };
    if let Some(path) = &args.report
        && let Err(error) = write_report(path, &format!("{}\n", fit(&json.to_string())))
    {
        complain(
            "sign-in",
            format_args!("the report was not written to {}: {error}", name_of(path)),
        );
    }
    if args.json {
        say("sign-in", json);
    } else if let Some(text) = text {
        say("sign-in", text);
    }
    exit.into()
}

fn exit_of(report: &Report) -> Exit {
    match report.outcome {
        Outcome::Granted => Exit::Granted,
        Outcome::Interaction | Outcome::NotSent | Outcome::Refused => Exit::NotGranted,
    }
}

fn run(args: &Args) -> Result<Report, Failure> {
    let ground = Ground::read(&args.joined)?;
    for remark in args.joined.remarks(ground.device().join_type()) {
        complain("sign-in", remark);
    }
    let mut remarks = Vec::new();
    let card = Card::open(args, &mut remarks);
    for remark in remarks {
        complain("sign-in", on_one_line(&remark));
    }
    let mut card = card?;
    ground.attempt(&mut card, args.hint.as_deref(), &mut OnStandardError)
}

/// Only what went wrong beside the sign-in is said; the result tells the rest.
struct OnStandardError;

impl Observer for OnStandardError {
    fn remark(&mut self, text: &str) {
        complain("sign-in", text);
    }
}
