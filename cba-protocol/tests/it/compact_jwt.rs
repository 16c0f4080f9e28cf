//! Messages of the session key, compared with the crate `compact_jwt`, which agents on Linux use: each reads what the other made.

use cba_protocol::config::KdfOffer;
use cba_protocol::{Freshness, Integrity, PrimaryRefreshToken, SsoContext, State, Transcript};
use compact_jwt::compact::{JweAlg, JweProtectedHeader};
use compact_jwt::crypto::{JweA256GCMEncipher, JweRSAOAEPEncipher, MsOapxbcSessionKey};
use compact_jwt::jwe::{Jwe, JweBuilder};
use compact_jwt::traits::{JweEncipherInnerA256, JweEncipherOuterA256};
use compact_jwt::{JweCompact, JwsCompact, JwtError};
use kanidm_hsm_crypto::AuthValue;
use kanidm_hsm_crypto::glue::aes256::{self, Aes256Key};
use kanidm_hsm_crypto::glue::nist_sp800_108_kdf_hmac_sha256::derive_key_aes256;
use kanidm_hsm_crypto::glue::rsa::{RS256PrivateKey, RS256PublicKey};
use kanidm_hsm_crypto::glue::traits::Pkcs8DecodePrivateKey as _;
use kanidm_hsm_crypto::provider::{SoftTpm, Tpm as _, TpmRS256 as _};
use kanidm_hsm_crypto::structures::StorageKey;
use openssl::base64::encode_block;
use openssl::pkey::PKey;
use serde_json::{Value, json};

use crate::peer::{self, SESSION_KEY, Script, TRANSPORT};

/// A software TPM with a session key, as `compact_jwt` requires it.
struct Holder {
    tpm: SoftTpm,
    storage: StorageKey,
    key: MsOapxbcSessionKey,
}

impl Holder {
    /// Decrypts the session key from its JWE with the transport key of the device.
    fn of(session_key_jwe: &str) -> Self {
        let mut tpm = SoftTpm::default();
        let secret = AuthValue::ephemeral().unwrap();
        let root = tpm.root_storage_key_create(&secret).unwrap();
        let storage = tpm.root_storage_key_load(&secret, &root).unwrap();
        let transport = tpm.rs256_import(&storage, transport_key()).unwrap();
        let transport = tpm.rs256_load(&storage, &transport).unwrap();
        let jwe: JweCompact = session_key_jwe.parse().unwrap();
        let agreed = MsOapxbcSessionKey::complete_tpm_rsa_oaep_key_agreement;
        let key = agreed(&mut tpm, &storage, &transport, &jwe).unwrap();
        Self { tpm, storage, key }
    }

    /// The claims of a JWS that the session key signed.
    fn verify(&mut self, jws: &str) -> Result<Value, JwtError> {
        let jws: JwsCompact = jws.parse().unwrap();
        let verified = self.key.verify(&mut self.tpm, &self.storage, &jws)?;
        Ok(serde_json::from_slice(verified.payload()).unwrap())
    }

    /// An answer in the CBC form.
    fn open_cbc(&mut self, answer: &[u8]) -> Value {
        let jwe: JweCompact = std::str::from_utf8(answer).unwrap().parse().unwrap();
        let opened = self.key.decipher_prt_v2(&mut self.tpm, &self.storage, &jwe);
        serde_json::from_slice(opened.unwrap().payload()).unwrap()
    }
}

fn transport_key() -> RS256PrivateKey {
    let key = PKey::from_rsa(TRANSPORT.clone()).unwrap();
    RS256PrivateKey::from_pkcs8_der(&key.private_key_to_pkcs8().unwrap()).unwrap()
}

/// A token with version 1 of the key derivation, the only one that `compact_jwt` supports.
fn prt(session_key_jwe: &str) -> PrimaryRefreshToken {
    let config = peer::config().with_kdf(KdfOffer::V1);
    let mut answer = peer::issued();
    answer["session_key_jwe"] = session_key_jwe.into();
    peer::run(
        peer::with(&config),
        Script::granting().answer(State::Token, 200, &answer),
    )
    .granted()
}

/// The cookie's JWS, and a token request's.
fn signed_with(prt: &PrimaryRefreshToken) -> [String; 2] {
    let cookie = prt.sso(Freshness::Nonce("nonce"), SsoContext::default(), peer::seed());
    let step = prt
        .token_request("client", "openid")
        .start(peer::seed(), peer::now());
    let granting = Script::granting().answer(State::Token, 200, &json!({"access_token": "plain"}));
    let run = peer::drive(step, granting, Transcript::default());
    [
        cookie.header().1.to_str().unwrap().to_owned(),
        run.form(State::Token, 0)["request"].clone(),
    ]
}

#[test]
fn it_verifies_what_the_session_key_signs() {
    let jwe = peer::session_key_jwe();
    let mut holder = Holder::of(&jwe);
    for jws in signed_with(&prt(&jwe)) {
        assert_eq!(holder.verify(&jws).unwrap(), peer::Jwt::read(&jws).claims);
        let (input, signature) = jws.rsplit_once('.').unwrap();
        let other = if signature.starts_with('A') { "B" } else { "A" };
        assert!(
            holder
                .verify(&format!("{input}.{other}{}", &signature[1..]))
                .is_err()
        );
    }
}

#[test]
fn a_session_key_that_it_wrapped_is_the_same_on_both_sides() {
    let wrapping = JweRSAOAEPEncipher::from(RS256PublicKey::from(transport_key()));
    let blank = JweBuilder::from(b" ".to_vec()).build();
    let jwe = wrapping
        .encipher::<JweA256GCMEncipher>(&blank)
        .unwrap()
        .to_string();
    let mut holder = Holder::of(&jwe);
    for jws in signed_with(&prt(&jwe)) {
        holder.verify(&jws).expect("signed with the same key");
    }
}

/// The header of an encrypted answer, [MS-OAPXBC] 3.2.5.1.3.2.
struct Direct(String);

impl JweEncipherOuterA256 for Direct {
    fn set_header_alg(&self, header: &mut JweProtectedHeader) -> Result<(), JwtError> {
        header.alg = JweAlg::DIRECT;
        header.ctx = Some(self.0.clone());
        header.kid = Some("session".to_owned());
        Ok(())
    }

    fn wrap_key(&self, _: Aes256Key) -> Result<Vec<u8>, JwtError> {
        Ok(Vec::new())
    }
}

#[test]
fn an_answer_that_it_encrypted_is_read_and_was_authenticated() {
    let ctx = [0x5A; 24];
    let derived = derive_key_aes256(&SESSION_KEY, b"AzureAD-SecureConversation", &ctx).unwrap();
    let cipher = JweA256GCMEncipher::from(aes256::key_from_slice(&derived).unwrap());
    let content = Jwe::into_json(&json!({"access_token": "from compact_jwt"})).unwrap();
    let answer = cipher
        .encipher_inner(&Direct(encode_block(&ctx)), &content)
        .unwrap();
    let script = Script::granting().raw(State::Token, 200, answer.to_string().as_bytes());
    let step = peer::prt()
        .token_request("client", "openid")
        .start(peer::seed(), peer::now());
    let token = peer::drive(step, script, Transcript::default()).granted();
    assert_eq!(token.token().expose(), "from compact_jwt");
    assert_eq!(token.integrity(), Integrity::SessionKey);
}

#[test]
fn an_answer_in_the_cbc_form_says_the_same_to_both() {
    let content = json!({"access_token": "in blocks", "expires_in": "3600"});
    let answer = peer::encrypted_cbc(&content);
    assert_eq!(Holder::of(&peer::session_key_jwe()).open_cbc(&answer), content);
    let script = Script::granting().raw(State::Token, 200, &answer);
    let step = peer::prt()
        .token_request("client", "openid")
        .start(peer::seed(), peer::now());
    let token = peer::drive(step, script, Transcript::default()).granted();
    assert_eq!(token.token().expose(), "in blocks");
    assert_eq!(token.integrity(), Integrity::TlsOnly);
}
