//! What a signature needs beside the raw key operation: encodings of RFC 8017 and of ECDSA.
#![cfg_attr(
    not(all(feature = "piv", feature = "pkcs11")),
    allow(dead_code, reason = "each way in needs its own part")
)]

use crate::{
    Hash,
    tlv::{self, INTEGER, OCTET_STRING, Reader, SEQUENCE},
};

/// `DigestInfo ::= SEQUENCE { digestAlgorithm AlgorithmIdentifier, digest OCTET STRING }`
/// (RFC 8017 section 9.2 note 1)
pub(crate) fn digest_info(hash: Hash, digest: &[u8]) -> Vec<u8> {
    let last_arc = match hash {
        Hash::Sha256 => 1,
        Hash::Sha384 => 2,
        Hash::Sha512 => 3,
    };
    // 2.16.840.1.101.3.4.2 with its last arc, and NULL parameters.
    let algorithm = [
        0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, last_arc, 0x05, 0x00,
    ];
    let mut content = Vec::with_capacity(96);
    tlv::push(&mut content, SEQUENCE, &algorithm);
    tlv::push(&mut content, OCTET_STRING, digest);
    let mut output = Vec::with_capacity(96);
    tlv::push(&mut output, SEQUENCE, &content);
    output
}

/// EMSA-PKCS1-v1_5 (RFC 8017 section 9.2) of a message for a key of `length` bytes; `None` when it does not fit.
pub(crate) fn pkcs1(hash: Hash, message: &[u8], length: usize) -> Option<Vec<u8>> {
    let info = digest_info(hash, &hash.digest(message));
    let filling = length
        .checked_sub(info.len() + 3)
        .filter(|filling| *filling >= 8)?;
    let mut encoded = vec![0x00, 0x01];
    encoded.resize(2 + filling, 0xff);
    encoded.push(0x00);
    encoded.extend(info);
    Some(encoded)
}

/// EMSA-PSS (RFC 8017 section 9.1.1) for a key of `bits` bits, with a salt as long as the hash; `None` when it does
/// not fit.
pub(crate) fn pss(hash: Hash, message: &[u8], bits: usize, salt: &[u8]) -> Option<Vec<u8>> {
    let mut salted = vec![0; 8];
    salted.extend(hash.digest(message));
    salted.extend(salt);
    let h = hash.digest(&salted);

    let encoded_bits = bits.checked_sub(1)?;
    let db_length = encoded_bits.div_ceil(8).checked_sub(h.len() + 1)?;
    let zeros = db_length.checked_sub(salt.len() + 1)?;
    let mut encoded = vec![0; zeros];
    encoded.push(0x01);
    encoded.extend(salt);
    for (byte, mask) in encoded.iter_mut().zip(mgf1(hash, &h, db_length)) {
        *byte ^= mask;
    }
    if let Some(first) = encoded.first_mut() {
        *first &= 0xff >> (encoded_bits.div_ceil(8) * 8 - encoded_bits);
    }
    encoded.extend(h);
    encoded.push(0xbc);
    // The key operation takes as many bytes as the modulus has, which is one more when bits = 8n + 1.
    while encoded.len() < bits.div_ceil(8) {
        encoded.insert(0, 0);
    }
    Some(encoded)
}

/// MGF1 (RFC 8017 appendix B.2.1)
fn mgf1(hash: Hash, seed: &[u8], length: usize) -> impl Iterator<Item = u8> {
    let blocks = (0_u32..).flat_map(move |counter| hash.digest(&[seed, &counter.to_be_bytes()].concat()));
    blocks.take(length)
}

/// An `Ecdsa-Sig-Value` (RFC 3279 section 2.2.3) as r and s of `length` bytes each; `None` when it is none.
pub(crate) fn ecdsa_raw_from_der(der: &[u8], length: usize) -> Option<Vec<u8>> {
    let mut outer = Reader::new(der);
    let mut integers = Reader::new(outer.expect(SEQUENCE)?);
    let mut raw = Vec::with_capacity(2 * length);
    for _r_and_s in 0..2 {
        let digits = tlv::unsigned(integers.expect(INTEGER)?)?;
        raw.resize(raw.len() + length.checked_sub(digits.len())?, 0);
        raw.extend(digits);
    }
    (integers.is_empty() && outer.is_empty()).then_some(raw)
}

/// The other way round; `None` when r and s are not of one length.
pub(crate) fn ecdsa_der_from_raw(raw: &[u8]) -> Option<Vec<u8>> {
    if raw.is_empty() || raw.len() % 2 != 0 {
        return None;
    }
    let mut content = Vec::with_capacity(raw.len() + 8);
    for half in raw.chunks_exact(raw.len() / 2) {
        let start = half.iter().position(|byte| *byte != 0).unwrap_or(half.len() - 1);
        let mut integer = half.get(start..)?.to_vec();
        if integer.first().is_some_and(|first| *first >= 0x80) {
            integer.insert(0, 0);
        }
        tlv::push(&mut content, INTEGER, &integer);
    }
    let mut der = Vec::with_capacity(content.len() + 4);
    tlv::push(&mut der, SEQUENCE, &content);
    Some(der)
}

#[cfg(test)]
mod tests {
    use super::{ecdsa_der_from_raw, ecdsa_raw_from_der};

    #[test]
    fn ecdsa_signatures_turn_both_ways() {
        for raw in [[0x00; 64], [0x01; 64], [0x7f; 64], [0x80; 64], [0xff; 64]] {
            let der = ecdsa_der_from_raw(&raw).unwrap();
            assert_eq!(ecdsa_raw_from_der(&der, 32).as_deref(), Some(&raw[..]));
        }
        assert_eq!(ecdsa_der_from_raw(&[1, 2, 3]), None);
        assert_eq!(ecdsa_raw_from_der(&[0x30, 0x03, 0x02, 0x01, 0x01], 32), None);
    }
}
