//! The main job on real parts: four sign-ins with a virtual card that runs a real PIV firmware. Started by `make demo`.

use std::process::ExitCode;

use card_access::pkcs11::helper;
use clap::Parser;
use examples::output::complain;

/// Signs in four times with a virtual smart card that runs a real PIV firmware, against a local stand-in for Entra ID.
///
/// `make demo` builds all that it needs and starts it in a place of its own, with a pcscd that disturbs nobody.
#[derive(Parser)]
#[command(
    name = "demo",
    version,
    after_help = "Exit codes:\n  0  all four went as promised\n  1  one did not, or a part is missing\n  2  wrong usage\n\nWith --screen, those of `greeter`, except that leaving without a sign-in is 0 too."
)]
struct Arguments {
    /// Shows the sign-in screen of `greeter` instead, with two cards that can be put in and taken out
    #[arg(long)]
    screen: bool,
}

fn main() -> ExitCode {
    helper::run_if_helper();
    let arguments = Arguments::parse();
    let ended = if arguments.screen {
        examples::demo::screen()
    } else {
        examples::demo::run().map(|()| ExitCode::SUCCESS)
    };
    match ended {
        Ok(code) => code,
        Err(error) => {
            complain("demo", error);
            ExitCode::FAILURE
        }
    }
}
