//! Password-based encryption: PBES2 ([RFC 8018](https://www.rfc-editor.org/rfc/rfc8018)) and the older schemes of
//! PKCS#12 ([RFC 7292 appendices B and C](https://www.rfc-editor.org/rfc/rfc7292#appendix-B)).

use std::num::NonZeroU32;

use aws_lc_rs::{digest, pbkdf2};
use cbc::Decryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, InnerIvInit as _, KeyInit, KeyIvInit as _};
use rc2::Rc2;
use zeroize::Zeroizing;

use super::container::Fault;
use crate::tlv::{INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, Reader, SEQUENCE, unsigned};

/// The work that one file may cost: iterations of key derivations that were not done yet. A file names their number itself, for
/// each of its parts, and much larger numbers are an attack on the caller's time.
pub(super) struct Work(u32);

impl Default for Work {
    /// Ten million iterations, some seconds.
    fn default() -> Self {
        Self(10_000_000)
    }
}

impl Work {
    /// Takes a count of iterations from what is left.
    pub(super) fn iterations(&mut self, integer: Option<&[u8]>) -> Result<u32, Fault> {
        let digits = integer
            .and_then(unsigned)
            .filter(|digits| digits.len() <= 4)
            .ok_or(MALFORMED)?;
        let count = digits
            .iter()
            .fold(0_u32, |count, digit| count << 8 | u32::from(*digit));
        if count == 0 {
            return Err(MALFORMED);
        }
        self.0 = self.0.checked_sub(count).ok_or(Fault::Unsupported(
            "a key file with more than ten million iterations",
        ))?;
        Ok(count)
    }
}

/// Decrypts with a password. `algorithm` is the content of an `AlgorithmIdentifier`.
///
/// A wrong password shows as wrong padding, once in 256 times not at all: what comes out must be looked at.
pub(super) fn decrypt(
    algorithm: &[u8],
    password: &[u8],
    data: &[u8],
    work: &mut Work,
) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let mut algorithm = Reader::new(algorithm);
    let (oid, parameters) =
        (|| Some((algorithm.expect(OBJECT_IDENTIFIER)?, algorithm.expect(SEQUENCE)?)))().ok_or(MALFORMED)?;
    if oid == PBES2 {
        return pbes2(parameters, password, data, work);
    }
    let Some((_, scheme)) = PKCS12_SCHEMES.iter().find(|(known, _)| *known == oid) else {
        return Err(Fault::Unsupported("this encryption of key files"));
    };
    // pkcs-12PbeParams ::= SEQUENCE { salt OCTET STRING, iterations INTEGER }
    let mut parameters = Reader::new(parameters);
    let salt = parameters.expect(OCTET_STRING).ok_or(MALFORMED)?;
    let iterations = work.iterations(parameters.expect(INTEGER))?;
    let password = bmp_string(password);
    let sha1 = Digest::Sha1;
    let key = derive(
        sha1,
        Purpose::Key,
        &password,
        salt,
        iterations,
        scheme.key_length(),
    );
    let iv = derive(sha1, Purpose::Iv, &password, salt, iterations, 8);
    match scheme {
        Scheme::Rc2 { .. } => {
            let bits = key.len() * 8;
            let cipher = Decryptor::inner_iv_slice_init(Rc2::new_with_eff_key_len(&key, bits), &iv);
            unpad(cipher.map_err(|_| MALFORMED)?, data)
        }
        Scheme::TripleDes => cbc::<des::TdesEde3>(&key, &iv, data),
        Scheme::TripleDesTwoKeys => cbc::<des::TdesEde2>(&key, &iv, data),
    }
}

/// The key of the integrity check of a PKCS#12 file.
pub(super) fn mac_key(hash: Digest, password: &[u8], salt: &[u8], iterations: u32) -> Zeroizing<Vec<u8>> {
    let length = hash.algorithm().output_len();
    derive(
        hash,
        Purpose::Mac,
        &bmp_string(password),
        salt,
        iterations,
        length,
    )
}

/// A hash that these schemes use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Digest {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Digest {
    pub(super) fn algorithm(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        }
    }
}

const MALFORMED: Fault = Fault::Malformed("encryption parameters");

/// `PBES2-params ::= SEQUENCE { keyDerivationFunc AlgorithmIdentifier, encryptionScheme AlgorithmIdentifier }`
/// (RFC 8018 appendix A.4)
fn pbes2(
    parameters: &[u8],
    password: &[u8],
    data: &[u8],
    work: &mut Work,
) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let mut parameters = Reader::new(parameters);
    let (kdf, scheme) =
        (|| Some((parameters.expect(SEQUENCE)?, parameters.expect(SEQUENCE)?)))().ok_or(MALFORMED)?;
    let mut scheme = Reader::new(scheme);
    let (cipher, iv) =
        (|| Some((scheme.expect(OBJECT_IDENTIFIER)?, scheme.expect(OCTET_STRING)?)))().ok_or(MALFORMED)?;
    let Some((_, length, decrypt)) = CIPHERS.iter().find(|(known, _, _)| *known == cipher) else {
        return Err(Fault::Unsupported("this encryption of key files"));
    };
    let mut key = Zeroizing::new(vec![0; *length]);
    pbkdf2(kdf, password, &mut key, work)?;
    decrypt(&key, iv, data)
}

/// `PBKDF2-params ::= SEQUENCE { salt OCTET STRING, iterationCount INTEGER, keyLength INTEGER OPTIONAL,
/// prf AlgorithmIdentifier DEFAULT hmacWithSHA1 }` (RFC 8018 appendix A.2)
fn pbkdf2(kdf: &[u8], password: &[u8], key: &mut [u8], work: &mut Work) -> Result<(), Fault> {
    let mut kdf = Reader::new(kdf);
    let (oid, parameters) =
        (|| Some((kdf.expect(OBJECT_IDENTIFIER)?, kdf.expect(SEQUENCE)?)))().ok_or(MALFORMED)?;
    if oid != PBKDF2 {
        return Err(Fault::Unsupported("this key derivation of key files"));
    }
    let mut parameters = Reader::new(parameters);
    let salt = parameters.expect(OCTET_STRING).ok_or(MALFORMED)?;
    let iterations = NonZeroU32::new(work.iterations(parameters.expect(INTEGER))?).ok_or(MALFORMED)?;
    let mut prf = pbkdf2::PBKDF2_HMAC_SHA1;
    while let Some((tag, value)) = parameters.next() {
        if tag == SEQUENCE {
            let oid = Reader::new(value).expect(OBJECT_IDENTIFIER).ok_or(MALFORMED)?;
            let known = PRFS.iter().find(|(known, _)| *known == oid);
            prf = *known
                .ok_or(Fault::Unsupported("this key derivation of key files"))?
                .1;
        }
    }
    pbkdf2::derive(prf, iterations, salt, password, key);
    Ok(())
}

type Decrypt = fn(&[u8], &[u8], &[u8]) -> Result<Zeroizing<Vec<u8>>, Fault>;

fn cbc<C>(key: &[u8], iv: &[u8], data: &[u8]) -> Result<Zeroizing<Vec<u8>>, Fault>
where
    C: KeyInit + cbc::cipher::BlockCipherDecrypt,
{
    unpad(
        Decryptor::<C>::new_from_slices(key, iv).map_err(|_| MALFORMED)?,
        data,
    )
}

fn unpad(cipher: impl BlockModeDecrypt, data: &[u8]) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let mut buffer = Zeroizing::new(data.to_vec());
    let length = cipher
        .decrypt_padded::<Pkcs7>(&mut buffer)
        .map_err(|_| Fault::WrongPassword)?
        .len();
    buffer.truncate(length);
    Ok(buffer)
}

/// What a derived value is for (RFC 7292 appendix B.3).
#[derive(Clone, Copy)]
enum Purpose {
    Iv,
    Key,
    Mac,
}

/// The key derivation of RFC 7292 appendix B.2.
fn derive(
    hash: Digest,
    purpose: Purpose,
    password: &[u8],
    salt: &[u8],
    iterations: u32,
    length: usize,
) -> Zeroizing<Vec<u8>> {
    let algorithm = hash.algorithm();
    let block = algorithm.block_len();
    let diversifier = match purpose {
        Purpose::Key => 1,
        Purpose::Iv => 2,
        Purpose::Mac => 3,
    };
    let filled = |part: &[u8]| part.len().next_multiple_of(block);
    // All the room at once: a copy of the password in freed memory is nobody's to wipe.
    let mut input = Zeroizing::new(Vec::with_capacity(filled(salt) + filled(password)));
    for part in [salt, password] {
        input.extend(part.iter().copied().cycle().take(filled(part)));
    }
    let mut output = Zeroizing::new(Vec::with_capacity(length + block));
    while output.len() < length {
        let mut round = digest::Context::new(algorithm);
        round.update(&vec![diversifier; block]);
        round.update(&input);
        let mut a = round.finish();
        for _ in 1..iterations {
            a = digest::digest(algorithm, a.as_ref());
        }
        output.extend_from_slice(a.as_ref());
        for chunk in input.chunks_exact_mut(block) {
            add_one_and(chunk, a.as_ref());
        }
    }
    output.truncate(length);
    output
}

/// `chunk + b + 1` modulo the chunk's size, where `b` is `a` repeated to that size.
fn add_one_and(chunk: &mut [u8], a: &[u8]) {
    let length = chunk.len();
    let b: Vec<u8> = a.iter().copied().cycle().take(length).collect();
    let mut carry = 1_u16;
    for (digit, add) in chunk.iter_mut().zip(b).rev() {
        carry += u16::from(*digit) + u16::from(add);
        *digit = carry.to_be_bytes()[1];
        carry >>= 8;
    }
}

/// UTF-16, big-endian, with two zero bytes at the end (RFC 7292 appendix B.1). What isn't UTF-8 is no password.
fn bmp_string(password: &[u8]) -> Zeroizing<Vec<u8>> {
    let text = std::str::from_utf8(password).unwrap_or_default();
    let mut bmp = Zeroizing::new(Vec::with_capacity(2 * password.len() + 2));
    text.encode_utf16()
        .for_each(|unit| bmp.extend_from_slice(&unit.to_be_bytes()));
    bmp.extend_from_slice(&[0, 0]);
    bmp
}

enum Scheme {
    Rc2 { key_length: usize },
    TripleDes,
    TripleDesTwoKeys,
}

impl Scheme {
    fn key_length(&self) -> usize {
        match self {
            Self::Rc2 { key_length } => *key_length,
            Self::TripleDes => 24,
            Self::TripleDesTwoKeys => 16,
        }
    }
}

/// 1.2.840.113549.1.5.13 (RFC 8018 appendix A.4)
const PBES2: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d";
/// 1.2.840.113549.1.5.12 (RFC 8018 appendix A.2)
const PBKDF2: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c";

/// 1.2.840.113549.2.7, .9, .10, .11 (RFC 8018 appendix B.1)
const PRFS: [(&[u8], &pbkdf2::Algorithm); 4] = [
    (b"\x2a\x86\x48\x86\xf7\x0d\x02\x07", &pbkdf2::PBKDF2_HMAC_SHA1),
    (b"\x2a\x86\x48\x86\xf7\x0d\x02\x09", &pbkdf2::PBKDF2_HMAC_SHA256),
    (b"\x2a\x86\x48\x86\xf7\x0d\x02\x0a", &pbkdf2::PBKDF2_HMAC_SHA384),
    (b"\x2a\x86\x48\x86\xf7\x0d\x02\x0b", &pbkdf2::PBKDF2_HMAC_SHA512),
];

/// 2.16.840.1.101.3.4.1.2, .22, .42 (RFC 3565 section 4.1) and 1.2.840.113549.3.7 (RFC 8018 appendix B.2.2)
const CIPHERS: [(&[u8], usize, Decrypt); 4] = [
    (b"\x60\x86\x48\x01\x65\x03\x04\x01\x02", 16, cbc::<aes::Aes128>),
    (b"\x60\x86\x48\x01\x65\x03\x04\x01\x16", 24, cbc::<aes::Aes192>),
    (b"\x60\x86\x48\x01\x65\x03\x04\x01\x2a", 32, cbc::<aes::Aes256>),
    (b"\x2a\x86\x48\x86\xf7\x0d\x03\x07", 24, cbc::<des::TdesEde3>),
];

/// 1.2.840.113549.1.12.1.3 to .6 (RFC 7292 appendix C)
const PKCS12_SCHEMES: [(&[u8], Scheme); 4] = [
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x03", Scheme::TripleDes),
    (
        b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x04",
        Scheme::TripleDesTwoKeys,
    ),
    (
        b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x05",
        Scheme::Rc2 { key_length: 16 },
    ),
    (
        b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x06",
        Scheme::Rc2 { key_length: 5 },
    ),
];
