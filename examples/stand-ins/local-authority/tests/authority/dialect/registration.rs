//! The switches of registration.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use local_authority::{
    Agent, AttributeValues, AttributesName, Demand, DeviceExtensions, ErrorBody, LeaveHost, TargetDomain,
    TransportKey, Versions,
};
use serde_json::{Value, json};

use super::lab;
use crate::browser::{authorize, signed_in};
use crate::support::join::{
    COMMON_NAME, blob, body, csr, identity, joined, keys, leave, register, register_at, register_with, token,
};
use crate::support::{Browser, Lab, agent_of, json as read};

const BROKER: &str = "29d9ed98-a469-4536-ade2-f981bc1d605e";
const RESOURCE: &str = "urn:ms-drs:enterpriseregistration.windows.net";
const SCOPE: &str = "01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9/.default openid offline_access";

fn right() -> Value {
    let (key, transport) = keys();
    body(&key, &transport, 0)
}

/// The status of a join whose body was changed.
fn status(lab: &Lab, change: impl Fn(&mut Value)) -> u16 {
    let mut body = right();
    change(&mut body);
    register(lab, &token(lab), &body).0
}

/// A token for registration by the pages, with further parameters.
fn token_of_pages(lab: &Lab, further: &[(&str, &str)]) -> String {
    let browser = Browser::new(lab, Some(&lab.alice()));
    let parameters = [&[("resource", RESOURCE)], further].concat();
    let page = signed_in(
        &browser,
        &authorize(lab, "/common/oauth2/authorize", &parameters),
        "alice@contoso.example",
    );
    let code = page.returned("code").unwrap();
    let form = [
        ("client_id", BROKER),
        ("grant_type", "authorization_code"),
        ("code", &code),
        (
            "redirect_uri",
            "https://login.microsoftonline.com/WebApp/CloudDomainJoin/8",
        ),
    ];
    let (_, body) = lab.post(&form);
    body["access_token"]
        .as_str()
        .unwrap_or_else(|| panic!("{body}"))
        .to_owned()
}

#[test]
fn fresh_multifactor() {
    let lab = lab(|dialect| dialect.fresh_multifactor = Demand::Required);
    let (status, answer) = register(&lab, &token_of_pages(&lab, &[]), &right());
    assert_eq!(
        (status, &answer["ErrorType"]),
        (400, &json!("AuthorizationError"))
    );
    let token = token_of_pages(&lab, &[("amr_values", "ngcmfa")]);
    assert_eq!(register(&lab, &token, &right()).0, 200);
}

#[test]
fn registration_tokens() {
    for (versions, one, two) in [
        (Versions::Any, true, true),
        (Versions::V1, true, false),
        (Versions::V2, false, true),
    ] {
        let lab = lab(move |dialect| dialect.registration_tokens = versions);
        let password = [
            ("grant_type", "password"),
            ("client_id", BROKER),
            ("username", "alice@contoso.example"),
            ("password", "correct horse battery staple"),
        ];
        let ask = |path: &str, further: (&str, &str)| {
            let form = [&password[..], &[further]].concat();
            let answer = lab.agent.post(lab.url(path)).send_form(form);
            read(answer.unwrap()).0 == 200
        };
        assert_eq!(
            ask("/common/oauth2/token", ("resource", RESOURCE)),
            one,
            "{versions:?}"
        );
        assert_eq!(
            ask("/common/oauth2/v2.0/token", ("scope", SCOPE)),
            two,
            "{versions:?}"
        );
        // The client learns it before the user has signed in.
        let browser = Browser::new(&lab, None);
        let page = browser.get(&authorize(
            &lab,
            "/common/oauth2/authorize",
            &[("resource", RESOURCE)],
        ));
        assert_eq!(page.location.is_none(), one, "{versions:?}");
        let page = browser.get(&authorize(
            &lab,
            "/common/oauth2/v2.0/authorize",
            &[("scope", SCOPE)],
        ));
        assert_eq!(page.location.is_none(), two, "{versions:?}");
        let form = [("client_id", BROKER), ("resource", RESOURCE)];
        let device = lab
            .agent
            .post(lab.url("/common/oauth2/devicecode"))
            .send_form(form);
        assert_eq!(read(device.unwrap()).0 == 200, one, "{versions:?}");
        // Other resources are not concerned.
        assert!(ask(
            "/common/oauth2/token",
            ("resource", "https://graph.microsoft.com")
        ));
    }
}

#[test]
fn adrs_access() {
    let lab = lab(|dialect| dialect.adrs_access = Demand::Required);
    let ask = |client: &str| {
        lab.post(&[
            ("grant_type", "password"),
            ("client_id", client),
            ("username", "alice@contoso.example"),
            ("password", "correct horse battery staple"),
            ("resource", RESOURCE),
        ])
    };
    assert_eq!(ask(BROKER).0, 200);
    crate::support::assert_refused(&ask("1b730954-1685-4b74-9bfd-dac224a7b894"), 65_002);
}

#[test]
fn discovery_token() {
    for (demand, with, without) in [
        (Demand::Optional, 200, 200),
        (Demand::Required, 200, 401),
        (Demand::Refused, 401, 200),
    ] {
        let lab = lab(move |dialect| dialect.discovery_token = demand);
        let url = format!(
            "{}/contoso.example/Discover?api-version=1.9",
            lab.authority.registration_url()
        );
        let agent = agent_of(&lab, None);
        let bearer = |token: &str| {
            let request = agent.get(&url).header("authorization", format!("Bearer {token}"));
            request.call().unwrap().status().as_u16()
        };
        assert_eq!(bearer(&token(&lab)), with, "{demand:?}");
        assert_eq!(bearer("x"), 401);
        assert_eq!(agent.get(&url).call().unwrap().status(), without, "{demand:?}");
    }
}

#[test]
fn registration_agent() {
    let lab = lab(|dialect| dialect.registration_agent = Agent::Windows);
    assert_eq!(status(&lab, |_| {}), 400);
    let agent = [("user-agent", "Dsreg/10.0 (Windows 10.0.19041.928)")];
    assert_eq!(register_with(&lab, &token(&lab), &right(), &agent).0, 200);
}

#[test]
fn client_headers() {
    let headers = [("ocp-adrs-client-name", "x"), ("ocp-adrs-client-version", "1")];
    for (demand, with, without) in [(Demand::Required, 200, 400), (Demand::Refused, 400, 200)] {
        let lab = lab(move |dialect| dialect.client_headers = demand);
        assert_eq!(
            register_with(&lab, &token(&lab), &right(), &headers).0,
            with,
            "{demand:?}"
        );
        assert_eq!(status(&lab, |_| {}), without, "{demand:?}");
    }
}

#[test]
fn attributes_name() {
    let lower = |body: &mut Value| {
        let attributes = body.as_object_mut().unwrap().remove("Attributes");
        body["attributes"] = attributes.unwrap();
    };
    for (name, upper, small) in [
        (AttributesName::Any, 200, 200),
        (AttributesName::UpperCase, 200, 400),
        (AttributesName::LowerCase, 400, 200),
    ] {
        let lab = lab(move |dialect| dialect.attributes_name = name);
        assert_eq!(status(&lab, |_| {}), upper, "{name:?}");
        assert_eq!(status(&lab, lower), small, "{name:?}");
        assert_eq!(
            status(&lab, |body| drop(
                body.as_object_mut().unwrap().remove("Attributes")
            )),
            200
        );
    }
}

#[test]
fn attribute_values() {
    let forms = [
        (AttributeValues::Texts, json!("true")),
        (AttributeValues::Capitals, json!("True")),
        (AttributeValues::Booleans, json!(true)),
    ];
    for (only, _) in &forms {
        let lab = lab(|dialect| dialect.attribute_values = *only);
        for (form, value) in &forms {
            let attributes = json!({"ReuseDevice": value, "MSA-DDID": "dGlja2V0"});
            let expected = if form == only { 200 } else { 400 };
            assert_eq!(
                status(&lab, |body| body["Attributes"] = attributes.clone()),
                expected,
                "{only:?} {form:?}"
            );
        }
    }
}

#[test]
fn target_domain() {
    for (target, user, host, other) in [
        (TargetDomain::Any, 200, 200, 200),
        (TargetDomain::UserDomain, 200, 400, 400),
        (TargetDomain::RegistrationHost, 400, 200, 400),
    ] {
        let lab = lab(move |dialect| dialect.target_domain = target);
        let with = |domain: &str| status(&lab, |body| body["TargetDomain"] = json!(domain));
        assert_eq!(with("contoso.example"), user, "{target:?}");
        assert_eq!(with("enterpriseregistration.localhost"), host, "{target:?}");
        assert_eq!(with("iminyour.cloud"), other, "{target:?}");
    }
}

#[test]
fn device_types() {
    let lab = lab(|dialect| dialect.device_types = vec!["Windows".to_owned()]);
    assert_eq!(status(&lab, |_| {}), 400);
    assert_eq!(status(&lab, |body| body["DeviceType"] = json!("Windows")), 200);
}

#[test]
fn transport_key() {
    let (key, _) = keys();
    let same = STANDARD.encode(blob(&key));
    for (switch, expected) in [(TransportKey::Any, 200), (TransportKey::Separate, 400)] {
        let lab = lab(move |dialect| dialect.transport_key = switch);
        assert_eq!(status(&lab, |body| body["TransportKey"] = json!(same)), expected);
        assert_eq!(status(&lab, |_| {}), 200);
    }
}

#[test]
fn request_nonce() {
    let lab = lab(|dialect| dialect.request_nonce = Demand::Required);
    assert_eq!(status(&lab, |_| {}), 400);
    let request = csr(COMMON_NAME, &keys().0, Some(&lab.registration_nonce()));
    let request = json!(STANDARD.encode(request));
    assert_eq!(
        status(&lab, |body| body["CertificateRequest"]["Data"] = request.clone()),
        200
    );
}

#[test]
fn final_slash() {
    for (demand, with, without) in [(Demand::Required, 200, 400), (Demand::Refused, 400, 200)] {
        let lab = lab(move |dialect| dialect.final_slash = demand);
        let at = |path: &str| register_at(&lab, path, &token(&lab), &right(), &[]).0;
        assert_eq!(
            at("/EnrollmentServer/device/?api-version=2.0"),
            with,
            "{demand:?}"
        );
        assert_eq!(
            at("/EnrollmentServer/device?api-version=2.0"),
            without,
            "{demand:?}"
        );
    }
}

#[test]
fn join_status() {
    let lab = lab(|dialect| dialect.join_status = 201);
    assert_eq!(status(&lab, |_| {}), 201);
}

#[test]
fn error_body() {
    let lab = lab(|dialect| dialect.error_body = ErrorBody::Newer);
    let (status, answer) = register(&lab, "opaque", &right());
    assert_eq!((status, &answer["code"]), (401, &json!("unauthorized")));
    assert!(
        answer["message"].is_string() && answer.get("ErrorType").is_none(),
        "{answer}"
    );
}

#[test]
fn leave_host() {
    let plain = "enterpriseregistration.localhost";
    let certauth = "certauth.enterpriseregistration.localhost";
    for (host, right, wrong) in [
        (LeaveHost::Plain, plain, certauth),
        (LeaveHost::CertAuth, certauth, plain),
    ] {
        let lab = lab(move |dialect| dialect.leave_host = host);
        let device = joined(&lab, 0);
        let card = identity(&device);
        let at = |host: &str| leave(&lab, &device.device_id, Some(&card), host, "?api-version=1.0").0;
        assert_eq!(at(wrong), 401, "{host:?}");
        assert_eq!(at(right), 200, "{host:?}");
    }
}

#[test]
fn leave_version() {
    for (demand, right, wrong) in [
        (Demand::Required, "?api-version=1.0", ""),
        (Demand::Refused, "", "?api-version=1.0"),
    ] {
        let lab = lab(move |dialect| dialect.leave_version = demand);
        let device = joined(&lab, 0);
        let card = identity(&device);
        let host = "enterpriseregistration.localhost";
        assert_eq!(leave(&lab, &device.device_id, Some(&card), host, wrong).0, 400);
        assert_eq!(leave(&lab, &device.device_id, Some(&card), host, right).0, 200);
    }
}

#[test]
fn device_extensions() {
    for (form, length) in [
        (DeviceExtensions::LongForm, &[0x04, 0x81, 0x10][..]),
        (DeviceExtensions::Der, &[0x04, 0x10][..]),
    ] {
        let lab = lab(move |dialect| dialect.device_extensions = form);
        let der = identity(&joined(&lab, 0)).certificate.to_der().unwrap();
        // 1.2.840.113556.1.5.284.2, then an OCTET STRING with the extension in it.
        let oid = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x14, 0x01, 0x05, 0x82, 0x1c, 0x02];
        let at = der.windows(oid.len()).position(|part| part == oid).unwrap() + oid.len();
        assert_eq!(&der[at + 2..at + 2 + length.len()], length, "{form:?}");
    }
}
