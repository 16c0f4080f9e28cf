//! Registration in the databases of the browsers.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use crate::home::{CHROMIUM, FIREFOX, Home, assert_found, assert_next};

const POLICIES: &str = "etc/firefox/policies/policies.json";

#[test]
fn a_missing_database_is_reported_once_for_all_browsers_that_share_it() {
    let home = Home::with(&[CHROMIUM, "usr/bin/google-chrome"]);
    let check = home.check("nss-module");
    assert_found(&check, false, ".pki/nssdb (Chromium, Chrome) does not exist");
    assert_next(&check, "doctor --browsers --fix");
}

#[test]
fn a_module_that_is_registered_once_passes() {
    for name in ["opensc-pkcs11.so", "onepin-opensc-pkcs11.so"] {
        let home = Home::with(&[CHROMIUM]);
        home.chromium_modules(&[("OpenSC", &home.library(name))]);
        assert_found(&home.check("nss-module"), true, name);
    }
}

#[test]
fn the_database_in_the_data_folder_is_used_if_there_is_no_other() {
    let home = Home::with(&[CHROMIUM]);
    home.chromium_modules_in(
        ".local/share/pki/nssdb",
        &[("OpenSC", &home.library("opensc-pkcs11.so"))],
    );
    assert_found(&home.check("nss-module"), true, ".local/share/pki/nssdb");
    home.chromium_modules(&[]);
    assert_found(&home.check("nss-module"), false, "home/.pki/nssdb");
}

#[test]
fn a_database_without_a_module_for_cards_is_reported() {
    let home = Home::with(&[CHROMIUM]);
    home.chromium_modules(&[("Roots", &home.library("libnssckbi.so"))]);
    assert_found(&home.check("nss-module"), false, "no module for cards");
}

#[test]
fn the_module_of_the_command_line_is_one_for_cards() {
    let home = Home::with(&[CHROMIUM]);
    let library = home.library("libvendor.so");
    home.chromium_modules(&[("Vendor", &library)]);
    let check = home.check_with("nss-module", &["--module", library.to_str().unwrap()]);
    assert_found(&check, true, "libvendor.so");
}

#[test]
fn a_library_that_is_gone_is_reported() {
    let home = Home::with(&[CHROMIUM]);
    home.chromium_modules(&[("It's OpenSC", Path::new("/nonexistent/opensc-pkcs11.so"))]);
    let check = home.check("nss-module");
    assert_found(&check, false, "/nonexistent/opensc-pkcs11.so does not exist");
    // Quoted for a shell.
    assert_next(&check, r"-delete 'It'\''s OpenSC' -force");
}

#[test]
fn a_relative_path_is_not_loaded_from_the_folder_of_the_doctor() {
    let home = Home::with(&[CHROMIUM]);
    home.library("opensc-pkcs11.so");
    home.chromium_modules(&[("OpenSC", Path::new("usr/lib/opensc-pkcs11.so"))]);
    let checks = crate::home::checks(home.doctor(&[]).current_dir(home.system("")));
    let named = |check: &serde_json::Value| check.to_string().contains("usr/lib/opensc-pkcs11.so");
    let signatures = checks.iter().filter(|check| check["name"] == "tls-1.3");
    assert!(!signatures.into_iter().any(named), "{checks:?}");
}

#[test]
fn a_file_that_does_not_answer_ends_with_the_time_limit() {
    let home = Home::with(&[FIREFOX]);
    let folder = home.home(".mozilla/firefox");
    std::fs::create_dir_all(&folder).unwrap();
    let fifo = Command::new("mkfifo").arg(folder.join("profiles.ini")).status();
    assert!(fifo.unwrap().success());
    // `timeout` ends with 124 if it has to end the program.
    let doctor = home.doctor(&["--time-limit", "2"]);
    let mut command = Command::new("timeout");
    command
        .arg("30")
        .arg(doctor.get_program())
        .args(doctor.get_args());
    for (name, value) in doctor.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    assert_ne!(command.output().unwrap().status.code(), Some(124));
}

#[test]
fn a_module_that_is_registered_twice_is_reported() {
    let home = Home::with(&[CHROMIUM]);
    let opensc = home.library("opensc-pkcs11.so");
    let link = home.system("usr/lib/vendor.so");
    symlink(&opensc, &link).unwrap();
    let onepin = home.library("onepin-opensc-pkcs11.so");
    let proxy = home.library("p11-kit-proxy.so");
    let vendor = ["--module", link.to_str().unwrap()];
    for second in [&opensc, &link, &onepin, &proxy] {
        home.chromium_modules(&[
            ("OpenSC", &opensc),
            ("Roots", &home.library("other.so")),
            ("Second", second),
        ]);
        let check = home.check_with("nss-module", &vendor);
        assert_found(&check, false, "reach the same cards");
        assert_next(&check, "-delete 'Second'");
    }
}

#[test]
fn p11_kits_proxy_is_a_module_for_cards() {
    let home = Home::with(&[CHROMIUM]);
    home.chromium_modules(&[("p11-kit", &home.library("p11-kit-proxy.so"))]);
    // The packages of the tests configure modules in p11-kit.
    assert_found(&home.check("nss-module"), true, "p11-kit-proxy.so");
}

#[test]
fn firefox_without_a_profile_is_reported() {
    let check = Home::with(&[FIREFOX]).check("nss-module");
    assert_found(&check, false, "no profile");
    assert_next(&check, "start Firefox once");
}

#[test]
fn profiles_are_found_in_both_places() {
    let home = Home::with(&[FIREFOX]);
    home.profile(".mozilla/firefox", &[]);
    home.profile(
        ".config/mozilla/firefox",
        &[("OpenSC", &home.library("opensc-pkcs11.so"))],
    );
    let checks = home.checks("nss-module", &[]);
    assert_eq!(checks.len(), 2, "{checks:?}");
    assert_found(&checks[0], false, ".mozilla/firefox/abc.x");
    assert_found(&checks[1], true, ".config/mozilla/firefox/abc.x");
}

#[test]
fn a_policy_of_firefox_registers_a_module() {
    let home = Home::with(&[FIREFOX]);
    home.profile(".mozilla/firefox", &[]);
    let opensc = home.library("opensc-pkcs11.so");
    let device = format!(r#"{{"OpenSC": "{}"}}"#, opensc.display());
    for devices in [
        device.clone(),
        format!(r#"{{"Add": {device}, "Delete": ["Old"]}}"#),
    ] {
        home.write(
            POLICIES,
            &format!(r#"{{"policies": {{"SecurityDevices": {devices}}}}}"#),
        );
        assert_found(&home.check("nss-module"), true, "by policy");
    }
    // In the profile as well.
    home.profile(".mozilla/firefox", &[("OpenSC", &opensc)]);
    let check = home.check("nss-module");
    assert_found(&check, false, "reach the same cards");
    assert_next(&check, "the administrator");
}
