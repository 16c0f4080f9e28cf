//! A session: what a client does with a primary refresh token. The keys are derived with OpenSSL's HMAC, the tokens are
//! josekit's.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use josekit::jws::HS256;
use openssl::encrypt::Decrypter;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::rsa::Padding;
use openssl::sign::Signer;
use serde_json::{Map, Value, json};

use super::messages::{object, sign};
use super::{Card, JWT_BEARER, Lab, now};

/// A primary refresh token with its session key.
#[derive(Clone)]
pub struct Session {
    pub token: String,
    pub key: Vec<u8>,
}

/// The two forms of the key derivation.
#[derive(Clone, Copy, Debug)]
pub enum Kdf {
    One,
    Two,
}

impl Session {
    /// Signs Alice in.
    pub fn of_alice(lab: &Lab) -> Self {
        Self::of(lab, &lab.alice(), "alice@contoso.example")
    }

    pub fn of(lab: &Lab, card: &Card, name: &str) -> Self {
        let body = lab.granted(card, name);
        let token = body["refresh_token"].as_str().unwrap().to_owned();
        Self {
            token,
            key: unwrap_key(lab, body["session_key_jwe"].as_str().unwrap()),
        }
    }

    /// The claims of a token request with the nonce.
    pub fn claims(&self, scope: &str, nonce: &str) -> Map<String, Value> {
        object(json!({
            "client_id": "29d9ed98-a469-4536-ade2-f981bc1d605e",
            "scope": scope,
            "request_nonce": nonce,
            "iat": now(),
            "exp": now() + 300,
            "grant_type": "refresh_token",
            "refresh_token": self.token,
        }))
    }

    /// Signs claims with a key derived for them.
    pub fn sign(&self, claims: &Map<String, Value>, kdf: Kdf) -> String {
        let ctx: Vec<u8> = (0x40..0x58).collect();
        let mut header = object(json!({"typ": "JWT", "ctx": STANDARD.encode(&ctx)}));
        let context = match kdf {
            Kdf::One => ctx,
            Kdf::Two => {
                header.insert("kdf_ver".to_owned(), json!(2));
                let payload = serde_json::to_vec(claims).unwrap();
                openssl::sha::sha256(&[ctx, payload].concat()).to_vec()
            }
        };
        let signer = HS256.signer_from_bytes(derive(&self.key, &context)).unwrap();
        sign(&header, claims, &signer)
    }

    /// Sends a token request, and decrypts the answer when it is granted.
    pub fn send(&self, lab: &Lab, claims: &Map<String, Value>, kdf: Kdf) -> (u16, Value) {
        let signed = self.sign(claims, kdf);
        let form = [
            ("grant_type", JWT_BEARER),
            ("request", signed.as_str()),
            ("windows_api_version", "2.2"),
        ];
        match lab.post(&form) {
            (200, Value::String(jwe)) => (200, self.decrypt(&jwe)),
            other => other,
        }
    }

    /// A token request that must be granted.
    pub fn exchange(&self, lab: &Lab, scope: &str) -> Value {
        let claims = self.claims(scope, &lab.nonce());
        let (status, body) = self.send(lab, &claims, Kdf::Two);
        assert_eq!(status, 200, "{body}");
        body
    }

    /// Decrypts an answer with josekit.
    pub fn decrypt(&self, jwe: &str) -> Value {
        let header = URL_SAFE_NO_PAD.decode(jwe.split('.').next().unwrap()).unwrap();
        let header: Value = serde_json::from_slice(&header).unwrap();
        assert_eq!(
            (&header["alg"], &header["enc"], &header["kid"]),
            (&json!("dir"), &json!("A256GCM"), &json!("session"))
        );
        let ctx = STANDARD.decode(header["ctx"].as_str().unwrap()).unwrap();
        let decrypter = josekit::jwe::Dir
            .decrypter_from_bytes(derive(&self.key, &ctx))
            .unwrap();
        let (content, _) = josekit::jwe::deserialize_compact(jwe, &decrypter).unwrap();
        serde_json::from_slice(&content).unwrap()
    }
}

/// The session key of a `session_key_jwe`, with the transport key of the laboratory's device.
pub fn unwrap_key(lab: &Lab, jwe: &str) -> Vec<u8> {
    let wrapped = URL_SAFE_NO_PAD.decode(jwe.split('.').nth(1).unwrap()).unwrap();
    let transport = PKey::private_key_from_pem(lab.device.transport_key.as_bytes()).unwrap();
    let mut decrypter = Decrypter::new(&transport).unwrap();
    decrypter.set_rsa_padding(Padding::PKCS1_OAEP).unwrap();
    let mut key = vec![0; decrypter.decrypt_len(&wrapped).unwrap()];
    let length = decrypter.decrypt(&wrapped, &mut key).unwrap();
    key.truncate(length);
    assert_eq!(key.len(), 32);
    key
}

/// SP 800-108, counter mode, HMAC-SHA-256, one round.
pub fn derive(key: &[u8], context: &[u8]) -> Vec<u8> {
    let mut input = vec![0, 0, 0, 1];
    input.extend(b"AzureAD-SecureConversation\0");
    input.extend(context);
    input.extend([0, 0, 1, 0]);
    let key = PKey::hmac(key).unwrap();
    Signer::new(MessageDigest::sha256(), &key)
        .unwrap()
        .sign_oneshot_to_vec(&input)
        .unwrap()
}
