//! `check-tenant`: checks how a real tenant answers; see `check-tenant --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    card_access::pkcs11::helper::run_if_helper();
    examples::joining::check_main()
}
