//! Certificates and keys in the content of key files.

use der::Decode as _;
use rustls_pki_types::CertificateDer;

use super::budget::Budget;
use super::encryption::{Encrypted, EncryptedKey, Password};
use super::fault::Fault;
use super::pem::{self, Section};
use super::pkcs12;
use crate::private_key::{Encoding, PrivateKey};
use crate::{Credential, Slot};

/// Certificate with its private key.
pub(super) type Pair = (Credential, PrivateKey);

/// Certificates of a PKCS#12 file whose keys are in it, in the file's order.
pub(super) fn pkcs12_pairs(
    file: &[u8],
    password: &[u8],
    label: &str,
    budget: &mut Budget,
) -> Result<Vec<Pair>, Fault> {
    let bags = pkcs12::open(file, password, budget)?;
    let mut pairs = Vec::new();
    for (certificate, number) in bags.certificates.into_iter().zip(1_u8..) {
        // An authority's certificate, or a damaged one, has no key here.
        let Ok(credential) = Credential::new(
            Slot::Object(vec![number]),
            label,
            CertificateDer::from(certificate),
        ) else {
            continue;
        };
        let key = bags
            .keys
            .iter()
            .find_map(|key| PrivateKey::read(Encoding::Pkcs8, key, &credential));
        pairs.extend(key.map(|key| (credential, key)));
    }
    Ok(pairs)
}

/// First certificate of a PEM file; `None` if there is none.
pub(super) fn pem_certificate(text: &[u8]) -> Result<Option<CertificateDer<'static>>, Fault> {
    let sections = pem::sections(text)?;
    let certificate = sections.iter().find_map(Section::certificate);
    Ok(certificate.map(|der| CertificateDer::from(der.to_vec())))
}

/// First private key of a PEM file, which must be the certificate's.
pub(super) fn pem_key(
    text: &[u8],
    password: &[u8],
    credential: &Credential,
    budget: &mut Budget,
) -> Result<PrivateKey, Fault> {
    let sections = pem::sections(text)?;
    let section = sections
        .iter()
        .find(|section| section.label.ends_with("PRIVATE KEY"))
        .ok_or(Fault::NoKey)?;
    if section.old_headers {
        return Err(Fault::Unsupported(
            "the old encryption of PEM keys (convert with `openssl pkcs8 -topk8`)",
        ));
    }
    let key = match section.label.as_str() {
        "EC PRIVATE KEY" => PrivateKey::read(Encoding::Sec1, &section.der, credential),
        "ENCRYPTED PRIVATE KEY" => {
            let encrypted =
                Encrypted::from_der(&section.der).map_err(|_| Fault::Malformed("encrypted private key"))?;
            let key = EncryptedKey::read(&encrypted, budget)?.decrypt(&Password::new(password))?;
            PrivateKey::read(Encoding::Pkcs8, &key, credential)
        }
        "PRIVATE KEY" => PrivateKey::read(Encoding::Pkcs8, &section.der, credential),
        "RSA PRIVATE KEY" => PrivateKey::read(Encoding::Pkcs1, &section.der, credential),
        _ => return Err(Fault::Unsupported("this kind of private key")),
    };
    key.ok_or(Fault::Malformed("private key for the certificate"))
}

/// Whether a PEM file has an encrypted section.
pub(super) fn pem_is_encrypted(text: &[u8]) -> Result<bool, Fault> {
    Ok(pem::sections(text)?.iter().any(Section::is_encrypted))
}
