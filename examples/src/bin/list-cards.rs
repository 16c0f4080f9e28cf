//! `list-cards`: every token that this machine can reach, with its certificates.

use std::process::ExitCode;

use card_access::pkcs11::helper;
use clap::Parser;
use examples::card_list::CardList;
use examples::output::{complain, on_one_line, tell};
use examples::policy_file::PolicyOption;

/// Lists every card, security key and other token, how it is reached, how its PIN stands (without spending a try), and
/// which of its certificates Windows would offer for a sign-in.
#[derive(Parser)]
#[command(
    name = "list-cards",
    version,
    after_help = "Exit codes:\n  0  there is at least one token that can be read\n  2  wrong usage, or the output can't be written\n  3  there is none"
)]
struct Arguments {
    #[command(flatten)]
    policy: PolicyOption,

    /// Prints JSON
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
    let list = CardList::of_this_machine(&policy);
    let told = if arguments.json {
        tell("list-cards", [serde_json::json!(list.tokens)])
    } else {
        tell("list-cards", &list.tokens)
    };
    for (place, failure) in &list.ways_lost {
        complain(
            "list-cards",
            format_args!("{}: {}. {}", on_one_line(place), failure.message, failure.help),
        );
    }
    for reader in &list.empty_readers {
        complain("list-cards", format_args!("no card in {}", on_one_line(reader)));
    }
    if let Err(code) = told {
        return code;
    }
    if list.tokens.iter().any(|token| token.name.is_some()) {
        return ExitCode::SUCCESS;
    }
    if list.tokens.is_empty() {
        complain("list-cards", "no token; `doctor` says what to try");
    }
    ExitCode::from(3)
}
