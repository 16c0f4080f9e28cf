//! Parsed messages.

use std::collections::HashMap;

use openssl::base64::{decode_block, encode_block};
use serde_json::Value;

/// A parsed compact JWS.
pub(crate) struct Jwt {
    pub(crate) header: Value,
    pub(crate) claims: Value,
    pub(crate) input: Vec<u8>,
    pub(crate) signature: Vec<u8>,
}

impl Jwt {
    pub(crate) fn read(jws: &str) -> Self {
        let (input, signature) = jws.rsplit_once('.').unwrap();
        let (header, claims) = input.split_once('.').unwrap();
        let part = |text| serde_json::from_slice(&from_base64url(text)).unwrap();
        Self {
            header: part(header),
            claims: part(claims),
            input: input.into(),
            signature: from_base64url(signature),
        }
    }

    /// The names of the members, in alphabetical order.
    pub(crate) fn names(value: &Value) -> Vec<&str> {
        // Sorted here, because the order in serde_json depends on the features of the whole workspace.
        let mut names: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }
}

/// The fields of a form.
pub(crate) fn form(body: &[u8]) -> HashMap<String, String> {
    let pairs = std::str::from_utf8(body)
        .unwrap()
        .split('&')
        .map(|pair| pair.split_once('=').unwrap());
    pairs
        .map(|(name, value)| (name.to_owned(), percent_decode(value)))
        .collect()
}

fn percent_decode(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.bytes());
    while let Some(byte) = rest.next() {
        let mut digit = || char::from(rest.next().unwrap()).to_digit(16).unwrap();
        bytes.push(if byte == b'%' {
            u8::try_from(digit() << 4 | digit()).unwrap()
        } else {
            byte
        });
    }
    String::from_utf8(bytes).unwrap()
}

pub(crate) fn base64url(bytes: &[u8]) -> String {
    encode_block(bytes)
        .trim_end_matches('=')
        .replace('+', "-")
        .replace('/', "_")
}

pub(crate) fn from_base64url(text: &str) -> Vec<u8> {
    let mut standard = text.replace('-', "+").replace('_', "/");
    while standard.len() % 4 != 0 {
        standard.push('=');
    }
    decode_block(&standard).unwrap()
}
