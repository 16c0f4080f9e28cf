//! The public key of a certificate: as much of RFC 5280 section 4.1 as leads there, and no more.

use crate::tlv::{BIT_STRING, INTEGER, OBJECT_IDENTIFIER, Reader, SEQUENCE, unsigned};

/// A public key (RFC 3279 section 2.3), in the certificate's own bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PublicKey<'a> {
    /// `point` is the `ECPoint`, uncompressed.
    Ec { curve: Curve, point: &'a [u8] },
    /// An algorithm that is not signed with here.
    Other,
    /// Big-endian, without leading zeros.
    Rsa { modulus: &'a [u8], exponent: &'a [u8] },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Curve {
    P256,
    P384,
}

const VERSION: u32 = 0xa0;

/// 1.2.840.113549.1.1.1 (RFC 3279 section 2.3.1)
const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// 1.2.840.10045.2.1 (RFC 5480 section 2.1.1)
const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
/// 1.2.840.10045.3.1.7 (RFC 5480 section 2.1.1.1)
const SECP256R1: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
/// 1.3.132.0.34 (RFC 5480 section 2.1.1.1)
const SECP384R1: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];

impl<'a> PublicKey<'a> {
    /// `None` when the input is no certificate down to its public key.
    pub(crate) fn of_certificate(der: &'a [u8]) -> Option<Self> {
        let mut certificate = Reader::new(Reader::new(der).expect(SEQUENCE)?);
        let mut tbs = Reader::new(certificate.expect(SEQUENCE)?);
        let (first, _) = tbs.next()?;
        if first == VERSION {
            tbs.expect(INTEGER)?;
        }
        for _signature_issuer_validity_subject in 0..4 {
            tbs.expect(SEQUENCE)?;
        }
        Self::of_spki(tbs.expect(SEQUENCE)?)
    }

    /// `SubjectPublicKeyInfo ::= SEQUENCE { algorithm AlgorithmIdentifier, subjectPublicKey BIT STRING }`
    fn of_spki(content: &'a [u8]) -> Option<Self> {
        let mut spki = Reader::new(content);
        let mut algorithm = Reader::new(spki.expect(SEQUENCE)?);
        let (&unused_bits, key) = spki.expect(BIT_STRING)?.split_first()?;
        match algorithm.expect(OBJECT_IDENTIFIER)? {
            _ if unused_bits != 0 => None,
            RSA_ENCRYPTION => Self::of_rsa(key),
            EC_PUBLIC_KEY => Some(match algorithm.expect(OBJECT_IDENTIFIER) {
                Some(SECP256R1) => Self::Ec {
                    curve: Curve::P256,
                    point: key,
                },
                Some(SECP384R1) => Self::Ec {
                    curve: Curve::P384,
                    point: key,
                },
                _ => Self::Other,
            }),
            _ => Some(Self::Other),
        }
    }

    /// `RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }` (RFC 8017 appendix A.1.1)
    pub(crate) fn of_rsa(der: &'a [u8]) -> Option<Self> {
        let mut integers = Reader::new(Reader::new(der).expect(SEQUENCE)?);
        let modulus = unsigned(integers.expect(INTEGER)?)?;
        let exponent = unsigned(integers.expect(INTEGER)?)?;
        Some(Self::Rsa { modulus, exponent })
    }
}
