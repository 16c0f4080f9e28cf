//! The bus starts the broker when a client calls.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use serde_json::json;

use crate::bench::Bench;

#[test]
fn the_first_call_starts_the_broker() {
    let bench = Bench::new();
    let script = bench.folder.path().join("start");
    let arguments = bench.arguments().join(" ");
    let text = format!(
        "#!/bin/sh\nXDG_RUNTIME_DIR={} exec {} {arguments}\n",
        bench.folder.path().display(),
        env!("CARGO_BIN_EXE_broker"),
    );
    fs::write(&script, text).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o700)).unwrap();
    // The file that is installed, with this program in place of its own.
    let installed = include_str!("../../broker/com.microsoft.identity.broker1.service");
    let service: String = installed
        .lines()
        .map(|line| match line.split_once('=') {
            Some(("Exec", _)) => format!("Exec={}\n", script.display()),
            // There is no systemd on this bus.
            Some(("SystemdService", _)) => String::new(),
            _ => format!("{line}\n"),
        })
        .collect();
    assert!(service.contains("Name=com.microsoft.identity.broker1"));
    fs::write(
        bench
            .bus
            .services()
            .join("com.microsoft.identity.broker1.service"),
        service,
    )
    .unwrap();
    let reload = bench.bus.connection();
    zbus::block_on(reload.call_method(
        Some("org.freedesktop.DBus"),
        "/org/freedesktop/DBus",
        Some("org.freedesktop.DBus"),
        "ReloadConfig",
        &(),
    ))
    .unwrap();
    assert_eq!(bench.bus.call("getAccounts", &json!({})), json!({"accounts": []}));
    // A token can be handed to a broker that the call starts, too.
    bench.sign_in();
    assert!(!bench.signed_out());
}

#[test]
fn systemd_accepts_the_unit() {
    let folder = tempfile::tempdir().unwrap();
    let unit = include_str!("../../broker/certificate-broker.service");
    let name = "certificate-broker.service";
    let service = include_str!("../../broker/com.microsoft.identity.broker1.service");
    assert!(service.contains(&format!("SystemdService={name}")));
    let verify = |text: &str| {
        let file = folder.path().join(name);
        fs::write(&file, text).unwrap();
        let output = Command::new("systemd-analyze")
            .args(["--user", "verify"])
            .arg(&file)
            .env("HOME", folder.path())
            .env("XDG_RUNTIME_DIR", folder.path())
            .output()
            .expect("the package systemd is installed");
        // A setting that it does not know is a message only.
        let text = String::from_utf8(output.stderr).unwrap();
        output.status.success() && !text.contains(name)
    };
    // The program of this build takes the place of the installed one.
    let unit = unit.replace("/usr/bin/broker", env!("CARGO_BIN_EXE_broker"));
    assert!(verify(&unit));
    assert!(!verify(&unit.replace("[Service]", "[Service]\nUnknown=1")));
    assert!(!verify(&unit.replace("ExecStart=/", "ExecStart=/nonexistent/")));
}
