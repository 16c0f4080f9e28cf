//! `certificate-user-ids`, `eligible` and `match-users` as other programs call them: output, exit codes, bad input.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// The certificate of Microsoft's own tests (MIT licence), and one as Active Directory issues it.
const MICROSOFT: &[u8] = include_bytes!("../../upn-resolver/tests/certificates/entra-powershell.der");
const ADCS: &[u8] = include_bytes!("../../upn-resolver/tests/certificates/adcs-rsa2048.der");

const USER_IDS: &str = env!("CARGO_BIN_EXE_certificate-user-ids");
const ELIGIBLE: &str = env!("CARGO_BIN_EXE_eligible");
const MATCH_USERS: &str = env!("CARGO_BIN_EXE_match-users");

struct Files(TempDir);

impl Files {
    fn new() -> Self {
        let files = Self(tempfile::tempdir().unwrap());
        files.add("microsoft.der", MICROSOFT);
        files.add("adcs.der", ADCS);
        files.add(
            "users.csv",
            "UserPrincipalName,OnPremisesUserPrincipalName,CertificateUserIds\n\
             contoso@microsoft.com,,X509:<SKI>c6f4e96caad84640361f9fb5f74f6308247cb8b4\n\
             someone@contoso.com,ada.example@contoso.com,X509:<PN>ada.example@contoso.com\n",
        );
        files.add(
            "policy.json",
            r#"{"certificateUserBindings": [
                {"x509CertificateField": "SubjectKeyIdentifier", "userProperty": "certificateUserIds", "priority": 1},
                {"x509CertificateField": "PrincipalName", "userProperty": "certificateUserIds", "priority": 2}],
               "authenticationModeConfiguration": {
                "x509CertificateAuthenticationDefaultMode": "x509CertificateSingleFactor",
                "rules": [{"x509CertificateRuleType": "issuerSubject", "identifier": "CN=Contoso",
                           "x509CertificateAuthenticationMode": "x509CertificateMultiFactor"}]}}"#,
        );
        files
    }

    fn add(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    fn run(&self, program: &str, arguments: &[&str], input: &[u8]) -> Output {
        let mut child = Command::new(program)
            .args(arguments)
            .current_dir(self.0.path())
            .env_remove("NO_COLOR")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that refuses its arguments closes its input.
        let _ = child.stdin.take().unwrap().write_all(input);
        child.wait_with_output().unwrap()
    }
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("the program was not killed")
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", out(output)))
}

#[test]
fn user_ids_of_files_and_standard_input() {
    let files = Files::new();
    let text = files.run(USER_IDS, &["microsoft.der"], b"");
    assert_eq!(code(&text), 0, "{}", err(&text));
    assert!(out(&text).contains("    high    X509:<I>CN=Contoso<SR>8a2d086464fa23449686bf4441978c1e\n"));

    let report = json(&files.run(USER_IDS, &["-", "adcs.der", "--json"], MICROSOFT));
    assert_eq!(report[0]["certificate"], "standard input");
    assert_eq!(report[0]["certificate_user_ids"].as_array().unwrap().len(), 6);
    assert_eq!(report[1]["certificate_user_ids"].as_array().unwrap().len(), 7);
    let sid = report[1]["alt_security_identities"]
        .as_array()
        .unwrap()
        .last()
        .unwrap();
    assert!(sid["value"].as_str().unwrap().contains("<SID>S-1-5-21-"), "{sid}");

    let reading = [
        "microsoft.der",
        "--json",
        "--reading",
        "sha1-public-key=public-key",
    ];
    let value = json(&files.run(USER_IDS, &reading, b""))[0]["certificate_user_ids"].to_string();
    assert!(
        value.contains("<SHA1-PUKEY>C6F4E96CAAD84640361F9FB5F74F6308247CB8B4"),
        "{value}"
    );
}

#[test]
fn user_ids_refuse_bad_input_clearly() {
    let files = Files::new();
    files.add("text.der", "hello, world");
    let mixed = files.run(USER_IDS, &["text.der", "missing.der", "microsoft.der"], b"");
    assert_eq!(code(&mixed), 3);
    assert!(
        err(&mixed).contains("text.der holds no certificate"),
        "{}",
        err(&mixed)
    );
    assert!(
        err(&mixed).contains("missing.der holds no certificate"),
        "{}",
        err(&mixed)
    );
    assert!(
        out(&mixed).contains("X509:<PN>contoso@microsoft.com"),
        "the good one is not lost"
    );
    for arguments in [
        &[][..],
        &["x.der", "--reading", "colour=blue"],
        &["x.der", "--reading", "colour"],
    ] {
        assert_eq!(code(&files.run(USER_IDS, arguments, b"")), 2, "{arguments:?}");
    }
}

/// Seconds in June 2025, when both certificates are valid or made so.
const AT: &str = "1750000000";

#[test]
fn eligible_shows_tiles_and_why_others_are_hidden() {
    let files = Files::new();
    files.add(
        "policy.reg",
        "Windows Registry Editor Version 5.00\r\n\r\n\
         [HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\Windows\\SmartCardCredentialProvider]\r\n\
         \"AllowCertificatesWithNoEKU\"=dword:00000001\r\n\"EnumerateECCCerts\"=dword:00000001\r\n\"Typo\"=dword:1\r\n",
    );
    let hidden = files.run(ELIGIBLE, &["microsoft.der", "--at", AT], b"");
    assert_eq!(code(&hidden), 1, "{}", err(&hidden));
    assert!(
        out(&hidden).contains("shown with: AllowCertificatesWithNoEKU enabled, EnumerateECCCerts enabled")
    );

    let shown = files.run(
        ELIGIBLE,
        &["microsoft.der", "--at", AT, "--policy", "policy.reg", "--json"],
        b"",
    );
    assert_eq!(code(&shown), 0, "{}", err(&shown));
    assert_eq!(json(&shown)["tiles"][0]["title"], "Contoso User");
    assert_eq!(
        json(&shown)["tiles"][0]["principal_name"],
        "contoso@microsoft.com"
    );
    assert!(
        err(&shown).contains("policy.reg: line 6: \"Typo\" is no known smart-card setting"),
        "{}",
        err(&shown)
    );

    files.add(
        "policy.json",
        r#"{"AllowCertificatesWithNoEKU": true, "EnumerateECCCerts": true}"#,
    );
    let keys = [
        "microsoft.der",
        "--at",
        AT,
        "--policy",
        "policy.json",
        "--signature-key",
        "1",
        "--json",
    ];
    let signature = json(&files.run(ELIGIBLE, &keys, b""));
    assert_eq!(signature["hidden"][0]["gate"], "key-type");
    assert_eq!(
        signature["hidden"][0]["shown_with"][0]["policy"],
        "AllowSignatureOnlyKeys"
    );
}

#[test]
fn eligible_refuses_bad_input_clearly() {
    let files = Files::new();
    files.add("no.reg", "hello");
    files.add("no.json", r#"{"EnumerateECC": true}"#);
    files.add("text.der", "hello, world");
    for (arguments, expected, message) in [
        (
            &["microsoft.der", "--policy", "no.reg"][..],
            2,
            "no.reg: as a registry export: line 1: no registry export",
        ),
        (
            &["microsoft.der", "--policy", "no.json"],
            2,
            "unknown smart-card setting \"EnumerateECC\"",
        ),
        (&["microsoft.der", "--policy", "none.reg"], 2, "none.reg: "),
        (
            &["microsoft.der", "--signature-key", "2"],
            2,
            "there is no certificate 2; they are numbered from 1 to 1",
        ),
        (&["text.der"], 3, "text.der holds no certificate that can be read"),
        (&[], 2, "Usage"),
    ] {
        let output = files.run(ELIGIBLE, arguments, b"");
        assert_eq!(code(&output), expected, "{arguments:?}");
        assert!(err(&output).contains(message), "{arguments:?}: {}", err(&output));
    }
}

const TENANT: [&str; 4] = ["--directory", "users.csv", "--policy", "policy.json"];

#[test]
fn certificates_are_matched_with_users() {
    let files = Files::new();
    let output = files.run(
        MATCH_USERS,
        &[&TENANT[..], &["microsoft.der", "adcs.der"]].concat(),
        b"",
    );
    assert_eq!(code(&output), 0, "{}", err(&output));
    assert_eq!(
        out(&output),
        "microsoft.der\tcontoso@microsoft.com\tSubjectKeyIdentifier -> certificateUserIds, high affinity, multifactor\n\
         adcs.der\tsomeone@contoso.com\tPrincipalName -> certificateUserIds, low affinity, single factor\n"
    );
    assert_eq!(
        err(&output),
        "        1  match a user, multifactor\n        1  match a user, single factor\n",
        "no progress bar without a terminal"
    );
}

#[test]
fn a_stream_is_matched_as_json_lines_with_a_summary() {
    let files = Files::new();
    let stream = [MICROSOFT, ADCS].concat().repeat(50);
    let output = files.run(MATCH_USERS, &[&TENANT[..], &["-", "--json"]].concat(), &stream);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let lines: Vec<Value> = out(&output)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 101);
    assert_eq!(lines[99]["certificate"], "100");
    assert_eq!(lines[99]["located_by"], "onPremisesUserPrincipalName");
    assert_eq!(lines[99]["rejected"].as_array().unwrap().len(), 1);
    assert_eq!(lines[100]["summary"]["multifactor"], 50);
    assert_eq!(lines[100]["summary"]["single_factor"], 50);
}

/// util-linux's `script` gives the program a terminal. What it reads comes in two parts, so that time passes between.
#[test]
fn a_long_run_on_a_terminal_shows_how_far_it_is_and_takes_the_line_away() {
    let files = Files::new();
    files.add("many.der", MICROSOFT.repeat(1024));
    let run = |redirected: &str| {
        let call = format!(
            "(cat many.der; sleep 0.3; cat many.der) | {MATCH_USERS} --directory users.csv --summary - {redirected}"
        );
        let output = files.run("script", &["-qec", &call, "/dev/null"], b"");
        out(&output)
    };
    let shown = run("");
    assert!(shown.contains("2048 certificates, "), "{shown}");
    assert!(
        shown.contains(" a second\r\u{1b}[K     2048  match a user, single factor"),
        "{shown:?}"
    );
    let plain = run("2>&1 | cat");
    assert!(
        !plain.contains('\u{1b}') && plain.contains("2048  match a user"),
        "{plain:?}"
    );
}

#[test]
fn what_does_not_match_says_why() {
    let files = Files::new();
    files.add(
        "nobody.csv",
        "userPrincipalName,onPremisesUserPrincipalName\nx@y.z,\n",
    );
    files.add(
        "twice.jsonl",
        "{\"userPrincipalName\":\"a@contoso.com\",\"onPremisesUserPrincipalName\":\"Contoso@microsoft.com\"}\n\
         {\"userPrincipalName\":\"b@contoso.com\",\"onPremisesUserPrincipalName\":\"contoso@microsoft.com\"}\n",
    );
    files.add(
        "cmdlet.jsonl",
        "{\"userPrincipalName\":\"contoso@microsoft.com\",\"authorizationInfo\":{\"certificateUserIds\":\
         [\"X509:<I>CN=Contoso<SR>1e8c974144bf86964423fa6464082d8a\"]}}\n",
    );
    files.add(
        "serial.json",
        r#"{"certificateUserBindings": [
            {"x509CertificateField": "IssuerAndSerialNumber", "userProperty": "certificateUserIds", "priority": 1}]}"#,
    );
    let matched = |directory: &str, more: &[&str]| {
        files.run(
            MATCH_USERS,
            &[&["--directory", directory, "microsoft.der"], more].concat(),
            b"",
        )
    };
    let nobody = matched("nobody.csv", &["--json"]);
    assert_eq!(code(&nobody), 1);
    assert!(
        out(&nobody).contains(r#""failure":"no-user","error_code":50034"#),
        "{}",
        out(&nobody)
    );

    let twice = matched("twice.jsonl", &[]);
    assert_eq!(code(&twice), 1);
    assert!(
        out(&twice).contains("several users have the name: contoso@microsoft.com"),
        "{}",
        out(&twice)
    );
    assert!(
        err(&twice)
            .contains("line 2: onPremisesUserPrincipalName \"Contoso@microsoft.com\" is that of line 1 too")
    );
    assert!(err(&twice).contains("1  name several users"), "{}", err(&twice));

    let cmdlet = matched("cmdlet.jsonl", &["--policy", "serial.json", "--long"]);
    assert_eq!(code(&cmdlet), 1);
    assert!(out(&cmdlet).contains("the serial number is written as viewers show it; reverse its octets"));

    let hint = matched("nobody.csv", &["--sent", "X@y.z", "--summary"]);
    assert_eq!((code(&hint), out(&hint).as_str()), (1, ""));
    assert!(
        err(&hint).contains("1  name a user whose values do not agree"),
        "{}",
        err(&hint)
    );
}

#[test]
fn other_users_of_a_certificate_are_found() {
    let files = Files::new();
    files.add(
        "shared.csv",
        "UserPrincipalName,CertificateUserIds\n\
         contoso@microsoft.com,X509:<SKI>c6f4e96caad84640361f9fb5f74f6308247cb8b4\n\
         admin@contoso.com,X509:<PN>Contoso@microsoft.com\n\
         guest@contoso.com,X509:<PN>guest@contoso.com\n",
    );
    let arguments = [
        "--directory",
        "shared.csv",
        "--policy",
        "policy.json",
        "--others",
        "microsoft.der",
    ];
    let other = "admin@contoso.com (PrincipalName -> certificateUserIds, low affinity, multifactor)";
    let text = files.run(MATCH_USERS, &arguments, b"");
    assert!(
        out(&text).ends_with(&format!("\tcould also be: {other}\n")),
        "{}",
        out(&text)
    );
    let lines = out(&files.run(MATCH_USERS, &[&arguments[..], &["--json"]].concat(), b""));
    let first: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!(first["others"], serde_json::json!([other]));
}

#[test]
fn a_directory_is_read_in_every_usual_encoding() {
    let files = Files::new();
    let csv = "userPrincipalName,displayName\r\ncontoso@microsoft.com,Jos\u{e9}\r\n";
    let json = "{\"userPrincipalName\": \"contoso@microsoft.com\", \"displayName\": \"Jos\u{e9}\"}\r\n";
    for text in [csv, json] {
        let marked = format!("\u{feff}{text}");
        let little: Vec<u8> = marked.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = marked.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for octets in [text.as_bytes(), marked.as_bytes(), &little, &big] {
            files.add("export", octets);
            let output = files.run(MATCH_USERS, &["--directory", "export", "microsoft.der"], b"");
            assert_eq!(code(&output), 0, "{}", err(&output));
        }
    }
}

#[test]
fn every_file_may_come_from_standard_input() {
    let files = Files::new();
    let users = b"userPrincipalName\ncontoso@microsoft.com\n";
    let output = files.run(MATCH_USERS, &["--directory", "-", "microsoft.der"], users);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let policy = std::fs::read(files.0.path().join("policy.json")).unwrap();
    let output = files.run(
        MATCH_USERS,
        &["--directory", "users.csv", "--policy", "-", "microsoft.der"],
        &policy,
    );
    assert!(
        out(&output).contains("SubjectKeyIdentifier -> certificateUserIds"),
        "{}",
        out(&output)
    );
    let policy = br#"{"AllowCertificatesWithNoEKU": true, "EnumerateECCCerts": true, "AllowTimeInvalidCertificates": true}"#;
    assert_eq!(
        code(&files.run(ELIGIBLE, &["--policy", "-", "microsoft.der"], policy)),
        0
    );
    // A file that is named twice is empty the second time, and says so.
    let output = files.run(ELIGIBLE, &["--policy", "-", "-"], policy);
    assert_eq!(code(&output), 3);
    assert!(err(&output).contains("standard input holds no certificate that can be read: the file is empty"));
}

#[test]
fn match_users_refuses_bad_input_clearly() {
    let files = Files::new();
    files.add("empty.csv", "userPrincipalName\n");
    files.add("names.csv", "name,mail\na,b\n");
    files.add("latin.csv", b"userPrincipalName,displayName\na@b.c,Jos\xe9\n");
    files.add("bad.json", r#"{"certificateUserBindings": [{"x509CertificateField": "Colour", "userProperty": "x", "priority": 1}]}"#);
    for (arguments, expected, message) in [
        (&["--directory", "none.csv", "-"][..], 2, "none.csv: "),
        (
            &["--directory", "empty.csv", "-"],
            2,
            "empty.csv: there is no user in it",
        ),
        (
            &["--directory", "names.csv", "-"],
            2,
            "names.csv: neither JSON Lines nor CSV of users",
        ),
        (
            &["--directory", "users.csv", "--policy", "bad.json", "-"],
            2,
            "\"Colour\" is no x509CertificateField",
        ),
        (
            &["--directory", "users.csv", "missing.der"],
            3,
            "missing.der holds no certificate that can be read",
        ),
        (&["--directory", "users.csv"], 2, "Usage"),
        (
            &["--directory", "users.csv", "-"],
            3,
            "standard input: there is no certificate in it",
        ),
        (
            &["--directory", "microsoft.der", "-"],
            2,
            "microsoft.der: no text in UTF-8 or UTF-16; export the users again",
        ),
        (
            &["--directory", "latin.csv", "-"],
            2,
            "latin.csv: no text in UTF-8 or UTF-16; export the users again",
        ),
    ] {
        let output = files.run(MATCH_USERS, arguments, b"");
        assert_eq!(code(&output), expected, "{arguments:?}: {}", err(&output));
        assert!(err(&output).contains(message), "{arguments:?}: {}", err(&output));
    }

    // One certificate that is none does not spoil the stream; what can't be framed ends it.
    let mut mutant = MICROSOFT.to_vec();
    mutant[9] ^= 0xff;
    let stream = [&mutant, MICROSOFT, b"garbage"].concat();
    let output = files.run(MATCH_USERS, &[&TENANT[..], &["-"]].concat(), &stream);
    assert_eq!(code(&output), 3);
    assert!(
        err(&output).contains("certificate 1 can't be read"),
        "{}",
        err(&output)
    );
    let place = format!(
        "at byte {} there is no certificate in DER; nothing behind it is read",
        2 * MICROSOFT.len()
    );
    assert!(err(&output).contains(&place), "{}", err(&output));
    assert!(
        out(&output).starts_with("2\tcontoso@microsoft.com\t"),
        "{}",
        out(&output)
    );
    let pem = files.run(
        MATCH_USERS,
        &[&TENANT[..], &["-"]].concat(),
        b"-----BEGIN CERTIFICATE-----\n",
    );
    assert!(err(&pem).contains("PEM is read from files"), "{}", err(&pem));
}

#[test]
fn every_program_explains_itself() {
    let files = Files::new();
    for program in [USER_IDS, ELIGIBLE, MATCH_USERS] {
        let help = files.run(program, &["--help"], b"");
        assert_eq!(code(&help), 0);
        for part in ["Examples:", "Exit codes:", "--json"] {
            assert!(out(&help).contains(part), "{program}: {part}");
        }
    }
}
