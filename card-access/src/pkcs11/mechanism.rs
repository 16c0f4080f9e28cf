//! Mechanisms for a signature scheme, and their input.

use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsPssParams};
use cryptoki::mechanism::{Mechanism, MechanismType};

use super::text;
use crate::{Error, ErrorKind, Hash, KeyAlgorithm, Scheme, ecdsa, rsa_padding};

/// Computes the input only for mechanisms that are offered.
type Input<'a> = Box<dyn Fn() -> Option<Vec<u8>> + 'a>;

/// Mechanism with its input.
pub(super) struct Candidate {
    pub(super) mechanism: Mechanism<'static>,
    pub(super) input: Vec<u8>,
}

/// Mechanisms of the token for a scheme, the best one first.
///
/// Mechanisms that hash come first: they can be used with `C_SignUpdate`, which a key that requires the PIN each time needs
/// (PKCS #11 v3.1 tables 38 and 43: the others are single-part). Padding on the host comes last.
pub(super) fn candidates(
    offered: &[MechanismType],
    key: KeyAlgorithm,
    scheme: Scheme,
    message: &[u8],
) -> Result<Vec<Candidate>, Error> {
    if !key.schemes().contains(&scheme) {
        return Err(ErrorKind::Unsupported {
            what: text::SCHEME_WITH_KEY,
        }
        .into());
    }
    let hash = scheme.hash();
    let whole = || Some(message.to_vec());
    let digest = || Some(hash.digest(message));
    let candidates: Vec<(Mechanism<'static>, Input<'_>)> = match (scheme, key) {
        (Scheme::RsaPkcs1(_), KeyAlgorithm::Rsa { bits }) => vec![
            (rsa_pkcs1(hash), Box::new(whole)),
            (
                Mechanism::RsaPkcs,
                Box::new(move || Some(rsa_padding::digest_info(hash, &hash.digest(message)))),
            ),
            (
                Mechanism::RsaX509,
                Box::new(move || rsa_padding::pkcs1(hash, message, bits.div_ceil(8))),
            ),
        ],
        (Scheme::RsaPss(_), KeyAlgorithm::Rsa { bits }) => vec![
            (rsa_pss(hash), Box::new(whole)),
            (Mechanism::RsaPkcsPss(pss_parameters(hash)), Box::new(digest)),
            (
                Mechanism::RsaX509,
                Box::new(move || pss_block(hash, message, bits)),
            ),
        ],
        (Scheme::EcdsaDer(_) | Scheme::EcdsaRaw(_), _) => {
            vec![
                (ecdsa(hash), Box::new(whole)),
                (Mechanism::Ecdsa, Box::new(digest)),
            ]
        }
        _ => Vec::new(),
    };
    let candidates: Vec<Candidate> = candidates
        .into_iter()
        .filter(|(mechanism, _)| offered.contains(&mechanism.mechanism_type()))
        .filter_map(|(mechanism, input)| {
            Some(Candidate {
                mechanism,
                input: input()?,
            })
        })
        .collect();
    if candidates.is_empty() {
        return Err(ErrorKind::Unsupported {
            what: text::SCHEME_WITH_TOKEN,
        }
        .into());
    }
    Ok(candidates)
}

/// Signature in the scheme's form: PKCS#11 returns r and s one after the other (v3.1 section 6.3.1).
pub(super) fn finish(signature: Vec<u8>, key: KeyAlgorithm, scheme: Scheme) -> Result<Vec<u8>, Error> {
    let malformed = || {
        Error::from(ErrorKind::Malformed {
            what: text::SIGNATURE,
        })
    };
    let length = match key {
        KeyAlgorithm::EcP256 => 64,
        KeyAlgorithm::EcP384 => 96,
        KeyAlgorithm::Rsa { bits } => bits.div_ceil(8),
        KeyAlgorithm::Other => return Err(malformed()),
    };
    if signature.len() != length {
        return Err(malformed());
    }
    match scheme {
        Scheme::EcdsaDer(_) => ecdsa::der_from_raw(&signature).ok_or_else(malformed),
        _ => Ok(signature),
    }
}

fn rsa_pkcs1(hash: Hash) -> Mechanism<'static> {
    match hash {
        Hash::Sha256 => Mechanism::Sha256RsaPkcs,
        Hash::Sha384 => Mechanism::Sha384RsaPkcs,
        Hash::Sha512 => Mechanism::Sha512RsaPkcs,
    }
}

fn rsa_pss(hash: Hash) -> Mechanism<'static> {
    let parameters = pss_parameters(hash);
    match hash {
        Hash::Sha256 => Mechanism::Sha256RsaPkcsPss(parameters),
        Hash::Sha384 => Mechanism::Sha384RsaPkcsPss(parameters),
        Hash::Sha512 => Mechanism::Sha512RsaPkcsPss(parameters),
    }
}

fn ecdsa(hash: Hash) -> Mechanism<'static> {
    match hash {
        Hash::Sha256 => Mechanism::EcdsaSha256,
        Hash::Sha384 => Mechanism::EcdsaSha384,
        Hash::Sha512 => Mechanism::EcdsaSha512,
    }
}

/// MGF1 with the same hash and a salt of the same length, as in TLS 1.3 and JOSE.
fn pss_parameters(hash: Hash) -> PkcsPssParams {
    let (hash_alg, mgf, salt_length) = match hash {
        Hash::Sha256 => (MechanismType::SHA256, PkcsMgfType::MGF1_SHA256, 32),
        Hash::Sha384 => (MechanismType::SHA384, PkcsMgfType::MGF1_SHA384, 48),
        Hash::Sha512 => (MechanismType::SHA512, PkcsMgfType::MGF1_SHA512, 64),
    };
    PkcsPssParams {
        hash_alg,
        mgf,
        s_len: salt_length.into(),
    }
}

/// EMSA-PSS on the host, for tokens with only the raw RSA operation.
fn pss_block(hash: Hash, message: &[u8], bits: usize) -> Option<Vec<u8>> {
    let mut salt = hash.digest(&[]);
    getrandom::fill(&mut salt).ok()?;
    rsa_padding::pss(hash, message, bits, &salt)
}
