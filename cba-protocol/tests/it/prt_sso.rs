//! The two single sign-on headers, and sign-out.

use cba_protocol::config::KdfOffer;
use cba_protocol::{Freshness, Outcome, SsoContext, State, Step, device_credential};
use openssl::base64::{decode_block, encode_block};
use serde_json::json;

use crate::peer::{self, DEVICE, Jwt, NOW};

#[test]
fn the_users_credential_is_signed_with_the_session_key() {
    let context = SsoContext::default()
        .with_client_id("client")
        .with_redirect_uri("https://app/")
        .with_platform("windows");
    let credential = peer::prt().sso(Freshness::Nonce("sso-nonce"), context, peer::seed());
    let (name, value) = credential.header();
    assert_eq!(name.as_str(), "x-ms-refreshtokencredential");
    assert_eq!(value, credential.expose());
    let jwt = Jwt::read(value.to_str().unwrap());
    let claims = json!({"refresh_token": peer::PRT, "is_primary": "true", "request_nonce": "sso-nonce", "ua_client_id": "client",
        "ua_redirect_uri": "https://app/", "x_client_platform": "windows", "windows_api_version": "2.0.1"});
    assert_eq!(jwt.claims, claims);
    let ctx = decode_block(jwt.header["ctx"].as_str().unwrap()).unwrap();
    assert_eq!(peer::hmac(&peer::derive(&ctx), &jwt.input), jwt.signature);
    let cookie = credential.cookie();
    assert_eq!(
        cookie.to_str().unwrap(),
        format!("x-ms-RefreshTokenCredential={}", value.to_str().unwrap())
    );
    assert!(value.is_sensitive() && cookie.is_sensitive());
    assert!(!format!("{credential:?} {value:?} {cookie:?}").contains(&value.to_str().unwrap()[..40]));
}

#[test]
fn the_older_model_has_a_time_instead_of_the_nonce() {
    let credential = peer::prt().sso(
        Freshness::IssuedAt(peer::now()),
        SsoContext::default(),
        peer::seed(),
    );
    let jwt = Jwt::read(credential.header().1.to_str().unwrap());
    assert_eq!(
        Jwt::names(&jwt.claims),
        ["iat", "is_primary", "refresh_token", "windows_api_version"]
    );
    assert_eq!(jwt.claims["iat"], NOW);
    assert_eq!(Jwt::names(&jwt.header), ["alg", "ctx"]);
}

#[test]
fn the_header_has_the_version_of_the_key_derivation() {
    let config = peer::config().with_kdf(KdfOffer::V2);
    let prt = peer::prt_with(&config);
    let credential = prt.sso(Freshness::Nonce("n"), SsoContext::default(), peer::seed());
    assert_eq!(
        Jwt::read(credential.header().1.to_str().unwrap()).header["kdf_ver"],
        2
    );
}

#[test]
fn the_devices_credential_is_signed_with_the_device_key() {
    let step = device_credential(
        &peer::config(),
        &peer::device(),
        Freshness::Nonce("n"),
        SsoContext::default(),
    );
    assert_eq!(step.state(), State::Request);
    let Step::SignAsDevice(task) = step else { panic!() };
    let signature = DEVICE.sign(task.input());
    let Ok(Step::Done(Outcome::Granted(credential))) = task.complete(&signature) else {
        panic!()
    };
    let (name, value) = credential.header();
    assert_eq!(name.as_str(), "x-ms-devicecredential");
    let jwt = Jwt::read(value.to_str().unwrap());
    assert_eq!(
        jwt.header,
        json!({"typ": "JWT", "alg": "RS256", "x5c": [encode_block(&DEVICE.der())]})
    );
    let claims = json!({"grant_type": "device_auth", "iss": "aad:brokerplugin", "request_nonce": "n", "windows_api_version": "2.0.1"});
    assert_eq!(jwt.claims, claims);
    assert!(DEVICE.verify(&jwt.input, &jwt.signature));
    assert!(
        credential
            .cookie()
            .to_str()
            .unwrap()
            .starts_with("x-ms-DeviceCredential=eyJ")
    );
}

#[test]
fn signing_out_names_the_page_that_ends_the_browsers_sessions() {
    let host = format!(
        "https://login.microsoftonline.com/{}/oauth2/v2.0/logout",
        peer::TENANT
    );
    assert_eq!(peer::prt().sign_out(None), host);
}
