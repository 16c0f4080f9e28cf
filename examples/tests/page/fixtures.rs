//! Every fixture gives, byte for byte, what `explain-upn` prints.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use base64ct::{Base64, Encoding};

use crate::browser::{Browser, with_page};

const RESOLVER_TESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../upn-resolver/tests");

/// The options of `explain-upn`, and the same settings on the page.
struct Case {
    options: &'static [&'static str],
    join: &'static str,
    fields: &'static [(&'static str, &'static str)],
}

const CASES: [Case; 5] = [
    Case {
        options: &["--join", "entra"],
        join: "entra",
        fields: &[],
    },
    Case {
        options: &["--join", "hybrid"],
        join: "hybrid",
        fields: &[],
    },
    Case {
        options: &["--join", "hybrid", "--ad-upn", "ada@corp.local"],
        join: "hybrid",
        fields: &[("#ad_upn", "ada@corp.local")],
    },
    Case {
        options: &["--all", "--ad-upn", "ada@corp.local", "--cached", "ada@corp.com"],
        join: "all",
        fields: &[("#cached", "ada@corp.com")],
    },
    Case {
        options: &[
            "--all",
            "--ad-upn",
            "ada@corp.local",
            "--cached",
            "ada@corp.com",
            "--hint",
            "eve@contoso.com",
            "--windows-build",
            "10.0.22000.1042",
        ],
        join: "all",
        fields: &[("#hint", "eve@contoso.com"), ("#build", "10.0.22000.1042")],
    },
];

#[tokio::test]
async fn every_fixture_gives_the_json_of_explain_upn() {
    with_page(|browser| async move {
        let folder = tempfile::tempdir().unwrap();
        let mut files = fixtures();
        assert!(files.len() > 24, "{files:?}");
        files.extend(other_forms(folder.path()));
        browser.choose_files(&files).await;
        // The build is in a part that is closed.
        browser.click("#more > summary").await;
        for case in CASES {
            browser.choose_join(case.join).await;
            for (field, text) in case.fields {
                browser.set(field, text).await;
            }
            let mut expected = Vec::new();
            for file in &files {
                let output = explain_upn(file, &[case.options, &["--json"]].concat()).await;
                expected.push(String::from_utf8(output.stdout).unwrap());
            }
            // Of a file that cannot be read, nothing is printed.
            expected.retain(|json| !json.is_empty());
            assert!(expected.len() > 20, "{}", expected.len());
            wait_for_json(&browser, &expected[0]).await;
            let shown = browser.texts(".json pre").await;
            assert_eq!(shown.len(), expected.len());
            for (shown, expected) in shown.iter().zip(&expected) {
                assert_eq!(shown, expected, "{:?}", case.options);
            }
            // The text for a ticket is made of what --redact --long prints.
            let ticket = browser
                .text("document.querySelector('.ticket pre').textContent")
                .await;
            for file in &files {
                let redacted = explain_upn(file, &[case.options, &["--redact", "--long"]].concat()).await;
                let redacted = String::from_utf8(redacted.stdout).unwrap();
                assert!(ticket.contains(&redacted), "{}: {ticket}", file.display());
            }
        }
        assert_problems(&browser, &files).await;
    })
    .await;
}

/// The setting is applied a moment after it was typed.
async fn wait_for_json(browser: &Browser, expected: &str) {
    let until = Instant::now() + Duration::from_secs(60);
    while browser.texts(".json pre").await.first().map(String::as_str) != Some(expected) {
        assert!(Instant::now() < until, "{expected} is not shown");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Files that cannot be read have the same message.
async fn assert_problems(browser: &Browser, files: &[PathBuf]) {
    let shown = browser.texts("#output > .error").await;
    let mut expected = Vec::new();
    for file in files {
        let output = explain_upn(file, CASES[0].options).await;
        let messages = String::from_utf8(output.stderr).unwrap();
        // The page knows only the name of the file, not its folder.
        let folder = format!("{}/", file.parent().unwrap().display());
        let of_file = messages
            .lines()
            .filter_map(|line| line.strip_prefix("explain-upn: ")?.strip_prefix(&folder));
        expected.extend(of_file.map(str::to_owned));
    }
    assert_eq!(shown, expected);
}

#[tokio::test]
async fn the_join_state_and_the_policy_are_those_of_explain_upn() {
    with_page(|browser| async move {
        let folder = tempfile::tempdir().unwrap();
        let registry = folder.path().join("policy.reg");
        let text = "\u{feff}Windows Registry Editor Version 5.00\r\n\r\n\
            [HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\Windows\\SmartCardCredentialProvider]\r\n\
            \"EnumerateECCCerts\"=dword:00000001\r\n\"AllowEverything\"=dword:00000001\r\n";
        let utf_16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        fs::write(&registry, utf_16).unwrap();
        let json = folder.path().join("policy.json");
        fs::write(&json, "{\"X509HintsNeeded\": true}").unwrap();
        let report = Path::new(RESOLVER_TESTS).join("join_state/hybrid.txt");
        for certificate in ["adcs-p256.der", "mail-only-ed25519.der", "two-names-rsa2048.der"] {
            for policy in [&registry, &json] {
                let certificate = Path::new(RESOLVER_TESTS).join("certificates").join(certificate);
                browser.click("#clear").await;
                browser
                    .choose_files(&[certificate.clone(), policy.clone(), report.clone()])
                    .await;
                let options = [
                    "--dsregcmd",
                    report.to_str().unwrap(),
                    "--policy",
                    policy.to_str().unwrap(),
                ];
                let output = explain_upn(&certificate, &[&options[..], &["--json"]].concat()).await;
                wait_for_json(&browser, &String::from_utf8(output.stdout).unwrap()).await;
                // The report determines the join.
                assert_eq!(
                    browser
                        .text("document.querySelector('input[name=join]:checked').value")
                        .await,
                    "report"
                );
                let messages = String::from_utf8(output.stderr).unwrap();
                let remarks = browser.texts(".remark").await;
                for message in messages.lines() {
                    let message = message.strip_prefix("explain-upn: ").unwrap();
                    let message = message
                        .strip_prefix(&format!("{}: ", policy.display()))
                        .unwrap_or(message);
                    assert!(
                        remarks.iter().any(|remark| remark == message),
                        "{message}: {remarks:?}"
                    );
                }
            }
        }
    })
    .await;
}

/// The other forms: several certificates, base64, UTF-16, and files that contain none.
fn other_forms(folder: &Path) -> Vec<PathBuf> {
    let certificates = Path::new(RESOLVER_TESTS).join("certificates");
    let [one, two] =
        ["adcs-rsa2048.der", "ca-p384.der"].map(|name| fs::read(certificates.join(name)).unwrap());
    let base64 = Base64::encode_string(&one);
    let pem = |base64: &str| format!("-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n");
    let utf_16 = pem(&base64)
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect::<Vec<u8>>();
    let forms = [
        ("several.der", [&one[..], &two, &one].concat()),
        (
            "several.pem",
            [pem(&base64), pem(&Base64::encode_string(&two)), pem("!")]
                .concat()
                .into_bytes(),
        ),
        ("base64.txt", base64.into_bytes()),
        ("utf-16.pem", [&b"\xFF\xFE"[..], &utf_16].concat()),
        ("truncated.der", one[..700].to_vec()),
        ("empty.cer", Vec::new()),
        ("text.txt", b"This is not a certificate.".to_vec()),
    ];
    let write = |(name, content): (&str, Vec<u8>)| {
        let path = folder.join(name);
        fs::write(&path, content).unwrap();
        path.canonicalize().unwrap()
    };
    forms.into_iter().map(write).collect()
}

/// The files with certificates that the libraries are tested with, and others that contain none.
pub(crate) fn fixtures() -> Vec<PathBuf> {
    let mut files = Vec::new();
    for folder in ["certificates", "certificates/field", "files"] {
        for entry in fs::read_dir(Path::new(RESOLVER_TESTS).join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path
                .extension()
                .is_some_and(|ending| ending == "der" || ending == "pem")
            {
                files.push(path.canonicalize().unwrap());
            }
        }
    }
    files.sort();
    files
}

/// Runs the program in a thread, so that the connection to the driver is served meanwhile.
async fn explain_upn(certificate: &Path, options: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_explain-upn"));
    command.arg(certificate).args(options);
    tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap()
}
