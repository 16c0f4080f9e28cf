//! Joining a device and leaving: the programs `join` and `leave`.

mod args;
mod check;
mod check_report;
mod check_switches;
mod drive;
mod join;
mod leave;
mod new_keys;
mod result;

use std::process::ExitCode;

use cba_protocol::Seed;
use clap::Parser;
use serde_json::Value;

use self::args::{CheckArgs, JoinArgs, LeaveArgs};
use crate::output::{print_line, print_message};
use crate::sign_in::exit::Exit;
use crate::sign_in::failure::Failure;

/// Runs `join`.
#[must_use]
pub fn join_main() -> ExitCode {
    let args = JoinArgs::parse();
    finish("join", args.json, join::run(&args))
}

/// Runs `leave`.
#[must_use]
pub fn leave_main() -> ExitCode {
    let args = LeaveArgs::parse();
    finish("leave", args.json, leave::run(&args))
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

fn finish(program: &str, as_json: bool, result: Result<Ended, Failure>) -> ExitCode {
    match result {
        Ok(ended) => {
            if as_json {
                print_line(program, ended.json);
            } else {
                print_line(program, ended.text);
            }
            ended.exit.into()
        }
        Err(failure) => {
            print_message(program, &failure);
            if as_json {
                print_line(program, failure.json());
            }
            failure.exit().into()
        }
    }
}

fn seed() -> Result<Seed, Failure> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(Failure::Randomness)?;
    Ok(Seed::from(seed))
}
