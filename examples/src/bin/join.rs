//! `join`: joins this machine to Entra ID with a smart card; see `join --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    card_access::pkcs11::helper::run_if_helper();
    examples::joining::join_main()
}
