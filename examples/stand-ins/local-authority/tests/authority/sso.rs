//! Single sign-on to the authorization endpoint, and the ordinary grants that begin or end there.

use serde_json::json;
use ureq::http::Response;
use url::Url;

use crate::support::{
    DeviceRequest, JWT_BEARER, Kdf, Key, Lab, Session, assert_refused, claims, id_token, json as read,
};

const CLIENT: &str = "29d9ed98-a469-4536-ade2-f981bc1d605e";
const REDIRECT: &str = "https://login.microsoftonline.com/WebApp/CloudDomainJoin/8";

fn authorize_url(lab: &Lab, more: &[(&str, &str)]) -> Url {
    let mut url = Url::parse(&lab.url("/common/oauth2/authorize")).unwrap();
    url.query_pairs_mut().extend_pairs([
        ("client_id", CLIENT),
        ("redirect_uri", REDIRECT),
        ("response_type", "code"),
        ("resource", "https://graph.microsoft.com"),
        ("state", "xyz"),
    ]);
    url.query_pairs_mut().extend_pairs(more);
    url
}

fn location(response: &Response<ureq::Body>) -> Url {
    assert_eq!(response.status(), 302);
    Url::parse(response.headers()["location"].to_str().unwrap()).unwrap()
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    url.query_pairs()
        .find(|(found, _)| found == name)
        .map(|(_, value)| value.into_owned())
}

/// The cookie of a session.
fn cookie(session: &Session, nonce: Option<&str>) -> String {
    let mut claims = crate::support::object(json!({"refresh_token": session.token, "is_primary": "true"}));
    if let Some(nonce) = nonce {
        claims.insert("request_nonce".to_owned(), json!(nonce));
    }
    session.sign(&claims, Kdf::Two)
}

#[test]
fn a_session_gets_a_code_and_the_code_tokens_once() {
    let lab = Lab::new();
    let session = Session::of_alice(&lab);
    let cookie = cookie(&session, Some(&lab.nonce()));
    let request = lab.agent.get(authorize_url(&lab, &[]).as_str());
    let answer = request
        .header("cookie", format!("a=b; x-ms-RefreshTokenCredential={cookie}"))
        .call()
        .unwrap();
    let location = location(&answer);
    assert!(location.as_str().starts_with(REDIRECT), "{location}");
    assert_eq!(parameter(&location, "state").as_deref(), Some("xyz"));
    let code = parameter(&location, "code").unwrap();

    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", CLIENT),
        ("code", &code),
        ("redirect_uri", REDIRECT),
    ];
    assert_refused(
        &lab.post(&[
            form[0],
            form[1],
            form[2],
            ("redirect_uri", "https://other.example/"),
        ]),
        50_011,
    );
    let (status, body) = lab.post(&form);
    assert_eq!(status, 200, "{body}");
    assert_eq!(
        claims(body["access_token"].as_str().unwrap())["aud"],
        "https://graph.microsoft.com"
    );
    assert_eq!(body["expires_in"], "3600");
    assert_refused(&lab.post(&form), 54_005);

    // The refresh token of a browser seeds a primary refresh token.
    let nonce = lab.nonce();
    let mut request = DeviceRequest::new(&lab.device, &nonce, "");
    request.claims.remove("assertion");
    request.claims.insert("client_id".to_owned(), json!(CLIENT));
    request
        .claims
        .insert("grant_type".to_owned(), json!("refresh_token"));
    request
        .claims
        .insert("refresh_token".to_owned(), body["refresh_token"].clone());
    let (status, body) = lab.request(&request);
    assert_eq!(status, 200, "{body}");
    assert_eq!(id_token(&body)["amr"], json!(["rsa", "mfa"]));
}

#[test]
fn a_cookie_without_a_good_nonce_gets_a_new_one() {
    let lab = Lab::new();
    let session = Session::of_alice(&lab);
    for nonce in [None, Some("foreign")] {
        let request = lab
            .agent
            .get(authorize_url(&lab, &[("sso_nonce", "old")]).as_str());
        let answer = request
            .header("x-ms-RefreshTokenCredential", cookie(&session, nonce))
            .call()
            .unwrap();
        let location = location(&answer);
        assert_eq!(location.path(), "/common/oauth2/authorize");
        assert_ne!(parameter(&location, "sso_nonce").as_deref(), Some("old"));
    }
    let forged = Session {
        key: vec![0; 32],
        ..session
    };
    let request = lab.agent.get(authorize_url(&lab, &[]).as_str());
    let answer = request
        .header("x-ms-RefreshTokenCredential", cookie(&forged, Some(&lab.nonce())))
        .call()
        .unwrap();
    assert!(
        parameter(&location(&answer), "error_description")
            .unwrap()
            .starts_with("AADSTS7000016")
    );
}

/// The redirect of the authorization endpoint for a cookie with these claims.
fn opened(lab: &Lab, session: &Session, fresh: &serde_json::Value) -> Url {
    let mut claims = crate::support::object(json!({"refresh_token": session.token, "is_primary": "true"}));
    claims.extend(crate::support::object(fresh.clone()));
    let request = lab.agent.get(authorize_url(lab, &[]).as_str());
    let cookie = session.sign(&claims, Kdf::Two);
    location(
        &request
            .header("x-ms-RefreshTokenCredential", cookie)
            .call()
            .unwrap(),
    )
}

fn has_code(url: &Url) -> bool {
    parameter(url, "code").is_some()
}

#[test]
fn a_cookie_with_its_time_of_issue_is_good_for_45_minutes() {
    let lab = Lab::new();
    let session = Session::of_alice(&lab);
    let now = crate::support::now();
    for iat in [
        json!(now),
        json!(now.to_string()),
        json!(now - 2_600),
        json!(now + 200),
    ] {
        let fresh = json!({ "iat": iat });
        assert!(has_code(&opened(&lab, &session, &fresh)), "{fresh}");
        // The header of an extension carries one cookie for all pages.
        assert!(has_code(&opened(&lab, &session, &fresh)), "{fresh} again");
    }
    for iat in [
        json!(now - 2_800),
        json!(now + 400),
        json!(null),
        json!("now"),
        json!(-1),
    ] {
        let fresh = json!({ "iat": iat });
        let again = opened(&lab, &session, &fresh);
        assert!(parameter(&again, "sso_nonce").is_some(), "{fresh}: {again}");
    }
    // A nonce that is there counts, whatever the time is.
    let again = opened(&lab, &session, &json!({"iat": now, "request_nonce": "foreign"}));
    assert!(parameter(&again, "sso_nonce").is_some(), "{again}");
}

#[test]
fn a_switch_requires_the_nonce_of_the_specification() {
    let lab = Lab::with(|configuration| configuration.switches.sso_nonce = local_authority::Demand::Required);
    let session = Session::of_alice(&lab);
    let again = opened(&lab, &session, &json!({"iat": crate::support::now()}));
    let nonce = parameter(&again, "sso_nonce").unwrap();
    assert!(has_code(&opened(
        &lab,
        &session,
        &json!({"request_nonce": nonce})
    )));
}

#[test]
fn a_switch_lets_one_nonce_serve_all_pages_of_its_lifetime() {
    for reuse in [false, true] {
        let lab = Lab::with(|configuration| configuration.switches.reuse_sso_nonces = reuse);
        let session = Session::of_alice(&lab);
        let fresh = json!({"request_nonce": lab.nonce()});
        assert!(has_code(&opened(&lab, &session, &fresh)));
        assert_eq!(has_code(&opened(&lab, &session, &fresh)), reuse);
        lab.authority.advance_clock(std::time::Duration::from_secs(700));
        assert!(!has_code(&opened(&lab, &session, &fresh)));
    }
}

#[test]
fn without_a_session_a_person_has_to_sign_in() {
    let lab = Lab::new();
    let mut request = DeviceRequest::new(&lab.device, &lab.nonce(), "");
    request.claims = crate::support::object(json!({
        "request_nonce": lab.nonce(), "grant_type": "device_auth", "iss": "aad:brokerplugin",
    }));
    let credential = request.sign(&Key::pem(&lab.device.key));
    let call = lab
        .agent
        .get(authorize_url(&lab, &[]).as_str())
        .header("x-ms-DeviceCredential", credential);
    let (status, page) = read(call.call().unwrap());
    assert_eq!(status, 200);
    assert!(page.as_str().unwrap().contains("50058"), "{page}");
    assert_eq!(
        lab.authority.log().last().unwrap().sign_in.device.as_ref(),
        Some(&lab.device.device_id)
    );
    let (status, page) = read(
        lab.agent
            .get(authorize_url(&lab, &[("sso_nonce", "x")]).as_str())
            .call()
            .unwrap(),
    );
    assert!(
        status == 200 && page.as_str().unwrap().contains("50058"),
        "{page}"
    );
}

#[test]
fn a_password_is_another_way_in() {
    let lab = Lab::new();
    let password = "correct horse battery staple";
    let form = |password| {
        let name = "alice@contoso.example";
        [
            ("grant_type", "password"),
            ("client_id", CLIENT),
            ("username", name),
            ("password", password),
            ("scope", "openid"),
        ]
    };
    let (status, body) = lab.post(&form(password));
    assert_eq!(status, 200, "{body}");
    assert_eq!(id_token(&body)["amr"], json!(["pwd"]));
    assert_refused(&lab.post(&form("wrong")), 50_126);
    let refresh = body["refresh_token"].as_str().unwrap();
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", CLIENT),
        ("refresh_token", refresh),
    ];
    assert_eq!(lab.post(&form).0, 200);
    let other = "38aa3b87-a06d-4817-b275-7a316988d93b";
    assert_refused(&lab.post(&[form[0], ("client_id", other), form[2]]), 70_000);
    let mut request = DeviceRequest::new(&lab.device, &lab.nonce(), "");
    request.claims.remove("assertion");
    for (name, value) in [
        ("grant_type", "password"),
        ("username", "alice@contoso.example"),
        ("password", password),
    ] {
        request.claims.insert(name.to_owned(), json!(value));
    }
    let signed = request.sign(&Key::pem(&lab.device.key));
    assert_eq!(
        lab.post(&[("grant_type", JWT_BEARER), ("request", &signed)]).0,
        200
    );
}

#[test]
fn signing_out_goes_where_the_client_says() {
    let lab = Lab::new();
    let at = |query: &str| {
        let url = lab.url(&format!("/common/oauth2/v2.0/logout{query}"));
        lab.agent.get(url).call().unwrap()
    };
    let answer = at("?post_logout_redirect_uri=https%3A%2F%2Fcontoso.example%2Fbye&state=7");
    assert_eq!(location(&answer).as_str(), "https://contoso.example/bye?state=7");
    assert_eq!(at("").status(), 200);
    assert_refused(&read(at("?post_logout_redirect_uri=bye")), 9_002_313);
}

#[test]
fn a_device_learns_the_sid_of_a_user() {
    let lab = Lab::new();
    let ask = |spoil: &dyn Fn(&mut DeviceRequest)| {
        let mut request = DeviceRequest::new(&lab.device, "", "");
        request.claims = crate::support::object(
            json!({"version": "1.0", "nonce": lab.nonce(), "username": "alice@contoso.example"}),
        );
        spoil(&mut request);
        let signed = request.sign(&Key::pem(&lab.device.key));
        let form = [("windows_api_version", "2.2"), ("signedRequest", signed.as_str())];
        read(
            lab.agent
                .post(lab.url("/common/sidtoname"))
                .send_form(form)
                .unwrap(),
        )
    };
    let (status, names) = ask(&|_| {});
    assert_eq!(
        (status, &names["upn"]),
        (200, &json!("alice@contoso.example")),
        "{names}"
    );
    let user = &lab.authority.configuration().users[0];
    assert_eq!(
        names["sid"].as_str(),
        user.on_premises_security_identifier.as_deref()
    );
    let set = |name: &'static str, value: &'static str| {
        move |request: &mut DeviceRequest| drop(request.claims.insert(name.to_owned(), json!(value)))
    };
    let (_, bob) = ask(&set("username", "bob@contoso.example"));
    assert!(bob["sid"].as_str().unwrap().starts_with("S-1-12-1-"), "{bob}");
    assert_refused(&ask(&set("username", "x@contoso.example")), 50_034);
    assert_refused(&ask(&set("nonce", "old")), 50_099);
    // The certificate is optional, but the key must be a device's.
    let bare = |request: &mut DeviceRequest| drop(request.header.remove("x5c"));
    assert_eq!(ask(&bare).0, 200);
    let signed = {
        let mut request = DeviceRequest::new(&lab.device, "", "");
        request.claims =
            crate::support::object(json!({"nonce": lab.nonce(), "username": "alice@contoso.example"}));
        bare(&mut request);
        request.sign(&lab.alice().key())
    };
    let form = [("signedRequest", signed.as_str())];
    assert_refused(
        &read(
            lab.agent
                .post(lab.url("/common/sidtoname"))
                .send_form(form)
                .unwrap(),
        ),
        50_013,
    );
}
