//! Certificates, file names and files by which somebody wants to deceive whoever looks at the output: nothing of them reaches
//! the terminal that it would obey or that hides something, and no program fails over them.
#![cfg(unix)]

#[path = "../../upn-resolver/tests/support/build.rs"]
mod build;

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use build::{Pieces, UPN, attribute, element, extension, name, other_name, principal_name, sequence};
use tempfile::TempDir;
use upn_resolver::Certificate;
use upn_resolver::certificate::NameProblem;

const EXPLAIN: &str = env!("CARGO_BIN_EXE_explain-upn");
const USER_IDS: &str = env!("CARGO_BIN_EXE_certificate-user-ids");
const ELIGIBLE: &str = env!("CARGO_BIN_EXE_eligible");
const MATCH_USERS: &str = env!("CARGO_BIN_EXE_match-users");
const SIGN_IN: &str = env!("CARGO_BIN_EXE_sign-in");

/// Every call that prints something of a certificate.
const CALLS: &[(&str, &[&str])] = &[
    (EXPLAIN, &["--join", "entra"]),
    (EXPLAIN, &["--join", "entra", "--long"]),
    (EXPLAIN, &["--join", "entra", "--redact", "--policy", "all.json"]),
    (EXPLAIN, &["--all", "--json", "--policy", "all.json"]),
    (EXPLAIN, &["--join", "entra", "--reading", "subject-email=used"]),
    (EXPLAIN, &["--join", "entra", "--policy", "all.json"]),
    (USER_IDS, &[]),
    (USER_IDS, &["--json"]),
    (ELIGIBLE, &["--policy", "all.json"]),
    (ELIGIBLE, &["--policy", "all.json", "--json"]),
    (ELIGIBLE, &["--at", "0"]),
    (MATCH_USERS, &["--directory", "users.csv", "--long", "--others"]),
    (MATCH_USERS, &["--directory", "users.csv", "--json", "--others"]),
    (
        MATCH_USERS,
        &["--directory", "users.csv", "--policy", "policy.json", "--long"],
    ),
];

/// Clears the screen, goes on on a line of its own, turns the text round and hides a character.
const DECEIT: &str = "x\u{1b}[2J\nEVIL\u{202e}\u{200b}\u{9b}31m";

struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        place.add(
            "all.json",
            r#"{"X509HintsNeeded": true, "EnumerateECCCerts": true, "AllowTimeInvalidCertificates": true,
                "AllowCertificatesWithNoEKU": true, "ReverseSubject": false}"#,
        );
        place.add(
            "users.csv",
            "userPrincipalName\nada@example.com\nmail@example.com\n",
        );
        place.add(
            "policy.json",
            r#"{"certificateUserBindings": [
                {"x509CertificateField": "Subject", "userProperty": "certificateUserIds", "priority": 1},
                {"x509CertificateField": "IssuerAndSubject", "userProperty": "certificateUserIds", "priority": 2},
                {"x509CertificateField": "RFC822Name", "userProperty": "userPrincipalName", "priority": 3}]}"#,
        );
        place
    }

    fn add(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) {
        std::fs::write(self.0.path().join(name), content).unwrap();
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.0.path()).stdin(Stdio::null());
        command
    }

    fn run(&self, program: &str, arguments: &[&str], certificate: &OsString) -> Output {
        let output = self
            .command(program)
            .arg(certificate)
            .args(arguments)
            .output()
            .unwrap();
        assert!(
            matches!(output.status.code(), Some(0..=3)),
            "{program} {arguments:?}: {output:?}"
        );
        output
    }
}

/// Fails when the text holds what a terminal obeys or what hides or reorders text.
fn assert_harmless(octets: &[u8], what: &str) {
    let text = std::str::from_utf8(octets).unwrap_or_else(|error| panic!("{what}: {error}"));
    let found = text
        .chars()
        .filter(|character| !matches!(character, '\n' | '\t'))
        .find(|character| NameProblem::of_character(*character).is_some());
    assert_eq!(found, None, "{what}: {text:?}");
}

/// Good certificates, each with the deceit in one place.
fn certificates() -> Vec<(&'static str, Vec<u8>)> {
    subjects_and_issuers()
        .into_iter()
        .chain(alternative())
        .chain(others())
        .map(|(what, pieces)| (what, pieces.der()))
        .collect()
}

fn subjects_and_issuers() -> Vec<(&'static str, Pieces)> {
    let of = |kind: &[u8], tag| name(&[attribute(kind, tag, DECEIT.as_bytes())]);
    let common_name = |tag| of(b"\x55\x04\x03", tag);
    let unknown = || of(b"\x2A\x03\x04", 0x0C);
    let with_subject = |subject| Pieces {
        subject,
        ..Pieces::default()
    };
    let with_issuer = |issuer| Pieces {
        issuer,
        ..Pieces::default()
    };
    // The e-mail address of the subject, which a reading makes a candidate where there are no other names.
    let mut only_email = with_subject(of(b"\x2A\x86\x48\x86\xF7\x0D\x01\x09\x01", 0x0C));
    only_email.extensions.pop();
    vec![
        ("subject", with_subject(common_name(0x0C))),
        ("subject, T61", with_subject(common_name(0x14))),
        ("subject, unknown attribute", with_subject(unknown())),
        ("subject, e-mail", only_email),
        ("no subject", with_subject(name(&[]))),
        ("issuer", with_issuer(common_name(0x0C))),
        ("issuer, unknown attribute", with_issuer(unknown())),
    ]
}

fn alternative() -> Vec<(&'static str, Pieces)> {
    let names = |names: &[&[u8]]| Pieces::default().with_names(names);
    let principal = |tag, octets: &[u8]| principal_name(tag, octets);
    let good = principal(0x0C, b"ada@example.com");
    let ascii = |tag| element(tag, b"x\x1b[2J\nEVIL\x7f");
    let no_string = other_name(UPN, &element(0x04, DECEIT.as_bytes()));
    let sid = element(0x86, b"tag:microsoft.com,2022-09-14:sid:S-1-5-21-1\n\x1b[2JEVIL");
    vec![
        ("principal name", names(&[&principal(0x0C, DECEIT.as_bytes())])),
        ("principal name, BMP", names(&[&principal(0x1E, &wide())])),
        (
            "second principal name",
            names(&[&good, &principal(0x0C, DECEIT.as_bytes())]),
        ),
        ("principal name, no string", names(&[&no_string])),
        ("rfc822Name", names(&[&ascii(0x81)])),
        ("rfc822Name beside", names(&[&good, &ascii(0x81)])),
        (
            "empty names",
            names(&[&principal(0x0C, b""), &element(0x81, b"")]),
        ),
        ("DNS name", names(&[&good, &ascii(0x82)])),
        ("URI", names(&[&good, &sid])),
    ]
}

fn others() -> Vec<(&'static str, Pieces)> {
    // [MS-WCCE] 2.2.2.7.7.4 and 2.2.2.7.7.1: the security identifier and the name of the template.
    let kind = b"\x06\x0A\x2B\x06\x01\x04\x01\x82\x37\x19\x02\x01";
    let sid = other_name(kind, &element(0x04, b"S-1-5-21-1\n\x1b[2JEVIL"));
    let sid = extension(b"\x2B\x06\x01\x04\x01\x82\x37\x19\x02", &sequence(&[&sid]));
    let template = extension(b"\x2B\x06\x01\x04\x01\x82\x37\x14\x02", &element(0x1E, &wide()));
    let serial_number = Pieces {
        serial_number: element(0x02, b"x\x1b[2J\nEVIL"),
        ..Pieces::default()
    };
    vec![
        ("security identifier", Pieces::default().with(sid)),
        ("template", Pieces::default().with(template)),
        ("serial number", serial_number),
    ]
}

fn wide() -> Vec<u8> {
    DECEIT.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

#[test]
fn nothing_of_a_hostile_certificate_reaches_the_terminal() {
    let place = Place::new();
    let mut read = 0;
    for (what, der) in certificates() {
        place.add("card.der", &der);
        read += usize::from(Certificate::from_der(&der).is_ok());
        for (program, arguments) in CALLS {
            let output = place.run(program, arguments, &"card.der".into());
            let call = format!("{what}: {program} {arguments:?}");
            assert_harmless(&output.stdout, &call);
            assert_harmless(&output.stderr, &call);
            let text = String::from_utf8(output.stdout).unwrap();
            assert!(!text.contains("EVIL"), "{call}: {text}");
        }
    }
    // The reader itself refuses only text that its string type does not allow.
    assert!(
        read >= 14,
        "only {read} of them are certificates that get as far as that"
    );
}

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
    // The same in messages, about each kind of file.
    place.add(&name, "no certificate");
    for (program, arguments) in CALLS {
        let output = place.run(program, arguments, &name);
        assert_eq!(output.status.code(), Some(3), "{program}");
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(
            message.contains(&format!(": {shown} holds no certificate")),
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

/// `explain-upn … 2>&1 | head -1`: a message that nobody reads any more is no reason to fail otherwise.
#[test]
fn a_reader_who_left_changes_no_exit_code() {
    let place = Place::new();
    place.add("card.der", Pieces::default().der());
    let certificate = OsString::from("card.der");
    for (program, arguments) in CALLS {
        for name in [certificate.clone(), "missing.der".into()] {
            let expected = place.run(program, arguments, &name).status.code();
            let (reader, writer) = std::io::pipe().unwrap();
            drop(reader);
            let status = place
                .command(program)
                .arg(&name)
                .args(*arguments)
                .stdout(writer.try_clone().unwrap())
                .stderr(writer)
                .status()
                .unwrap();
            assert_eq!(status.code(), expected, "{program} {arguments:?} {name:?}");
        }
    }
}

/// Text in which every octet is zero has no end of a line to be read to.
#[test]
fn a_file_without_end_is_refused() {
    let place = Place::new();
    place.add("card.der", Pieces::default().der());
    let zero: OsString = "/dev/zero".into();
    for (program, arguments) in CALLS {
        assert_eq!(
            place.run(program, arguments, &zero).status.code(),
            Some(3),
            "{program}"
        );
    }
    for (program, arguments) in [
        (EXPLAIN, &["--join", "entra", "--policy", "/dev/zero"][..]),
        (EXPLAIN, &["--dsregcmd", "/dev/zero"]),
        (ELIGIBLE, &["--policy", "/dev/zero"]),
        (
            MATCH_USERS,
            &["--directory", "users.csv", "--policy", "/dev/zero"],
        ),
        (MATCH_USERS, &["--directory", "/dev/zero"]),
    ] {
        let output = place.run(program, arguments, &"card.der".into());
        assert_eq!(output.status.code(), Some(2), "{program}: {output:?}");
        assert!(
            String::from_utf8(output.stderr).unwrap().contains("/dev/zero"),
            "{program}"
        );
    }
}

/// A sign-in that fails over its device file, which writes its report all the same.
fn report_to(place: &Path, report: &str, device: &str) -> Output {
    Command::new(SIGN_IN)
        .current_dir(place)
        .args([
            "--authority",
            "https://localhost:1",
            "--ca",
            "none.pem",
            "--join",
            "entra",
        ])
        .args(["--device", device, "--report", report, "--json"])
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

#[test]
fn a_report_is_its_owners_and_goes_through_no_link() {
    use std::os::unix::fs::{MetadataExt, symlink};
    let place = tempfile::tempdir().unwrap();
    let path = |name: &str| place.path().join(name);
    let read = |name: &str| std::fs::read_to_string(path(name)).unwrap();

    report_to(place.path(), "report.json", "none.json");
    assert!(read("report.json").contains("usage/device-file"));
    assert_eq!(
        std::fs::metadata(path("report.json")).unwrap().mode() & 0o777,
        0o600
    );
    // Over an older one.
    std::fs::write(path("report.json"), "old").unwrap();
    report_to(place.path(), "report.json", "none.json");
    assert!(read("report.json").starts_with('{'));

    std::fs::write(path("precious"), "precious").unwrap();
    symlink(path("precious"), path("link.json")).unwrap();
    symlink(path("nowhere"), path("dangling.json")).unwrap();
    for link in ["link.json", "dangling.json"] {
        let output = report_to(place.path(), link, "none.json");
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(errors.contains("it is a link, which is not followed"), "{errors}");
    }
    assert_eq!(read("precious"), "precious");
    assert!(!path("nowhere").exists());
    assert_eq!(
        std::fs::read_dir(place.path()).unwrap().count(),
        4,
        "nothing is left behind"
    );
}

#[test]
fn a_device_file_that_others_may_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let place = tempfile::tempdir().unwrap();
    let device = place.path().join("device.json");
    std::fs::write(&device, "{}").unwrap();
    for (mode, exposed) in [(0o640, true), (0o604, true), (0o600, false)] {
        std::fs::set_permissions(&device, std::fs::Permissions::from_mode(mode)).unwrap();
        let output = report_to(place.path(), "report.json", "device.json");
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            errors.contains("others may read its keys"),
            exposed,
            "{mode:o}: {errors}"
        );
    }
}
