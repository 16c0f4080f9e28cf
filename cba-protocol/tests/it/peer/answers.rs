//! Answers of the server.

use openssl::base64::encode_block;
use openssl::rsa::Padding;
use openssl::symm::{Cipher, encrypt, encrypt_aead};
use serde_json::{Value, json};

use super::{ISSUER, PRT, SESSION_KEY, TENANT, TRANSPORT, base64url, derive_from};

pub(crate) fn managed() -> Value {
    json!({"ver": "1.0", "account_type": "Managed", "domain_name": "contoso.com",
           "cloud_instance_name": "microsoftonline.com", "cloud_audience_urn": "urn:federation:MicrosoftOnline"})
}

pub(crate) fn metadata() -> Value {
    json!({"issuer": ISSUER, "token_endpoint": format!("https://login.microsoftonline.com/{TENANT}/oauth2/token"),
           "cloud_instance_name": "microsoftonline.com"})
}

pub(crate) fn issued() -> Value {
    json!({"token_type": "pop", "refresh_token": PRT, "refresh_token_expires_in": 1_209_600,
           "session_key_jwe": session_key_jwe(), "id_token": id_token(), "client_info": base64url(br#"{"uid":"u","utid":"t"}"#),
           "expires_in": "3599", "unknown": {"ignored": [1]}})
}

/// An unsigned id token of a multifactor certificate sign-in.
pub(crate) fn id_token() -> String {
    let claims = json!({"aud": "38aa3b87-a06d-4817-b275-7a316988d93b", "upn": "alice@contoso.com", "name": "Alice",
                        "oid": "11111111-2222-3333-4444-555555555555", "tid": TENANT, "amr": ["rsa", "mfa"]});
    format!(
        "{}.{}.",
        base64url(br#"{"typ":"JWT","alg":"none"}"#),
        base64url(claims.to_string().as_bytes())
    )
}

/// As [MS-OAPXBC] 4.2 shows it: RSA-OAEP and A256GCM around one space.
pub(crate) fn session_key_jwe() -> String {
    wrap(&SESSION_KEY)
}

pub(crate) fn wrap(session_key: &[u8; 32]) -> String {
    let header = base64url(br#"{"enc":"A256GCM","alg":"RSA-OAEP"}"#);
    let mut wrapped = vec![0; 256];
    let length = TRANSPORT
        .public_encrypt(session_key, &mut wrapped, Padding::PKCS1_OAEP)
        .unwrap();
    let (iv, mut tag) = ([9; 12], [0; 16]);
    let sealed = encrypt_aead(
        Cipher::aes_256_gcm(),
        session_key,
        Some(&iv),
        header.as_bytes(),
        b" ",
        &mut tag,
    )
    .unwrap();
    let parts = [&wrapped[..length], &iv, &sealed, &tag].map(base64url);
    format!("{header}.{}", parts.join("."))
}

pub(crate) fn refusal(code: u32, error: &str) -> Value {
    json!({"error": error, "error_codes": [code], "timestamp": "2027-01-15 08:00:00Z",
           "error_description": format!("AADSTS{code}: Something about alice@contoso.com. Trace ID: 0e1d2c3b-0000-4000-8000-aabbccddee00\r\nCorrelation ID: 1f2e3d4c"),
           "trace_id": "0e1d2c3b-0000-4000-8000-aabbccddee00", "correlation_id": "1f2e3d4c-0000-4000-8000-aabbccddee00",
           "error_uri": format!("https://login.microsoftonline.com/error?code={code}")})
}

/// An encrypted answer, [MS-OAPXBC] 3.2.5.1.3.2.
pub(crate) fn encrypted(plain: &Value) -> Vec<u8> {
    encrypted_with(&SESSION_KEY, plain)
}

pub(crate) fn encrypted_with(session_key: &[u8; 32], plain: &Value) -> Vec<u8> {
    let (header, key) = encryption(session_key);
    let (iv, mut tag) = ([7; 12], [0; 16]);
    let plain = plain.to_string();
    let sealed = encrypt_aead(
        Cipher::aes_256_gcm(),
        &key,
        Some(&iv),
        header.as_bytes(),
        plain.as_bytes(),
        &mut tag,
    )
    .unwrap();
    let [iv, sealed, tag] = [&iv[..], &sealed, &tag].map(base64url);
    format!("{header}..{iv}.{sealed}.{tag}").into_bytes()
}

/// The form that public clients have seen under the same header: AES-256-CBC, an IV of 16 bytes and a meaningless tag.
pub(crate) fn encrypted_cbc(plain: &Value) -> Vec<u8> {
    let (header, key) = encryption(&SESSION_KEY);
    let iv = [8; 16];
    let sealed = encrypt(
        Cipher::aes_256_cbc(),
        &key,
        Some(&iv),
        plain.to_string().as_bytes(),
    )
    .unwrap();
    let [iv, sealed, tag] = [&iv[..], &sealed, &[0; 16]].map(base64url);
    format!("{header}..{iv}.{sealed}.{tag}").into_bytes()
}

fn encryption(session_key: &[u8; 32]) -> (String, Vec<u8>) {
    let ctx = [5; 24];
    let header = json!({"alg": "dir", "enc": "A256GCM", "ctx": encode_block(&ctx), "kid": "session"});
    (
        base64url(header.to_string().as_bytes()),
        derive_from(session_key, &ctx),
    )
}
