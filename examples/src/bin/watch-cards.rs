//! `watch-cards`: events of cards and readers.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use card_access::pkcs11::helper;
use card_access::{Cards, ErrorKind, Event, Problem};
use clap::Parser;
use examples::backends::Backends;
use examples::output::{print_message, printable, printable_line, reader_has_left};

/// Prints a line for each card or reader that is inserted or removed. Continues when the card service restarts. Ends with
/// control-C, or after --seconds.
#[derive(Parser)]
#[command(
    name = "watch-cards",
    version,
    after_help = "Exit codes:\n  0  ended by control-C or --seconds\n  2  wrong usage\n  5  the cards cannot be watched"
)]
struct Arguments {
    #[command(flatten)]
    backends: Backends,

    /// Ends after this number of seconds
    #[arg(long, value_name = "SECONDS")]
    seconds: Option<u64>,

    /// Prints one JSON object per event
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    helper::run_if_helper();
    let arguments = Arguments::parse();
    match watch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(WatchError::Output(error)) if reader_has_left(&error) => ExitCode::SUCCESS,
        Err(error) => {
            print_message("watch-cards", error);
            ExitCode::from(5)
        }
    }
}

fn watch(arguments: &Arguments) -> Result<(), WatchError> {
    let mut cards = arguments.backends.cards();
    let begun = Instant::now();
    let limit = arguments.seconds.map(Duration::from_secs);
    let mut reported = Vec::new();
    loop {
        let left = limit.map_or(Duration::from_secs(3600), |limit| {
            limit.saturating_sub(begun.elapsed())
        });
        // A place that cannot be read gives no event; it is reported once.
        let slice = left.min(Duration::from_secs(1));
        let events = cards.wait(slice)?;
        report_problems(&cards, &mut reported);
        for event in events {
            let mut out = io::stdout().lock();
            if arguments.json {
                writeln!(out, "{}", printable(&json(&event).to_string()))?;
            } else {
                writeln!(out, "{event}")?;
            }
            out.flush()?;
        }
        if limit.is_some_and(|limit| begun.elapsed() >= limit) {
            return Ok(());
        }
    }
}

/// Reports each place that cannot be read, once.
fn report_problems(cards: &Cards, reported: &mut Vec<Problem>) {
    let mut problems = cards.known().problems;
    problems.retain(|problem| {
        // Absent services and empty readers have their own events. A module that does not work has no slots.
        !matches!(
            problem.error.kind(),
            ErrorKind::ModuleFailed
                | ErrorKind::ModuleMissing
                | ErrorKind::NoCard
                | ErrorKind::NoReader
                | ErrorKind::NoService
                | ErrorKind::ServiceSilent
        )
    });
    for problem in problems.iter().filter(|problem| !reported.contains(problem)) {
        let Problem { place, error, .. } = problem;
        let words = format!("{place} cannot be read: {error}. {}", error.hint());
        print_message("watch-cards", printable_line(&words));
    }
    *reported = problems;
}

fn json(event: &Event) -> serde_json::Value {
    let (name, place) = match event {
        Event::Answered { place } => ("answered", Some(place)),
        Event::Inserted { place } => ("inserted", Some(place)),
        Event::ReaderAdded { place } => ("reader-added", Some(place)),
        Event::ReaderRemoved { place } => ("reader-removed", Some(place)),
        Event::Removed { place } => ("removed", Some(place)),
        Event::ServiceStarted => ("service-started", None),
        Event::ServiceStopped => ("service-stopped", None),
        _ => ("other", None),
    };
    serde_json::json!({ "event": name, "place": place })
}

#[derive(Debug, thiserror::Error)]
enum WatchError {
    #[error("{0}. {help}", help = .0.hint())]
    Card(#[from] card_access::Error),
    #[error("{0}")]
    Output(#[from] io::Error),
}
