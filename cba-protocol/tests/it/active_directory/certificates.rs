//! Certificates of cards and domain controllers, on OpenSSL.

use openssl::asn1::{Asn1Integer, Asn1Object, Asn1OctetString};
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::sign::Verifier;
use openssl::x509::{X509, X509Extension, X509NameBuilder};
use rustls_pki_types::{
    AlgorithmIdentifier, CertificateDer, InvalidSignature, SignatureVerificationAlgorithm, alg_id,
};

use super::der::{ctx, octets, oid, seq, string, tlv};
use crate::peer;

/// A certificate with its key.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) certificate: X509,
    pub(crate) key: PKey<Private>,
}

/// What a certificate contains.
pub(crate) struct Content {
    pub(crate) subject: &'static str,
    pub(crate) days: (i64, i64),
    /// DER of the values, with the object identifiers of the extensions.
    pub(crate) extensions: Vec<(&'static str, Vec<u8>)>,
}

impl Content {
    /// What the certificate of a domain controller contains.
    pub(crate) fn of_controller(names: Vec<u8>, purpose: &str, days: (i64, i64)) -> Self {
        Self {
            subject: "dc1",
            days,
            extensions: vec![
                ("2.5.29.14", octets(&KEY_ID)),
                ("2.5.29.17", seq(&[names])),
                ("2.5.29.37", seq(&[oid(purpose)])),
            ],
        }
    }
}

/// Subject key identifier of domain controllers.
pub(crate) const KEY_ID: [u8; 20] = [7; 20];

const DAY: i64 = 86_400;

/// The algorithms of a provider of rustls, and RSA with SHA-1.
pub(crate) fn algorithms() -> Vec<&'static dyn SignatureVerificationAlgorithm> {
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let mut algorithms = provider.signature_verification_algorithms.all.to_vec();
    algorithms.push(&RsaSha1);
    algorithms
}

/// RSA with SHA-1, by OpenSSL.
#[derive(Debug)]
struct RsaSha1;

impl SignatureVerificationAlgorithm for RsaSha1 {
    fn verify_signature(&self, key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        let verify = || {
            let key = PKey::from_rsa(Rsa::public_key_from_der_pkcs1(key)?)?;
            Verifier::new(MessageDigest::sha1(), &key)?.verify_oneshot(signature, message)
        };
        verify().unwrap_or(false).then_some(()).ok_or(InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::RSA_ENCRYPTION
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        AlgorithmIdentifier::from_slice(&[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 5, 5, 0])
    }
}

impl Identity {
    pub(crate) fn der(&self) -> CertificateDer<'static> {
        CertificateDer::from(self.certificate.to_der().unwrap())
    }

    pub(crate) fn authority(subject: &'static str) -> Self {
        let content = Content {
            subject,
            days: (-1, 1000),
            // basicConstraints: CA; keyUsage: keyCertSign
            extensions: vec![
                ("2.5.29.19", seq(&[tlv(1, &[0xff])])),
                ("2.5.29.15", tlv(3, &[2, 4])),
            ],
        };
        Self::new(rsa(), &content, None)
    }

    /// A card of this user.
    pub(crate) fn card(issuer: &Self, key: PKey<Private>, upn: &str) -> Self {
        let name = ctx(
            0,
            &[oid("1.3.6.1.4.1.311.20.2.3"), ctx(0, &tlv(0x0c, upn.as_bytes()))].concat(),
        );
        let content = Content {
            subject: "user",
            days: (-1, 100),
            extensions: vec![
                ("2.5.29.17", seq(&[name])),
                ("2.5.29.15", tlv(3, &[7, 0x80])),
                ("2.5.29.37", seq(&[oid("1.3.6.1.4.1.311.20.2.2")])),
            ],
        };
        Self::new(key, &content, Some(issuer))
    }

    /// A domain controller of this realm.
    pub(crate) fn domain_controller(issuer: &Self, names: Vec<u8>, purpose: &str, days: (i64, i64)) -> Self {
        Self::new(rsa(), &Content::of_controller(names, purpose, days), Some(issuer))
    }

    pub(crate) fn new(key: PKey<Private>, content: &Content, issuer: Option<&Self>) -> Self {
        Self::signed_with(MessageDigest::sha256(), key, content, issuer)
    }

    /// A certificate whose signature uses this hash.
    pub(crate) fn signed_with(
        hash: MessageDigest,
        key: PKey<Private>,
        content: &Content,
        issuer: Option<&Self>,
    ) -> Self {
        let mut builder = X509::builder().unwrap();
        builder.set_version(2).unwrap();
        let mut serial = [0; 8];
        openssl::rand::rand_bytes(&mut serial).unwrap();
        serial[0] &= 0x7f;
        let serial = Asn1Integer::from_bn(&BigNum::from_slice(&serial).unwrap()).unwrap();
        builder.set_serial_number(&serial).unwrap();
        let mut subject = X509NameBuilder::new().unwrap();
        subject
            .append_entry_by_nid(Nid::COMMONNAME, content.subject)
            .unwrap();
        let subject = subject.build();
        builder.set_subject_name(&subject).unwrap();
        builder
            .set_issuer_name(issuer.map_or(&subject, |issuer| issuer.certificate.subject_name()))
            .unwrap();
        let now = i64::try_from(peer::NOW).unwrap();
        let time = |days: i64| peer::asn1_time(now + days * DAY);
        builder.set_not_before(&time(content.days.0)).unwrap();
        builder.set_not_after(&time(content.days.1)).unwrap();
        builder.set_pubkey(&key).unwrap();
        for (kind, value) in &content.extensions {
            let (kind, value) = (
                Asn1Object::from_str(kind).unwrap(),
                Asn1OctetString::new_from_bytes(value).unwrap(),
            );
            builder
                .append_extension(X509Extension::new_from_der(&kind, false, &value).unwrap())
                .unwrap();
        }
        builder
            .sign(issuer.map_or(&key, |issuer| &issuer.key), hash)
            .unwrap();
        Self {
            certificate: builder.build(),
            key,
        }
    }
}

pub(crate) fn rsa() -> PKey<Private> {
    PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap()
}

pub(crate) fn elliptic(curve: Nid) -> PKey<Private> {
    PKey::from_ec_key(EcKey::generate(&EcGroup::from_curve_name(curve).unwrap()).unwrap()).unwrap()
}

/// The name of RFC 4556 section 3.2.4.
pub(crate) fn krbtgt_name(realm: &str) -> Vec<u8> {
    let parts = seq(&[string("krbtgt"), string(realm)]);
    let name = seq(&[ctx(0, &tlv(2, &[2])), ctx(1, &parts)]);
    let principal = seq(&[ctx(0, &string(realm)), ctx(1, &name)]);
    ctx(0, &[oid("1.3.6.1.5.2.2"), ctx(0, &principal)].concat())
}

pub(crate) fn dns_name(name: &str) -> Vec<u8> {
    tlv(0x82, name.as_bytes())
}
