//! `list-cards`: every token that this machine can reach, with its certificates.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use card_access::TokenId;
use card_access::pkcs11::helper;
use clap::Parser;
use examples::backends::Backends;
use examples::card_list::{CardList, Content, ListedToken, stream};
use examples::card_stream::Snapshot;
use examples::output::{complain, fit, on_one_line, reader_has_left, told};
use examples::policy_file::PolicyOption;
use examples::time_limit::{TimeLimit, TimeLimitOption};

/// Lists every card, security key and other token, how it is reached, how its PIN stands (without spending a try), and
/// which of its certificates Windows would offer for a sign-in. A token is shown as soon as it is read. A reader, card or module that does not answer delays no other; it is waited for
/// as long as the time limit says, and then named.
#[derive(Parser)]
#[command(
    name = "list-cards",
    version,
    after_help = "Exit codes:\n  0  there is at least one token that can be read\n  2  wrong usage, or the output can't be written\n  \
                  3  there is none\n  4  there is none, but something did not answer within the time limit"
)]
struct Arguments {
    #[command(flatten)]
    policy: PolicyOption,

    #[command(flatten)]
    backends: Backends,

    #[command(flatten)]
    time_limit: TimeLimitOption,

    /// Prints JSON: one array, whose members come as soon as they are read
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    helper::run_if_helper();
    let arguments = Arguments::parse();
    let policy = match arguments.policy.read("list-cards") {
        Ok(policy) => policy,
        Err(code) => return code,
    };
    let time = arguments.time_limit.start();
    let mut output = Output {
        json: arguments.json,
        count: 0,
        shown: Vec::new(),
    };
    let mut cards = stream(&arguments.backends, &policy);
    let mut snapshot = cards.look(TimeLimit::GRACE);
    loop {
        match output.show_read(&snapshot) {
            // Nobody reads what else would come.
            Err(error) if reader_has_left(&error) => return ExitCode::SUCCESS,
            shown => {
                if let Err(code) = told("list-cards", shown) {
                    return code;
                }
            }
        }
        let left = time.left();
        if snapshot.is_complete() || left.is_zero() {
            break;
        }
        if let Err(error) = cards.wait(left) {
            complain("list-cards", format_args!("{error}. {}", error.hint()));
            break;
        }
        snapshot = cards.look(Duration::ZERO);
    }
    let is_late = !snapshot.is_complete();
    let list = CardList::of(snapshot);
    if let Err(code) = told("list-cards", output.show_rest(&list)) {
        return code;
    }
    conclude(&list, is_late)
}

/// Says what there is beside tokens.
fn conclude(list: &CardList, is_late: bool) -> ExitCode {
    for (place, failure) in &list.ways_lost {
        complain(
            "list-cards",
            format_args!("{}: {}. {}", on_one_line(place), failure.message, failure.help),
        );
    }
    for reader in &list.empty_readers {
        complain("list-cards", format_args!("no card in {}", on_one_line(reader)));
    }
    if list.tokens.iter().any(|token| token.error.is_none()) {
        return ExitCode::SUCCESS;
    }
    if is_late {
        complain("list-cards", "not everything answered: see --time-limit");
        return ExitCode::from(4);
    }
    if list.tokens.is_empty() {
        complain("list-cards", "no token; `doctor` says what to try");
    }
    ExitCode::from(3)
}

/// Tokens on standard output, each once.
struct Output {
    json: bool,
    count: usize,
    /// The ids of the tokens that were shown.
    shown: Vec<TokenId>,
}

impl Output {
    /// Shows the tokens that were read meanwhile. One that could not be read is left for the end: it may yet be.
    fn show_read(&mut self, snapshot: &Snapshot<Content>) -> io::Result<()> {
        for (entry, content) in &snapshot.read {
            if let Ok(content) = content {
                self.show(&ListedToken::of(entry, Ok(content)))?;
            }
        }
        Ok(())
    }

    fn show_rest(&mut self, list: &CardList) -> io::Result<()> {
        for token in &list.tokens {
            self.show(token)?;
        }
        let mut out = io::stdout().lock();
        match (self.json, self.count) {
            (true, 0) => writeln!(out, "[]")?,
            (true, _) => writeln!(out, "]")?,
            (false, _) => {}
        }
        out.flush()
    }

    fn show(&mut self, token: &ListedToken) -> io::Result<()> {
        if token.ids.iter().any(|id| self.shown.contains(id)) {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        if self.json {
            // Whoever reads line by line has each token as soon as it is read.
            let before = if self.count == 0 { "[" } else { "," };
            writeln!(out, "{before}{}", fit(&serde_json::json!(token).to_string()))?;
        } else {
            writeln!(out, "{}", fit(&token.to_string()))?;
        }
        self.count += 1;
        self.shown.extend_from_slice(&token.ids);
        out.flush()
    }
}
