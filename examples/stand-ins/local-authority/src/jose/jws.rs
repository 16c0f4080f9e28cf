//! Compact JWS (RFC 7515).

use openssl::bn::BigNum;
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{Id, PKeyRef, Private, Public};
use openssl::rsa::Padding;
use openssl::sign::{RsaPssSaltlen, Signer, Verifier};
use serde_json::{Map, Value};

use super::{JoseError, base64url, from_base64url};

/// A compact JWS, decoded but not verified.
#[derive(Debug)]
pub(crate) struct Jws {
    pub(crate) header: Map<String, Value>,
    pub(crate) claims: Map<String, Value>,
    /// The JSON of the claims as it was sent, which the second key derivation hashes.
    pub(crate) payload: Vec<u8>,
    signing_input: Vec<u8>,
    signature: Vec<u8>,
}

/// The asymmetric algorithms of RFC 7518, section 3.1, that a card may sign with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Algorithm {
    Es256,
    Es384,
    Ps256,
    Rs256,
}

impl Algorithm {
    pub(crate) fn of(name: &str) -> Option<Self> {
        match name {
            "ES256" => Some(Self::Es256),
            "ES384" => Some(Self::Es384),
            "PS256" => Some(Self::Ps256),
            "RS256" => Some(Self::Rs256),
            _ => None,
        }
    }

    fn key_type(self) -> Id {
        match self {
            Self::Es256 | Self::Es384 => Id::EC,
            Self::Ps256 | Self::Rs256 => Id::RSA,
        }
    }

    fn digest(self) -> MessageDigest {
        match self {
            Self::Es384 => MessageDigest::sha384(),
            Self::Es256 | Self::Ps256 | Self::Rs256 => MessageDigest::sha256(),
        }
    }
}

impl Jws {
    pub(crate) fn parse(text: &str) -> Result<Self, JoseError> {
        let parts: Vec<&str> = text.split('.').collect();
        let [header, payload, signature] = parts[..] else {
            return Err(JoseError::Parts(parts.len()));
        };
        let bytes = |part, text| from_base64url(text).ok_or(JoseError::Base64 { part });
        let payload_bytes = bytes("2 (payload)", payload)?;
        Ok(Self {
            header: object("the header", &bytes("1 (header)", header)?)?,
            claims: object("the payload", &payload_bytes)?,
            payload: payload_bytes,
            signing_input: format!("{header}.{payload}").into_bytes(),
            signature: bytes("3 (signature)", signature)?,
        })
    }

    /// The `alg` of the header.
    pub(crate) fn algorithm(&self) -> &str {
        self.header.get("alg").and_then(Value::as_str).unwrap_or_default()
    }

    /// A claim that is a string.
    pub(crate) fn text(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim).and_then(Value::as_str)
    }

    /// A claim that is a NumericDate (RFC 7519, section 2), in whole seconds.
    pub(crate) fn time(&self, claim: &str) -> Option<i64> {
        self.claims.get(claim).and_then(Value::as_i64)
    }

    /// The same, also when the number is written as text, as some clients do.
    pub(crate) fn time_or_text(&self, claim: &str) -> Option<i64> {
        self.time(claim).or_else(|| self.text(claim)?.parse().ok())
    }

    /// The certificates of `x5c`, leaf first: an array of strings (RFC 7515, section 4.1.6), or the one bare string
    /// that some clients send.
    pub(crate) fn x5c(&self) -> Option<Vec<&str>> {
        match self.header.get("x5c")? {
            Value::Array(items) => items.iter().map(Value::as_str).collect(),
            Value::String(one) => Some(vec![one]),
            _ => None,
        }
    }

    /// Whether the signature was made by the private half of the key.
    pub(crate) fn verify(&self, algorithm: Algorithm, key: &PKeyRef<Public>) -> Result<bool, ErrorStack> {
        if key.id() != algorithm.key_type() {
            return Ok(false);
        }
        let mut verifier = Verifier::new(algorithm.digest(), key)?;
        if algorithm == Algorithm::Ps256 {
            verifier.set_rsa_padding(Padding::PKCS1_PSS)?;
            verifier.set_rsa_mgf1_md(MessageDigest::sha256())?;
            verifier.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)?;
        }
        verifier.update(&self.signing_input)?;
        match algorithm {
            Algorithm::Es256 => verify_ecdsa(&verifier, &self.signature, 32),
            Algorithm::Es384 => verify_ecdsa(&verifier, &self.signature, 48),
            // A signature of another length is an error to OpenSSL and a wrong one to us.
            Algorithm::Ps256 | Algorithm::Rs256 => Ok(verifier.verify(&self.signature).unwrap_or(false)),
        }
    }

    /// Whether the signature is the HMAC under the key (HS256).
    pub(crate) fn verify_hs256(&self, key: &[u8]) -> Result<bool, ErrorStack> {
        let expected = super::hmac_sha256(key, &self.signing_input)?;
        Ok(expected.len() == self.signature.len() && openssl::memcmp::eq(&expected, &self.signature))
    }
}

/// ECDSA signatures are two numbers side by side here (RFC 7518, section 3.4), a SEQUENCE to OpenSSL.
fn verify_ecdsa(verifier: &Verifier<'_>, signature: &[u8], width: usize) -> Result<bool, ErrorStack> {
    if signature.len() != 2 * width {
        return Ok(false);
    }
    let (r, s) = signature.split_at(width);
    let der = EcdsaSig::from_private_components(BigNum::from_slice(r)?, BigNum::from_slice(s)?)?.to_der()?;
    Ok(verifier.verify(&der).unwrap_or(false))
}

fn object(what: &'static str, json: &[u8]) -> Result<Map<String, Value>, JoseError> {
    match serde_json::from_slice(json) {
        Ok(Value::Object(map)) => Ok(map),
        _ => Err(JoseError::Json { what }),
    }
}

/// A JWS with RS256, as access tokens are.
pub(crate) fn sign_rs256(
    header: &Value,
    claims: &Value,
    key: &PKeyRef<Private>,
) -> Result<String, ErrorStack> {
    let input = signing_input(header, claims);
    let mut signer = Signer::new(MessageDigest::sha256(), key)?;
    signer.update(input.as_bytes())?;
    Ok(format!("{input}.{}", base64url(&signer.sign_to_vec()?)))
}

/// A JWT without signature (RFC 7519, section 6), as id tokens of the v1 endpoint are.
pub(crate) fn unsigned(claims: &Value) -> String {
    signing_input(&serde_json::json!({"typ": "JWT", "alg": "none"}), claims) + "."
}

fn signing_input(header: &Value, claims: &Value) -> String {
    format!(
        "{}.{}",
        base64url(header.to_string().as_bytes()),
        base64url(claims.to_string().as_bytes())
    )
}
