//! `sign-in`: signs in to Entra ID with a smart card; see `sign-in --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    card_access::pkcs11::helper::run_if_helper();
    examples::sign_in::main()
}
