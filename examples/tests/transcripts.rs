//! The output of the programs, command by command. `TRYCMD=overwrite cargo test -p examples --test transcripts` updates the
//! transcripts; read the difference before you commit it.

#[test]
fn the_programs_print_what_the_transcripts_show() {
    let cases = trycmd::TestCases::new();
    for (name, path) in [
        ("certificate-user-ids", env!("CARGO_BIN_EXE_certificate-user-ids")),
        ("choose-certificate", env!("CARGO_BIN_EXE_choose-certificate")),
        ("doctor", env!("CARGO_BIN_EXE_doctor")),
        ("eligible", env!("CARGO_BIN_EXE_eligible")),
        ("explain-upn", env!("CARGO_BIN_EXE_explain-upn")),
        ("greeter", env!("CARGO_BIN_EXE_greeter")),
        ("list-cards", env!("CARGO_BIN_EXE_list-cards")),
        ("match-users", env!("CARGO_BIN_EXE_match-users")),
        ("sign-in", env!("CARGO_BIN_EXE_sign-in")),
        ("watch-cards", env!("CARGO_BIN_EXE_watch-cards")),
    ] {
        cases.register_bin(name, std::path::Path::new(path));
    }
    cases.env("NO_COLOR", "1").case("tests/transcripts/*.md");
}
