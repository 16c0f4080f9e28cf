//! `greeter`: the sign-in screen in a terminal.

use std::process::ExitCode;

use card_access::pkcs11::helper;

fn main() -> ExitCode {
    helper::run_if_helper();
    examples::greeter::main()
}
