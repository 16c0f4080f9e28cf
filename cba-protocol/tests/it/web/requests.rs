//! The requests, one by one.

use cba_protocol::{Error, Integrity, State, Step, WebSignIn};
use openssl::sha::sha256;
use serde_json::{Value, json};

use super::{granted_at, granting, run, sign_in};
use crate::peer::{self, CARD, REDIRECT, Script};

#[test]
fn five_requests_and_one_certificate_give_a_token() {
    let run = run(granting());
    assert_eq!(
        run.states,
        [
            State::Authorize,
            State::CredentialType,
            State::CertificateSignIn,
            State::Login,
            State::Token,
            State::Granted
        ]
    );
    let token = run.granted();
    assert_eq!(token.token().expose(), "web-access-token");
    assert_eq!(token.refresh_token().unwrap().expose(), "web-refresh-token");
    assert_eq!(token.id_token().unwrap().tid(), Some(peer::TENANT));
    assert_eq!(token.token_type(), "Bearer");
    assert_eq!(token.integrity(), Integrity::TlsOnly);
    assert_eq!(token.expires_at().unwrap().as_secs(), peer::NOW + 3599);
}

#[test]
fn the_challenge_is_that_of_the_verifier() {
    let run = run(granting());
    let query = run.requests[0].1.uri().query().unwrap();
    let asked = peer::form(query.as_bytes());
    let redeemed = run.form(State::Token, 0);
    assert_eq!(asked["code_challenge_method"], "S256");
    assert_eq!(redeemed["code_verifier"].len(), 43);
    assert_eq!(
        asked["code_challenge"],
        peer::base64url(&sha256(redeemed["code_verifier"].as_bytes()))
    );
    assert_eq!(
        (asked["response_type"].as_str(), asked["redirect_uri"].as_str()),
        ("code", REDIRECT)
    );
    assert_eq!(asked["resource"], "urn:ms-drs:enterpriseregistration.windows.net");
    assert!(!asked.contains_key("login_hint") && !asked.contains_key("domain_hint"));
    assert_eq!(asked["state"].len(), 43);
    assert_ne!(asked["state"], redeemed["code_verifier"]);
    assert_eq!(redeemed["code"], "the-code");
    assert_eq!(redeemed["grant_type"], "authorization_code");
    assert_eq!(redeemed["redirect_uri"], REDIRECT);
    assert_eq!(redeemed["client_id"], asked["client_id"]);
    assert_eq!(redeemed["resource"], asked["resource"]);
}

#[test]
fn the_name_and_the_context_of_the_page_are_sent_for_the_credentials() {
    let run = run(granting());
    let (_, request) = &run.requests[1];
    assert_eq!(
        request.uri(),
        "https://login.microsoftonline.com/common/GetCredentialType?mkt=en-US"
    );
    let body: Value = serde_json::from_slice(request.body()).unwrap();
    let browser = json!({
        "username": "alice@contoso.com", "isOtherIdpSupported": true, "checkPhones": false, "isRemoteNGCSupported": false,
        "isCookieBannerShown": false, "isFidoSupported": false, "isAccessPassSupported": false,
        "originalRequest": "ctx-1", "flowToken": "ft-1",
    });
    assert_eq!(body, browser);
}

#[test]
fn the_certificate_host_gets_the_new_flow_token_and_nothing_else() {
    let run = run(granting());
    let (state, request) = &run.requests[2];
    assert_eq!(*state, State::CertificateSignIn);
    assert_eq!(
        request.uri().host(),
        Some(format!("t{}.certauth.login.microsoftonline.com", peer::TENANT).as_str())
    );
    assert_eq!(request.body(), b"ctx=ctx-1&flowToken=ft-2");
    assert!(request.headers().get("cookie").is_none());
    assert!(request.headers().get("referer").is_none());
}

#[test]
fn the_form_goes_back_as_it_came_with_the_cookies_of_the_login_host() {
    let run = run(granting());
    let (_, request) = &run.requests[3];
    assert_eq!(request.uri(), "https://login.microsoftonline.com/common/login");
    assert_eq!(
        request.body(),
        b"ctx=ctx-1&flowtoken=ft-3&certificatetoken=proof%20%26%20more"
    );
    assert_eq!(request.headers()["cookie"], "buid=cookie-1");
    assert!(request.headers()["cookie"].is_sensitive());
}

#[test]
fn the_step_names_the_certificate_and_survives_a_wrong_pin() {
    let mut script = granting();
    let mut step = sign_in(&peer::config()).start(peer::seed()).unwrap();
    while step.state() != State::CertificateSignIn {
        step = peer::once(step, &mut script).unwrap();
    }
    let Step::SendAsUser(exchange) = step else {
        panic!()
    };
    assert_eq!(exchange.certificate(), &CARD.der());
    // a wrong PIN: nothing is consumed, and the same request is still there
    let body = exchange.request().body().clone();
    assert_eq!(exchange.request().body(), &body);
    assert_eq!(exchange.state(), State::CertificateSignIn);
    let step = peer::once(Step::SendAsUser(exchange), &mut script).unwrap();
    assert_eq!(step.state(), State::Login);
}

#[test]
fn a_server_that_does_not_ask_for_a_certificate_ends_the_flow() {
    let mut script = granting();
    let mut step = sign_in(&peer::config()).start(peer::seed()).unwrap();
    while step.state() != State::CertificateSignIn {
        step = peer::once(step, &mut script).unwrap();
    }
    let Step::SendAsUser(exchange) = step else {
        panic!()
    };
    let error = exchange.not_requested().unwrap_err();
    assert!(matches!(
        error,
        Error::CertificateNotRequested {
            state: State::CertificateSignIn
        }
    ));
    assert_eq!(error.code(), "protocol/certificate-not-requested");
}

#[test]
fn another_service_is_named_by_resource_or_scope() {
    let sign_in = |change: fn(WebSignIn) -> WebSignIn| {
        let step = change(sign_in(&peer::config())).start(peer::seed()).unwrap();
        let Step::Send(exchange) = step else { panic!() };
        peer::form(exchange.request().uri().query().unwrap().as_bytes())
    };
    let form = sign_in(|flow| {
        flow.with_resource("https://graph.microsoft.com")
            .with_scope("openid")
    });
    assert_eq!(
        (form["resource"].as_str(), form["scope"].as_str()),
        ("https://graph.microsoft.com", "openid")
    );
}

#[test]
fn the_code_is_read_from_query_fragment_and_form() {
    let fragment = granted_at().replace('?', "#");
    assert!(run(granting().redirect(State::Login, &fragment)).result.is_ok());
    let state = super::sent_state();
    let form = peer::hidden_form(
        REDIRECT,
        &[("code", "the-code"), ("state", &state), ("session_state", "s")],
    );
    let run = run(Script::web().page(State::Login, 200, &[], &form));
    assert_eq!(run.form(State::Token, 0)["code"], "the-code");
    run.granted();
}
