//! Everything that must not be granted, and the code of each.

use local_authority::issue::{DeviceFile, UserTemplate, Validity, self_signed_authority};
use local_authority::{AssertionAudience, Demand, PolicyState, X5cForm};
use serde_json::{Value, json};

use crate::support::{
    Assertion, Card, DeviceRequest, JWT_BEARER, Key, Lab, assert_refused, id_token, now, rsa,
    sign_with_openssl, template,
};

const ALICE: &str = "alice@contoso.example";

/// Signs Alice in with an assertion that was spoilt before it was signed.
fn with_assertion(lab: &Lab, spoil: impl FnOnce(&mut Assertion)) -> (u16, Value) {
    let card = lab.alice();
    let nonce = lab.nonce();
    let mut assertion = Assertion::new(&card, ALICE, &lab.issuer_identifier(), &nonce);
    spoil(&mut assertion);
    lab.request(&DeviceRequest::new(
        &lab.device,
        &nonce,
        &assertion.sign(&card.key()),
    ))
}

/// Signs Alice in with a request that was spoilt before it was signed.
fn with_request(lab: &Lab, spoil: impl FnOnce(&mut DeviceRequest)) -> (u16, Value) {
    let card = lab.alice();
    let nonce = lab.nonce();
    let assertion = Assertion::new(&card, ALICE, &lab.issuer_identifier(), &nonce).sign(&card.key());
    let mut request = DeviceRequest::new(&lab.device, &nonce, &assertion);
    spoil(&mut request);
    lab.request(&request)
}

#[test]
fn the_form_of_a_refusal() {
    let lab = Lab::new();
    let id = "4b1f9b8c-3c5a-4d5e-9f6a-0123456789ab";
    let response = lab
        .agent
        .post(lab.token_url())
        .header("client-request-id", id)
        .header("return-client-request-id", "true")
        .send_form([("grant_type", JWT_BEARER)])
        .unwrap();
    assert_eq!(response.headers()["client-request-id"], id);
    let trace = response.headers()["x-ms-request-id"].to_str().unwrap().to_owned();
    let (status, body) = crate::support::json(response);
    assert_eq!(status, 400);
    assert_eq!(body["error"], "invalid_request");
    assert_eq!(body["error_codes"], json!([900_144]));
    assert_eq!(
        (&body["correlation_id"], &body["trace_id"]),
        (&json!(id), &json!(trace))
    );
    let description = body["error_description"].as_str().unwrap();
    assert!(description.starts_with("AADSTS900144: "), "{description}");
    assert!(
        description.contains(&format!("Trace ID: {trace} Correlation ID: {id} Timestamp: ")),
        "{description}"
    );
    let timestamp = body["timestamp"].as_str().unwrap();
    assert!(
        timestamp.len() == 20 && timestamp.ends_with('Z') && timestamp.as_bytes()[10] == b' ',
        "{timestamp}"
    );
}

#[test]
fn an_assertion_signed_by_another_key() {
    let lab = Lab::new();
    let card = Card {
        key: rsa(),
        ..lab.alice()
    };
    lab.refused(&card, ALICE, 500_184);
}

#[test]
fn an_assertion_that_lacks_something() {
    let lab = Lab::new();
    for (claim, code) in [("iss", 50_025), ("aud", 50_098), ("iat", 50_098), ("exp", 50_098)] {
        assert_refused(
            &with_assertion(&lab, |assertion| drop(assertion.claims.remove(claim))),
            code,
        );
    }
    assert_refused(
        &with_assertion(&lab, |assertion| drop(assertion.header.remove("x5c"))),
        50_120,
    );
    let hello = |assertion: &mut Assertion| {
        assertion.header.remove("x5c");
        assertion.header.insert("use".to_owned(), json!("ngc"));
    };
    assert_refused(&with_assertion(&lab, hello), 130_001);
}

#[test]
fn an_assertion_for_somebody_else_or_another_time() {
    let lab = Lab::new();
    let set = |claim: &'static str, value: Value| {
        move |assertion: &mut Assertion| drop(assertion.claims.insert(claim.to_owned(), value))
    };
    assert_refused(&with_assertion(&lab, set("aud", json!("common"))), 500_131);
    assert_refused(&with_assertion(&lab, set("exp", json!(now() - 301))), 500_133);
    assert_refused(&with_assertion(&lab, set("iat", json!(now() + 900))), 500_133);
    assert_refused(
        &with_assertion(&lab, set("request_nonce", json!("another"))),
        50_099,
    );
}

#[test]
fn switches_open_what_no_source_settles() {
    let lab = Lab::with(|configuration| configuration.switches.further_audiences.push("common".to_owned()));
    let (status, body) = with_assertion(&lab, |assertion| {
        assertion.claims.insert("aud".to_owned(), json!("common"));
        assertion.claims.remove("request_nonce");
    });
    assert_eq!(status, 200, "{body}");
    let lab = Lab::with(|configuration| configuration.switches.assertion_nonce = Demand::Required);
    let without = |assertion: &mut Assertion| drop(assertion.claims.remove("request_nonce"));
    assert_refused(&with_assertion(&lab, without), 50_098);
}

#[test]
fn switches_leave_one_form_of_a_request() {
    let with = |change: fn(&mut local_authority::Switches)| {
        Lab::with(move |configuration| change(&mut configuration.switches))
    };
    let unchanged = |_: &mut Assertion| ();
    let lab = with(|switches| switches.assertion_audience = AssertionAudience::Common);
    assert_refused(&with_assertion(&lab, unchanged), 500_131);
    let common = |assertion: &mut Assertion| drop(assertion.claims.insert("aud".to_owned(), json!("common")));
    assert_eq!(with_assertion(&lab, common).0, 200);

    let lab = with(|switches| switches.assertion_nonce = Demand::Refused);
    assert_refused(&with_assertion(&lab, unchanged), 50_027);
    let without = |assertion: &mut Assertion| drop(assertion.claims.remove("request_nonce"));
    assert_eq!(with_assertion(&lab, without).0, 200);

    let lab = with(|switches| switches.user_x5c = X5cForm::String);
    assert_refused(&with_assertion(&lab, unchanged), 50_120);
    // josekit refuses to sign a header with such a form.
    let lab = with(|switches| switches.device_x5c = X5cForm::String);
    assert_refused(&with_request(&lab, |_| ()), 50_120);

    let lab = with(|switches| switches.user_name = Demand::Required);
    assert_refused(&with_request(&lab, |_| ()), 9_002_313);
    let named =
        |request: &mut DeviceRequest| drop(request.claims.insert("username".to_owned(), json!(ALICE)));
    assert_eq!(with_request(&lab, named).0, 200);

    let lab = with(|switches| switches.kdf_offer = Demand::Refused);
    assert_refused(&with_request(&lab, |_| ()), 9_002_313);
    let one = |request: &mut DeviceRequest| drop(request.header.remove("kdf_ver"));
    assert_eq!(with_request(&lab, one).0, 200);

    let lab = with(|switches| switches.windows_api_version = Demand::Required);
    assert_refused(&with_request(&lab, |_| ()), 9_002_313);
}

#[test]
fn nonces_that_are_foreign_used_or_stale() {
    let lab = Lab::new();
    let foreign = |request: &mut DeviceRequest| {
        request
            .claims
            .insert("request_nonce".to_owned(), json!("AwABAforeign"));
    };
    assert_refused(&with_request(&lab, foreign), 50_099);
    assert_refused(
        &with_request(&lab, |request| drop(request.claims.remove("request_nonce"))),
        50_098,
    );

    let card = lab.alice();
    let nonce = lab.nonce();
    let assertion = Assertion::new(&card, ALICE, &lab.issuer_identifier(), &nonce).sign(&card.key());
    let request = DeviceRequest::new(&lab.device, &nonce, &assertion);
    assert_eq!(lab.request(&request).0, 200);
    assert_refused(&lab.request(&request), 50_099);

    let nonce = lab.nonce();
    let assertion = Assertion::new(&card, ALICE, &lab.issuer_identifier(), &nonce).sign(&card.key());
    lab.authority.advance_clock(std::time::Duration::from_secs(601));
    assert_refused(
        &lab.request(&DeviceRequest::new(&lab.device, &nonce, &assertion)),
        140_000,
    );
}

/// As libhimmelblau asks for it.
#[test]
fn a_nonce_is_given_without_a_content_type() {
    let lab = Lab::new();
    let request = ureq::http::Request::post(lab.token_url())
        .body("grant_type=srv_challenge")
        .unwrap();
    let (status, body) = crate::support::json(lab.agent.run(request).unwrap());
    assert!(status == 200 && body["Nonce"].is_string(), "{body}");
}

#[test]
fn devices_that_are_not_what_they_say() {
    let lab = Lab::new();
    assert_refused(
        &with_request(&lab, |request| drop(request.header.remove("x5c"))),
        50_097,
    );
    let foreign = json!([base64(&lab.alice().certificate.to_der().unwrap())]);
    assert_refused(
        &with_request(&lab, |request| {
            drop(request.header.insert("x5c".to_owned(), foreign));
        }),
        50_155,
    );
    let mut request = DeviceRequest::new(&lab.device, &lab.nonce(), "a.b.c");
    request.header.insert("x5c".to_owned(), json!(["%%%"]));
    let signed = sign_with_openssl(&request.header, &request.claims, &lab.alice().key);
    assert_refused(
        &lab.post(&[("grant_type", JWT_BEARER), ("request", &signed)]),
        9_002_323,
    );

    let nonce = lab.nonce();
    let signed = DeviceRequest::new(&lab.device, &nonce, "a.b.c").sign(&lab.alice().key());
    assert_refused(
        &lab.post(&[("grant_type", JWT_BEARER), ("request", &signed)]),
        50_013,
    );

    let lab = Lab::with(|configuration| configuration.devices[0].account_enabled = false);
    lab.refused(&lab.alice(), ALICE, 135_011);
    let lab = Lab::with(|configuration| configuration.devices[0].transport_key = None);
    lab.refused(&lab.alice(), ALICE, 130_006);
    let lab = Lab::with(|configuration| drop(configuration.devices.remove(0)));
    lab.refused(&lab.alice(), ALICE, 700_003);
}

fn base64(bytes: &[u8]) -> String {
    use ::base64::Engine as _;
    ::base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[test]
fn requests_that_ask_for_the_wrong_thing() {
    let lab = Lab::new();
    let set = |claim: &'static str, value: &'static str| {
        move |request: &mut DeviceRequest| drop(request.claims.insert(claim.to_owned(), json!(value)))
    };
    assert_refused(&with_request(&lab, set("scope", "openid")), 70_011);
    assert_refused(
        &with_request(&lab, set("client_id", "00000000-0000-0000-0000-000000000000")),
        700_016,
    );
    assert_refused(&with_request(&lab, set("grant_type", "device_token")), 70_003);
    assert_refused(&with_request(&lab, set("assertion", "not.a.jws")), 500_132);
    assert_refused(
        &lab.post(&[("grant_type", JWT_BEARER), ("request", "nonsense")]),
        50_027,
    );
    assert_refused(&lab.post(&[("grant_type", "implicit")]), 70_003);
    assert_refused(&lab.post(&[]), 900_144);
    let (_, body) = lab.get("/someone.example/.well-known/openid-configuration");
    assert_eq!(body["error_codes"], json!([90_002]));
}

#[test]
fn users_who_may_not() {
    let lab = Lab::new();
    for (name, code) in [
        ("nobody@contoso.example", 50_034),
        ("carol@contoso.example", 130_501),
        ("dave@contoso.example", 50_057),
        ("erin@fabrikam.example", 53_006),
    ] {
        lab.refused(&lab.alice(), name, code);
    }
    let lab = Lab::with(|configuration| configuration.certificate_policy.state = PolicyState::Disabled);
    lab.refused(&lab.alice(), ALICE, 1_002_002);
}

#[test]
fn a_user_in_staged_rollout_may() {
    let lab = Lab::new();
    let name = "frank@fabrikam.example";
    let card = lab.card(&UserTemplate {
        principal_name: Some(name.to_owned()),
        ..template()
    });
    assert_eq!(id_token(&lab.granted(&card, name))["upn"], name);
}

#[test]
fn certificates_that_do_not_hold() {
    let lab = Lab::new();
    lab.refused(
        &lab.card(&UserTemplate {
            validity: Validity::Expired,
            ..template()
        }),
        ALICE,
        500_172,
    );
    lab.refused(
        &lab.card(&UserTemplate {
            validity: Validity::NotYet,
            ..template()
        }),
        ALICE,
        500_172,
    );

    let key = rsa();
    let stranger = self_signed_authority("Contoso Smart Card CA").unwrap();
    let certificate = stranger.issue_user(&template(), &key).unwrap();
    lab.refused(&Card { certificate, key }, ALICE, 500_176);

    let small = openssl::pkey::PKey::from_rsa(openssl::rsa::Rsa::generate(1024).unwrap()).unwrap();
    let certificate = lab.issuer().issue_user(&template(), &small).unwrap();
    // josekit refuses to sign with a key this small, so this one is signed by hand.
    let card = Card {
        certificate,
        key: small,
    };
    let nonce = lab.nonce();
    let assertion = Assertion::new(&card, ALICE, &lab.issuer_identifier(), &nonce);
    let signed = sign_with_openssl(&assertion.header, &assertion.claims, &card.key);
    assert_refused(
        &lab.request(&DeviceRequest::new(&lab.device, &nonce, &signed)),
        50_032,
    );
}

#[test]
fn a_device_file_can_be_read_back() {
    let lab = Lab::new();
    let device = DeviceFile::read(&lab.path("hybrid-device.json")).unwrap();
    let nonce = lab.nonce();
    let card = lab.alice();
    let assertion = Assertion::new(&card, ALICE, &lab.issuer_identifier(), &nonce).sign(&card.key());
    let signed = DeviceRequest::new(&device, &nonce, &assertion).sign(&Key::pem(&device.key));
    let (status, body) = lab.post(&[("grant_type", JWT_BEARER), ("request", &signed)]);
    assert_eq!(status, 200, "{body}");
}
