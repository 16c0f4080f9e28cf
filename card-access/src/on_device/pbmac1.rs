//! Integrity check of newer PKCS#12 files, PBMAC1 ([RFC 9579](https://www.rfc-editor.org/rfc/rfc9579)): HMAC with a key from
//! PBKDF2. OpenSSL 3.4 and later write it on request.

use der::Sequence;
use der::asn1::ObjectIdentifier;
use hmac::{EagerHash, Hmac, KeyInit as _, Mac as _};
use pkcs5::AlgorithmIdentifierRef;
use pkcs5::pbes2::{Kdf, Pbkdf2Params, Pbkdf2Prf};
use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512};
use zeroize::Zeroizing;

use super::budget::Budget;
use super::fault::Fault;

/// id-PBMAC1 (RFC 8018 appendix A.5)
pub(super) const PBMAC1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.14");

/// Check that is charged to the file's budget.
pub(super) struct Pbmac1 {
    kdf: Pbkdf2Params,
    key_length: usize,
    verify: Verify,
}

type Verify = fn(&[u8], &[u8], &[u8]) -> bool;

impl Pbmac1 {
    pub(super) fn read(algorithm: &AlgorithmIdentifierRef<'_>, budget: &mut Budget) -> Result<Self, Fault> {
        let parameters: Parameters<'_> = algorithm
            .parameters
            .and_then(|parameters| parameters.decode_as().ok())
            .ok_or(MALFORMED)?;
        let Kdf::Pbkdf2(kdf) = Kdf::try_from(parameters.kdf).map_err(|_| UNSUPPORTED)? else {
            return Err(UNSUPPORTED);
        };
        let (_, verify) = *HASHES
            .iter()
            .find(|(known, _)| *known == parameters.mac.oid)
            .ok_or(UNSUPPORTED)?;
        // RFC 9579 section 4: the length is present, and at least 20 bytes.
        let key_length = kdf
            .key_length
            .map(usize::from)
            .filter(|length| (20..=MAX_KEY_LENGTH).contains(length))
            .ok_or(MALFORMED)?;
        if kdf.iteration_count == 0 {
            return Err(MALFORMED);
        }
        budget.charge(kdf.iteration_count)?;
        Ok(Self {
            kdf,
            key_length,
            verify,
        })
    }

    pub(super) fn accepts(&self, password: &[u8], content: &[u8], digest: &[u8]) -> bool {
        let mut key = Zeroizing::new(vec![0; self.key_length]);
        let (salt, iterations) = (self.kdf.salt.as_ref(), self.kdf.iteration_count);
        match self.kdf.prf {
            Pbkdf2Prf::HmacWithSha1 => pbkdf2::pbkdf2_hmac::<Sha1>(password, salt, iterations, &mut key),
            Pbkdf2Prf::HmacWithSha224 => pbkdf2::pbkdf2_hmac::<Sha224>(password, salt, iterations, &mut key),
            Pbkdf2Prf::HmacWithSha256 => pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, iterations, &mut key),
            Pbkdf2Prf::HmacWithSha384 => pbkdf2::pbkdf2_hmac::<Sha384>(password, salt, iterations, &mut key),
            Pbkdf2Prf::HmacWithSha512 => pbkdf2::pbkdf2_hmac::<Sha512>(password, salt, iterations, &mut key),
            _ => return false,
        }
        (self.verify)(&key, content, digest)
    }
}

const MALFORMED: Fault = Fault::Malformed("PKCS#12 file: the parameters of its integrity check");
const UNSUPPORTED: Fault = Fault::Unsupported("this integrity check of PKCS#12 files");

/// Maximum key length: that of the longest supported hash. A longer key costs as much as more iterations.
const MAX_KEY_LENGTH: usize = 64;

/// `PBMAC1-params` (RFC 8018 appendix A.5)
#[derive(Sequence)]
struct Parameters<'a> {
    kdf: AlgorithmIdentifierRef<'a>,
    mac: AlgorithmIdentifierRef<'a>,
}

fn verify<D: EagerHash>(key: &[u8], content: &[u8], digest: &[u8]) -> bool {
    Hmac::<D>::new_from_slice(key).is_ok_and(|mac| mac.chain_update(content).verify_slice(digest).is_ok())
}

/// id-hmacWithSHA256 to id-hmacWithSHA512 (RFC 8018 appendix B.1.2)
const HASHES: [(ObjectIdentifier, Verify); 3] = [
    (
        ObjectIdentifier::new_unwrap("1.2.840.113549.2.9"),
        verify::<Sha256>,
    ),
    (
        ObjectIdentifier::new_unwrap("1.2.840.113549.2.10"),
        verify::<Sha384>,
    ),
    (
        ObjectIdentifier::new_unwrap("1.2.840.113549.2.11"),
        verify::<Sha512>,
    ),
];
