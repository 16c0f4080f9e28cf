//! `match-users`: its input files in their usual forms, and malformed ones.

use crate::programs::{
    ADCS, ELIGIBLE, Files, MATCH_USERS, MICROSOFT, TENANT, USER_IDS, code, err, json, out,
};

#[test]
fn a_directory_is_read_in_every_usual_encoding() {
    let files = Files::new();
    let csv = "userPrincipalName,displayName\r\ncontoso@microsoft.com,Jos\u{e9}\r\n";
    let json = "{\"userPrincipalName\": \"contoso@microsoft.com\", \"displayName\": \"Jos\u{e9}\"}\r\n";
    for text in [csv, json] {
        let marked = format!("\u{feff}{text}");
        let little: Vec<u8> = marked.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = marked.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in [text.as_bytes(), marked.as_bytes(), &little, &big] {
            files.add("export", bytes);
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
    // A file that is named twice is empty the second time, and reported as such.
    let output = files.run(ELIGIBLE, &["--policy", "-", "-"], policy);
    assert_eq!(code(&output), 3);
    assert!(err(&output).contains("standard input has no readable certificate: the file is empty"));
}

/// The first line is read alone to detect the form of the file; an error in it hides no user.
#[test]
fn json_lines_and_pages_are_distinguished_by_more_than_their_first_line() {
    let files = Files::new();
    let user = r#"{"userPrincipalName": "contoso@microsoft.com"}"#;
    let broken = r#"{"userPrincipalName": "x@contoso.com""#;
    let pretty = "{\n  \"value\": [\n    {\"userPrincipalName\": \"contoso@microsoft.com\"}\n  ]\n}\n";
    for (content, left_out) in [
        (format!("\n\r\n{user}\n"), 0),
        (format!("{broken}\n{user}\n"), 1),
        (
            format!("{user}\n{broken}\n{}\n", user.replace("contoso@", "else@")),
            1,
        ),
        (pretty.to_owned(), 0),
        (format!("{}{pretty}", pretty.replace("contoso@", "else@")), 0),
        (pretty.replace("[\n", "[\n 7,\n"), 1),
        (
            "\n\n\nuserPrincipalName\nbad name\ncontoso@microsoft.com\n".to_owned(),
            1,
        ),
    ] {
        files.add("export", &content);
        let output = files.run(
            MATCH_USERS,
            &["--directory", "export", "microsoft.der", "--json"],
            b"",
        );
        assert_eq!(code(&output), 0, "{content}: {}", err(&output));
        let summary: serde_json::Value = serde_json::from_str(out(&output).lines().last().unwrap()).unwrap();
        let count = summary["summary"]
            .get("users_left_out")
            .map_or(0, |count| count.as_u64().unwrap());
        assert_eq!(count, left_out, "{content}");
        assert_eq!(
            err(&output).contains(" line "),
            left_out > 0,
            "{content}: {}",
            err(&output)
        );
    }
}

/// Policy files in every common form are read. Any other file is refused, and never read as a policy without rules.
#[test]
fn a_policy_is_found_in_the_usual_exports_and_nothing_else_passes_for_one() {
    let files = Files::new();
    let policy = std::fs::read_to_string(files.0.path().join("policy.json")).unwrap();
    let wide: Vec<u8> = policy.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked: Vec<u8> = format!("\u{feff}{policy}")
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect();
    let whole = format!(
        r#"{{"value": [{{"id": "Fido2"}}, {{"Id": "X509Certificate", "AdditionalProperties": {policy}}}]}}"#
    );
    let run = |name: &str| {
        files.run(
            MATCH_USERS,
            &[
                "--directory",
                "users.csv",
                "--policy",
                name,
                "microsoft.der",
                "--json",
            ],
            b"",
        )
    };
    let expected = out(&run("policy.json"));
    assert!(expected.contains("multifactor"), "{expected}");
    for content in [
        &wide[..],
        &marked,
        whole.as_bytes(),
        format!("\u{feff}{policy}").as_bytes(),
    ] {
        files.add("other.json", content);
        let output = run("other.json");
        assert_eq!(
            (code(&output), out(&output)),
            (0, expected.clone()),
            "{}",
            err(&output)
        );
    }
    for content in [
        "{}",
        r#"{"error": {"code": "Authorization_RequestDenied", "message": "no"}}"#,
        r##"{"@odata.type": "#microsoft.graph.fido2AuthenticationMethodConfiguration", "id": "Fido2"}"##,
        r#"{"userPrincipalName": "ada@contoso.com"}"#,
        r#"{"X509HintsNeeded": true}"#,
        "",
        "[]",
    ] {
        files.add("other.json", content);
        let output = run("other.json");
        assert_eq!(code(&output), 2, "{content}");
        assert!(
            output.stdout.is_empty() && err(&output).contains("other.json: "),
            "{content}"
        );
    }
}

#[test]
fn a_policy_that_is_disabled_is_reported() {
    let files = Files::new();
    let policy = std::fs::read_to_string(files.0.path().join("policy.json")).unwrap();
    files.add(
        "policy.json",
        policy.replacen('{', r#"{"state": "disabled", "#, 1),
    );
    let output = files.run(
        MATCH_USERS,
        &[&TENANT[..], &["microsoft.der", "--json"]].concat(),
        b"",
    );
    assert_eq!(code(&output), 1);
    assert!(err(&output).contains("disabled"), "{}", err(&output));
    let summary: serde_json::Value = serde_json::from_str(out(&output).lines().last().unwrap()).unwrap();
    assert_eq!(summary["summary"]["policy_disabled"], true);
    let warning = summary["summary"]["policy_warnings"][0].as_str().unwrap();
    assert!(warning.contains("disabled"), "{warning}");
}

/// Every program reads two certificates from a file with two certificates.
#[test]
fn every_certificate_of_a_file_is_read() {
    let files = Files::new();
    let pem = |der: &[u8]| out(&files.run("openssl", &["x509", "-inform", "DER"], der));
    files.add("both.pem", pem(MICROSOFT) + &pem(ADCS));
    let matched = files.run(MATCH_USERS, &[&TENANT[..], &["both.pem"]].concat(), b"");
    let lines: Vec<_> = out(&matched).lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(
        lines[0].starts_with("both.pem, certificate 1\tcontoso@microsoft.com\t"),
        "{lines:?}"
    );
    assert!(lines[1].starts_with("both.pem, certificate 2\t"), "{lines:?}");

    let values = json(&files.run(USER_IDS, &["both.pem", "--json"], b""));
    let names: Vec<_> = values
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["certificate"].clone())
        .collect();
    assert_eq!(names, ["both.pem, certificate 1", "both.pem, certificate 2"]);

    let tiles = json(&files.run(ELIGIBLE, &["both.pem", "--signature-key", "2", "--json"], b""));
    let count = |member: &str| tiles[member].as_array().unwrap().len();
    assert_eq!(count("tiles") + count("hidden"), 2, "{tiles}");
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
            "empty.csv: the file contains no users",
        ),
        (
            &["--directory", "names.csv", "-"],
            2,
            "names.csv: neither JSON Lines nor CSV of users",
        ),
        (
            &["--directory", "users.csv", "--policy", "bad.json", "-"],
            2,
            "\"Colour\" is not a known x509CertificateField",
        ),
        (
            &["--directory", "users.csv", "missing.der"],
            3,
            "missing.der cannot be read",
        ),
        (&["--directory", "users.csv"], 2, "Usage"),
        (
            &["--directory", "users.csv", "-"],
            3,
            "standard input: the input contains no certificate",
        ),
        (
            &["--directory", "microsoft.der", "-"],
            2,
            "microsoft.der: not text in UTF-8 or UTF-16; export the users again",
        ),
        (
            &["--directory", "latin.csv", "-"],
            2,
            "latin.csv: not text in UTF-8 or UTF-16; export the users again",
        ),
    ] {
        let output = files.run(MATCH_USERS, arguments, b"");
        assert_eq!(code(&output), expected, "{arguments:?}: {}", err(&output));
        assert!(err(&output).contains(message), "{arguments:?}: {}", err(&output));
    }

    // An invalid certificate does not end the stream; data without a valid length does.
    let mut mutant = MICROSOFT.to_vec();
    mutant[9] ^= 0xff;
    let stream = [&mutant, MICROSOFT, b"garbage"].concat();
    let output = files.run(MATCH_USERS, &[&TENANT[..], &["-"]].concat(), &stream);
    assert_eq!(code(&output), 3);
    assert!(
        err(&output).contains("certificate 1 cannot be read"),
        "{}",
        err(&output)
    );
    let place = format!(
        "at byte {} there is no certificate in DER; the rest of the input is not read",
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
