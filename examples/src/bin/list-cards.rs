//! `list-cards`: every token of this machine with its certificates.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use card_access::TokenId;
use card_access::pkcs11::helper;
use clap::Parser;
use examples::backends::Backends;
use examples::card_list::{CardList, Content, ListedToken, stream};
use examples::card_stream::Snapshot;
use examples::output::{check_written, print_message, printable, printable_line, reader_has_left};
use examples::policy_file::PolicyOption;
use examples::time_limit::{TimeLimit, TimeLimitOption};

/// Lists every card, security key and other token: the backends that reach it, the state of its PIN (no try is used), and which
/// of its certificates Windows would offer for a sign-in. Each token is shown as soon as it is read. A reader, card or module
/// that does not answer does not delay the others; it is reported when the time limit ends.
#[derive(Parser)]
#[command(
    name = "list-cards",
    version,
    after_help = "Exit codes:\n  0  at least one token was read\n  2  wrong usage, or the output cannot be written\n  \
                  3  no token was read\n  4  no token was read, and something did not answer within the time limit"
)]
struct Arguments {
    #[command(flatten)]
    policy: PolicyOption,

    #[command(flatten)]
    backends: Backends,

    #[command(flatten)]
    time_limit: TimeLimitOption,

    /// Prints JSON: one array, with each member written as soon as it is read
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
            // The reader of the output has gone.
            Err(error) if reader_has_left(&error) => return ExitCode::SUCCESS,
            shown => {
                if let Err(code) = check_written("list-cards", shown) {
                    return code;
                }
            }
        }
        let left = time.left();
        if snapshot.is_complete() || left.is_zero() {
            break;
        }
        if let Err(error) = cards.wait(left) {
            print_message("list-cards", format_args!("{error}. {}", error.hint()));
            break;
        }
        snapshot = cards.look(Duration::ZERO);
    }
    let is_late = !snapshot.is_complete();
    let list = CardList::of(snapshot);
    if let Err(code) = check_written("list-cards", output.show_rest(&list)) {
        return code;
    }
    conclude(&list, is_late)
}

/// Reports everything apart from tokens: problems and empty readers.
fn conclude(list: &CardList, is_late: bool) -> ExitCode {
    for (place, failure) in &list.failed_backends {
        print_message(
            "list-cards",
            format_args!("{}: {}. {}", printable_line(place), failure.message, failure.help),
        );
    }
    for reader in &list.empty_readers {
        print_message(
            "list-cards",
            format_args!("no card in {}", printable_line(reader)),
        );
    }
    if list.tokens.iter().any(|token| token.error.is_none()) {
        return ExitCode::SUCCESS;
    }
    if is_late {
        print_message(
            "list-cards",
            "not everything answered within the time limit (--time-limit)",
        );
        return ExitCode::from(4);
    }
    if list.tokens.is_empty() {
        print_message("list-cards", "no token found; run `doctor` to find out why");
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
    /// Shows the tokens that were read in the meantime. Those that could not be read are left for the end: a retry may succeed.
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
            // A program that reads line by line gets each token as soon as it is read.
            let before = if self.count == 0 { "[" } else { "," };
            writeln!(
                out,
                "{before}{}",
                printable(&serde_json::json!(token).to_string())
            )?;
        } else {
            writeln!(out, "{}", printable(&token.to_string()))?;
        }
        self.count += 1;
        self.shown.extend_from_slice(&token.ids);
        out.flush()
    }
}
