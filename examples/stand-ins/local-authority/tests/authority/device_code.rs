//! Device codes: a person types a code in a browser, and the device gets the tokens.

use std::time::Duration;

use local_authority::DeviceCode;
use serde_json::{Value, json};

use crate::support::{Browser, Lab, Page, assert_refused, claims, json as read};

const BROKER: &str = "29d9ed98-a469-4536-ade2-f981bc1d605e";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
const REGISTRATION: &str = "urn:ms-drs:enterpriseregistration.windows.net";

fn post(lab: &Lab, path: &str, form: &[(&str, &str)]) -> (u16, Value) {
    let request = lab.agent.post(lab.url(path));
    read(request.send_form(form.iter().copied()).unwrap())
}

fn begin(lab: &Lab) -> Value {
    let form = [("client_id", BROKER), ("resource", REGISTRATION)];
    let (status, body) = post(lab, "/common/oauth2/devicecode", &form);
    assert_eq!(status, 200, "{body}");
    body
}

fn poll(lab: &Lab, code: &Value) -> (u16, Value) {
    let code = code["device_code"].as_str().unwrap();
    let form = [("client_id", BROKER), ("grant_type", GRANT), ("code", code)];
    post(lab, "/common/oauth2/token", &form)
}

/// Types the code, signs in with the certificate, and comes to the page that shows the application.
fn at_the_application(browser: &Browser, address: &Value, code: &Value) -> Page {
    let first = browser.get(address.as_str().unwrap());
    let typed = first
        .form(0)
        .with("otc", &code.as_str().unwrap().to_ascii_lowercase());
    let name = browser.send(&typed);
    let name = name.form(0).with("loginfmt", "alice@contoso.example");
    let certificate = browser.send(&name).form(0);
    let working = browser.send(&certificate).form(0);
    browser.send(&working)
}

#[test]
fn both_endpoints() {
    let lab = Lab::new();
    let browser = Browser::new(&lab, Some(&lab.alice()));
    let code = begin(&lab);
    assert_eq!(
        (&code["expires_in"], &code["interval"]),
        (&json!("900"), &json!("5"))
    );
    assert_refused(&poll(&lab, &code), 70_016);
    assert_eq!(poll(&lab, &code).1["error"], "authorization_pending");
    let check = at_the_application(&browser, &code["verification_url"], &code["user_code"]);
    assert_eq!(check.id(), "CmsiInterrupt");
    let stay = browser.send(&check.form(0));
    let end = browser.send(&stay.form(0));
    assert!(end.body.contains("You have signed in"), "{end:?}");
    let (status, body) = poll(&lab, &code);
    assert_eq!(status, 200, "{body}");
    let access = claims(body["access_token"].as_str().unwrap());
    assert_eq!(
        (&access["aud"], &access["amr"]),
        (&json!(REGISTRATION), &json!(["rsa", "mfa"]))
    );
    assert_refused(&poll(&lab, &code), 70_018);

    let scope = "01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9/.default openid offline_access";
    let form = [("client_id", BROKER), ("scope", scope)];
    let (_, code) = post(&lab, "/common/oauth2/v2.0/devicecode", &form);
    assert_eq!((&code["expires_in"], &code["interval"]), (&json!(900), &json!(5)));
    assert!(code.get("verification_uri_complete").is_none(), "{code}");
    let check = at_the_application(&browser, &code["verification_uri"], &code["user_code"]);
    browser.send(&browser.send(&check.form(0)).form(0));
    let device_code = code["device_code"].as_str().unwrap();
    let poll = |form: &[(&str, &str)]| {
        let common = [("client_id", BROKER), ("grant_type", GRANT)];
        post(&lab, "/common/oauth2/v2.0/token", &[&common[..], form].concat())
    };
    assert_refused(&poll(&[("code", device_code)]), 900_144);
    let (status, body) = poll(&[("device_code", device_code)]);
    assert_eq!(status, 200, "{body}");
    assert_eq!(
        claims(body["access_token"].as_str().unwrap())["aud"],
        REGISTRATION
    );
    assert!(
        body["refresh_token"].is_string() && body["id_token"].is_string(),
        "{body}"
    );
}

#[test]
fn codes_that_lead_to_nothing() {
    let lab = Lab::new();
    let browser = Browser::new(&lab, Some(&lab.alice()));
    let code = begin(&lab);
    let check = at_the_application(&browser, &code["verification_url"], &code["user_code"]);
    let declined = browser.send(&check.form(0).with("ContinueAuth", "false"));
    assert_eq!(declined.code(), 65_004);
    let (_, body) = poll(&lab, &code);
    assert_eq!(body["error"], "authorization_declined");

    let code = begin(&lab);
    let other = [
        ("client_id", "dd762716-544d-4aeb-a526-687b73838a22"),
        ("grant_type", GRANT),
        ("code", code["device_code"].as_str().unwrap()),
    ];
    let (_, body) = post(&lab, "/common/oauth2/token", &other);
    assert_eq!(body["error"], "bad_verification_code");
    lab.authority.advance_clock(Duration::from_secs(901));
    assert_eq!(poll(&lab, &code).1["error"], "expired_token");
    let page = browser.get(code["verification_url"].as_str().unwrap());
    for typed in [code["user_code"].as_str().unwrap(), "ABCDEFGHJ"] {
        let again = browser.send(&page.form(0).with("otc", typed));
        assert!(again.body.contains("role=\"alert\""), "{again:?}");
    }

    let lab = Lab::with(|configuration| configuration.pages.device_code = DeviceCode::Blocked);
    let browser = Browser::new(&lab, Some(&lab.alice()));
    let code = begin(&lab);
    let page = at_the_application(&browser, &code["verification_url"], &code["user_code"]);
    assert_eq!((page.id().as_str(), page.code()), ("ConvergedError", 53_003));
    assert_refused(&poll(&lab, &code), 53_003);
}
