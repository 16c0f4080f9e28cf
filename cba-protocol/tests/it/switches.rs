//! Each switch changes its own field and nothing else.

use core::time::Duration;

use cba_protocol::config::{
    AssertionNonce, Audience, DeviceX5c, KdfOffer, Kerberos, Limits, SessionKeyCheck, UserName, UserX5c,
};
use cba_protocol::{Algorithm, Config, State, Tenant};
use openssl::base64::encode_block;
use serde_json::{Value, json};

use crate::peer::{self, CARD, DEVICE, NOW, Run, Script};

fn run(change: impl FnOnce(Config) -> Config) -> Run {
    peer::run(peer::with(&change(peer::config())), Script::granting())
}

fn assertion(change: impl FnOnce(Config) -> Config) -> (Value, Value) {
    let assertion = run(change).jwts(0).1.unwrap();
    (assertion.header, assertion.claims)
}

fn request(change: impl FnOnce(Config) -> Config) -> (Value, Value) {
    let (request, _) = run(change).jwts(0);
    (request.header, request.claims)
}

#[test]
fn the_audience() {
    for (audience, aud, requests) in [
        (Audience::Common, "common", 4),
        (Audience::Custom("urn:x".to_owned()), "urn:x", 4),
        (Audience::Tenant, peer::TENANT, 4),
        (Audience::Issuer, peer::ISSUER, 4),
    ] {
        let run = run(|config| config.with_audience(audience));
        assert_eq!(run.jwts(0).1.unwrap().claims["aud"], aud);
        assert_eq!(run.requests.len(), requests);
    }
}

#[test]
fn metadata_is_read_only_if_it_is_needed() {
    let run = run(|config| config.with_audience(Audience::Common).with_kdf(KdfOffer::V1));
    assert!(!run.states.contains(&State::Metadata));
}

#[test]
fn the_nonce_in_the_assertion() {
    let (_, claims) = assertion(|config| config.with_assertion_nonce(AssertionNonce::Omitted));
    assert!(claims.get("request_nonce").is_none());
}

#[test]
fn the_time_of_the_assertion() {
    let (_, claims) = assertion(|config| {
        config
            .with_assertion_lifetime(Duration::from_secs(3600))
            .with_assertion_backdating(Duration::from_secs(60))
    });
    assert_eq!(
        (&claims["iat"], &claims["exp"]),
        (&json!(NOW - 60), &json!(NOW + 3600))
    );
}

#[test]
fn x5c_as_a_chain_or_a_bare_string() {
    let (leaf, ca) = (encode_block(&CARD.der()), encode_block(&DEVICE.der()));
    let chain = UserX5c::Chain(vec![DEVICE.der()]);
    assert_eq!(
        assertion(|config| config.with_user_x5c(chain)).0["x5c"],
        json!([leaf, ca])
    );
    let string = |config: Config| config.with_user_x5c(UserX5c::LeafString);
    assert_eq!(assertion(string).0["x5c"], json!(leaf));
    let string = |config: Config| config.with_device_x5c(DeviceX5c::String);
    assert_eq!(request(string).0["x5c"], json!(ca));
}

#[test]
fn the_version_of_the_key_derivation() {
    assert_eq!(request(|config| config.with_kdf(KdfOffer::V2)).0["kdf_ver"], 2);
    assert!(
        request(|config| config.with_kdf(KdfOffer::V1))
            .0
            .get("kdf_ver")
            .is_none()
    );
    let mut metadata = peer::metadata();
    metadata["capabilities"] = json!(["kdf_ver2"]);
    let run = peer::run(
        peer::sign_in(),
        Script::granting().answer(State::Metadata, 200, &metadata),
    );
    assert_eq!(run.jwts(0).0.header["kdf_ver"], 2);
}

#[test]
fn the_user_name_and_the_system_in_addition_to_the_assertion() {
    let (_, claims) = request(|config| {
        config
            .with_user_name(UserName::Sent)
            .with_os_version("Linux 6.12")
            .with_client_id("29d9ed98-a469-4536-ade2-f981bc1d605e")
            .with_scope("openid aza")
    });
    assert_eq!(
        (&claims["username"], &claims["win_ver"]),
        (&json!("alice@contoso.com"), &json!("Linux 6.12"))
    );
    assert_eq!(claims["client_id"], "29d9ed98-a469-4536-ade2-f981bc1d605e");
    assert_eq!(claims["scope"], "openid aza");
}

#[test]
fn the_form_fields() {
    let run = run(|config| {
        config
            .without_windows_api_version()
            .with_kerberos(Kerberos::Requested)
    });
    let form = run.form(State::Token, 0);
    assert!(!form.contains_key("windows_api_version"));
    assert_eq!(form["tgt"], "true");
}

#[test]
fn the_version_of_the_windows_api() {
    let run = run(|config| config.with_windows_api_version("2.2"));
    assert_eq!(run.form(State::Token, 0)["windows_api_version"], "2.2");
}

#[test]
fn the_depth_of_an_answer() {
    let config = peer::config().with_limits(Limits::default().with_max_depth(1));
    let mut body = peer::issued();
    body["unknown"] = serde_json::json!([[1]]);
    let script = Script::granting().answer(State::Token, 200, &body);
    assert!(peer::run(peer::with(&config), script).result.is_err());
}

#[test]
fn the_user_agent_and_the_limits() {
    let run = run(|config| config.with_user_agent(http::HeaderValue::from_static("agent/2")));
    assert_eq!(run.requests[0].1.headers()["user-agent"], "agent/2");
    let config = peer::config().with_limits(Limits::default().with_max_answer(10));
    assert!(matches!(
        peer::run(peer::with(&config), Script::granting()).error(),
        cba_protocol::Error::AnswerTooLarge { limit: 10, .. }
    ));
}

#[test]
fn an_unchecked_session_key() {
    let config = peer::config().with_session_key_check(SessionKeyCheck::Skipped);
    let mut body = peer::issued();
    let jwe = body["session_key_jwe"]
        .as_str()
        .unwrap()
        .rsplit_once('.')
        .unwrap()
        .0
        .to_owned();
    body["session_key_jwe"] = format!("{jwe}.AAAAAAAAAAAAAAAAAAAAAA").into();
    let script = Script::granting().answer(State::Token, 200, &body);
    assert_eq!(
        peer::run(peer::with(&config), script.clone()).states.last(),
        Some(&State::Granted)
    );
    assert_eq!(
        peer::run(peer::sign_in(), script).error(),
        cba_protocol::Error::SessionKeyMismatch
    );
}

#[test]
fn another_algorithm_asks_for_its_own_signature() {
    for (algorithm, length) in [
        (Algorithm::Es256, 64),
        (Algorithm::Es384, 96),
        (Algorithm::Ps256, 256),
    ] {
        let config = peer::config().with_user_algorithm(algorithm);
        let mut script = Script::granting();
        let mut step = peer::with(&config)
            .with_managed_realm()
            .start(peer::seed())
            .unwrap();
        let task = loop {
            step = match step {
                cba_protocol::Step::SignAsUser(task) => break task,
                other => peer::once(other, &mut script).unwrap(),
            };
        };
        assert_eq!(task.algorithm(), algorithm);
        let header = task.input().split(|&byte| byte == b'.').next().unwrap();
        let header: Value =
            serde_json::from_slice(&peer::from_base64url(std::str::from_utf8(header).unwrap())).unwrap();
        assert_eq!(header["alg"], algorithm.code());
        assert_eq!(algorithm.to_string(), algorithm.code());
        assert!(task.complete(&vec![1; length]).is_ok());
    }
}

#[test]
fn common_reads_the_metadata_of_the_devices_tenant() {
    let run = run(|config| config.with_tenant(Tenant::common()));
    assert_eq!(
        run.requests[1].1.uri().path(),
        format!("/{}/.well-known/openid-configuration", peer::TENANT)
    );
    assert_eq!(run.requests[3].1.uri().path(), "/common/oauth2/token");
}

#[test]
fn a_named_tenant_is_asked_for_its_own_metadata() {
    let run = run(|config| config.with_tenant(Tenant::parse("contoso.com").unwrap()));
    let path = run.requests[1].1.uri().path();
    assert_eq!(path, "/contoso.com/.well-known/openid-configuration");
}
