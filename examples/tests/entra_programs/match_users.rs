//! `match-users`: the users that it finds, and the reasons why it finds none.

use serde_json::Value;

use crate::programs::{ADCS, Files, MATCH_USERS, MICROSOFT, TENANT, code, err, out};

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

/// util-linux's `script` gives the program a terminal. The input arrives in two parts, so that time passes between them.
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
fn a_certificate_without_a_match_has_a_reason() {
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
    assert!(err(&twice).contains(
        "line 2: onPremisesUserPrincipalName \"Contoso@microsoft.com\" is also the value of line 1"
    ));
    assert!(err(&twice).contains("1  name several users"), "{}", err(&twice));

    let cmdlet = matched("cmdlet.jsonl", &["--policy", "serial.json", "--long"]);
    assert_eq!(code(&cmdlet), 1);
    assert!(out(&cmdlet).contains("the serial number is in the order shown by viewers; reverse its bytes"));

    let hint = matched("nobody.csv", &["--sent", "X@y.z", "--summary"]);
    assert_eq!((code(&hint), out(&hint).as_str()), (1, ""));
    assert!(
        err(&hint).contains("1  name a user, but no binding matches"),
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
        out(&text).ends_with(&format!("\talso matches: {other}\n")),
        "{}",
        out(&text)
    );
    let lines = out(&files.run(MATCH_USERS, &[&arguments[..], &["--json"]].concat(), b""));
    let first: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!(first["others"], serde_json::json!([other]));
}
