//! Joining, five sign-ins and leaving on real parts, with a virtual card that runs a real PIV firmware. Started by `make demo`.

use std::process::ExitCode;

#[cfg(unix)]
fn main() -> ExitCode {
    unix::main()
}

#[cfg(not(unix))]
fn main() -> ExitCode {
    examples::output::print_message(
        "demo",
        "the virtual card and the local authority run on Unix only",
    );
    ExitCode::FAILURE
}

#[cfg(unix)]
mod unix {
    use std::process::ExitCode;

    use card_access::pkcs11::helper;
    use clap::Parser;
    use examples::output::print_message;

    /// Joins a machine, signs in five times and leaves, with a virtual smart card that runs a real PIV firmware, at a local stand-in for
    /// Entra ID.
    ///
    /// `make demo` builds everything it needs and runs it in a separate namespace, with its own pcscd.
    #[derive(Parser)]
    #[command(
        name = "demo",
        version,
        after_help = "Exit codes:\n  0  the join, all five sign-ins and the leaving gave the expected result\n  1  one did not, or a part is missing\n  2  wrong usage\n\nWith --screen, the exit codes are those of `greeter`, but leaving without a sign-in is also 0."
    )]
    struct Arguments {
        /// Shows the sign-in screen of `greeter` instead, with two cards that you can insert and remove
        #[arg(long)]
        screen: bool,
    }

    pub(super) fn main() -> ExitCode {
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
                print_message("demo", error);
                ExitCode::FAILURE
            }
        }
    }
}
