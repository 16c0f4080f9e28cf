//! Parsers of key files, on bytes in memory, for fuzz targets. Built only by cargo-fuzz, and not part of the API.

#![allow(
    missing_docs,
    clippy::missing_panics_doc,
    reason = "fuzz targets call these, nobody else"
)]

use der::Decode as _;
use rustls_pki_types::CertificateDer;

use super::budget::Budget;
use super::encryption::{Encrypted, EncryptedKey, Password};
use super::{ber, contents, pem, pkcs12};
use crate::{Credential, Slot};

/// Iterations of key derivation for one input, so that mostly parsers run.
const ITERATIONS: u32 = 16;

/// Parses a PKCS#12 file. Returns its certificates and keys.
pub fn pkcs12(file: &[u8], password: &[u8]) -> Option<(Vec<Vec<u8>>, Vec<Vec<u8>>)> {
    let bags = pkcs12::open(file, password, &mut Budget::of(ITERATIONS)).ok()?;
    let keys = bags.keys.iter().map(|key| key.to_vec()).collect();
    Some((bags.certificates, keys))
}

/// Converts BER to DER.
pub fn ber(input: &[u8]) -> Option<Vec<u8>> {
    ber::to_der(input).map(|der| der.to_vec())
}

/// Returns the labels and contents of a PEM file's sections; no content for those with headers.
pub fn pem(text: &[u8]) -> Option<Vec<(String, Option<Vec<u8>>)>> {
    let sections = pem::sections(text).ok()?.into_iter();
    let parts = sections.map(|section| {
        let content = (!section.old_headers).then(|| section.der.to_vec());
        (section.label, content)
    });
    Some(parts.collect())
}

/// Decrypts an `EncryptedPrivateKeyInfo`.
pub fn encrypted_key(der: &[u8], password: &[u8]) -> Option<Vec<u8>> {
    let encrypted = Encrypted::from_der(der).ok()?;
    let key = EncryptedKey::read(&encrypted, &mut Budget::of(ITERATIONS)).ok()?;
    key.decrypt(&Password::new(password)).ok().map(|key| key.to_vec())
}

/// Signs a message with each key of a PKCS#12 file and with the key of a PEM file. Returns certificate, name of the scheme,
/// signature.
pub fn sign(
    file: &[u8],
    password: &[u8],
    message: &[u8],
) -> Vec<(CertificateDer<'static>, crate::Scheme, Vec<u8>)> {
    let mut pairs =
        contents::pkcs12_pairs(file, password, "", &mut Budget::of(ITERATIONS)).unwrap_or_default();
    let credential = contents::pem_certificate(file)
        .ok()
        .flatten()
        .and_then(|certificate| Credential::new(Slot::Object(vec![1]), "", certificate).ok());
    pairs.extend(credential.and_then(|credential| {
        let key = contents::pem_key(file, password, &credential, &mut Budget::of(ITERATIONS)).ok()?;
        Some((credential, key))
    }));
    let signed = pairs.into_iter().filter_map(|(credential, key)| {
        let scheme = *credential.algorithm().schemes().first()?;
        let signature = key.sign(scheme, message).expect("a key of this algorithm signs");
        Some((credential.certificate().clone(), scheme, signature))
    });
    signed.collect()
}
