//! `doctor --browsers --fix` with NSS's own tools.

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use lab::{Profile, Readers};
use serde_json::{Value, json};

use crate::home::{CHROMIUM, FIREFOX, Home, assert_found};

/// A program of one test is a running browser for another one.
pub(crate) fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the program prints.
pub(crate) fn fix(home: &Home, options: &[&str]) -> String {
    let output = home.doctor(&["--fix"]).args(options).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// What modutil lists.
fn listed(folder: &Path) -> String {
    let output = Command::new("modutil")
        .arg("-dbdir")
        .arg(format!("sql:{}", folder.display()))
        .arg("-list")
        .stdin(Stdio::null())
        .output()
        .expect("the package libnss3-tools is installed");
    String::from_utf8(output.stdout).unwrap()
}

/// The end of the path of `OpenSC`'s module, which has two names on Debian.
const OPENSC: &str = "/opensc-pkcs11.so";

#[test]
fn the_database_is_created_and_the_module_sees_the_card() {
    let _turn = turn();
    let readers = Readers::start(1).unwrap();
    let _card = readers.insert(0, &Profile::new("alice")).unwrap();
    let home = Home::with(&[CHROMIUM]);
    let text = fix(&home, &[]);
    assert!(
        text.contains("✓ fix ") && text.contains("✓ nss-module ") && text.contains("✓ tls-1.3 "),
        "{text}"
    );
    let folder = home.home(".pki/nssdb");
    assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    let listed = listed(&folder);
    assert!(listed.contains(OPENSC), "{listed}");
    // NSS loaded it, and it has the token of the card.
    let of_opensc = listed.split(OPENSC).nth(1).unwrap();
    assert!(
        of_opensc.contains("status: loaded") && of_opensc.contains("token: "),
        "{listed}"
    );

    // Nothing is left to do.
    let before = fs::read(folder.join("pkcs11.txt")).unwrap();
    let text = fix(&home, &[]);
    assert!(!text.contains(" fix "), "{text}");
    assert_eq!(fs::read(folder.join("pkcs11.txt")).unwrap(), before);
}

#[test]
fn a_database_keeps_what_it_has() {
    let _turn = turn();
    let home = Home::with(&[CHROMIUM, FIREFOX]);
    let profile = home.profile(".mozilla/firefox", &[]);
    let profile = profile.parent().unwrap();
    for folder in [&home.home(".pki/nssdb"), profile] {
        let _ = fs::remove_dir_all(folder);
        fs::create_dir_all(folder).unwrap();
        let argument = format!("sql:{}", folder.display());
        for command in [
            vec!["certutil", "-N", "-d", &argument, "--empty-password"],
            vec![
                "modutil",
                "-dbdir",
                &argument,
                "-add",
                "Trust",
                "-libfile",
                &trust(),
                "-force",
            ],
        ] {
            let status = Command::new(command[0])
                .args(&command[1..])
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .status();
            assert!(status.unwrap().success(), "{command:?}");
        }
    }
    fix(&home, &[]);
    for folder in [&home.home(".pki/nssdb"), profile] {
        let listed = listed(folder);
        assert!(listed.contains(OPENSC) && listed.contains(&trust()), "{listed}");
    }
}

/// A module that is not for cards.
fn trust() -> String {
    let proxy = lab::Module::P11KitProxy.path().unwrap();
    let trust = proxy.with_file_name("pkcs11/p11-kit-trust.so");
    assert!(trust.exists(), "the package p11-kit-modules is installed");
    trust.display().to_string()
}

/// A process with the name of a browser, ended on drop.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn nothing_is_changed_while_a_browser_runs() {
    let _turn = turn();
    let home = Home::with(&[CHROMIUM, FIREFOX]);
    home.profile(".mozilla/firefox", &[]);
    let program = home.system("chromium");
    fs::copy("/bin/sleep", &program).unwrap();
    let browser = Running(Command::new(&program).arg("600").spawn().unwrap());
    let checks = |name: &str| {
        let text = fix(&home, &[]);
        text.lines()
            .filter(|line| line.contains(name))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let lines = checks(" fix ");
    let of_chromium = lines.iter().find(|line| line.contains(".pki/nssdb")).unwrap();
    let process = format!("chromium (process {})", browser.0.id());
    assert!(
        of_chromium.starts_with('✗') && of_chromium.contains(&process),
        "{lines:?}"
    );
    assert!(!home.home(".pki").exists());
    drop(browser);

    // A program of another name that uses the database.
    let folder = home.home(".pki/nssdb");
    fs::create_dir_all(&folder).unwrap();
    let open = File::create(folder.join("cert9.db")).unwrap();
    let lines = checks(".pki/nssdb is unchanged");
    assert!(
        lines[0].contains(&format!("(process {})", std::process::id())),
        "{lines:?}"
    );
    assert!(!folder.join("pkcs11.txt").exists());
    drop(open);
}

#[test]
fn the_home_of_another_user_is_not_changed() {
    let _turn = turn();
    let home = Home::with(&[CHROMIUM]);
    if fs::metadata(home.home("")).unwrap().uid() != 0 {
        // Only root can give a folder away, so the folder of root takes its place.
        let text =
            String::from_utf8(home.doctor(&["--fix"]).env("HOME", "/").output().unwrap().stdout).unwrap();
        assert!(text.contains("another user"), "{text}");
        return;
    }
    std::os::unix::fs::chown(home.home(""), Some(65_534), None).unwrap();
    let text = fix(&home, &[]);
    assert!(text.contains("another user"), "{text}");
    assert!(!home.home(".pki").exists());
}

#[test]
fn a_missing_tool_is_named() {
    let _turn = turn();
    let home = Home::with(&[CHROMIUM]);
    let output = home
        .doctor(&["--fix"])
        .env("PATH", "/nonexistent")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("libnss3-tools"), "{text}");
}

/// The JSON after a line with this end.
fn printed(text: &str, place: &str) -> Value {
    let rest = text
        .split(&format!("{place}\n"))
        .nth(1)
        .unwrap_or_else(|| panic!("{place}: {text}"));
    let mut values = serde_json::Deserializer::from_str(rest).into_iter();
    values.next().unwrap().unwrap()
}

#[test]
fn policies_are_printed_and_not_written() {
    let _turn = turn();
    let home = Home::with(&[CHROMIUM, "usr/bin/microsoft-edge", FIREFOX]);
    let existing = json!({"policies": {"DisableTelemetry": true, "Preferences": []}}).to_string();
    home.write("etc/firefox/policies/policies.json", &existing);
    let text = fix(&home, &["--cloud", "us-gov"]);
    let edge = printed(&text, "/etc/opt/edge/policies/managed/certauth.json");
    let firefox = printed(&text, "/etc/firefox/policies/policies.json");
    assert_eq!(
        firefox["policies"]["DisableTelemetry"], true,
        "what is there is kept"
    );
    let module = &firefox["policies"]["SecurityDevices"]["Add"]["OpenSC"];
    assert!(module.as_str().unwrap().ends_with(OPENSC), "{firefox}");
    assert!(!home.system("etc/opt/edge").exists() && !home.system("etc/chromium").exists());
    // A member that Firefox does not understand is replaced, and named.
    assert!(text.contains("warning: Preferences was []"), "{text}");

    // They are what the checks ask for.
    home.write("etc/opt/edge/policies/managed/certauth.json", &edge.to_string());
    home.write("etc/firefox/policies/policies.json", &firefox.to_string());
    let checks = home.checks("auto-select", &["--cloud", "us-gov"]);
    assert_eq!(checks.len(), 3, "{checks:?}");
    for check in &checks[1..] {
        assert_found(check, true, "without a question");
    }
}

#[test]
fn a_policy_file_that_cannot_be_read_is_not_replaced_without_a_word() {
    let _turn = turn();
    let home = Home::with(&[CHROMIUM, FIREFOX]);
    for malformed in [
        "{\"policies\": {\"DisableTelemetry\": true},}",
        "[]",
        "{\"policies\": 7}",
        "{\"policies\": []}",
        "",
    ] {
        home.write("etc/firefox/policies/policies.json", malformed);
        home.write("etc/chromium/policies/managed/x.json", "{\"Homepage");
        let text = fix(&home, &[]);
        for (name, place) in [
            ("Firefox", "/etc/firefox/policies/policies.json"),
            ("Chromium", "/etc/chromium/policies/managed/x.json"),
        ] {
            let warning = format!("{name}: warning: {place}: ");
            let line = text.lines().find(|line| line.starts_with(&warning));
            let line = line.unwrap_or_else(|| panic!("{malformed}: {text}"));
            assert!(line.contains("instead of replacing it"), "{line}");
        }
        // What follows is our part.
        let firefox = printed(&text, "/etc/firefox/policies/policies.json");
        let policies: Vec<_> = firefox["policies"].as_object().unwrap().keys().collect();
        assert_eq!(policies, ["Preferences", "SecurityDevices"]);
    }
}

#[test]
fn the_rules_that_chromium_has_are_kept() {
    let _turn = turn();
    let home = Home::with(&[CHROMIUM]);
    let folder = "etc/chromium/policies/managed";
    let other = json!({"pattern": "https://example.com", "filter": {}}).to_string();
    let others = json!({"AutoSelectCertificateForUrls": [other], "HomepageLocation": "x"}).to_string();
    home.write(&format!("{folder}/m.json"), &others);
    home.write(&format!("{folder}/z.json"), "{\"BookmarkBarEnabled\": true}");
    home.write(
        &format!("{folder}/a.json"),
        "{\"AutoSelectCertificateForUrls\": []}",
    );
    let file = printed(&fix(&home, &[]), &format!("/{folder}/m.json"));
    assert_eq!(file["AutoSelectCertificateForUrls"][0], other);
    assert_eq!(file["HomepageLocation"], "x");
    home.write(&format!("{folder}/m.json"), &file.to_string());
    assert_found(&home.check("auto-select"), true, "without a question");
    // Nothing is added twice.
    assert_eq!(printed(&fix(&home, &[]), &format!("/{folder}/m.json")), file);

    // The last of several files counts.
    home.write(&format!("{folder}/n.json"), &others);
    assert_found(&home.check("auto-select"), true, "asks which certificate to use");
    // A file of the name that is printed.
    let home = Home::with(&[CHROMIUM]);
    home.write(
        &format!("{folder}/certauth.json"),
        "{\"HomepageLocation\": \"x\"}",
    );
    let file = printed(&fix(&home, &[]), &format!("/{folder}/certauth.json"));
    assert_eq!(file["HomepageLocation"], "x");
    assert_eq!(file["AutoSelectCertificateForUrls"].as_array().unwrap().len(), 1);
}
