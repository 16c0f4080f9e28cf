//! `explain-upn`: the user name that Windows would send to Entra for a certificate, and the reasons.

fn main() -> std::process::ExitCode {
    examples::explain_upn::run()
}
