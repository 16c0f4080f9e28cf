//! `leave`: removes this machine from its tenant; see `leave --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    examples::joining::leave_main()
}
