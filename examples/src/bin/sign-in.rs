//! Signs in to Entra ID with a smart card; see `sign-in --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    examples::sign_in::main()
}
