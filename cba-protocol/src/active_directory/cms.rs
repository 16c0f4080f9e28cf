//! CMS `SignedData` (RFC 5652 section 5): written with the card's signature, and read and verified from the KDC.

use rustls_pki_types::SignatureVerificationAlgorithm;
use upn_resolver::certificate::Certificate;

use super::der::{self, Reader};
use super::oid;
use super::rsa::{Hash, Rsa};
use crate::algorithm::Algorithm;

/// Most certificates that are read from one message.
const MAX_CERTIFICATES: usize = 16;

/// Content that is to be signed, with the attributes that the signature covers.
pub(super) struct Draft {
    content_type: &'static [u8],
    content: Vec<u8>,
    /// The attributes, without the tag of the set.
    attributes: Vec<u8>,
    algorithm: Algorithm,
}

impl Draft {
    pub(super) fn new(content_type: &'static [u8], content: Vec<u8>, algorithm: Algorithm) -> Self {
        let digest = hash(algorithm).of(&content);
        // In the order that DER demands of a set: the shorter attribute first (X.690 section 11.6).
        let attributes = [
            attribute(oid::CONTENT_TYPE, &der::oid(content_type)),
            attribute(oid::MESSAGE_DIGEST, &der::octets(&digest)),
        ];
        Self {
            content_type,
            content,
            attributes: attributes.concat(),
            algorithm,
        }
    }

    /// What the card signs: the attributes as a `SET OF` (RFC 5652 section 5.4).
    pub(super) fn to_sign(&self) -> Vec<u8> {
        der::element(der::SET, &self.attributes)
    }

    pub(super) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The `ContentInfo`. `None` if the signature does not have the form of the algorithm.
    pub(super) fn signed(&self, certificate: &Certificate<'_>, signature: &[u8]) -> Option<Vec<u8>> {
        let (digest, signature_algorithm) = match self.algorithm {
            Algorithm::Rs256 => (oid::SHA256, with_null(oid::RSA_ENCRYPTION)),
            Algorithm::Es256 => (oid::SHA256, without_parameters(oid::ECDSA_WITH_SHA256)),
            Algorithm::Es384 => (oid::SHA384, without_parameters(oid::ECDSA_WITH_SHA384)),
            Algorithm::Ps256 => return None,
        };
        let signature = match self.algorithm {
            Algorithm::Es256 | Algorithm::Es384 => ecdsa_der(signature)?,
            Algorithm::Rs256 | Algorithm::Ps256 => signature.to_vec(),
        };
        let digest = without_parameters(digest);
        let serial = der::element(der::INTEGER, certificate.serial_number().as_bytes());
        let signer = der::sequence(&[
            der::integer(1),
            der::sequence(&[certificate.issuer_der().to_vec(), serial]),
            digest.clone(),
            der::element(der::context(0), &self.attributes),
            signature_algorithm,
            der::octets(&signature),
        ]);
        let content = [
            der::oid(self.content_type),
            der::explicit(0, &der::octets(&self.content)),
        ];
        let signed_data = der::sequence(&[
            der::integer(3),
            der::element(der::SET, &digest),
            der::sequence(&content),
            der::element(der::context(0), certificate.as_der()),
            der::element(der::SET, &signer),
        ]);
        Some(der::sequence(&[
            der::oid(oid::SIGNED_DATA),
            der::explicit(0, &signed_data),
        ]))
    }
}

fn hash(algorithm: Algorithm) -> Hash {
    match algorithm {
        Algorithm::Es384 => Hash::Sha384,
        Algorithm::Es256 | Algorithm::Ps256 | Algorithm::Rs256 => Hash::Sha256,
    }
}

fn attribute(kind: &[u8], value: &[u8]) -> Vec<u8> {
    der::sequence(&[der::oid(kind), der::element(der::SET, value)])
}

pub(super) fn with_null(algorithm: &[u8]) -> Vec<u8> {
    der::sequence(&[der::oid(algorithm), der::element(der::NULL, &[])])
}

/// SHA-2 and ECDSA have no parameters (RFC 5754 sections 2 and 3.3).
pub(super) fn without_parameters(algorithm: &[u8]) -> Vec<u8> {
    der::sequence(&[der::oid(algorithm)])
}

/// `Ecdsa-Sig-Value` (RFC 3279 section 2.2.3) from r and s one after the other.
fn ecdsa_der(signature: &[u8]) -> Option<Vec<u8>> {
    let (r, s) = signature.split_at_checked(signature.len() / 2)?;
    (r.len() == s.len()).then(|| der::sequence(&[der::unsigned(r), der::unsigned(s)]))
}

/// A message as it was received. Nothing is verified by reading it.
pub(super) struct SignedData<'a> {
    /// Object identifier of what is signed.
    pub(super) content_type: &'a [u8],
    pub(super) content: &'a [u8],
    certificates: Vec<&'a [u8]>,
    signer: Signer<'a>,
}

struct Signer<'a> {
    id: SignerId<'a>,
    digest: Hash,
    /// Content of the set, if there is one.
    attributes: Option<&'a [u8]>,
    /// Content of the algorithm identifier.
    algorithm: &'a [u8],
    signature: &'a [u8],
}

enum SignerId<'a> {
    IssuerAndSerial { issuer: &'a [u8], serial: &'a [u8] },
    KeyIdentifier(&'a [u8]),
}

impl<'a> SignedData<'a> {
    /// Reads a `ContentInfo` with one signer.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut info = Reader::only(bytes, der::SEQUENCE)?;
        if info.take(der::OBJECT_IDENTIFIER)? != oid::SIGNED_DATA {
            return None;
        }
        let mut data = info.enter(der::context(0))?.enter(der::SEQUENCE)?;
        data.take(der::INTEGER)?;
        data.take(der::SET)?;
        let mut content = data.enter(der::SEQUENCE)?;
        let content_type = content.take(der::OBJECT_IDENTIFIER)?;
        let content = content.field(0, der::OCTET_STRING)?;
        let mut certificates = Vec::new();
        if let Some(mut set) = data.enter(der::context(0)) {
            while let Some(element) = set.next() {
                if element.tag == der::SEQUENCE && certificates.len() < MAX_CERTIFICATES {
                    certificates.push(element.whole);
                }
            }
        }
        data.skip(1);
        let mut signers = data.enter(der::SET)?;
        let signer = Signer::read(signers.enter(der::SEQUENCE)?)?;
        signers.is_empty().then_some(Self {
            content_type,
            content,
            certificates,
            signer,
        })
    }

    /// The signer's certificate and the others.
    pub(super) fn certificates(&self) -> Option<(&'a [u8], Vec<&'a [u8]>)> {
        let is_signer = |der: &&&[u8]| {
            Certificate::from_der(der).is_ok_and(|certificate| match self.signer.id {
                SignerId::IssuerAndSerial { issuer, serial } => {
                    certificate.issuer_der() == issuer && certificate.serial_number().as_bytes() == serial
                }
                SignerId::KeyIdentifier(id) => certificate.subject_key_identifier() == Some(id),
            })
        };
        let signer = *self.certificates.iter().find(is_signer)?;
        let others = self
            .certificates
            .iter()
            .copied()
            .filter(|other| *other != signer)
            .collect();
        Some((signer, others))
    }

    /// Whether the signature is that of the certificate's key over the content.
    pub(super) fn verifies(
        &self,
        certificate: &Certificate<'_>,
        others: &[&'static dyn SignatureVerificationAlgorithm],
    ) -> bool {
        let signer = &self.signer;
        let message = match signer.attributes {
            None => self.content.to_vec(),
            Some(attributes) if signer.attributes_fit(attributes, self) => der::element(der::SET, attributes),
            Some(_) => return false,
        };
        let key = certificate.public_key();
        let verify = |algorithm: &dyn SignatureVerificationAlgorithm| {
            algorithm
                .verify_signature(key.key_bytes(), &message, signer.signature)
                .is_ok()
        };
        let key_algorithm = Reader::new(key.as_der())
            .enter(der::SEQUENCE)
            .and_then(|mut key| key.take(der::SEQUENCE));
        match (
            key_algorithm,
            Reader::new(signer.algorithm).take(der::OBJECT_IDENTIFIER),
        ) {
            (Some(_), Some(oid)) if key.algorithm().algorithm().as_bytes() == oid::RSA_ENCRYPTION => {
                // rsaEncryption leaves the hash to the digest algorithm (RFC 3370 section 3.2).
                let hash = if oid == oid::RSA_ENCRYPTION {
                    Some(signer.digest)
                } else {
                    Hash::from_oid(oid)
                };
                hash == Some(signer.digest) && verify(&Rsa(signer.digest))
            }
            (Some(key_algorithm), Some(_)) => others.iter().any(|other| {
                *other.public_key_alg_id() == *key_algorithm
                    && *other.signature_alg_id() == *signer.algorithm
                    && verify(*other)
            }),
            _ => false,
        }
    }
}

impl<'a> Signer<'a> {
    fn read(mut info: Reader<'a>) -> Option<Self> {
        info.take(der::INTEGER)?;
        let id = match info.next()? {
            element if element.tag == der::SEQUENCE => {
                let mut id = Reader::new(element.content);
                SignerId::IssuerAndSerial {
                    issuer: id.next()?.whole,
                    serial: id.take(der::INTEGER)?,
                }
            }
            element if element.tag == der::context_primitive(0) => SignerId::KeyIdentifier(element.content),
            // Heimdal writes an explicit tag here, against RFC 5652 section 5.3.
            element if element.tag == der::context(0) => {
                SignerId::KeyIdentifier(Reader::new(element.content).take(der::OCTET_STRING)?)
            }
            _ => return None,
        };
        let digest = Hash::from_oid(info.enter(der::SEQUENCE)?.take(der::OBJECT_IDENTIFIER)?)?;
        let attributes = info.take(der::context(0));
        Some(Self {
            id,
            digest,
            attributes,
            algorithm: info.take(der::SEQUENCE)?,
            signature: info.take(der::OCTET_STRING)?,
        })
    }

    /// Whether the signed attributes name this content: its type, and its digest (RFC 5652 section 5.3).
    fn attributes_fit(&self, attributes: &[u8], data: &SignedData<'_>) -> bool {
        let value = |kind: &[u8], tag: u8| {
            let mut set = Reader::new(attributes);
            let mut found = None;
            while let Some(mut attribute) = set.enter(der::SEQUENCE) {
                if attribute.take(der::OBJECT_IDENTIFIER)? == kind {
                    let mut values = attribute.enter(der::SET)?;
                    let value = values.take(tag)?;
                    if found.replace(value).is_some() || !values.is_empty() {
                        return None;
                    }
                }
            }
            found.filter(|_| set.is_empty())
        };
        value(oid::CONTENT_TYPE, der::OBJECT_IDENTIFIER) == Some(data.content_type)
            && value(oid::MESSAGE_DIGEST, der::OCTET_STRING) == Some(&self.digest.of(data.content)[..])
    }
}
