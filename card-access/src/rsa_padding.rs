//! Encodings of a message for the raw RSA operation of a key (RFC 8017 section 9).

use crate::Hash;

/// EMSA-PKCS1-v1_5 (RFC 8017 section 9.2) of a message for a key of `length` bytes; `None` if it does not fit.
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

/// EMSA-PSS (RFC 8017 section 9.1.1) for a key of `bits` bits, with a salt as long as the hash; `None` if it does not fit.
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
    // The key operation takes as many bytes as the modulus has: one more than the encoded message if bits = 8n + 1.
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

/// `DigestInfo ::= SEQUENCE { digestAlgorithm AlgorithmIdentifier, digest OCTET STRING }`
/// (RFC 8017 section 9.2 note 1)
pub(crate) fn digest_info(hash: Hash, digest: &[u8]) -> Vec<u8> {
    // The last arc of 2.16.840.1.101.3.4.2, and the length of the digest.
    let (last_arc, length) = match hash {
        Hash::Sha256 => (1, 32),
        Hash::Sha384 => (2, 48),
        Hash::Sha512 => (3, 64),
    };
    let mut info = vec![
        0x30,
        17 + length,
        0x30,
        13,
        0x06,
        9,
        0x60,
        0x86,
        0x48,
        0x01,
        0x65,
        0x03,
        0x04,
        0x02,
        last_arc,
        0x05,
        0x00,
        0x04,
        length,
    ];
    info.extend_from_slice(digest);
    info
}
