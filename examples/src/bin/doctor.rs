//! `doctor`: checks whether this machine is ready for a sign-in with a card, and what to try if it is not.

use std::process::ExitCode;

use card_access::pkcs11::helper;
use clap::Parser;
use examples::backends::Backends;
use examples::doctor::{self, FurtherChecks};
use examples::output::{print_line, print_lines};
use examples::policy_file::PolicyOption;
use examples::time_limit::TimeLimitOption;

/// Checks everything that a sign-in with a card depends on, from the card service to the certificates. Prints one line for each
/// check, as soon as its result is known, and the next thing to try if something is wrong. A part that does not answer does not
/// delay the others. Asks for no PIN and uses no PIN try.
#[derive(Parser)]
#[command(
    name = "doctor",
    version,
    after_help = "Exit codes:\n  0  every check passed\n  1  a check failed, or something did not answer within the time limit\n  \
                  2  wrong usage, or the output cannot be written"
)]
struct Arguments {
    #[command(flatten)]
    policy: PolicyOption,

    #[command(flatten)]
    backends: Backends,

    #[command(flatten)]
    further: FurtherChecks,

    #[command(flatten)]
    time_limit: TimeLimitOption,

    /// Prints JSON when all checks are done
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    helper::run_if_helper();
    let arguments = Arguments::parse();
    let policy = match arguments.policy.read("doctor") {
        Ok(policy) => policy,
        Err(code) => return code,
    };
    let show = |check: &doctor::Check| {
        if arguments.json {
            Ok(())
        } else {
            print_lines("doctor", [check])
        }
    };
    let checks = match doctor::examine(
        &arguments.backends,
        &policy,
        &arguments.further,
        arguments.time_limit.start(),
        show,
    ) {
        Ok(checks) => checks,
        Err(code) => return code,
    };
    if arguments.json
        && let Err(code) = print_lines("doctor", [serde_json::json!(checks)])
    {
        return code;
    }
    for file in arguments.further.for_the_administrator(&arguments.backends) {
        print_line("doctor", file);
    }
    ExitCode::from(u8::from(checks.iter().any(|check| !check.ok)))
}
