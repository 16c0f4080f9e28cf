//! Joining a device and leaving: the programs `join` and `leave`.

mod args;
mod check;
mod drive;
mod join;
mod leave;
mod new_keys;
pub(crate) mod out_of_box;
mod result;
mod signals;
mod user;

use std::process::ExitCode;

use cba_protocol::Seed;
use clap::Parser;
use serde_json::Value;

pub(crate) use self::new_keys::NewKeysArgs;

use self::args::{CheckArgs, JoinArgs, LeaveArgs};
use crate::output::{print_lines, print_message};
use crate::sign_in::exit::Exit;
use crate::sign_in::failure::Failure;
use crate::sign_in::waiting::Waiting;
use crate::sign_in::within_limit::within_limit;

/// Runs `join`.
#[must_use]
pub fn join_main() -> ExitCode {
    let args = JoinArgs::parse();
    let (as_json, limit, waiting) = (args.json, args.time_limit(), Waiting::new());
    let own = waiting.clone();
    let finished = within_limit(limit, &waiting, move || (join::run(&args, &own), ()));
    finish("join", as_json, finished.result)
}

/// Runs `leave`.
#[must_use]
pub fn leave_main() -> ExitCode {
    let args = LeaveArgs::parse();
    let (as_json, limit, waiting) = (args.json, args.time_limit(), Waiting::new());
    let own = waiting.clone();
    let finished = within_limit(limit, &waiting, move || (leave::run(&args, &own), ()));
    finish("leave", as_json, finished.result)
}

/// Runs `check-tenant`.
#[must_use]
pub fn check_main() -> ExitCode {
    let args = CheckArgs::parse();
    finish("check-tenant", args.json, check::run(&args))
}

/// Output of a program: JSON, text, and its exit code.
struct Ended {
    json: Value,
    text: String,
    exit: Exit,
}

/// Prints the result. A success whose output is lost has the exit code of a file that cannot be used.
fn finish(program: &str, as_json: bool, result: Result<Ended, Failure>) -> ExitCode {
    let (line, exit) = match result {
        Ok(ended) if as_json => (Some(ended.json.to_string()), ended.exit),
        Ok(ended) => (Some(ended.text), ended.exit),
        Err(failure) => {
            print_message(program, &failure);
            (as_json.then(|| failure.json().to_string()), failure.exit())
        }
    };
    match print_lines(program, line) {
        Ok(()) => exit.into(),
        Err(_) => exit.with_lost_result().into(),
    }
}

fn seed() -> Result<Seed, Failure> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(Failure::Randomness)?;
    Ok(Seed::from(seed))
}
