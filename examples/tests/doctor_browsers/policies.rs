//! Policies that pick the certificate.

use serde_json::{Value, json};

use crate::home::{CHROMIUM, FIREFOX, Home, assert_found, assert_next};

const FILE: &str = "etc/chromium/policies/managed/x.json";
const POLICIES: &str = "etc/firefox/policies/policies.json";

/// A policy for this pattern.
fn rule(pattern: &str) -> String {
    let rule = json!({"pattern": pattern, "filter": {}}).to_string();
    json!({"AutoSelectCertificateForUrls": [rule]}).to_string()
}

#[track_caller]
fn check(policy: &str, options: &[&str]) -> Value {
    let home = Home::with(&[CHROMIUM]);
    home.write(FILE, policy);
    home.check_with("auto-select", options)
}

#[test]
fn without_a_policy_the_browser_asks() {
    for program in [CHROMIUM, FIREFOX] {
        let check = Home::with(&[program]).check("auto-select");
        assert_found(&check, true, "asks which certificate to use");
        assert_next(&check, "doctor --browsers --fix");
    }
    assert_found(&check("{\"HomepageLocation\": \"x\"}", &[]), true, "asks");
    assert_found(&check(&rule("https://[*.]example.com"), &[]), true, "asks");
}

#[test]
fn a_policy_for_the_hosts_of_the_cloud_passes() {
    let certauth = "https://[*.]certauth.login.microsoftonline.com";
    assert_found(&check(&rule(certauth), &[]), true, "without a question");
    assert_found(&check(&rule(certauth), &["--cloud", "us-gov"]), true, "asks");
    let government = rule("https://[*.]certauth.login.microsoftonline.us");
    assert_found(
        &check(&government, &["--cloud", "us-gov"]),
        true,
        "without a question",
    );
    let lab = ["--authority", "https://login.test:8443"];
    assert_found(
        &check(&rule("https://[*.]certauth.login.test:8443"), &lab),
        true,
        "without a question",
    );
    assert_found(
        &check(&rule("https://[*.]certauth.login.test:443"), &lab),
        true,
        "asks",
    );
}

#[test]
fn a_policy_for_one_of_the_hosts_is_reported() {
    let check = check(&rule("https://certauth.login.microsoftonline.com"), &[]);
    assert_found(&check, false, "some hosts");
    assert_next(&check, "https://[*.]certauth.login.microsoftonline.com");
}

#[test]
fn a_policy_of_another_browser_counts_for_that_one_only() {
    let home = Home::with(&[CHROMIUM, "usr/bin/google-chrome", "usr/bin/microsoft-edge"]);
    home.write("etc/opt/edge/policies/managed/x.json", &rule("*"));
    let checks = home.checks("auto-select", &[]);
    let chosen = checks.iter().map(|check| check["next"].is_null());
    assert_eq!(chosen.collect::<Vec<_>>(), [false, false, true], "{checks:?}");
}

#[test]
fn a_policy_that_chromium_ignores_is_reported() {
    for (policy, found) in [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        (r#"{"AutoSelectCertificateForUrls": "*"}"#, "not a list"),
        (
            r#"{"AutoSelectCertificateForUrls": [{"pattern": "*", "filter": {}}]}"#,
            "not a text",
        ),
        (
            r#"{"AutoSelectCertificateForUrls": ["{\"pattern\": \"*\"}"]}"#,
            "not a text",
        ),
        (
            r#"{"AutoSelectCertificateForUrls": ["https://[*.]certauth.login.microsoftonline.com"]}"#,
            "not a text",
        ),
    ] {
        let check = check(policy, &[]);
        assert_found(&check, false, found);
        assert_next(&check, "correct this file");
    }
}

#[test]
fn policy_files_beyond_the_limit_are_reported() {
    let home = Home::with(&[CHROMIUM]);
    home.write(FILE, &rule("*"));
    for number in 0..1_000 {
        home.write(&format!("etc/chromium/policies/managed/{number}.json"), "{}");
    }
    let check = home.check("auto-select");
    assert_found(&check, false, "more than 1000 files");
    assert_next(&check, "remove files");
}

#[test]
fn comments_and_last_commas_are_accepted_as_in_chromium() {
    let rules = rule("*")
        .replace("{\"Auto", "{ // the card\n\"Auto")
        .replace("]}", ", ], /* all */ }");
    let policy = rules.as_str();
    assert!(policy.contains("// the card") && policy.contains("/* all */"));
    assert_found(&check(policy, &[]), true, "without a question");
}

#[test]
fn a_filter_is_shown() {
    let rule = json!({"pattern": "*", "filter": {"ISSUER": {"CN": "Card CA"}}}).to_string();
    let policy = json!({"AutoSelectCertificateForUrls": [rule]}).to_string();
    assert_found(&check(&policy, &[]), true, "Card CA");
}

#[test]
fn firefox_takes_a_certificate_by_policy_or_preference() {
    for value in [
        json!("Select Automatically"),
        json!({"Value": "Select Automatically", "Status": "locked"}),
    ] {
        let home = Home::with(&[FIREFOX]);
        let policy = json!({"policies": {"Preferences": {"security.default_personal_cert": value}}});
        home.write(
            "usr/lib/firefox-esr/distribution/policies.json",
            &policy.to_string(),
        );
        assert_found(&home.check("auto-select"), true, "without a question");
    }
    let home = Home::with(&[FIREFOX]);
    let profile = home.profile(".config/mozilla/firefox", &[]);
    let line = "user_pref(\"security.default_personal_cert\", \"Select Automatically\");\n";
    std::fs::write(profile.with_file_name("prefs.js"), line).unwrap();
    assert_found(&home.check("auto-select"), true, "without a question");
    std::fs::write(profile.with_file_name("prefs.js"), format!("// {line}")).unwrap();
    assert_found(&home.check("auto-select"), true, "asks");
}

#[test]
fn a_policy_file_that_firefox_ignores_is_reported() {
    let home = Home::with(&[FIREFOX]);
    // Firefox accepts no comments.
    home.write(POLICIES, "{\"policies\": {}} // none");
    assert_found(&home.check("auto-select"), false, "not JSON");
}
