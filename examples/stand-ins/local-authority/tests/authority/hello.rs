//! Windows Hello keys, the other proof that is an assertion.

use local_authority::Pem;
use serde_json::{Map, Value, json};

use crate::support::{DeviceRequest, Lab, assert_refused, id_token, now, object, rsa, sign_with_openssl};

/// A laboratory where Alice has a Hello key.
fn lab() -> Lab {
    let public = String::from_utf8(rsa().public_key_to_pem().unwrap()).unwrap();
    Lab::with(|configuration| configuration.users[0].hello_keys.push(Pem::new(public)))
}

/// The key id, computed as public clients do: SHA-256 of the key as a `BCRYPT_RSAPUBLIC_BLOB`.
fn key_id() -> String {
    use base64::Engine as _;
    let (n, e) = (rsa().rsa().unwrap().n().to_vec(), [1, 0, 1]);
    let header = [0x3141_5352_u32, 2048, 3, 256, 0, 0]
        .map(u32::to_le_bytes)
        .concat();
    let hash = openssl::sha::sha256(&[header, e.to_vec(), n].concat());
    base64::engine::general_purpose::STANDARD.encode(hash)
}

fn sign_in(lab: &Lab, spoil: impl FnOnce(&mut Map<String, Value>, &mut Map<String, Value>)) -> (u16, Value) {
    let nonce = lab.nonce();
    let mut header = object(json!({"typ": "JWT", "use": "ngc", "kid": key_id()}));
    let mut claims = object(json!({
        "iss": "alice@contoso.example",
        "aud": lab.issuer_identifier(),
        "iat": now(),
        "exp": now() + 300,
        "request_nonce": nonce,
        "scope": "openid aza ugs",
    }));
    spoil(&mut header, &mut claims);
    let assertion = sign_with_openssl(&header, &claims, &rsa());
    lab.request(&DeviceRequest::new(&lab.device, &nonce, &assertion))
}

#[test]
fn a_registered_key_signs_in_with_two_factors() {
    let lab = lab();
    let (status, body) = sign_in(&lab, |_, _| {});
    assert_eq!(status, 200, "{body}");
    assert_eq!(id_token(&body)["amr"], json!(["rsa", "mfa"]));
    let other = lab.nonce();
    let (status, body) = sign_in(&lab, |_, claims| {
        drop(claims.insert("request_nonce".to_owned(), json!(other)));
    });
    assert_eq!(status, 200, "a nonce of its own: {body}");
}

#[test]
fn keys_that_are_not_the_users() {
    let lab = lab();
    let set = |claim: &'static str, value: Value| {
        move |_: &mut Map<String, Value>, claims: &mut Map<String, Value>| {
            claims.insert(claim.to_owned(), value);
        }
    };
    assert_refused(&sign_in(&lab, |header, _| drop(header.remove("kid"))), 130_001);
    assert_refused(
        &sign_in(&lab, |header, _| {
            drop(header.insert("kid".to_owned(), json!("x")));
        }),
        130_004,
    );
    assert_refused(&sign_in(&lab, set("iss", json!("bob@contoso.example"))), 130_004);
    assert_refused(&sign_in(&lab, set("request_nonce", json!("foreign"))), 50_099);
    assert_refused(
        &sign_in(&lab, |_, claims| drop(claims.remove("request_nonce"))),
        50_098,
    );
    let nonce = lab.nonce();
    let claims = object(json!({"iss": "alice@contoso.example"}));
    let header = object(json!({"use": "ngc", "kid": key_id()}));
    let signed = sign_with_openssl(&header, &claims, &lab.alice().key);
    assert_refused(
        &lab.request(&DeviceRequest::new(&lab.device, &nonce, &signed)),
        130_005,
    );
}
