//! Integrity check of a PKCS#12 file (`MacData` in [RFC 7292 section 4](https://www.rfc-editor.org/rfc/rfc7292#section-4)).

use der::Sequence;
use der::asn1::{ObjectIdentifier, OctetStringRef};
use hmac::{EagerHash, Hmac, KeyInit as _, Mac as _};
use pkcs5::AlgorithmIdentifierRef;
use sha1::Sha1;
use sha2::digest::Digest;
use sha2::digest::common::BlockSizeUser;
use sha2::{Sha224, Sha256, Sha384, Sha512};

use super::budget::Budget;
use super::encryption::Password;
use super::fault::Fault;
use super::pbmac1::{PBMAC1, Pbmac1};
use super::pkcs12_kdf::{BmpPassword, Purpose, derive};

#[derive(Sequence)]
pub(super) struct MacData<'a> {
    mac: DigestInfo<'a>,
    salt: &'a OctetStringRef,
    #[asn1(default = "one")]
    iterations: u32,
}

fn one() -> u32 {
    1
}

#[derive(Sequence)]
struct DigestInfo<'a> {
    algorithm: AlgorithmIdentifierRef<'a>,
    digest: &'a OctetStringRef,
}

type Verify = fn(&MacData<'_>, &BmpPassword, &[u8]) -> bool;

/// Check that is charged to the file's budget.
pub(super) struct Check<'a> {
    data: MacData<'a>,
    kind: Kind,
}

enum Kind {
    /// With the key derivation of PKCS#12.
    Pkcs12(Verify),
    Pbmac1(Pbmac1),
}

impl<'a> Check<'a> {
    pub(super) fn read(data: MacData<'a>, budget: &mut Budget) -> Result<Self, Fault> {
        let algorithm = &data.mac.algorithm;
        if algorithm.oid == PBMAC1 {
            let kind = Kind::Pbmac1(Pbmac1::read(algorithm, budget)?);
            return Ok(Self { data, kind });
        }
        let (_, verify) = *HASHES
            .iter()
            .find(|(known, _)| *known == algorithm.oid)
            .ok_or(Fault::Unsupported("this integrity check of PKCS#12 files"))?;
        if data.iterations == 0 {
            return Err(Fault::Malformed(
                "PKCS#12 file: an integrity check without iterations",
            ));
        }
        budget.charge(data.iterations)?;
        let kind = Kind::Pkcs12(verify);
        Ok(Self { data, kind })
    }

    /// Whether the password is the one that protects the content.
    pub(super) fn accepts(&self, password: &Password<'_>, content: &[u8]) -> bool {
        match &self.kind {
            Kind::Pkcs12(verify) => verify(&self.data, &password.bmp, content),
            Kind::Pbmac1(check) => check.accepts(password.bytes, content, self.data.mac.digest.as_bytes()),
        }
    }
}

fn verify<D: Digest + BlockSizeUser + EagerHash>(
    data: &MacData<'_>,
    password: &BmpPassword,
    content: &[u8],
) -> bool {
    let key = derive::<D>(
        Purpose::Mac,
        password,
        data.salt.as_bytes(),
        data.iterations,
        <D as Digest>::output_size(),
    );
    Hmac::<D>::new_from_slice(&key).is_ok_and(|mac| {
        mac.chain_update(content)
            .verify_slice(data.mac.digest.as_bytes())
            .is_ok()
    })
}

/// id-sha1 (RFC 3279 section 2.1) and the SHA-2 family (RFC 5754 section 2).
const HASHES: [(ObjectIdentifier, Verify); 5] = [
    (ObjectIdentifier::new_unwrap("1.3.14.3.2.26"), verify::<Sha1>),
    (
        ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1"),
        verify::<Sha256>,
    ),
    (
        ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2"),
        verify::<Sha384>,
    ),
    (
        ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3"),
        verify::<Sha512>,
    ),
    (
        ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.4"),
        verify::<Sha224>,
    ),
];
