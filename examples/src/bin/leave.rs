//! `leave`: removes this machine from its tenant; see `leave --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    card_access::pkcs11::helper::run_if_helper();
    examples::joining::leave_main()
}
