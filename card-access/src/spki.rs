//! Public keys of certificates, as upn-resolver reads them.

use upn_resolver::certificate::{self, KeyKind, Outline};

/// Public key, borrowed from the certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PublicKey<'a> {
    /// `point` is the `ECPoint` (SEC 1 section 2.3.3).
    Ec { curve: Curve, point: &'a [u8] },
    /// An algorithm that this crate does not sign with.
    Other,
    /// Big-endian, without leading zeros.
    Rsa { modulus: &'a [u8], exponent: &'a [u8] },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Curve {
    P256,
    P384,
}

impl<'a> PublicKey<'a> {
    /// `None` if the input is not a certificate up to its public key. Nothing else is checked: a card whose certificate has an
    /// error elsewhere is listed and can sign.
    pub(crate) fn of_certificate(der: &'a [u8]) -> Option<Self> {
        Outline::from_der(der)
            .ok()
            .map(|outline| Self::of(outline.public_key()))
    }

    fn of(key: certificate::PublicKey<'a>) -> Self {
        let point = key.key_bytes();
        match (key.kind(), key.rsa_numbers()) {
            (KeyKind::EllipticCurve(certificate::Curve::P256), _) => Self::Ec {
                curve: Curve::P256,
                point,
            },
            (KeyKind::EllipticCurve(certificate::Curve::P384), _) => Self::Ec {
                curve: Curve::P384,
                point,
            },
            (_, Some((modulus, exponent))) => Self::Rsa { modulus, exponent },
            _ => Self::Other,
        }
    }
}
