//! `broker-browser-host`: the native messaging host of the browser extension. A browser starts it.

use std::process::ExitCode;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    examples::broker::browser_host::main()
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    examples::output::print_message("broker-browser-host", "the broker runs on Linux only");
    ExitCode::from(2)
}
