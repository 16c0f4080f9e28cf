//! PKCS#12 ([RFC 7292](https://www.rfc-editor.org/rfc/rfc7292)): bags in safes, with an integrity check.

use aws_lc_rs::hmac;

use super::container::{self, Fault, Pkcs8};
use super::pbe::{self, Digest, Work};
use crate::tlv::{INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, Reader, SEQUENCE};

/// What a file holds, decrypted.
#[derive(Default)]
pub(super) struct Bags {
    /// X.509 certificates, DER.
    pub(super) certificates: Vec<Vec<u8>>,
    pub(super) keys: Vec<Pkcs8>,
}

/// `PFX ::= SEQUENCE { version INTEGER, authSafe ContentInfo, macData MacData OPTIONAL }` (section 4)
pub(super) fn open(file: &[u8], password: &[u8]) -> Result<Bags, Fault> {
    let parts = || {
        let mut pfx = Reader::new(Reader::new(file).expect(SEQUENCE)?);
        pfx.expect(INTEGER)?;
        let mut safe = Reader::new(pfx.expect(SEQUENCE)?);
        Some((safe.expect(OBJECT_IDENTIFIER)?, safe.expect(EXPLICIT_0)?, pfx))
    };
    let (kind, content, mut rest) = parts().ok_or(MALFORMED)?;
    if kind != DATA {
        return Err(Fault::Unsupported("a PKCS#12 file that is signed"));
    }
    let content = Reader::new(content).expect(OCTET_STRING).ok_or(MALFORMED)?;
    let mut work = Work::default();
    // Checked before anything is decrypted: it tells a wrong password for certain.
    if !rest.is_empty() {
        check_mac(
            rest.expect(SEQUENCE).ok_or(MALFORMED)?,
            password,
            content,
            &mut work,
        )?;
    }
    let mut bags = Bags::default();
    let mut safes = Reader::new(Reader::new(content).expect(SEQUENCE).ok_or(MALFORMED)?);
    while !safes.is_empty() {
        safe(
            safes.expect(SEQUENCE).ok_or(MALFORMED)?,
            password,
            &mut bags,
            &mut work,
        )?;
    }
    Ok(bags)
}

/// `MacData ::= SEQUENCE { mac DigestInfo, macSalt OCTET STRING, iterations INTEGER DEFAULT 1 }` (section 4)
fn check_mac(data: &[u8], password: &[u8], content: &[u8], work: &mut Work) -> Result<(), Fault> {
    let mut data = Reader::new(data);
    let mut info = Reader::new(data.expect(SEQUENCE).ok_or(MALFORMED)?);
    let algorithm = info
        .expect(SEQUENCE)
        .and_then(|algorithm| Reader::new(algorithm).expect(OBJECT_IDENTIFIER))
        .ok_or(MALFORMED)?;
    let expected = info.expect(OCTET_STRING).ok_or(MALFORMED)?;
    let salt = data.expect(OCTET_STRING).ok_or(MALFORMED)?;
    let iterations = if data.is_empty() {
        1
    } else {
        work.iterations(data.expect(INTEGER))?
    };
    let (digest, algorithm) = match algorithm {
        SHA1 => (Digest::Sha1, hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY),
        SHA256 => (Digest::Sha256, hmac::HMAC_SHA256),
        SHA384 => (Digest::Sha384, hmac::HMAC_SHA384),
        SHA512 => (Digest::Sha512, hmac::HMAC_SHA512),
        _ => return Err(Fault::Unsupported("this integrity check of PKCS#12 files")),
    };
    let key = pbe::mac_key(digest, password, salt, iterations);
    hmac::verify(&hmac::Key::new(algorithm, &key), content, expected).map_err(|_| Fault::WrongPassword)
}

/// A `ContentInfo` of the `AuthenticatedSafe`: plain or encrypted `SafeContents` (section 4.1).
fn safe(info: &[u8], password: &[u8], bags: &mut Bags, work: &mut Work) -> Result<(), Fault> {
    let mut info = Reader::new(info);
    let (kind, content) =
        (|| Some((info.expect(OBJECT_IDENTIFIER)?, info.expect(EXPLICIT_0)?)))().ok_or(MALFORMED)?;
    match kind {
        DATA => contents(
            Reader::new(content).expect(OCTET_STRING).ok_or(MALFORMED)?,
            password,
            bags,
            work,
        ),
        ENCRYPTED_DATA => {
            // EncryptedData ::= SEQUENCE { version, SEQUENCE { contentType, algorithm, [0] IMPLICIT OCTET STRING } }
            // (RFC 5652 section 8)
            let parts = || {
                let mut data = Reader::new(Reader::new(content).expect(SEQUENCE)?);
                data.expect(INTEGER)?;
                let mut encrypted = Reader::new(data.expect(SEQUENCE)?);
                encrypted.expect(OBJECT_IDENTIFIER)?;
                Some((encrypted.expect(SEQUENCE)?, encrypted.expect(IMPLICIT_0)?))
            };
            let (algorithm, encrypted) = parts().ok_or(MALFORMED)?;
            contents(
                &pbe::decrypt(algorithm, password, encrypted, work)?,
                password,
                bags,
                work,
            )
        }
        _ => Err(Fault::Unsupported(
            "a PKCS#12 file that is encrypted to a certificate",
        )),
    }
}

/// `SafeContents ::= SEQUENCE OF SEQUENCE { bagId, bagValue [0] EXPLICIT ANY, bagAttributes SET OPTIONAL }`
/// (section 4.2). Bags of other kinds are none of a sign-in's business.
fn contents(der: &[u8], password: &[u8], bags: &mut Bags, work: &mut Work) -> Result<(), Fault> {
    let mut safe_bags = Reader::new(Reader::new(der).expect(SEQUENCE).ok_or(MALFORMED)?);
    while !safe_bags.is_empty() {
        let mut bag = Reader::new(safe_bags.expect(SEQUENCE).ok_or(MALFORMED)?);
        let (kind, value) =
            (|| Some((bag.expect(OBJECT_IDENTIFIER)?, bag.expect(EXPLICIT_0)?)))().ok_or(MALFORMED)?;
        match kind {
            KEY_BAG => bags.keys.push(value.to_vec().into()),
            SHROUDED_KEY_BAG => bags.keys.push(container::decrypt(value, password, work)?),
            CERT_BAG => {
                let mut certificate = Reader::new(Reader::new(value).expect(SEQUENCE).ok_or(MALFORMED)?);
                if certificate.expect(OBJECT_IDENTIFIER) == Some(X509_CERTIFICATE) {
                    let content = certificate.expect(EXPLICIT_0).ok_or(MALFORMED)?;
                    bags.certificates.push(
                        Reader::new(content)
                            .expect(OCTET_STRING)
                            .ok_or(MALFORMED)?
                            .to_vec(),
                    );
                }
            }
            _ => {}
        }
        // Each certificate is compared with each key.
        if bags.keys.len() > MOST_BAGS || bags.certificates.len() > MOST_BAGS {
            return Err(Fault::Unsupported(
                "a PKCS#12 file with more than 64 keys or certificates",
            ));
        }
    }
    Ok(())
}

const MOST_BAGS: usize = 64;

const MALFORMED: Fault = Fault::Malformed("PKCS#12 file");

const EXPLICIT_0: u32 = 0xa0;
const IMPLICIT_0: u32 = 0x80;

/// 1.2.840.113549.1.7.1 (RFC 5652 section 4)
const DATA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
/// 1.2.840.113549.1.7.6 (RFC 5652 section 8)
const ENCRYPTED_DATA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x06";
/// 1.2.840.113549.1.12.10.1.1 (section 4.2.1)
const KEY_BAG: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x01";
/// 1.2.840.113549.1.12.10.1.2 (section 4.2.2)
const SHROUDED_KEY_BAG: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x02";
/// 1.2.840.113549.1.12.10.1.3 (section 4.2.3)
const CERT_BAG: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x03";
/// 1.2.840.113549.1.9.22.1 (section 4.2.3)
const X509_CERTIFICATE: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x16\x01";
/// 1.3.14.3.2.26 (RFC 3279 section 2.1)
const SHA1: &[u8] = b"\x2b\x0e\x03\x02\x1a";
/// 2.16.840.1.101.3.4.2.1 to .3 (RFC 5754 section 2)
const SHA256: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x02\x01";
const SHA384: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x02\x02";
const SHA512: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x02\x03";
