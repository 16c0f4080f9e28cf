//! A granted sign-in, field by field.

use cba_protocol::State;
use openssl::base64::encode_block;
use serde_json::json;

use crate::peer::{self, CARD, DEVICE, ISSUER, Jwt, NOW, Script, TENANT};

#[test]
fn a_sign_in_passes_every_leg_once_and_ends_in_a_prt() {
    let run = peer::run(peer::sign_in(), Script::granting());
    let legs = [
        State::Realm,
        State::Metadata,
        State::Nonce,
        State::Assertion,
        State::Request,
        State::Token,
        State::SessionKey,
        State::Granted,
    ];
    assert_eq!(run.states, legs);
    let prt = run.granted();
    assert_eq!(prt.token().expose(), peer::PRT);
    assert_eq!(prt.token_type(), "pop");
    assert_eq!(prt.expires_in().unwrap().as_secs(), 1_209_600);
    assert_eq!(prt.expires_at().unwrap().as_secs(), NOW + 1_209_600);
    assert_eq!(prt.renew_at(peer::now()).as_secs(), NOW + 4 * 3600);
    let id_token = prt.id_token().unwrap();
    assert_eq!(
        (id_token.entra_upn(), id_token.is_multifactor()),
        (Some("alice@contoso.com"), Some(true))
    );
    assert_eq!(prt.client_info().unwrap().uid(), Some("u"));
    assert_eq!(prt.metadata().unwrap(), &peer::issuer_metadata());
}

#[test]
fn the_id_token_and_client_info_are_read_claim_by_claim() {
    let claims = json!({"email": "alice@mail.example", "name": "Alice", "oid": "o", "preferred_username": "p", "puid": "10",
                        "tenant_region_scope": "EU", "tid": "t", "amr": ["rsa"]});
    let mut body = peer::issued();
    body["id_token"] = format!("e30.{}.", peer::base64url(claims.to_string().as_bytes())).into();
    let run = peer::run(
        peer::sign_in(),
        Script::granting().answer(State::Token, 200, &body),
    );
    let prt = run.granted();
    let id_token = prt.id_token().unwrap();
    assert_eq!(id_token.email(), Some("alice@mail.example"));
    assert_eq!(id_token.name(), Some("Alice"));
    assert_eq!(id_token.oid(), Some("o"));
    assert_eq!(id_token.puid(), Some("10"));
    assert_eq!(id_token.tenant_region_scope(), Some("EU"));
    assert_eq!(id_token.tid(), Some("t"));
    assert_eq!((id_token.upn(), id_token.entra_upn()), (None, Some("p")));
    assert_eq!(id_token.is_multifactor(), Some(false));
    let client = prt.client_info().unwrap();
    assert_eq!((client.uid(), client.utid()), (Some("u"), Some("t")));
}

#[test]
fn only_the_configured_host_is_asked_and_over_https() {
    let run = peer::run(peer::sign_in(), Script::granting());
    let urls: Vec<String> = run
        .requests
        .iter()
        .map(|(_, r)| format!("{} {}", r.method(), r.uri()))
        .collect();
    let host = "https://login.microsoftonline.com";
    let expected = [
        format!("GET {host}/common/userrealm/alice%40contoso.com?api-version=1.0"),
        format!("GET {host}/{TENANT}/.well-known/openid-configuration"),
        format!("POST {host}/{TENANT}/oauth2/token"),
        format!("POST {host}/{TENANT}/oauth2/token"),
    ];
    assert_eq!(urls, expected);
    for (_, request) in &run.requests {
        assert_eq!(request.headers()["accept"], "application/json");
        assert_eq!(
            request.headers()["client-request-id"],
            run.requests[0].1.headers()["client-request-id"]
        );
        assert_eq!(request.headers()["return-client-request-id"], "true");
    }
}

#[test]
fn a_cache_of_realm_and_metadata_saves_two_requests() {
    let metadata = peer::issuer_metadata();
    let run = peer::run(
        peer::sign_in().with_managed_realm().with_metadata(metadata),
        Script::granting(),
    );
    assert_eq!(run.requests.len(), 2);
    assert_eq!(run.states[0], State::Nonce);
    assert_eq!(run.jwts(0).1.unwrap().claims["aud"], ISSUER);
}

#[test]
fn the_nonce_request_is_the_documented_body() {
    let run = peer::run(peer::sign_in(), Script::granting());
    let (_, request) = &run.requests[2];
    assert_eq!(request.body(), b"grant_type=srv_challenge");
    assert_eq!(
        request.headers()["content-type"],
        "application/x-www-form-urlencoded"
    );
}

/// [MS-OAPXBC] 3.2.5.1.2.1.4.
#[test]
fn the_card_signs_the_documented_assertion() {
    let run = peer::run(peer::sign_in(), Script::granting());
    let assertion = run.jwts(0).1.unwrap();
    let leaf = encode_block(&CARD.der());
    assert_eq!(
        assertion.header,
        json!({"typ": "JWT", "alg": "RS256", "x5c": [leaf]})
    );
    let claims = json!({"iss": "alice@contoso.com", "aud": ISSUER, "iat": NOW, "exp": NOW + 300,
                        "request_nonce": "AwABAAAAAAACAOz_nonce-1"});
    assert_eq!(assertion.claims, claims);
    assert!(CARD.verify(&assertion.input, &assertion.signature));
}

/// [MS-OAPXBC] 3.2.5.1.2.1.
#[test]
fn the_device_signs_the_documented_request() {
    let run = peer::run(peer::sign_in(), Script::granting());
    let (request, _) = run.jwts(0);
    let leaf = encode_block(&DEVICE.der());
    assert_eq!(
        request.header,
        json!({"typ": "JWT", "alg": "RS256", "x5c": [leaf]})
    );
    assert_eq!(
        Jwt::names(&request.claims),
        ["assertion", "client_id", "grant_type", "request_nonce", "scope"]
    );
    assert_eq!(
        request.claims["client_id"],
        "38aa3b87-a06d-4817-b275-7a316988d93b"
    );
    assert_eq!(
        request.claims["grant_type"],
        "urn:ietf:params:oauth:grant-type:jwt-bearer"
    );
    assert_eq!(request.claims["request_nonce"], "AwABAAAAAAACAOz_nonce-1");
    assert_eq!(request.claims["scope"], "openid aza ugs");
    assert!(DEVICE.verify(&request.input, &request.signature));
    let form = run.form(State::Token, 0);
    let mut names: Vec<&str> = form.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        ["client_info", "grant_type", "request", "windows_api_version"]
    );
    assert_eq!(form["grant_type"], "urn:ietf:params:oauth:grant-type:jwt-bearer");
}
