//! RSA public keys of a device.

use rustls_pki_types::SubjectPublicKeyInfoDer;

use crate::der::{BIT_STRING, INTEGER, Reader, SEQUENCE, unsigned_value};

/// `rsaEncryption` with NULL parameters (RFC 3279 section 2.3.1).
const RSA_ENCRYPTION: &[u8] = &[
    0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
];

/// Length of the modulus, in bytes.
const MODULUS: usize = 256;

/// An RSA public key with 2048 bits.
#[derive(Clone)]
pub(crate) struct RsaPublicKey {
    spki: Vec<u8>,
    modulus: [u8; MODULUS],
    exponent: Vec<u8>,
}

impl RsaPublicKey {
    /// Reads a `SubjectPublicKeyInfo`; none if it is another key.
    pub(crate) fn read(spki: &SubjectPublicKeyInfoDer<'_>) -> Option<Self> {
        let mut spki_parts = Reader::only(spki, SEQUENCE)?;
        let algorithm = spki_parts.take(SEQUENCE)?;
        let key = spki_parts.take(BIT_STRING)?.strip_prefix(&[0])?;
        let mut key = Reader::only(key, SEQUENCE)?;
        let modulus: [u8; MODULUS] = unsigned_value(key.take(INTEGER)?)?.try_into().ok()?;
        let exponent = key.take(INTEGER)?;
        let top_bit = modulus.first().is_some_and(|byte| *byte >= 0x80);
        // odd, positive, at least 3, at most eight bytes
        let plain = matches!(exponent, [1..=0x7f, ..] | [0, 0x80..=0xff, ..])
            && exponent.len() <= 9
            && exponent.last().is_some_and(|byte| byte & 1 == 1)
            && exponent != [1];
        let is_all = spki_parts.is_empty() && key.is_empty();
        (algorithm == RSA_ENCRYPTION && is_all && top_bit && plain).then(|| Self {
            spki: spki.to_vec(),
            modulus,
            exponent: unsigned_value(exponent).unwrap_or_default().to_vec(),
        })
    }

    /// The `SubjectPublicKeyInfo`.
    pub(crate) fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// `BCRYPT_RSAPUBLIC_BLOB`: `RSA1`, the lengths in little-endian, the numbers in big-endian.
    /// <https://learn.microsoft.com/windows/win32/api/bcrypt/ns-bcrypt-bcrypt_rsakey_blob>
    pub(crate) fn blob(&self) -> Vec<u8> {
        let length = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX).to_le_bytes();
        let mut blob = b"RSA1".to_vec();
        blob.extend(length(8 * MODULUS));
        blob.extend(length(self.exponent.len()));
        blob.extend(length(MODULUS));
        blob.extend([0; 8]); // no primes
        blob.extend(&self.exponent);
        blob.extend(self.modulus);
        blob
    }
}
