//! Scripted faults.

use std::time::{Duration, Instant};

use local_authority::{Code, Effect, Fault, Leg};
use serde_json::json;

use crate::support::{Lab, agent_of, assert_refused};

#[test]
fn a_nonce_that_went_stale_once() {
    let lab = Lab::new();
    lab.authority
        .inject(Fault::once(Leg::PrimaryRefreshToken, Effect::StaleNonce));
    lab.refused(&lab.alice(), "alice@contoso.example", 140_000);
    lab.granted(&lab.alice(), "alice@contoso.example");
}

#[test]
fn answers_that_are_cut_dropped_or_late() {
    let lab = Lab::new();
    let form = [("grant_type", "srv_challenge")];
    lab.authority.inject(Fault::once(Leg::Nonce, Effect::Drop));
    assert!(
        lab.agent.post(lab.token_url()).send_form(form).is_err(),
        "no answer at all"
    );
    lab.authority
        .inject(Fault::once(Leg::Nonce, Effect::Cut { after: 5 }));
    let mut cut = lab.agent.post(lab.token_url()).send_form(form).unwrap();
    assert_eq!(cut.status(), 200);
    assert!(cut.body_mut().read_to_string().is_err(), "the body ends early");
    let started = Instant::now();
    lab.authority
        .inject(Fault::once(Leg::Nonce, Effect::delay(Duration::from_millis(300))));
    lab.nonce();
    assert!(started.elapsed() >= Duration::from_millis(300));
}

#[test]
fn answers_that_are_something_else() {
    let lab = Lab::new();
    let form = [("grant_type", "srv_challenge")];
    let page = Effect::Replace {
        status: 502,
        content_type: "text/html".to_owned(),
        body: "<html>Bad gateway</html>".to_owned(),
    };
    lab.authority.inject(Fault::once(Leg::Nonce, page));
    assert_eq!(lab.post(&form), (502, json!("<html>Bad gateway</html>")));
    lab.authority
        .inject(Fault::once(Leg::Nonce, Effect::Flood { bytes: 10_000_000 }));
    let (status, body) = lab.post(&form);
    assert_eq!((status, body.as_str().unwrap().len()), (200, 10_000_000));
    lab.authority.inject(Fault::once(
        Leg::Nonce,
        Effect::Refuse {
            code: 90_033,
            retry_after: Some(7),
        },
    ));
    let response = lab.agent.post(lab.token_url()).send_form(form).unwrap();
    assert_eq!(
        (
            response.status().as_u16(),
            response.headers()["retry-after"].to_str().unwrap()
        ),
        (503, "7")
    );
}

#[test]
fn any_code_can_be_sent() {
    let lab = Lab::new();
    let fault = json!({"at": "nonce", "do": {"refuse": {"code": 81016}}});
    lab.authority.inject(serde_json::from_value(fault).unwrap());
    let (status, body) = lab.post(&[("grant_type", "srv_challenge")]);
    assert_eq!((status, &body["error"]), (400, &json!("invalid_grant")));
    assert_eq!(body["error_codes"], json!([81016]));
}

#[test]
fn faults_wait_and_repeat() {
    let lab = Lab::new();
    let fault: Fault = serde_json::from_value(json!({
        "at": "nonce", "after": 1, "times": 2, "do": {"refuse": {"code": 90033}},
    }))
    .unwrap();
    lab.authority.inject(fault);
    lab.nonce();
    assert_refused(
        &lab.post(&[("grant_type", "srv_challenge")]),
        Code::TRANSIENT.number(),
    );
    assert_refused(
        &lab.post(&[("grant_type", "srv_challenge")]),
        Code::TRANSIENT.number(),
    );
    lab.nonce();
    lab.authority
        .inject(Fault::always(Leg::Nonce, Effect::refuse(Code::TRANSIENT)));
    assert_refused(&lab.post(&[("grant_type", "srv_challenge")]), 90_033);
    lab.authority.clear_faults();
    lab.nonce();
}

/// A request to each leg of the pages and of registration, and what is in its refusals.
const REQUESTS: [(Leg, &str, &str); 13] = [
    (Leg::Authorize, "GET . /common/oauth2/authorize", "$Config="),
    (Leg::Login, "POST . /common/login", "$Config="),
    (Leg::KeepMeSignedIn, "POST . /kmsi", "$Config="),
    (Leg::AppCheck, "POST . /appverify", "$Config="),
    (Leg::DevicePage, "GET . /common/oauth2/deviceauth", "$Config="),
    (Leg::CertAuth, "POST certauth. /common/certauth", "$Config="),
    (
        Leg::CredentialType,
        "POST . /common/GetCredentialType",
        "AADSTS90033",
    ),
    (Leg::DeviceCode, "POST . /common/oauth2/devicecode", "AADSTS90033"),
    (Leg::DeviceToken, "POST . /common/oauth2/token", "AADSTS90033"),
    (
        Leg::Discovery,
        "GET enterpriseregistration. /x/Discover",
        "ErrorType",
    ),
    (
        Leg::Join,
        "POST enterpriseregistration. /EnrollmentServer/device/",
        "ErrorType",
    ),
    (
        Leg::Leave,
        "DELETE enterpriseregistration. /EnrollmentServer/device/x",
        "ErrorType",
    ),
    (
        Leg::RegistrationNonce,
        "GET enterpriseregistration. /EnrollmentServer/nonce/x",
        "ErrorType",
    ),
];

#[test]
fn every_leg_of_the_pages_and_of_registration() {
    let lab = Lab::new();
    let agent = agent_of(&lab, None);
    let port = lab.authority.address().port();
    let device = "urn:ietf:params:oauth:grant-type:device_code";
    for (leg, request, sign) in REQUESTS {
        let [method, prefix, path] = request.split(' ').collect::<Vec<_>>()[..] else {
            unreachable!("three words");
        };
        let url = format!("https://{}localhost:{port}{path}", prefix.trim_start_matches('.'));
        let send = || match method {
            "GET" => agent.get(&url).call(),
            "DELETE" => agent.delete(&url).call(),
            _ => agent.post(&url).send_form([("grant_type", device)]),
        };
        let transient = Effect::Refuse {
            code: 90_033,
            retry_after: Some(7),
        };
        lab.authority.inject(Fault::once(leg, transient));
        let mut answer = send().unwrap();
        let wait = answer.headers()["retry-after"].to_str().unwrap();
        assert_eq!((answer.status().as_u16(), wait), (503, "7"), "{leg:?}");
        let body = answer.body_mut().read_to_string().unwrap();
        assert!(body.contains(sign), "{leg:?}: {body}");
        assert_eq!(lab.authority.log().last().unwrap().leg, leg);
        lab.authority.inject(Fault::once(leg, Effect::Drop));
        assert!(send().is_err(), "{leg:?}");
    }
}

#[test]
fn the_log_says_what_happened_and_holds_no_secret() {
    let lab = Lab::new();
    let body = lab.granted(&lab.alice(), "alice@corp.local");
    let log = lab.authority.log();
    let entry = serde_json::to_value(log.last().unwrap()).unwrap();
    assert_eq!(entry["leg"], "primaryRefreshToken");
    assert_eq!(entry["userName"], "alice@corp.local");
    assert_eq!(entry["user"], "alice@contoso.example");
    assert_eq!(entry["foundBy"], "onPremisesUserPrincipalName");
    assert_eq!(entry["certificateSubject"], "O=Contoso,CN=Alice");
    assert_eq!(entry["device"], json!(lab.device.device_id));
    assert_eq!(entry["multifactor"], true);
    let text = serde_json::to_string(&log).unwrap();
    for secret in ["refresh_token", "session_key_jwe", "id_token"] {
        assert!(!text.contains(body[secret].as_str().unwrap()), "{secret}");
    }
}
