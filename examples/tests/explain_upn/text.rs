//! The text output.

use std::path::Path;
use std::process::Command;

use crate::program::{Certificates, PRINCIPAL, code, explain, message};

#[test]
fn text_is_plain_when_not_on_a_terminal_and_long_adds_the_references() {
    let certificates = Certificates::new();
    let card = certificates.pem("card", PRINCIPAL);
    let text = |arguments: &[&str]| String::from_utf8(explain(&card, arguments).stdout).unwrap();
    let short = text(&["--join", "entra"]);
    assert!(short.starts_with("send bob@contoso.com (source: principal name)\n"));
    assert!(short.ends_with('\n') && !short.contains('\x1b') && !short.contains("https://"));
    assert!(text(&["--join", "entra", "--long"]).contains("rule principal-name-first: "));
}

#[test]
fn a_terminal_gets_emphasis_unless_no_color_is_set() {
    let certificates = Certificates::new();
    let card = certificates.pem("card", PRINCIPAL);
    // util-linux's `script` gives the program a terminal.
    let on_terminal = |no_color: &str| {
        let call = format!(
            "{} {} --join entra",
            env!("CARGO_BIN_EXE_explain-upn"),
            card.display()
        );
        let output = Command::new("script")
            .args(["-qec", &call, "/dev/null"])
            .env("NO_COLOR", no_color)
            .output();
        let output = output.expect("the command `script` is needed (package bsdutils)");
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(on_terminal("").starts_with("\x1b[1msend bob@contoso.com"));
    assert!(on_terminal("1").starts_with("send bob@contoso.com") && !on_terminal("1").contains('\x1b'));
}

#[test]
fn a_redacted_answer_holds_no_name() {
    let certificates = Certificates::new();
    let card = certificates.pem("card", PRINCIPAL);
    for form in ["--json", "--long"] {
        let arguments = [
            "--join",
            "hybrid",
            "--ad-upn",
            "bob@contoso.local",
            "--hint",
            "bob@contoso.com",
            "--redact",
            form,
        ];
        let output = explain(&card, &arguments);
        assert_eq!(code(&output), 0);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(
            !text.contains("bob") && !text.contains("mail@") && !text.contains("contoso"),
            "{text}"
        );
        assert!(text.contains("user-1@domain-1"));
    }
}

#[test]
fn an_implicit_ad_upn_is_noted() {
    let certificates = Certificates::new();
    let certificate = certificates.pem("implicit", "");
    let arguments = ["--join", "hybrid", "--ad-upn", "bob@corp.local", "--implicit"];
    let output = explain(&certificate, &arguments);
    assert_eq!(code(&output), 0, "{}", message(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("note ad-upn-implicit: "), "{text}");
    assert_eq!(
        code(&explain(&certificate, &["--join", "hybrid", "--implicit"])),
        2
    );
}

#[test]
fn help_documents_the_exit_codes() {
    let help = explain(Path::new("--help"), &[]);
    assert_eq!(code(&help), 0);
    let text = String::from_utf8(help.stdout).unwrap();
    for says in ["Exit codes:", "--ad-upn", "--redact", "- reads standard input"] {
        assert!(text.contains(says), "{says}");
    }
}
