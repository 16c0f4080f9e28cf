//! What private keys come in: PKCS#8, encrypted or not, PKCS#1 and SEC 1, all brought to PKCS#8.

use zeroize::Zeroizing;

use super::pbe::{self, Work};
use super::pem::Section;
use crate::KeyAlgorithm;
use crate::tlv::{self, INTEGER, OCTET_STRING, Reader, SEQUENCE};

/// Why there is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Malformed(&'static str),
    NoKey,
    Unsupported(&'static str),
    WrongPassword,
}

/// A PKCS#8 `PrivateKeyInfo` ([RFC 5208 section 5](https://www.rfc-editor.org/rfc/rfc5208#section-5)).
pub(super) type Pkcs8 = Zeroizing<Vec<u8>>;

/// The first private key of a PEM file. `algorithm` is the certificate's, which names the curve where the key doesn't.
pub(super) fn private_key(
    sections: &[Section],
    password: &[u8],
    algorithm: KeyAlgorithm,
) -> Result<Pkcs8, Fault> {
    let section = sections
        .iter()
        .find(|section| section.label.ends_with("PRIVATE KEY"))
        .ok_or(Fault::NoKey)?;
    if section.old_headers {
        return Err(Fault::Unsupported(
            "the old encryption of PEM keys (convert with `openssl pkcs8 -topk8`)",
        ));
    }
    match section.label.as_str() {
        "ENCRYPTED PRIVATE KEY" => decrypt(&section.der, password, &mut Work::default()),
        "PRIVATE KEY" => Ok(section.der.clone()),
        "RSA PRIVATE KEY" => Ok(wrap(RSA_ENCRYPTION, &section.der)),
        "EC PRIVATE KEY" => match algorithm {
            KeyAlgorithm::EcP256 => Ok(wrap(EC_P256, &section.der)),
            KeyAlgorithm::EcP384 => Ok(wrap(EC_P384, &section.der)),
            _ => Err(Fault::Malformed("private key for the certificate")),
        },
        _ => Err(Fault::Unsupported("this kind of private key")),
    }
}

/// `EncryptedPrivateKeyInfo ::= SEQUENCE { encryptionAlgorithm AlgorithmIdentifier, encryptedData OCTET STRING }`
/// ([RFC 5958 section 3](https://www.rfc-editor.org/rfc/rfc5958#section-3))
pub(super) fn decrypt(encrypted: &[u8], password: &[u8], work: &mut Work) -> Result<Pkcs8, Fault> {
    let parts = || {
        let mut info = Reader::new(Reader::new(encrypted).expect(SEQUENCE)?);
        Some((info.expect(SEQUENCE)?, info.expect(OCTET_STRING)?))
    };
    let (algorithm, data) = parts().ok_or(Fault::Malformed("encrypted private key"))?;
    let key = pbe::decrypt(algorithm, password, data, work)?;
    // A wrong password goes unnoticed by the padding once in 256 times.
    if Reader::new(&key).expect(SEQUENCE).is_none() {
        return Err(Fault::WrongPassword);
    }
    Ok(key)
}

/// `PrivateKeyInfo ::= SEQUENCE { version INTEGER, algorithm AlgorithmIdentifier, privateKey OCTET STRING }`
fn wrap(algorithm: &[u8], key: &[u8]) -> Pkcs8 {
    let room = key.len() + 64;
    let mut content = Zeroizing::new(Vec::with_capacity(room));
    tlv::push(&mut content, INTEGER, &[0]);
    tlv::push(&mut content, SEQUENCE, algorithm);
    tlv::push(&mut content, OCTET_STRING, key);
    let mut info = Zeroizing::new(Vec::with_capacity(room));
    tlv::push(&mut info, SEQUENCE, &content);
    info
}

/// rsaEncryption with NULL (RFC 8017 appendix A.1)
const RSA_ENCRYPTION: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";
/// id-ecPublicKey with secp256r1 (RFC 5480 section 2.1.1)
const EC_P256: &[u8] = b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
/// id-ecPublicKey with secp384r1 (RFC 5480 section 2.1.1)
const EC_P384: &[u8] = b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22";
