//! `explain-upn` as other programs call it: output, exit codes, and every bad input with a clear message.
//! The certificates come from the openssl command line.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

struct Certificates {
    folder: TempDir,
}

impl Certificates {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        openssl(
            &[
                "genpkey",
                "-algorithm",
                "EC",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-out",
                "key.pem",
            ],
            folder.path(),
        );
        Self { folder }
    }

    /// A certificate in PEM with this subject alternative name, as openssl's configuration writes it; none when empty.
    fn pem(&self, name: &str, alternative: &str) -> PathBuf {
        let out = format!("{name}.pem");
        let extension = format!("subjectAltName={alternative}");
        let mut arguments = vec![
            "req", "-x509", "-new", "-key", "key.pem", "-subj", "/CN=Test", "-days", "2", "-out", &out,
        ];
        if !alternative.is_empty() {
            arguments.extend(["-addext", &extension]);
        }
        openssl(&arguments, self.folder.path());
        self.folder.path().join(out)
    }

    fn der(&self, pem: &Path) -> PathBuf {
        let der = pem.with_extension("der");
        let (input, output) = (pem.to_str().unwrap(), der.to_str().unwrap());
        openssl(
            &["x509", "-in", input, "-outform", "DER", "-out", output],
            self.folder.path(),
        );
        der
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }
}

fn openssl(arguments: &[&str], folder: &Path) {
    let output = Command::new("openssl")
        .args(arguments)
        .current_dir(folder)
        .output();
    let output = output.expect("the openssl command line tool is needed (package openssl)");
    assert!(
        output.status.success(),
        "openssl {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

const PRINCIPAL: &str = "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:bob@contoso.com,email:mail@contoso.com";

fn explain(certificate: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_explain-upn"))
        .arg(certificate)
        .args(arguments)
        .output()
        .unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

fn message(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The contract: these fields, these types, these words, and nothing else.
fn assert_contract(value: &Value) {
    // Sorted here: serde_json keeps the order or not, as the whole workspace's features want it.
    let fields = |value: &Value| {
        let mut fields: Vec<_> = value.as_object().unwrap().keys().cloned().collect();
        fields.sort_unstable();
        fields
    };
    let text_or_null = |value: &Value| value.is_string() || value.is_null();
    assert_eq!(fields(value), ["notes", "outcome", "source", "trace", "upn"]);
    let outcomes = ["send", "ask-for-hint", "reject-hint", "require-ad-logon"];
    assert!(outcomes.contains(&value["outcome"].as_str().unwrap()));
    let sources = [
        "hint",
        "principal-name",
        "rfc822-name",
        "active-directory",
        "cached-entra-upn",
    ];
    assert!(text_or_null(&value["upn"]));
    assert_eq!(value["source"].is_string(), value["outcome"] == "send");
    assert_eq!(value["upn"].is_string(), value["outcome"] == "send");
    assert!(
        value["source"]
            .as_str()
            .is_none_or(|source| sources.contains(&source))
    );
    assert!(!value["trace"].as_array().unwrap().is_empty());
    for entry in value["trace"].as_array().unwrap() {
        assert_eq!(fields(entry), ["candidate", "reason", "rule", "value", "verdict"]);
        assert!(
            ["candidate", "reason", "rule", "verdict"]
                .iter()
                .all(|field| entry[field].is_string())
        );
        assert!(text_or_null(&entry["value"]));
    }
    assert!(value["notes"].as_array().unwrap().iter().all(Value::is_string));
}

#[test]
fn json_and_exit_code_follow_the_contract() {
    let certificates = Certificates::new();
    let both = certificates.pem("both", PRINCIPAL);
    let mail = certificates.pem("mail", "email:mail@contoso.com");
    let nobody = certificates.pem("nobody", "");
    let hybrid = ["--join", "hybrid", "--ad-upn", "bob@woodgrove.local"];
    let with = |extra: &[&'static str]| [&hybrid[..], extra].concat();
    for (certificate, arguments, outcome, upn, source) in [
        (
            &both,
            vec!["--join", "entra"],
            "send",
            "bob@contoso.com",
            "principal-name",
        ),
        (
            &mail,
            vec!["--join", "entra"],
            "send",
            "mail@contoso.com",
            "rfc822-name",
        ),
        (&nobody, vec!["--join", "entra"], "ask-for-hint", "", ""),
        (
            &nobody,
            vec!["--join", "entra", "--hint", "me@contoso.com"],
            "send",
            "me@contoso.com",
            "hint",
        ),
        (
            &both,
            vec!["--join", "entra", "--hint", r"CORP\bob"],
            "reject-hint",
            "",
            "",
        ),
        (
            &both,
            vec!["--join", "entra", "--hint", "bob"],
            "reject-hint",
            "",
            "",
        ),
        (
            &both,
            vec!["--join", "entra", "--cached", "x@y", "--ad-upn", "x@y"],
            "send",
            "bob@contoso.com",
            "principal-name",
        ),
        (
            &both,
            with(&[]),
            "send",
            "bob@woodgrove.local",
            "active-directory",
        ),
        (
            &both,
            with(&["--cached", "bob@woodgrove.com"]),
            "send",
            "bob@woodgrove.com",
            "cached-entra-upn",
        ),
        (
            &both,
            with(&["--cached", "bob@woodgrove.com", "--hint", "me@contoso.com"]),
            "send",
            "me@contoso.com",
            "hint",
        ),
        (&both, with(&["--hint", r"CORP\bob"]), "reject-hint", "", ""),
        (
            &both,
            vec!["--join", "hybrid", "--ad-failed", "--cached", "x@y"],
            "require-ad-logon",
            "",
            "",
        ),
        (&both, vec!["--join", "hybrid"], "require-ad-logon", "", ""),
    ] {
        let output = explain(certificate, &[&arguments[..], &["--json"]].concat());
        let value = json(&output);
        assert_contract(&value);
        assert_eq!(value["outcome"], outcome, "{arguments:?}");
        assert_eq!(value["upn"].as_str().unwrap_or_default(), upn, "{arguments:?}");
        assert_eq!(
            value["source"].as_str().unwrap_or_default(),
            source,
            "{arguments:?}"
        );
        assert_eq!(code(&output), i32::from(outcome != "send"), "{arguments:?}");
    }
}

#[test]
fn der_pem_base64_and_standard_input_are_the_same_certificate() {
    let certificates = Certificates::new();
    let pem = certificates.pem("card", PRINCIPAL);
    let der = certificates.der(&pem);
    let pem_text = std::fs::read_to_string(&pem).unwrap();
    let base64: Vec<&str> = pem_text
        .lines()
        .filter(|line| !line.starts_with("-----"))
        .collect();
    let base64 = certificates.file("card.cer", base64.join("\r\n"));
    let expected = explain(&pem, &["--join", "entra"]);
    assert_eq!(code(&expected), 0);
    for file in [&der, &base64] {
        assert_eq!(
            explain(file, &["--join", "entra"]).stdout,
            expected.stdout,
            "{}",
            file.display()
        );
    }
    for content in [std::fs::read(&der).unwrap(), pem_text.into_bytes()] {
        assert_eq!(explain_standard_input(&content).stdout, expected.stdout);
    }
}

fn explain_standard_input(content: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_explain-upn"))
        .args(["-", "--join", "entra"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(content).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn a_certificate_that_can_not_be_read_is_exit_code_3_with_the_reason() {
    let certificates = Certificates::new();
    let der = std::fs::read(certificates.der(&certificates.pem("card", PRINCIPAL))).unwrap();
    let cut = &der[..der.len() - 1];
    let trailing = [&der[..], b"\0"].concat();
    for (name, content, says) in [
        ("empty", &b""[..], "the file is empty"),
        ("text", b"hello, world", "neither DER nor PEM nor base64"),
        (
            "key",
            &std::fs::read(certificates.folder.path().join("key.pem")).unwrap(),
            "holds no certificate but something else",
        ),
        ("cut", cut, ""),
        ("trailing", &trailing, ""),
        ("long", &vec![b'A'; 5 << 20], "longer than"),
    ] {
        let output = explain(&certificates.file(name, content), &["--join", "entra", "--json"]);
        assert_eq!(code(&output), 3, "{name}");
        assert!(output.stdout.is_empty(), "data only on standard output");
        let message = message(&output);
        assert!(
            message.starts_with("explain-upn: ") && message.contains(name) && message.contains(says),
            "{message}"
        );
    }
    let missing = explain(Path::new("/no/such/file"), &["--join", "entra"]);
    assert_eq!(code(&missing), 3);
    assert!(message(&missing).contains("No such file"));
    assert!(message(&explain_standard_input_message()).contains("standard input"));
}

fn explain_standard_input_message() -> Output {
    explain_standard_input(b"nothing of the kind")
}

#[test]
fn wrong_usage_is_exit_code_2_and_says_what_is_wrong() {
    let certificates = Certificates::new();
    let card = certificates.pem("card", PRINCIPAL);
    for (arguments, says) in [
        (&[][..], "--join"),
        (&["--join", "entra", "--all"], "cannot be used with"),
        (&["--join", "workgroup"], "workgroup"),
        (&["--join", "hybrid", "--ad-upn", "bob"], "it has no `@`"),
        (
            &["--join", "hybrid", "--ad-upn", "a@b", "--ad-failed"],
            "cannot be used with",
        ),
        (&["--join", "hybrid", "--cached", r"CORP\bob"], "a backslash"),
        (
            &["--join", "entra", "--reading", "several-names=middle"],
            "several-names=first|last",
        ),
        (&["--join", "entra", "--reading", "several-names"], "NAME=VALUE"),
        (&["--join", "entra", "--json", "--long"], "cannot be used with"),
        (&["--join", "entra", "--pin", "1234"], "--pin"),
    ] {
        let output = explain(&card, arguments);
        assert_eq!(code(&output), 2, "{arguments:?}");
        assert!(output.stdout.is_empty());
        assert!(
            message(&output).contains(says),
            "{arguments:?}: {}",
            message(&output)
        );
    }
}

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
fn a_reading_can_be_chosen() {
    let certificates = Certificates::new();
    let principal = "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:";
    let two = certificates.pem(
        "two",
        &format!("{principal}one@contoso.com,{principal}two@contoso.com"),
    );
    let default = json(&explain(&two, &["--join", "entra", "--json"]));
    assert_eq!(default["upn"], "one@contoso.com");
    assert!(
        default["notes"][0]
            .as_str()
            .unwrap()
            .starts_with("several-names: ")
    );
    let last = json(&explain(
        &two,
        &["--join", "entra", "--json", "--reading", "several-names=last"],
    ));
    assert_eq!(last["upn"], "two@contoso.com");
}

#[test]
fn the_whole_table_is_four_rows() {
    let certificates = Certificates::new();
    let card = certificates.pem("card", PRINCIPAL);
    let given = ["--all", "--ad-upn", "bob@corp.local", "--cached", "bob@corp.com"];
    let output = explain(&card, &[&given[..], &["--json"]].concat());
    assert_eq!(code(&output), 0);
    let value = json(&output);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let rows = value["table"].as_array().unwrap().iter().map(|row| {
        assert_contract(&row["decision"]);
        [
            text(&row["join"]),
            text(&row["sign_in"]),
            text(&row["decision"]["upn"]),
        ]
    });
    let expected = [
        ["entra", "first", "bob@contoso.com"],
        ["entra", "later", "bob@contoso.com"],
        ["hybrid", "first", "bob@corp.local"],
        ["hybrid", "later", "bob@corp.com"],
    ];
    assert_eq!(rows.collect::<Vec<_>>(), expected);
    let text = String::from_utf8(explain(&card, &given).stdout).unwrap();
    assert_eq!(text.matches("\nsend ").count(), 4);
    assert!(text.starts_with("Entra joined, first sign-in:\n"));
    // Without what Active Directory said, its rows send nothing.
    let output = explain(&card, &["--all"]);
    assert_eq!(code(&output), 1);
    assert!(message(&output).contains("--ad-upn"));
}

#[test]
fn the_join_state_comes_from_dsregcmd_in_any_encoding() {
    let certificates = Certificates::new();
    let card = certificates.pem("card", PRINCIPAL);
    let status = |entra, domain| {
        format!("AzureAdJoined : {entra}\r\nEnterpriseJoined : NO\r\nDomainJoined : {domain}\r\n")
    };
    let utf16 = |text: &str| {
        format!("\u{feff}{text}")
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect::<Vec<u8>>()
    };
    for (file, arguments, upn) in [
        (status("YES", "NO").into_bytes(), vec![], "bob@contoso.com"),
        (
            utf16(&status("YES", "YES")),
            vec!["--ad-upn", "bob@corp.local"],
            "bob@corp.local",
        ),
    ] {
        let file = certificates.file("status.txt", file);
        let arguments = [&["--dsregcmd", file.to_str().unwrap(), "--json"][..], &arguments].concat();
        assert_eq!(json(&explain(&card, &arguments))["upn"], upn);
    }
    for (text, says) in [
        (status("NO", "YES"), "the device is domain joined"),
        (status("NO", "NO"), "the device is not joined"),
        (
            "nothing of the kind".into(),
            "does not say how the device is joined",
        ),
    ] {
        let file = certificates.file("status.txt", text);
        let output = explain(&card, &["--dsregcmd", file.to_str().unwrap()]);
        assert_eq!(code(&output), 2);
        assert!(message(&output).contains(says), "{}", message(&output));
    }
    assert_eq!(code(&explain(&card, &["--dsregcmd", "/no/such/file"])), 2);
    assert_eq!(code(&explain(&card, &["--dsregcmd", "x", "--join", "entra"])), 2);
}

#[test]
fn what_windows_sent_last_is_laid_beside_the_decision() {
    let certificates = Certificates::new();
    let card = certificates.pem("card", PRINCIPAL);
    for (sent, says) in [
        ("BOB@contoso.com", "sent the same name (BOB@contoso.com)"),
        ("x@y", "sent another name (x@y)"),
    ] {
        let status = format!(
            "AzureAdJoined : YES\nDomainJoined : NO\nAzureAdPrt : NO\nAcquirePrtDiagnostics : PRESENT\n\
             Attempt Status : 0xc000005f\nUser Identity : {sent}\n"
        );
        let status = certificates.file("status.txt", status);
        let output = explain(&card, &["--dsregcmd", status.to_str().unwrap()]);
        assert!(message(&output).contains(says), "{}", message(&output));
        assert!(message(&output).contains("0xc000005f (STATUS_NO_SUCH_LOGON_SESSION)"));
        let redacted = explain(&card, &["--dsregcmd", status.to_str().unwrap(), "--redact"]);
        assert!(!message(&redacted).contains(sent), "{}", message(&redacted));
    }
}

#[test]
fn a_policy_decides_about_the_hint_field_and_the_tile() {
    let certificates = Certificates::new();
    let card = certificates.pem("card", PRINCIPAL);
    let policy = |hints: u8| {
        let text = format!(
            "Windows Registry Editor Version 5.00\r\n\r\n\
             [HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\Windows\\SmartCardCredentialProvider]\r\n\
             \"X509HintsNeeded\"=dword:0000000{hints}\r\n"
        );
        certificates.file(&format!("policy-{hints}.reg"), text)
    };
    let (off, on) = (policy(0), policy(1));
    let hinted = |policy: &Path, extra: &[&str]| {
        let arguments = [
            "--join",
            "entra",
            "--hint",
            "me@contoso.com",
            "--policy",
            policy.to_str().unwrap(),
        ];
        explain(&card, &[&arguments[..], extra].concat())
    };
    let with = json(&hinted(&on, &["--json"]));
    assert_eq!(
        (with["upn"].as_str(), with["source"].as_str()),
        (Some("me@contoso.com"), Some("hint"))
    );
    // A certificate on P-256 without a purpose: Windows shows it by policy only.
    assert_eq!(with["eligibility"]["offered"], false);
    assert!(with["eligibility"]["reason"].is_string() && with["eligibility"]["shown_with"].is_array());
    let without = hinted(&off, &["--json"]);
    assert_eq!(json(&without)["upn"], "bob@contoso.com");
    assert!(message(&without).contains("without X509HintsNeeded"));
    let text = String::from_utf8(hinted(&on, &[]).stdout).unwrap();
    assert!(text.contains("\nnot offered: "), "{text}");
}

#[test]
fn a_policy_in_json_shows_the_tile_and_a_broken_one_is_refused() {
    let certificates = Certificates::new();
    let card = certificates.pem("card", PRINCIPAL);
    let open = r#"{"EnumerateECCCerts": true, "AllowCertificatesWithNoEKU": true}"#;
    let open = certificates.file("policy.json", open);
    let arguments = ["--join", "entra", "--policy", open.to_str().unwrap()];
    let text = String::from_utf8(explain(&card, &arguments).stdout).unwrap();
    assert!(
        text.contains("\noffered: Windows shows a tile for this certificate, "),
        "{text}"
    );
    let redacted = explain(&card, &[&arguments[..], &["--redact"]].concat());
    assert!(!String::from_utf8(redacted.stdout).unwrap().contains("contoso"));

    for (name, content) in [
        ("policy.txt", "no policy at all"),
        ("broken.json", "{\"EnumerateECCCerts\": 7"),
    ] {
        let broken = certificates.file(name, content);
        let output = explain(&card, &["--join", "entra", "--policy", broken.to_str().unwrap()]);
        assert_eq!(code(&output), 2);
        assert!(message(&output).contains("holds no policy that can be read"));
    }
}

#[test]
fn a_windows_build_is_judged_beside_the_decision() {
    let certificates = Certificates::new();
    let card = certificates.pem("card", PRINCIPAL);
    let output = explain(&card, &["--join", "entra", "--windows-build", "10.0.22000.918"]);
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .contains("Windows 22000.918: needs an update: KB5017383")
    );
    assert_eq!(
        code(&explain(&card, &["--join", "entra", "--windows-build", "11"])),
        2
    );
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
    for says in ["Exit codes:", "--ad-upn", "--redact", "- is standard input"] {
        assert!(text.contains(says), "{says}");
    }
}
