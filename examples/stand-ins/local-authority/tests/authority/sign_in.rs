//! Sign-ins that are granted, and what is in the answer.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use josekit::jwe::RSA_OAEP;
use serde_json::{Value, json};

use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};

use crate::support::{Assertion, Card, DeviceRequest, Lab, assert_refused, id_token, rsa, sign_as, template};

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

/// The specification has RS256 only; elliptic curves and PSS are switches.
#[test]
fn other_algorithms_have_to_be_allowed() {
    let p256 = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let p384 = EcGroup::from_curve_name(Nid::SECP384R1).unwrap();
    let ec = |group| PKey::from_ec_key(EcKey::generate(group).unwrap()).unwrap();
    let keys = [("ES256", ec(&p256)), ("ES384", ec(&p384)), ("PS256", rsa())];
    let strict = Lab::new();
    let lenient = Lab::with(|configuration| {
        configuration.switches.assertion_algorithms = ["ES256", "ES384", "PS256"].map(str::to_owned).to_vec();
    });
    for (algorithm, key) in keys {
        let certificate = strict.issuer().issue_user(&template(), &key).unwrap();
        let card = Card { certificate, key };
        let sign_in = |lab: &Lab, signer: &PKey<Private>| {
            let nonce = lab.nonce();
            let assertion = Assertion::new(&card, "alice@contoso.example", &lab.issuer_identifier(), &nonce);
            let signed = sign_as(algorithm, &assertion.header, &assertion.claims, signer);
            lab.request(&DeviceRequest::new(&lab.device, &nonce, &signed))
        };
        assert_refused(&sign_in(&strict, &card.key), 50_027);
        let (status, body) = sign_in(&lenient, &card.key);
        assert_eq!(status, 200, "{algorithm}: {body}");
        let other = if algorithm == "PS256" {
            lenient.alice().key
        } else {
            ec(if algorithm == "ES256" { &p256 } else { &p384 })
        };
        assert_refused(&sign_in(&lenient, &other), 500_184);
        lenient.refused(&lenient.alice(), "alice@contoso.example", 50_027);
    }
}
