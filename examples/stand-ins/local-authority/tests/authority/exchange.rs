//! What a primary refresh token is good for: access tokens and its own renewal.

use std::time::Duration;

use josekit::jwk::Jwk;
use josekit::jws::RS256;
use local_authority::issue::UserTemplate;
use local_authority::{ConditionalAccess, GrantControl, ResponseEncryption};
use serde_json::{Value, json};

use crate::support::{
    Card, JWT_BEARER, Kdf, Lab, Session, assert_refused, claims, id_token, template, unwrap_key,
};

const GRAPH: &str = "https://graph.microsoft.com";
const RENEWAL: &str = "openid aza ugs";

#[test]
fn an_access_token_by_either_key_derivation() {
    let lab = Lab::new();
    let session = Session::of_alice(&lab);
    for kdf in [Kdf::One, Kdf::Two] {
        let request = session.claims("openid https://graph.microsoft.com/.default", &lab.nonce());
        let (status, body) = session.send(&lab, &request, kdf);
        assert_eq!(status, 200, "{kdf:?}: {body}");
        let token = body["access_token"].as_str().unwrap();
        let claims = claims(token);
        assert_eq!(
            (&claims["aud"], &claims["upn"]),
            (&json!(GRAPH), &json!("alice@contoso.example"))
        );
        assert_eq!(claims["deviceid"], json!(lab.device.device_id));
        assert_eq!(claims["amr"], json!(["rsa", "mfa"]));
        let keys = lab.get("/common/discovery/keys").1;
        let key = Jwk::from_bytes(serde_json::to_vec(&keys["keys"][0]).unwrap()).unwrap();
        let verifier = RS256.verifier_from_jwk(&key).unwrap();
        josekit::jws::deserialize_compact(token, &verifier).expect("signed with the published key");
    }
}

#[test]
fn a_renewal_keeps_the_session_key() {
    let lab = Lab::new();
    let session = Session::of_alice(&lab);
    let body = session.exchange(&lab, RENEWAL);
    assert!(
        body.get("session_key_jwe").is_none() && body.get("access_token").is_none(),
        "{body}"
    );
    assert_eq!(body["refresh_token_expires_in"], 1_209_600);
    assert_eq!(id_token(&body)["amr"], json!(["rsa", "mfa"]));
    let renewed = Session {
        token: body["refresh_token"].as_str().unwrap().to_owned(),
        ..session.clone()
    };
    assert_ne!(renewed.token, session.token);
    renewed.exchange(&lab, "openid");
    session.exchange(&lab, "openid");
}

#[test]
fn a_renewed_token_may_end() {
    let lab = Lab::with(|configuration| configuration.switches.keep_renewed_tokens = false);
    let session = Session::of_alice(&lab);
    let body = session.exchange(&lab, RENEWAL);
    let renewed = Session {
        token: body["refresh_token"].as_str().unwrap().to_owned(),
        ..session.clone()
    };
    assert_refused(
        &session.send(&lab, &session.claims("openid", &lab.nonce()), Kdf::Two),
        50_173,
    );
    renewed.exchange(&lab, "openid");
}

#[test]
fn an_old_session_key_is_rolled() {
    let lab = Lab::new();
    let mut session = Session::of_alice(&lab);
    for _ in 0..3 {
        lab.authority.advance_clock(Duration::from_hours(11 * 24));
        let body = session.exchange(&lab, RENEWAL);
        body["refresh_token"]
            .as_str()
            .unwrap()
            .clone_into(&mut session.token);
        if let Some(jwe) = body["session_key_jwe"].as_str() {
            session.key = unwrap_key(&lab, jwe);
            session.exchange(&lab, "openid");
            return;
        }
    }
    panic!("the session key is 33 days old");
}

#[test]
fn tokens_that_no_longer_count() {
    let lab = Lab::new();
    let session = Session::of_alice(&lab);
    lab.authority.revoke_sessions("alice@contoso.example");
    assert_refused(
        &session.send(&lab, &session.claims("openid", &lab.nonce()), Kdf::Two),
        50_173,
    );
    lab.authority.advance_clock(Duration::from_secs(2));
    let session = Session::of_alice(&lab);
    lab.authority
        .advance_clock(Duration::from_hours(14 * 24) + Duration::from_secs(1));
    assert_refused(
        &session.send(&lab, &session.claims("openid", &lab.nonce()), Kdf::Two),
        700_082,
    );
}

#[test]
fn requests_that_do_not_prove_the_session() {
    let lab = Lab::new();
    let session = Session::of_alice(&lab);
    let other = Session {
        key: vec![7; 32],
        ..session.clone()
    };
    assert_refused(
        &other.send(&lab, &session.claims("openid", &lab.nonce()), Kdf::Two),
        7_000_016,
    );
    let spoilt = |spoil: &dyn Fn(&mut serde_json::Map<String, Value>)| {
        let mut claims = session.claims("openid", &lab.nonce());
        spoil(&mut claims);
        session.send(&lab, &claims, Kdf::One)
    };
    let set = |name: &'static str, value: Value| {
        move |claims: &mut serde_json::Map<String, Value>| drop(claims.insert(name.to_owned(), value.clone()))
    };
    assert_refused(&spoilt(&set("refresh_token", json!("1.Aforged"))), 1_000_026);
    assert_refused(&spoilt(&|claims| drop(claims.remove("refresh_token"))), 500_138);
    assert_refused(&spoilt(&set("request_nonce", json!("foreign"))), 50_099);
    assert_refused(&spoilt(&set("grant_type", json!("password"))), 70_003);
    assert_refused(&spoilt(&set("scope", json!("aza"))), 70_011);
    let old = |claims: &mut serde_json::Map<String, Value>| {
        claims.remove("request_nonce");
        claims.insert("exp".to_owned(), json!(1_000));
    };
    assert_refused(&spoilt(&old), 500_133);
    let body = session.exchange(&lab, "openid https://graph.microsoft.com/.default");
    assert_refused(
        &spoilt(&set("refresh_token", body["refresh_token"].clone())),
        500_139,
    );
    let signed = session.sign(&session.claims("openid", &lab.nonce()), Kdf::Two);
    let form = [
        ("grant_type", JWT_BEARER),
        ("request", signed.as_str()),
        ("prt_protocol_version", "3.0"),
    ];
    assert_refused(&lab.post(&form), 1_002_024);
}

#[test]
fn a_resource_may_want_two_factors() {
    let lab = Lab::with(|configuration| {
        let rule = |resource: &str, grant_control| ConditionalAccess {
            resource: resource.to_owned(),
            grant_control,
        };
        configuration.conditional_access = vec![
            rule(GRAPH, GrantControl::Mfa),
            rule("https://blocked.example", GrantControl::Block),
        ];
    });
    let scope = "openid https://graph.microsoft.com/.default";
    Session::of_alice(&lab).exchange(&lab, scope);
    let card: Card = lab.card(&UserTemplate {
        policies: Vec::new(),
        ..template()
    });
    let single = Session::of(&lab, &card, "alice@contoso.example");
    let refused = single.send(&lab, &single.claims(scope, &lab.nonce()), Kdf::Two);
    assert_refused(&refused, 50_076);
    assert_eq!(
        (&refused.1["error"], &refused.1["suberror"]),
        (&json!("interaction_required"), &json!("basic_action"))
    );
    let wanted: Value = serde_json::from_str(refused.1["claims"].as_str().unwrap()).unwrap();
    assert!(wanted["access_token"]["capolids"].is_object());
    single.exchange(&lab, RENEWAL);
    let blocked = single.claims("openid https://blocked.example/.default", &lab.nonce());
    assert_refused(&single.send(&lab, &blocked, Kdf::Two), 53_003);
}

#[test]
fn answers_may_come_in_the_other_forms() {
    let lab =
        Lab::with(|configuration| configuration.switches.response_encryption = ResponseEncryption::Plain);
    let session = Session::of_alice(&lab);
    assert!(session.exchange(&lab, "openid")["access_token"].is_string());

    let lab = Lab::with(|configuration| configuration.switches.response_encryption = ResponseEncryption::Cbc);
    let session = Session::of_alice(&lab);
    let signed = session.sign(&session.claims("openid", &lab.nonce()), Kdf::One);
    let (_, jwe) = lab.post(&[("grant_type", JWT_BEARER), ("request", &signed)]);
    let part = |at: usize| crate::support::base64url(jwe.as_str().unwrap().split('.').nth(at).unwrap());
    let header: Value = serde_json::from_slice(&part(0)).unwrap();
    assert_eq!((header["enc"].as_str(), part(2).len()), (Some("A256GCM"), 16));
    let ctx = crate::support::base64(header["ctx"].as_str().unwrap());
    let key = crate::support::derive(&session.key, &ctx);
    let cipher = openssl::symm::Cipher::aes_256_cbc();
    let plain = openssl::symm::decrypt(cipher, &key, Some(&part(2)), &part(3)).unwrap();
    let body: Value = serde_json::from_slice(&plain).unwrap();
    assert!(body["access_token"].is_string());
}
