//! `doctor --browsers --fix` with tools that fail halfway, in place of NSS's own.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::fix::turn;
use crate::home::{CHROMIUM, FIREFOX, Home};

/// Makes a database, as `certutil -N -d sql:FOLDER` does.
const CREATES: &str = ": > \"${3#sql:}/cert9.db\"; : > \"${3#sql:}/pkcs11.txt\"";

/// Folder with the scripts `certutil` and `modutil`.
fn tools(certutil: &str, modutil: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, script) in [("certutil", certutil), ("modutil", modutil)] {
        let file = folder.path().join(name);
        fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }
    folder
}

/// The lines of the first check with these tools.
fn fix(home: &Home, tools: &TempDir, options: &[&str]) -> String {
    let text = output(home, tools, options);
    let mut lines = text.lines();
    let check = lines.find(|line| line.contains(" fix "));
    format!("{}\n{}", check.unwrap_or(&text), lines.next().unwrap_or_default())
}

fn output(home: &Home, tools: &TempDir, options: &[&str]) -> String {
    let path = std::env::var_os("PATH").unwrap();
    let folders = [tools.path().to_owned()];
    let path = std::env::join_paths(folders.into_iter().chain(std::env::split_paths(&path))).unwrap();
    let output = home
        .doctor(&["--fix"])
        .args(options)
        .env("PATH", path)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

fn process(file: &Path) -> PathBuf {
    let id = fs::read_to_string(file).expect("the tool was started in time");
    Path::new("/proc").join(id.trim())
}

#[test]
fn a_tool_does_not_outlive_the_time_limit() {
    let _turn = turn();
    let home = Home::with(&[CHROMIUM]);
    let id = home.home("id");
    let tools = tools(CREATES, &format!("echo $$ > {}; exec sleep 600", id.display()));
    let text = fix(&home, &tools, &["--time-limit", "5"]);
    assert!(
        !process(&id).exists(),
        "modutil runs after doctor has ended: {text}"
    );
    assert!(
        text.contains("created the database, and did not register OpenSC: modutil did not end"),
        "{text}"
    );
    assert!(text.contains("--time-limit"), "{text}");
}

#[test]
fn no_tool_is_started_after_the_time_limit() {
    let _turn = turn();
    let home = Home::with(&[CHROMIUM, FIREFOX]);
    home.profile(".mozilla/firefox", &[]);
    let marker = home.home("marker");
    // The database of Chromium comes first, and its tool takes all the time.
    let tools = tools("exec sleep 600", &format!(": > {}", marker.display()));
    let text = output(&home, &tools, &["--time-limit", "3"]);
    assert!(
        text.contains("but no database, and did not register OpenSC: certutil did not end"),
        "{text}"
    );
    assert!(
        text.contains("abc.x is unchanged: the time limit of doctor ended before modutil"),
        "{text}"
    );
    assert!(!marker.exists(), "modutil was started");
}

#[test]
fn what_was_done_before_a_failure_is_named() {
    let _turn = turn();
    let fails = "echo broken >&2; exit 1";
    let registers = "printf 'name=OpenSC\\nlibrary=%s\\n\\n' \"$6\" >> \"${2#sql:}/pkcs11.txt\"";
    let partly = "echo 'name=Op' >> \"${2#sql:}/pkcs11.txt\"; exit 1";
    for (certutil, modutil, expected) in [
        (
            CREATES,
            fails,
            "created the database, and did not register OpenSC: modutil failed",
        ),
        (
            CREATES,
            partly,
            "created the database, and did not register OpenSC",
        ),
        // It says that it succeeded.
        (
            CREATES,
            "exit 0",
            "created the database, and did not register OpenSC",
        ),
        (
            CREATES,
            &format!("{registers}; exit 1"),
            "created the database, and registered OpenSC: modutil failed",
        ),
        (fails, "exit 0", "created the folder, but no database"),
        (CREATES, registers, "created it and registered OpenSC"),
    ] {
        let home = Home::with(&[CHROMIUM]);
        let text = fix(&home, &tools(certutil, modutil), &[]);
        assert!(text.contains(expected), "{modutil}: {text}, not {expected}");
        assert!(!text.contains("unchanged"), "{text}");
        if modutil.ends_with("exit 1") && modutil.starts_with("echo broken") {
            assert!(text.contains("broken"), "{text}");
        }
    }
    // In a database that exists.
    for (modutil, expected) in [
        (fails, ".pki/nssdb is unchanged: modutil failed"),
        (partly, "changed pkcs11.txt, and did not register OpenSC"),
    ] {
        let home = Home::with(&[CHROMIUM]);
        home.chromium_modules(&[]);
        let text = fix(&home, &tools("exit 1", modutil), &[]);
        assert!(text.contains(expected), "{text}, not {expected}");
    }
}

#[test]
fn a_process_that_a_tool_leaves_behind_is_not_waited_for() {
    let _turn = turn();
    let home = Home::with(&[CHROMIUM]);
    // It keeps the stream of the messages open.
    let tools = tools(CREATES, "sleep 20 & echo broken >&2; exit 1");
    let begun = std::time::Instant::now();
    let text = fix(&home, &tools, &["--time-limit", "15"]);
    assert!(
        text.contains("modutil failed") && text.contains("broken"),
        "{text}"
    );
    assert!(begun.elapsed().as_secs() < 15, "it waited");
}
