//! Compact JWE (RFC 7516), in the three forms that this protocol has.

use openssl::encrypt::Encrypter;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKeyRef, Public};
use openssl::rsa::Padding;
use openssl::symm::{Cipher, encrypt, encrypt_aead};

use super::{base64, base64url};
use crate::random;

/// The session key for a device, encrypted to its transport key: `RSA-OAEP` with SHA-1 in both places (RFC 7518, section 4.3)
/// and `A256GCM`. The content encryption key *is* the session key; the content is one space.
pub(crate) fn session_key_jwe(transport: &PKeyRef<Public>, key: &[u8; 32]) -> Result<String, ErrorStack> {
    let header = base64url(br#"{"enc":"A256GCM","alg":"RSA-OAEP"}"#);
    let mut oaep = Encrypter::new(transport)?;
    oaep.set_rsa_padding(Padding::PKCS1_OAEP)?;
    oaep.set_rsa_oaep_md(MessageDigest::sha1())?;
    oaep.set_rsa_mgf1_md(MessageDigest::sha1())?;
    let mut wrapped = vec![0; oaep.encrypt_len(key)?];
    let length = oaep.encrypt(key, &mut wrapped)?;
    wrapped.truncate(length);
    gcm(&header, &wrapped, key, b" ")
}

/// An answer to a request signed with the session key: `dir` with `A256GCM`, and the `ctx` its key was derived with.
pub(crate) fn encrypt_gcm(key: &[u8; 32], ctx: &[u8], content: &[u8]) -> Result<String, ErrorStack> {
    gcm(&direct_header(ctx), &[], key, content)
}

/// The same under a header that claims the same, but AES-256-CBC with PKCS#7 padding, a 16-byte initialisation vector and a
/// tag that cannot be checked, as public clients report.
pub(crate) fn encrypt_cbc(key: &[u8; 32], ctx: &[u8], content: &[u8]) -> Result<String, ErrorStack> {
    let iv: [u8; 16] = random::bytes()?;
    let tag: [u8; 16] = random::bytes()?;
    let ciphertext = encrypt(Cipher::aes_256_cbc(), key, Some(&iv), content)?;
    Ok(compact(&direct_header(ctx), &[], &iv, &ciphertext, &tag))
}

fn direct_header(ctx: &[u8]) -> String {
    let header = serde_json::json!({"alg": "dir", "enc": "A256GCM", "ctx": base64(ctx), "kid": "session"});
    base64url(header.to_string().as_bytes())
}

fn gcm(header: &str, wrapped: &[u8], key: &[u8; 32], content: &[u8]) -> Result<String, ErrorStack> {
    let iv: [u8; 12] = random::bytes()?;
    let mut tag = [0; 16];
    let ciphertext = encrypt_aead(
        Cipher::aes_256_gcm(),
        key,
        Some(&iv),
        header.as_bytes(),
        content,
        &mut tag,
    )?;
    Ok(compact(header, wrapped, &iv, &ciphertext, &tag))
}

fn compact(header: &str, wrapped: &[u8], iv: &[u8], ciphertext: &[u8], tag: &[u8]) -> String {
    [
        header,
        &base64url(wrapped),
        &base64url(iv),
        &base64url(ciphertext),
        &base64url(tag),
    ]
    .join(".")
}
