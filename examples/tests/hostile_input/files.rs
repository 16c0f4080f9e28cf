//! File names, and all other files that the programs read.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use crate::build::Pieces;
use crate::calls::{CALLS, DECEIT, ELIGIBLE, EXPLAIN, MATCH_USERS, Place, assert_harmless};

#[test]
fn a_hostile_file_name_is_shown_on_one_line_with_everything_visible() {
    let place = Place::new();
    let name = OsString::from_vec(b"card\xff\x1b[2J\nEVIL\t\xe2\x80\xae.der".to_vec());
    place.add(&name, Pieces::default().der());
    let shown = r"card\xff\u{1b}[2J\nEVIL\t\u{202e}.der";
    for (program, arguments) in CALLS {
        let output = place.run(program, arguments, &name);
        assert_harmless(&output.stdout, program);
        assert_harmless(&output.stderr, program);
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(text.contains("EVIL"), *program != EXPLAIN, "{program}: {text}");
        let is_json = arguments.contains(&"--json");
        assert!(
            is_json || *program == EXPLAIN || text.contains(shown),
            "{program}: {text}"
        );
    }
    // The same in the messages about each kind of file.
    place.add(&name, "no certificate");
    for (program, arguments) in CALLS {
        let output = place.run(program, arguments, &name);
        assert_eq!(output.status.code(), Some(3), "{program}");
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(
            message.contains(&format!(": {shown} has no readable certificate")),
            "{message}"
        );
    }
    for (program, option) in [
        (EXPLAIN, "--policy"),
        (EXPLAIN, "--dsregcmd"),
        (ELIGIBLE, "--policy"),
        (MATCH_USERS, "--policy"),
        (MATCH_USERS, "--directory"),
    ] {
        let missing = OsString::from_vec([name.as_bytes(), b"-missing"].concat());
        let mut command = place.command(program);
        command.arg("card.der").arg(option).arg(&missing);
        match (program, option) {
            (EXPLAIN, "--policy") => {
                command.args(["--join", "entra"]);
            }
            (MATCH_USERS, "--policy") => {
                command.args(["--directory", "users.csv"]);
            }
            _ => {}
        }
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{program} {option}");
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(
            message.contains(&format!(": {shown}-missing")),
            "{program} {option}: {message}"
        );
        assert_harmless(message.as_bytes(), program);
    }
}

#[test]
fn nothing_of_a_hostile_file_reaches_the_terminal() {
    let place = Place::new();
    place.add("card.der", Pieces::default().der());
    let escaped = r"x\u001b[2J\u202eEVIL";
    place.add(
        "users.jsonl",
        format!(
            "{{\"userPrincipalName\": \"ada{escaped}@example.com\", \"onPremisesUserPrincipalName\": \"ada@example.com\"}}\n\
             {{\"userPrincipalName\": \"eve@example.com\", \"certificateUserIds\": [\"X509:<PN>{escaped}\", \"{escaped}\"]}}\n\
             {{\"{escaped}\": 1, \"userPrincipalName\": [\"{escaped}\"]}}\n{escaped}\n"
        ),
    );
    place.add(
        "users.csv",
        format!("userPrincipalName,x\nada@example.com,\"a\n{DECEIT}\"{DECEIT}\n"),
    );
    place.add("logon.json", format!("{{\"{escaped}\": true}}"));
    place.add("value.json", format!("{{\"scremoveoption\": \"{escaped}\"}}"));
    place.add("type.json", format!("{{\"X509HintsNeeded\": \"{escaped}\"}}"));
    let key = r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Microsoft\Windows\SmartCardCredentialProvider";
    place.add(
        "names.reg",
        format!("REGEDIT4\n[{key}]\n\"x\u{1b}[2J\u{202e}EVIL\"=dword:1\n"),
    );
    let status = "AzureAdJoined : YES\nDomainJoined : NO\nAzureAdPrt : NO\nAcquirePrtDiagnostics : PRESENT\n\
                  Attempt Status : 0xc000006d\nUser Identity : a\u{1b}[2J\u{202e}@example.com\n";
    place.add("status.txt", status);
    place.add(
        "mode.json",
        format!("{{\"authenticationModeConfiguration\": {{\"x509CertificateAuthenticationDefaultMode\": \"{escaped}\"}}}}"),
    );
    place.add(
        "rule.json",
        format!(
            "{{\"authenticationModeConfiguration\": {{\"rules\": [{{\"x509CertificateRuleType\": \"issuerSubject\", \
             \"identifier\": \"CN={escaped}\", \"x509CertificateAuthenticationMode\": \"x509CertificateMultiFactor\"}}]}}}}"
        ),
    );
    for (program, arguments, code) in [
        (
            MATCH_USERS,
            &["--directory", "users.jsonl", "--long", "--others"][..],
            1,
        ),
        (MATCH_USERS, &["--directory", "users.csv"], 2),
        (
            MATCH_USERS,
            &["--directory", "users.jsonl", "--policy", "mode.json"],
            2,
        ),
        (
            MATCH_USERS,
            &["--directory", "users.jsonl", "--policy", "rule.json"],
            2,
        ),
        (ELIGIBLE, &["--policy", "logon.json"], 2),
        (ELIGIBLE, &["--policy", "value.json"], 2),
        (ELIGIBLE, &["--policy", "type.json"], 2),
        (ELIGIBLE, &["--policy", "names.reg"], 1),
        (EXPLAIN, &["--join", "entra", "--policy", "names.reg"], 0),
        (EXPLAIN, &["--dsregcmd", "status.txt"], 0),
    ] {
        let output = place.run(program, arguments, &"card.der".into());
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {output:?}");
        assert!(!output.stderr.is_empty(), "{arguments:?}");
        assert_harmless(&output.stdout, program);
        assert_harmless(&output.stderr, program);
    }
}
