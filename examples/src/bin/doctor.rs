//! `doctor`: is this machine ready for a sign-in with a card, and if not, what to try.

use std::process::ExitCode;

use card_access::pkcs11::helper;
use clap::Parser;
use examples::backends::Backends;
use examples::doctor;
use examples::output::tell;
use examples::policy_file::PolicyOption;
use examples::time_limit::TimeLimitOption;

/// Checks what a sign-in with a card stands on, from the service to the certificates: one line each, and the next thing
/// to try where something is wrong. Each is shown as soon as its result is known; what does not answer delays nothing else, and is
/// named at the end. No PIN is asked for and no try is spent.
#[derive(Parser)]
#[command(
    name = "doctor",
    version,
    after_help = "Exit codes:\n  0  everything is as it should be\n  1  something is not, or did not answer within the time limit\n  \
                  2  wrong usage, or the output can't be written"
)]
struct Arguments {
    #[command(flatten)]
    policy: PolicyOption,

    #[command(flatten)]
    backends: Backends,

    #[command(flatten)]
    time_limit: TimeLimitOption,

    /// Prints JSON, at the end
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
            tell("doctor", [check])
        }
    };
    let checks = match doctor::examine(&arguments.backends, &policy, arguments.time_limit.start(), show) {
        Ok(checks) => checks,
        Err(code) => return code,
    };
    if arguments.json
        && let Err(code) = tell("doctor", [serde_json::json!(checks)])
    {
        return code;
    }
    ExitCode::from(u8::from(checks.iter().any(|check| !check.ok)))
}
