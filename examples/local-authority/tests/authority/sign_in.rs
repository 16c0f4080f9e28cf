//! Sign-ins that are granted, and what is in the answer.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use josekit::jwe::RSA_OAEP;
use serde_json::{Value, json};

use crate::support::{Lab, id_token, template};

#[test]
fn the_answer_has_a_token_and_a_session_key_for_the_transport_key() {
    let lab = Lab::new();
    let body = lab.granted(&lab.alice(), "alice@contoso.example");
    assert_eq!(body["token_type"], "pop");
    assert_eq!(body["refresh_token_expires_in"], 1_209_600);
    assert_eq!(body["expires_in"], "3600", "the v1 endpoint writes it as text");
    assert!(
        body.get("access_token").is_none(),
        "no access token comes with it: {body}"
    );
    let decrypter = RSA_OAEP.decrypter_from_pem(&lab.device.transport_key).unwrap();
    let jwe = body["session_key_jwe"].as_str().unwrap();
    let (content, header) = josekit::jwe::deserialize_compact(jwe, &decrypter).unwrap();
    assert_eq!(content, b" ");
    assert_eq!(
        (header.algorithm(), header.content_encryption()),
        (Some("RSA-OAEP"), Some("A256GCM"))
    );
    let info = URL_SAFE_NO_PAD
        .decode(body["client_info"].as_str().unwrap())
        .unwrap();
    let info: Value = serde_json::from_slice(&info).unwrap();
    assert_eq!(info["utid"], json!(lab.device.tenant_id));
    let claims = id_token(&body);
    assert_eq!(claims["upn"], "alice@contoso.example");
    assert_eq!(claims["aud"], "38aa3b87-a06d-4817-b275-7a316988d93b");
}

#[test]
fn a_policy_rule_gives_the_multifactor_claim() {
    let lab = Lab::new();
    let claims = id_token(&lab.granted(&lab.alice(), "alice@contoso.example"));
    assert_eq!(claims["amr"], json!(["rsa", "mfa"]));
    let mut single = template();
    single.policies.clear();
    let claims = id_token(&lab.granted(&lab.card(&single), "alice@contoso.example"));
    assert_eq!(claims["amr"], json!(["rsa"]));
}

#[test]
fn the_second_look_up_finds_the_name_of_active_directory() {
    let lab = Lab::new();
    let body = lab.granted(&lab.alice(), "ALICE@corp.local");
    assert_eq!(id_token(&body)["upn"], "alice@contoso.example");
    let log = lab.authority.log();
    let entry = log.last().unwrap();
    assert_eq!(entry.sign_in.found_by, Some("onPremisesUserPrincipalName"));
    assert_eq!(
        entry.sign_in.binding.as_deref(),
        Some("PrincipalName -> UserPrincipalName (1)")
    );
}
