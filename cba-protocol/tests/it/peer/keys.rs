//! The keys of a device and a card, and the session key, on OpenSSL.

use std::sync::LazyLock;

use cba_protocol::SessionKey;
use openssl::asn1::{Asn1Object, Asn1OctetString, Asn1Time};
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::{Padding, Rsa};
use openssl::sign::{Signer, Verifier};
use openssl::x509::{X509, X509Builder, X509Extension, X509Name};
use rustls_pki_types::{CertificateDer, SubjectPublicKeyInfoDer};

use super::{DEVICE_ID, TENANT};

/// A key and the certificate that it signed itself.
pub(crate) struct Identity {
    pub(crate) key: PKey<Private>,
    pub(crate) certificate: X509,
}

pub(crate) static DEVICE: LazyLock<Identity> = LazyLock::new(|| {
    let guid = |text: &str| [&[4, 16][..], &windows_guid(text)].concat();
    let extensions = [
        ("1.2.840.113556.1.5.284.2", guid(DEVICE_ID)),
        ("1.2.840.113556.1.5.284.5", guid(TENANT)),
        ("1.2.840.113556.1.5.284.7", b"\x04\x011".to_vec()),
        ("1.2.840.113556.1.5.284.8", b"\x04\x02EU".to_vec()),
    ];
    identity(DEVICE_ID, &extensions)
});
pub(crate) static CARD: LazyLock<Identity> = LazyLock::new(|| identity("Alice", &[]));
pub(crate) static TRANSPORT: LazyLock<Rsa<Private>> = LazyLock::new(|| Rsa::generate(2048).unwrap());
pub(crate) const SESSION_KEY: [u8; 32] = *b"the session key of these tests..";

impl Identity {
    pub(crate) fn der(&self) -> CertificateDer<'static> {
        CertificateDer::from(self.certificate.to_der().unwrap())
    }

    pub(crate) fn spki(&self) -> SubjectPublicKeyInfoDer<'static> {
        SubjectPublicKeyInfoDer::from(self.key.public_key_to_der().unwrap())
    }

    pub(crate) fn sign(&self, input: &[u8]) -> Vec<u8> {
        Signer::new(MessageDigest::sha256(), &self.key)
            .unwrap()
            .sign_oneshot_to_vec(input)
            .unwrap()
    }

    pub(crate) fn verify(&self, input: &[u8], signature: &[u8]) -> bool {
        Verifier::new(MessageDigest::sha256(), &self.key)
            .unwrap()
            .verify_oneshot(signature, input)
            .unwrap()
    }
}

pub(crate) fn identity(common_name: &str, extensions: &[(&str, Vec<u8>)]) -> Identity {
    let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    let mut name = X509Name::builder().unwrap();
    name.append_entry_by_text("CN", common_name).unwrap();
    let name = name.build();
    let mut builder = X509Builder::new().unwrap();
    builder.set_version(2).unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(&name).unwrap();
    builder.set_pubkey(&key).unwrap();
    builder
        .set_not_before(&Asn1Time::days_from_now(0).unwrap())
        .unwrap();
    builder
        .set_not_after(&Asn1Time::days_from_now(30).unwrap())
        .unwrap();
    for (oid, value) in extensions {
        let (oid, value) = (
            Asn1Object::from_str(oid).unwrap(),
            Asn1OctetString::new_from_bytes(value).unwrap(),
        );
        builder
            .append_extension(X509Extension::new_from_der(&oid, false, &value).unwrap())
            .unwrap();
    }
    builder.sign(&key, MessageDigest::sha256()).unwrap();
    Identity {
        key,
        certificate: builder.build(),
    }
}

/// The memory form of a GUID, [MS-DTYP] 2.3.4.2.
pub(crate) fn windows_guid(text: &str) -> [u8; 16] {
    let hex: String = text.chars().filter(|&c| c != '-').collect();
    let at = |i: usize| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap();
    [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15].map(at)
}

pub(crate) fn transport_spki() -> SubjectPublicKeyInfoDer<'static> {
    SubjectPublicKeyInfoDer::from(TRANSPORT.public_key_to_der().unwrap())
}

pub(crate) fn unwrap(wrapped: &[u8]) -> SessionKey {
    let mut key = vec![0; 256];
    let length = TRANSPORT
        .private_decrypt(wrapped, &mut key, Padding::PKCS1_OAEP)
        .unwrap();
    SessionKey::try_from(&key[..length]).unwrap()
}

pub(crate) fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let key = PKey::hmac(key).unwrap();
    Signer::new(MessageDigest::sha256(), &key)
        .unwrap()
        .sign_oneshot_to_vec(message)
        .unwrap()
}

/// [MS-OAPXBC] 3.1.5.1.3.3, on OpenSSL.
pub(crate) fn derive(context: &[u8]) -> Vec<u8> {
    derive_from(&SESSION_KEY, context)
}

pub(crate) fn derive_from(session_key: &[u8; 32], context: &[u8]) -> Vec<u8> {
    let label = b"AzureAD-SecureConversation";
    let input = [&[0, 0, 0, 1][..], label, &[0], context, &[0, 0, 1, 0]].concat();
    hmac(session_key, &input)
}
