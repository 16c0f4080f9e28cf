//! CMS `SignedData` (RFC 5652 section 5): written with the card's signature, and read and verified from the KDC.

use rustls_pki_types::{AlgorithmIdentifier, CertificateDer, SignatureVerificationAlgorithm, alg_id};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};
use upn_resolver::certificate::Certificate;

use super::asn1::{Asn1, OCTET_STRING, context_primitive, explicit, octet_string, unsigned};
use super::oid;
use crate::algorithm::Algorithm;
use crate::der::{INTEGER, OBJECT_IDENTIFIER, Reader, SEQUENCE, SET, context, element};
use crate::der::{identifier, integer, sequence};

/// Most certificates that are read from one message.
const MAX_CERTIFICATES: usize = 16;

/// sha1WithRSAEncryption with NULL (RFC 3370 section 3.2).
pub(super) const RSA_PKCS1_SHA1: AlgorithmIdentifier = AlgorithmIdentifier::from_slice(&[
    0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05, 0x05, 0x00,
]);

/// A hash algorithm.
struct Hash {
    oid: &'static [u8],
    digest: fn(&[u8]) -> Vec<u8>,
    /// The signature algorithm that uses it with RSA.
    with_rsa: AlgorithmIdentifier,
}

const SHA256: Hash = Hash::new::<Sha256>(oid::SHA256, alg_id::RSA_PKCS1_SHA256);
const SHA384: Hash = Hash::new::<Sha384>(oid::SHA384, alg_id::RSA_PKCS1_SHA384);
const SHA512: Hash = Hash::new::<Sha512>(oid::SHA512, alg_id::RSA_PKCS1_SHA512);
const HASHES: [Hash; 4] = [
    Hash::new::<Sha1>(oid::SHA1, RSA_PKCS1_SHA1),
    SHA256,
    SHA384,
    SHA512,
];

impl Hash {
    const fn new<D: Digest>(oid: &'static [u8], with_rsa: AlgorithmIdentifier) -> Self {
        let digest = |message: &[u8]| D::digest(message).to_vec();
        Self {
            oid,
            digest,
            with_rsa,
        }
    }
}

/// The hash and the signature algorithm of a card's signature.
fn algorithms(algorithm: Algorithm) -> (Hash, AlgorithmIdentifier) {
    match algorithm {
        Algorithm::Es256 => (SHA256, alg_id::ECDSA_SHA256),
        Algorithm::Es384 => (SHA384, alg_id::ECDSA_SHA384),
        Algorithm::Ps256 | Algorithm::Rs256 => (SHA256, alg_id::RSA_ENCRYPTION),
    }
}

/// What the card signs: the signed attributes as a `SET OF` (RFC 5652 section 5.4).
pub(super) fn to_sign(algorithm: Algorithm, content: &[u8]) -> Vec<u8> {
    element(SET, &attributes(&algorithms(algorithm).0, content))
}

/// The `ContentInfo` with the signature. `algorithm` is RS256, ES256 or ES384, as the certificate's key has it.
pub(super) fn signed(
    certificate: &Certificate<'_>,
    algorithm: Algorithm,
    content: &[u8],
    signature: &[u8],
) -> Vec<u8> {
    let (hash, signature_algorithm) = algorithms(algorithm);
    let signature = match algorithm {
        Algorithm::Es256 | Algorithm::Es384 => ecdsa_der(signature),
        Algorithm::Ps256 | Algorithm::Rs256 => signature.to_vec(),
    };
    let signer = sequence(&[
        integer(1),
        issuer_and_serial(certificate),
        without_parameters(hash.oid),
        element(context(0), &attributes(&hash, content)),
        element(SEQUENCE, &signature_algorithm),
        octet_string(&signature),
    ]);
    let content = explicit(0, &octet_string(content));
    let signed_data = sequence(&[
        integer(3),
        element(SET, &without_parameters(hash.oid)),
        sequence(&[identifier(oid::PKINIT_AUTH_DATA), content]),
        element(context(0), certificate.as_der()),
        element(SET, &signer),
    ]);
    sequence(&[identifier(oid::SIGNED_DATA), explicit(0, &signed_data)])
}

/// The signed attributes, without the tag of the set, in the order that DER demands: the shorter one first (X.690 section 11.6).
fn attributes(hash: &Hash, content: &[u8]) -> Vec<u8> {
    let content_type = attribute(oid::CONTENT_TYPE, &identifier(oid::PKINIT_AUTH_DATA));
    let digest = attribute(oid::MESSAGE_DIGEST, &octet_string(&(hash.digest)(content)));
    [content_type, digest].concat()
}

fn attribute(kind: &[u8], value: &[u8]) -> Vec<u8> {
    sequence(&[identifier(kind), element(SET, value)])
}

fn issuer_and_serial(certificate: &Certificate<'_>) -> Vec<u8> {
    let serial = element(INTEGER, certificate.serial_number().as_bytes());
    sequence(&[certificate.issuer_der().to_vec(), serial])
}

/// An `AlgorithmIdentifier`. SHA-2 has no parameters (RFC 5754 section 2).
pub(super) fn without_parameters(algorithm: &[u8]) -> Vec<u8> {
    sequence(&[identifier(algorithm)])
}

/// `Ecdsa-Sig-Value` (RFC 3279 section 2.2.3) from r and s one after the other.
fn ecdsa_der(signature: &[u8]) -> Vec<u8> {
    let (r, s) = signature.split_at(signature.len() / 2);
    sequence(&[unsigned(r), unsigned(s)])
}

/// Signature algorithms of the program.
type Verifiers = [&'static dyn SignatureVerificationAlgorithm];

/// A message as it was received. Nothing is verified by reading it.
pub(super) struct SignedData<'a> {
    /// Object identifier of what is signed.
    pub(super) content_type: &'a [u8],
    pub(super) content: &'a [u8],
    pub(super) certificates: Vec<CertificateDer<'a>>,
    /// The `SignerIdentifier`.
    signer: &'a [u8],
    hash: Hash,
    /// Content of the set of signed attributes, if there is one.
    attributes: Option<&'a [u8]>,
    /// Content of the algorithm identifier.
    algorithm: &'a [u8],
    signature: &'a [u8],
}

impl<'a> SignedData<'a> {
    /// Reads a `ContentInfo` with one signer.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut info = Reader::only(bytes, SEQUENCE)?;
        if info.take(OBJECT_IDENTIFIER)? != oid::SIGNED_DATA {
            return None;
        }
        let mut data = info.enter(context(0))?.enter(SEQUENCE)?;
        data.take(INTEGER)?;
        data.take(SET)?;
        let mut content = data.enter(SEQUENCE)?;
        let content_type = content.take(OBJECT_IDENTIFIER)?;
        let content = <&[u8]>::read_field(&mut content, 0)?;
        let certificates = data.enter(context(0)).unwrap_or(Reader(&[])).elements();
        let _revocation_lists = data.take(context(1));
        // One signer: the set has no second one.
        let mut signer = Reader::only(data.take(SET)?, SEQUENCE)?;
        signer.take(INTEGER)?;
        let (id, digest) = (
            signer.element()?,
            signer.enter(SEQUENCE)?.take(OBJECT_IDENTIFIER)?,
        );
        Some(Self {
            content_type,
            content,
            certificates: certificates
                .take(MAX_CERTIFICATES)
                .map(CertificateDer::from)
                .collect(),
            signer: id,
            hash: HASHES.into_iter().find(|hash| hash.oid == digest)?,
            attributes: signer.take(context(0)),
            algorithm: signer.take(SEQUENCE)?,
            signature: signer.take(OCTET_STRING)?,
        })
    }

    /// The signer's certificate.
    pub(super) fn signer(&self) -> Option<(&CertificateDer<'a>, Certificate<'_>)> {
        let has_key_id = |id: &[u8]| {
            // Heimdal writes an explicit tag, against RFC 5652 section 5.3.
            self.signer == element(context_primitive(0), id) || self.signer == explicit(0, &octet_string(id))
        };
        self.certificates.iter().find_map(|der| {
            let certificate = Certificate::from_der(der).ok()?;
            let is_signer = self.signer == issuer_and_serial(&certificate)
                || certificate.subject_key_identifier().is_some_and(has_key_id);
            is_signer.then_some((der, certificate))
        })
    }

    /// Whether the signature over the content is that of the certificate's key, by one of these algorithms.
    pub(super) fn verifies(&self, certificate: &Certificate<'_>, verifiers: &Verifiers) -> bool {
        let message = match self.attributes {
            None => self.content.to_vec(),
            Some(attributes) if self.fits(attributes) => element(SET, attributes),
            Some(_) => return false,
        };
        let identifier = |algorithm| Reader(algorithm).take(OBJECT_IDENTIFIER);
        let named = identifier(self.algorithm);
        let rsa = HASHES.iter().find(|hash| identifier(&hash.with_rsa) == named);
        let algorithm: &[u8] = match rsa {
            // rsaEncryption leaves the hash to the digest algorithm (RFC 3370 section 3.2), and another one must be the same.
            None if named == Some(oid::RSA_ENCRYPTION) => &self.hash.with_rsa,
            Some(hash) if hash.oid == self.hash.oid => &self.hash.with_rsa,
            Some(_) => return false,
            None => self.algorithm,
        };
        let key = certificate.public_key();
        let key_algorithm = Reader::only(key.as_der(), SEQUENCE).and_then(|mut key| key.take(SEQUENCE));
        verifiers.iter().any(|verifier| {
            Some(&*verifier.public_key_alg_id()) == key_algorithm
                && *verifier.signature_alg_id() == *algorithm
                && verifier
                    .verify_signature(key.key_bytes(), &message, self.signature)
                    .is_ok()
        })
    }

    /// Whether the signed attributes name this content: its type, and its digest (RFC 5652 section 5.3).
    fn fits(&self, attributes: &[u8]) -> bool {
        let found: Vec<_> = Reader(attributes).elements().collect();
        let has = |kind, value: &[u8]| {
            let of_kind = |found: &&&[u8]| {
                let attribute = Reader::only(found, SEQUENCE);
                attribute.and_then(|mut attribute| attribute.take(OBJECT_IDENTIFIER)) == Some(kind)
            };
            found.iter().filter(of_kind).eq([&attribute(kind, value)])
        };
        let digest = (self.hash.digest)(self.content);
        found.concat() == attributes
            && has(oid::CONTENT_TYPE, &identifier(self.content_type))
            && has(oid::MESSAGE_DIGEST, &octet_string(&digest))
    }
}
