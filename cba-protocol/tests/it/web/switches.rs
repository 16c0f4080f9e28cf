//! Each switch changes its own field and nothing else.

use std::collections::HashMap;

use cba_protocol::config::{
    CredentialTypeForm, Endpoint, InterruptForm, KeepSignedIn, LoginCookies, Pkce, Referer, ResponseMode, Web,
};
use cba_protocol::{AccessToken, State};
use serde_json::{Value, json};

use super::{granted_at, granting, run_with};
use crate::peer::{self, Run, Script};

fn run(change: impl FnOnce(Web) -> Web) -> Run<AccessToken> {
    run_with(&peer::config().with_web(change(Web::default())), granting())
}

fn asked(run: &Run<AccessToken>) -> HashMap<String, String> {
    peer::form(run.requests[0].1.uri().query().unwrap().as_bytes())
}

#[test]
fn version_2_names_the_service_by_its_scope() {
    let run = run(|web| web.with_endpoint(Endpoint::V2));
    let path = |n: usize| run.requests[n].1.uri().path().to_owned();
    assert_eq!(path(0), format!("/{}/oauth2/v2.0/authorize", peer::TENANT));
    assert_eq!(path(4), format!("/{}/oauth2/v2.0/token", peer::TENANT));
    let scope = "openid profile offline_access 01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9/.default";
    assert_eq!(asked(&run)["scope"], scope);
    assert_eq!(run.form(State::Token, 0)["scope"], scope);
    assert!(!asked(&run).contains_key("resource"));
}

#[test]
fn the_authorization_request() {
    let run = run(|web| {
        web.with_client_id("dd762716-544d-4aeb-a526-687b73838a22")
            .with_response_mode(ResponseMode::Fragment)
            .with_prompt("login")
            .with_amr_values("ngcmfa")
    });
    let asked = asked(&run);
    assert_eq!(asked["client_id"], "dd762716-544d-4aeb-a526-687b73838a22");
    assert_eq!(asked["response_mode"], "fragment");
    assert_eq!(
        (asked["prompt"].as_str(), asked["amr_values"].as_str()),
        ("login", "ngcmfa")
    );
    assert_eq!(
        run.form(State::Token, 0)["client_id"],
        "dd762716-544d-4aeb-a526-687b73838a22"
    );
    let posted = super::run_with(
        &peer::config().with_web(Web::default().with_response_mode(ResponseMode::FormPost)),
        granting(),
    );
    assert_eq!(self::asked(&posted)["response_mode"], "form_post");
    assert_eq!(self::asked(&super::run(granting()))["response_mode"], "query");
}

#[test]
fn a_native_redirect_uri() {
    let native = "ms-appx-web://Microsoft.AAD.BrokerPlugin/DRS";
    let config = peer::config().with_web(Web::default().with_redirect_uri(native));
    let location = granted_at().replace(peer::REDIRECT, native);
    let run = run_with(&config, Script::web().redirect(State::Login, &location));
    assert_eq!(run.form(State::Token, 0)["redirect_uri"], native);
    run.granted();
}

#[test]
fn the_request_for_the_credentials() {
    let run = run(|web| web.with_credential_type(CredentialTypeForm::Short));
    let body: Value = serde_json::from_slice(run.requests[1].1.body()).unwrap();
    assert_eq!(
        body,
        json!({"username": "alice@contoso.com", "flowToken": "ft-1"})
    );
}

#[test]
fn the_form_that_comes_back() {
    let without = run(|web| {
        web.with_login_cookies(LoginCookies::Omitted)
            .with_referer(Referer::Sent)
    });
    let headers = without.requests[3].1.headers();
    assert!(headers.get("cookie").is_none());
    let host = format!("https://t{}.certauth.login.microsoftonline.com/", peer::TENANT);
    assert_eq!(headers["referer"], host.as_str());
    without.granted();
}

#[test]
fn the_answer_to_an_interrupt() {
    let kmsi = |web: Web| {
        let script = Script::web()
            .page(
                State::Login,
                200,
                &[],
                &peer::page(&peer::interrupt("KmsiInterrupt")),
            )
            .redirect(State::Interrupt, &granted_at());
        run_with(&peer::config().with_web(web), script).form(State::Interrupt, 0)
    };
    let form = kmsi(Web::default().with_keep_signed_in(KeepSignedIn::Yes));
    assert_eq!(form["LoginOptions"], "1");
    let form = kmsi(Web::default().with_interrupt(InterruptForm::CorrelationId));
    assert_eq!(form["hpgrequestid"], "correlation-4");
    for (keep, option) in [(KeepSignedIn::No, "3"), (KeepSignedIn::Yes, "1")] {
        let form = kmsi(
            Web::default()
                .with_interrupt(InterruptForm::Short)
                .with_keep_signed_in(keep),
        );
        assert_eq!(form["LoginOptions"], option);
        assert_eq!(form.len(), 4, "{form:?}");
    }
}

#[test]
fn the_proof_of_the_code() {
    let without = run(|web| web.with_pkce(Pkce::Omitted));
    for name in ["code_challenge", "code_challenge_method"] {
        assert!(asked(&self::run(|web| web)).contains_key(name));
        assert!(!asked(&without).contains_key(name));
    }
    assert!(!without.form(State::Token, 0).contains_key("code_verifier"));
    without.granted();
}
