//! `broker`: signs browsers and Microsoft clients in with the token of a card sign-in; see `broker --help`.

use std::process::ExitCode;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    examples::broker::main()
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    examples::output::print_message("broker", "the broker runs on Linux only");
    ExitCode::from(2)
}
