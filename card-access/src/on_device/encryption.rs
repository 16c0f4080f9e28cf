//! Password-based encryption: PBES2 ([RFC 8018](https://www.rfc-editor.org/rfc/rfc8018)) with the `pkcs5` crate, and the older
//! schemes of PKCS#12 ([RFC 7292 appendix C](https://www.rfc-editor.org/rfc/rfc7292#appendix-C)), which that crate does not
//! support.

use cbc::Decryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockCipherDecrypt, BlockModeDecrypt, InnerIvInit as _, KeyInit, KeyIvInit as _};
use der::asn1::{AnyRef, ObjectIdentifier, OctetStringRef};
use der::{Decode as _, ErrorKind, Sequence, Tag, Tagged as _};
use pkcs5::AlgorithmIdentifierRef;
use pkcs5::pbes2::{EncryptionScheme, Kdf, PBES2_OID, Parameters, ScryptParams};
use rc2::Rc2;
use sha1::Sha1;
use zeroize::Zeroizing;

use super::MAX_SCRYPT_MEMORY;
use super::budget::Budget;
use super::fault::Fault;
use super::pkcs12_kdf::{BmpPassword, Purpose, derive};

/// `EncryptedPrivateKeyInfo` ([RFC 5958 section 3](https://www.rfc-editor.org/rfc/rfc5958#section-3)), whose algorithm may be
/// one that the `pkcs8` crate does not know.
#[derive(Sequence)]
pub(super) struct Encrypted<'a> {
    pub(super) algorithm: AlgorithmIdentifierRef<'a>,
    pub(super) data: &'a OctetStringRef,
}

/// Encrypted private key whose decryption is charged to the file's budget.
pub(super) struct EncryptedKey<'a> {
    scheme: Scheme<'a>,
    data: &'a [u8],
}

impl<'a> EncryptedKey<'a> {
    pub(super) fn read(encrypted: &Encrypted<'a>, budget: &mut Budget) -> Result<Self, Fault> {
        Ok(Self {
            scheme: Scheme::read(&encrypted.algorithm, budget)?,
            data: encrypted.data.as_bytes(),
        })
    }

    /// Decrypts to a PKCS#8 `PrivateKeyInfo`.
    pub(super) fn decrypt(&self, password: &Password<'_>) -> Result<Zeroizing<Vec<u8>>, Fault> {
        let key = self.scheme.decrypt(password, self.data)?;
        // The padding does not reveal a wrong password once in 256 times.
        AnyRef::from_der(&key)
            .is_ok_and(|key| key.tag() == Tag::Sequence)
            .then_some(key)
            .ok_or(Fault::WrongPassword)
    }
}

/// Password in the two forms that the schemes require.
pub(super) struct Password<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) bmp: BmpPassword,
}

impl<'a> Password<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            bmp: BmpPassword::new(bytes),
        }
    }
}

/// Scheme with its parameters.
pub(super) enum Scheme<'a> {
    Pbes2(Box<Parameters>),
    Pkcs12(Cipher, Pkcs12Parameters<'a>),
}

impl<'a> Scheme<'a> {
    /// Reads a scheme and charges it to the file's budget.
    pub(super) fn read(algorithm: &AlgorithmIdentifierRef<'a>, budget: &mut Budget) -> Result<Self, Fault> {
        let parameters = algorithm.parameters.ok_or(MALFORMED)?;
        if algorithm.oid == PBES2_OID {
            let parameters = Parameters::try_from(parameters).map_err(parameters_fault)?;
            budget.charge(cost(&parameters.kdf)?)?;
            return Ok(Self::Pbes2(Box::new(parameters)));
        }
        let (_, cipher) = PKCS12_SCHEMES
            .iter()
            .find(|(known, _)| *known == algorithm.oid)
            .ok_or(UNSUPPORTED)?;
        let parameters: Pkcs12Parameters<'a> = parameters.decode_as().map_err(|_| MALFORMED)?;
        budget.charge(at_least_one(parameters.iterations)?)?;
        Ok(Self::Pkcs12(*cipher, parameters))
    }

    /// Decrypts. A wrong password results in wrong padding, but not once in 256 times: the result must be checked.
    pub(super) fn decrypt(&self, password: &Password<'_>, data: &[u8]) -> Result<Zeroizing<Vec<u8>>, Fault> {
        match self {
            Self::Pbes2(parameters) => pbes2(parameters, password.bytes, data),
            Self::Pkcs12(cipher, parameters) => cipher.decrypt(parameters, &password.bmp, data),
        }
    }
}

const MALFORMED: Fault = Fault::Malformed("encryption parameters");
const NO_BLOCKS: Fault = Fault::Malformed("encrypted data: its length is not a multiple of the block size");
const UNSUPPORTED: Fault = Fault::Unsupported("this encryption of key files");

/// Cost of a key derivation, in iterations. It also checks what the `pkcs5` crate assumes: that crate panics on a scrypt cost
/// of 0, and allocates as much memory as the file states.
fn cost(kdf: &Kdf) -> Result<u32, Fault> {
    match kdf {
        Kdf::Pbkdf2(parameters) => at_least_one(parameters.iteration_count),
        Kdf::Scrypt(parameters) => scrypt_cost(parameters),
        _ => Err(UNSUPPORTED),
    }
}

fn at_least_one(iterations: u32) -> Result<u32, Fault> {
    Some(iterations).filter(|count| *count > 0).ok_or(MALFORMED)
}

/// Memory of `128 * N * r` bytes and work of `N * r * p` ([RFC 7914 section
/// 6](https://www.rfc-editor.org/rfc/rfc7914#section-6)).
fn scrypt_cost(parameters: &ScryptParams) -> Result<u32, Fault> {
    let (n, r, p) = (
        parameters.cost_parameter,
        u64::from(parameters.block_size),
        u64::from(parameters.parallelization),
    );
    if n < 2 || !n.is_power_of_two() || r == 0 || p == 0 {
        return Err(MALFORMED);
    }
    let too_much = Fault::Unsupported("a key file whose scrypt parameters need more than 64 MiB of memory");
    let blocks = n.checked_mul(r).ok_or(too_much)?;
    if blocks > MAX_SCRYPT_MEMORY / 128 {
        return Err(too_much);
    }
    Ok(blocks
        .checked_mul(p)
        .and_then(|work| u32::try_from(work).ok())
        .unwrap_or(u32::MAX))
}

fn pbes2(parameters: &Parameters, password: &[u8], data: &[u8]) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let block = match parameters.encryption {
        EncryptionScheme::Aes128Cbc { .. }
        | EncryptionScheme::Aes192Cbc { .. }
        | EncryptionScheme::Aes256Cbc { .. } => 16,
        EncryptionScheme::DesEde3Cbc { .. } => 8,
        _ => 1,
    };
    if data.is_empty() || data.len() % block != 0 {
        return Err(NO_BLOCKS);
    }
    let mut buffer = Zeroizing::new(data.to_vec());
    let length = parameters
        .decrypt_in_place(password, &mut buffer)
        .map_err(|error| match error {
            pkcs5::Error::DecryptFailed => Fault::WrongPassword,
            pkcs5::Error::UnsupportedAlgorithm { .. } => UNSUPPORTED,
            _ => MALFORMED,
        })?
        .len();
    buffer.truncate(length);
    Ok(buffer)
}

fn parameters_fault(error: der::Error) -> Fault {
    match error.kind() {
        ErrorKind::OidUnknown { .. } => UNSUPPORTED,
        _ => MALFORMED,
    }
}

/// `pkcs-12PbeParams` (RFC 7292 appendix C)
#[derive(Sequence)]
pub(super) struct Pkcs12Parameters<'a> {
    salt: &'a OctetStringRef,
    iterations: u32,
}

/// Cipher of the older schemes, in CBC mode.
#[derive(Clone, Copy)]
pub(super) enum Cipher {
    Rc2 { key_length: usize },
    TripleDes,
    TripleDesTwoKeys,
}

impl Cipher {
    fn decrypt(
        self,
        parameters: &Pkcs12Parameters<'_>,
        password: &BmpPassword,
        data: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Fault> {
        if data.is_empty() || data.len() % 8 != 0 {
            return Err(NO_BLOCKS);
        }
        let (salt, iterations) = (parameters.salt.as_bytes(), parameters.iterations);
        let key_length = match self {
            Self::Rc2 { key_length } => key_length,
            Self::TripleDes => 24,
            Self::TripleDesTwoKeys => 16,
        };
        let key = derive::<Sha1>(Purpose::Key, password, salt, iterations, key_length);
        let iv = derive::<Sha1>(Purpose::Iv, password, salt, iterations, 8);
        match self {
            Self::Rc2 { key_length } => {
                let cipher = Rc2::new_with_eff_key_len(&key, key_length * 8);
                unpad(
                    Decryptor::inner_iv_slice_init(cipher, &iv).map_err(|_| MALFORMED)?,
                    data,
                )
            }
            Self::TripleDes => cbc::<des::TdesEde3>(&key, &iv, data),
            Self::TripleDesTwoKeys => cbc::<des::TdesEde2>(&key, &iv, data),
        }
    }
}

fn cbc<C: KeyInit + BlockCipherDecrypt>(
    key: &[u8],
    iv: &[u8],
    data: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Fault> {
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

/// pbeWithSHAAnd3-KeyTripleDES-CBC to pbeWithSHAAnd40BitRC2-CBC (RFC 7292 appendix C). Exports of older Windows versions have
/// the key under the first and the certificates under the last.
const PKCS12_SCHEMES: [(ObjectIdentifier, Cipher); 4] = [
    (
        ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.1.3"),
        Cipher::TripleDes,
    ),
    (
        ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.1.4"),
        Cipher::TripleDesTwoKeys,
    ),
    (
        ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.1.5"),
        Cipher::Rc2 { key_length: 16 },
    ),
    (
        ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.1.6"),
        Cipher::Rc2 { key_length: 5 },
    ),
];
