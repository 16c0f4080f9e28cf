//! Keys and certificates made by OpenSSL, which also checks the signatures.

use card_access::{Hash, Scheme};
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::ecdsa::EcdsaSig;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::{Padding, Rsa};
use openssl::sign::{RsaPssSaltlen, Verifier};
use openssl::x509::extension::BasicConstraints;
use openssl::x509::{X509, X509NameBuilder};

/// A key pair with a self-signed end-entity certificate.
pub(crate) struct Identity {
    pub(crate) key: PKey<Private>,
    pub(crate) certificate: X509,
}

impl Identity {
    pub(crate) fn rsa(name: &str) -> Self {
        Self::new(name, PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap())
    }

    pub(crate) fn ec(name: &str, curve: Nid) -> Self {
        let group = EcGroup::from_curve_name(curve).unwrap();
        Self::new(name, PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap())
    }

    pub(crate) fn new(name: &str, key: PKey<Private>) -> Self {
        let mut subject = X509NameBuilder::new().unwrap();
        subject.append_entry_by_nid(Nid::COMMONNAME, name).unwrap();
        let subject = subject.build();
        let mut certificate = X509::builder().unwrap();
        certificate.set_version(2).unwrap();
        let mut serial = BigNum::new().unwrap();
        serial.rand(64, openssl::bn::MsbOption::ONE, false).unwrap();
        certificate
            .set_serial_number(&serial.to_asn1_integer().unwrap())
            .unwrap();
        certificate.set_subject_name(&subject).unwrap();
        certificate.set_issuer_name(&subject).unwrap();
        certificate
            .set_not_before(&Asn1Time::days_from_now(0).unwrap())
            .unwrap();
        certificate
            .set_not_after(&Asn1Time::days_from_now(30).unwrap())
            .unwrap();
        certificate
            .append_extension(BasicConstraints::new().build().unwrap())
            .unwrap();
        certificate.set_pubkey(&key).unwrap();
        certificate.sign(&key, MessageDigest::sha256()).unwrap();
        Self {
            key,
            certificate: certificate.build(),
        }
    }

    pub(crate) fn der(&self) -> Vec<u8> {
        self.certificate.to_der().unwrap()
    }
}

/// Whether OpenSSL accepts a signature by the certificate's key.
pub(crate) fn verifies(certificate: &[u8], scheme: Scheme, message: &[u8], signature: &[u8]) -> bool {
    let key = X509::from_der(certificate).unwrap().public_key().unwrap();
    let hash = match scheme.hash() {
        Hash::Sha256 => MessageDigest::sha256(),
        Hash::Sha384 => MessageDigest::sha384(),
        Hash::Sha512 => MessageDigest::sha512(),
        other => panic!("unexpected {other}"),
    };
    let mut verifier = Verifier::new(hash, &key).unwrap();
    let mut der = signature.to_vec();
    match scheme {
        Scheme::RsaPss(_) => {
            verifier.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
            verifier
                .set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)
                .unwrap();
        }
        Scheme::EcdsaRaw(_) => {
            let (r, s) = signature.split_at(signature.len() / 2);
            let number = |bytes| BigNum::from_slice(bytes).unwrap();
            der = EcdsaSig::from_private_components(number(r), number(s))
                .unwrap()
                .to_der()
                .unwrap();
        }
        _ => {}
    }
    verifier.update(message).unwrap();
    verifier.verify(&der).unwrap_or(false)
}
