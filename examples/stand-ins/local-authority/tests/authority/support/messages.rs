//! The messages, made with josekit.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use josekit::jwk::alg::rsa::RsaKeyPair;
use josekit::jws::{ES256, ES384, JwsHeader, JwsSigner, PS256, RS256};
use local_authority::issue::DeviceFile;
use openssl::pkey::{PKey, Private};
use openssl::x509::X509;
use serde_json::{Map, Value, json};

use super::{Card, JWT_BEARER};

/// A private key, PEM.
pub struct Key(pub Vec<u8>);

impl Key {
    pub fn pem(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

/// The assertion that the card signs; every field can be spoilt.
#[derive(Clone)]
pub struct Assertion {
    pub header: Map<String, Value>,
    pub claims: Map<String, Value>,
}

impl Assertion {
    pub fn new(card: &Card, name: &str, audience: &str, nonce: &str) -> Self {
        let certificate = STANDARD.encode(card.certificate.to_der().unwrap());
        Self {
            header: object(json!({"typ": "JWT", "x5c": [certificate]})),
            claims: object(json!({
                "iss": name,
                "aud": audience,
                "iat": now(),
                "exp": now() + 300,
                "request_nonce": nonce,
            })),
        }
    }

    pub fn sign(&self, key: &Key) -> String {
        sign(
            &self.header,
            &self.claims,
            &RS256.signer_from_pem(&key.0).unwrap(),
        )
    }
}

/// Signs with OpenSSL alone, which takes keys and headers that josekit refuses.
pub fn sign_with_openssl(
    header: &Map<String, Value>,
    claims: &Map<String, Value>,
    key: &PKey<Private>,
) -> String {
    let mut header = header.clone();
    header.insert("alg".to_owned(), json!("RS256"));
    let part = |map: &Map<String, Value>| URL_SAFE_NO_PAD.encode(serde_json::to_vec(map).unwrap());
    let input = format!("{}.{}", part(&header), part(claims));
    let mut signer = openssl::sign::Signer::new(openssl::hash::MessageDigest::sha256(), key).unwrap();
    let signature = signer.sign_oneshot_to_vec(input.as_bytes()).unwrap();
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// Signs with josekit in another algorithm than RS256.
pub fn sign_as(
    algorithm: &str,
    header: &Map<String, Value>,
    claims: &Map<String, Value>,
    key: &PKey<Private>,
) -> String {
    let pem = key.private_key_to_pem_pkcs8().unwrap();
    let signer: Box<dyn JwsSigner> = match algorithm {
        "ES256" => Box::new(ES256.signer_from_pem(&pem).unwrap()),
        "ES384" => Box::new(ES384.signer_from_pem(&pem).unwrap()),
        "PS256" => {
            let key = RsaKeyPair::from_pem(&pem).unwrap().to_jwk_key_pair();
            Box::new(PS256.signer_from_jwk(&key).unwrap())
        }
        other => panic!("{other} is not known here"),
    };
    sign(header, claims, &*signer)
}

/// The request that the device signs; every field can be spoilt.
#[derive(Clone)]
pub struct DeviceRequest {
    pub header: Map<String, Value>,
    pub claims: Map<String, Value>,
}

impl DeviceRequest {
    pub fn new(device: &DeviceFile, nonce: &str, assertion: &str) -> Self {
        let certificate = X509::from_pem(device.certificate.as_bytes())
            .unwrap()
            .to_der()
            .unwrap();
        Self {
            header: object(json!({"typ": "JWT", "x5c": [STANDARD.encode(certificate)], "kdf_ver": 2})),
            claims: object(json!({
                "client_id": "38aa3b87-a06d-4817-b275-7a316988d93b",
                "scope": "openid aza ugs",
                "request_nonce": nonce,
                "grant_type": JWT_BEARER,
                "assertion": assertion,
            })),
        }
    }

    pub fn sign(&self, key: &Key) -> String {
        sign(
            &self.header,
            &self.claims,
            &RS256.signer_from_pem(&key.0).unwrap(),
        )
    }
}

pub fn sign(header: &Map<String, Value>, claims: &Map<String, Value>, signer: &dyn JwsSigner) -> String {
    let mut jose = JwsHeader::new();
    for (name, value) in header {
        jose.set_claim(name, Some(value.clone())).unwrap();
    }
    let payload = serde_json::to_vec(claims).unwrap();
    josekit::jws::serialize_compact(&payload, &jose, signer).unwrap()
}

pub fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("{other} is not an object"),
    }
}

pub fn now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
        .try_into()
        .unwrap()
}
