//! A session kept by the crate `compact_jwt`, as agents on Linux keep theirs: it takes the session key, signs the token request, reads the
//! answer.

use compact_jwt::crypto::MsOapxbcSessionKey;
use compact_jwt::jws::JwsBuilder;
use compact_jwt::{JweCompact, JwsCompact};
use kanidm_hsm_crypto::AuthValue;
use kanidm_hsm_crypto::glue::rsa::RS256PrivateKey;
use kanidm_hsm_crypto::glue::traits::Pkcs8DecodePrivateKey as _;
use kanidm_hsm_crypto::provider::{SoftTpm, Tpm as _, TpmRS256 as _};
use local_authority::ResponseEncryption;
use openssl::pkey::PKey;
use serde_json::{Map, Value};

use crate::support::{JWT_BEARER, Lab, Session};

#[test]
fn what_it_signs_is_taken_and_what_it_gets_it_reads() {
    let lab = Lab::with(|configuration| configuration.switches.response_encryption = ResponseEncryption::Cbc);
    let body = lab.granted(&lab.alice(), "alice@contoso.example");

    let mut tpm = SoftTpm::default();
    let secret = AuthValue::ephemeral().unwrap();
    let root = tpm.root_storage_key_create(&secret).unwrap();
    let storage = tpm.root_storage_key_load(&secret, &root).unwrap();
    let transport = PKey::private_key_from_pem(lab.device.transport_key.as_bytes()).unwrap();
    let transport = RS256PrivateKey::from_pkcs8_der(&transport.private_key_to_pkcs8().unwrap()).unwrap();
    let transport = tpm.rs256_import(&storage, transport).unwrap();
    let transport = tpm.rs256_load(&storage, &transport).unwrap();
    let wrapped: JweCompact = body["session_key_jwe"].as_str().unwrap().parse().unwrap();
    let agreed = MsOapxbcSessionKey::complete_tpm_rsa_oaep_key_agreement;
    let key = agreed(&mut tpm, &storage, &transport, &wrapped).unwrap();

    let mut send = |claims: &Map<String, Value>| {
        let payload = JwsBuilder::into_json(claims).unwrap().build();
        let signed: JwsCompact = key.sign(&mut tpm, &storage, &payload).unwrap();
        let signed = signed.to_string();
        let (status, answer) = lab.post(&[("grant_type", JWT_BEARER), ("request", &signed)]);
        assert_eq!(status, 200, "{answer}");
        let answer: JweCompact = answer.as_str().unwrap().parse().unwrap();
        let opened = key.decipher_prt_v2(&mut tpm, &storage, &answer).unwrap();
        serde_json::from_slice::<Value>(opened.payload()).unwrap()
    };
    let session = Session {
        token: body["refresh_token"].as_str().unwrap().to_owned(),
        key: Vec::new(),
    };
    let granted = send(&session.claims("openid https://graph.microsoft.com/.default", &lab.nonce()));
    assert!(granted["access_token"].is_string(), "{granted}");
    let renewed = send(&session.claims("openid aza ugs", &lab.nonce()));
    assert_ne!(renewed["refresh_token"], body["refresh_token"]);
}
