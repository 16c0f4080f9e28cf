//! `explain-upn`: which user name would Windows send to Entra for this certificate, and why.

fn main() -> std::process::ExitCode {
    examples::explain_upn::run()
}
