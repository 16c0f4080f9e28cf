//! `doctor`: is this machine ready for a sign-in with a card, and if not, what to try.

use std::process::ExitCode;

use card_access::pkcs11::helper;
use clap::Parser;
use examples::doctor;
use examples::output::tell;
use examples::policy_file::PolicyOption;

/// Checks what a sign-in with a card stands on, from the service to the certificates: one line each, and the next thing
/// to try where something is wrong. No PIN is asked for and no try is spent.
#[derive(Parser)]
#[command(
    name = "doctor",
    version,
    after_help = "Exit codes:\n  0  everything is as it should be\n  1  something is not\n  2  wrong usage, or the output can't be written"
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
    let policy = match arguments.policy.read("doctor") {
        Ok(policy) => policy,
        Err(code) => return code,
    };
    let checks = doctor::examine(&policy);
    let told = if arguments.json {
        tell("doctor", [serde_json::json!(checks)])
    } else {
        tell("doctor", &checks)
    };
    match told {
        Ok(()) => ExitCode::from(u8::from(checks.iter().any(|check| !check.ok))),
        Err(code) => code,
    }
}
