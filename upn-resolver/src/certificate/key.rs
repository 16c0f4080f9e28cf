//! Algorithms and public keys.

use super::der::{self, Reader, Shape};
use super::error::{Field, Flaw, Problem};
use super::limits;
use super::note::{NoteCollector, NoteKind};
use super::oid::{self, Oid};

/// An algorithm identifier with its parameters.
///
/// RFC 5280, section 4.1.1.2:
///
/// ```asn1
/// AlgorithmIdentifier ::= SEQUENCE {
///      algorithm   OBJECT IDENTIFIER,
///      parameters  ANY DEFINED BY algorithm OPTIONAL }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AlgorithmIdentifier<'a> {
    algorithm: Oid<'a>,
    parameters: &'a [u8],
}

impl<'a> AlgorithmIdentifier<'a> {
    /// The object identifier of the algorithm.
    #[must_use]
    pub fn algorithm(self) -> Oid<'a> {
        self.algorithm
    }

    /// The encoded parameters, with their header; `None` if absent.
    #[must_use]
    pub fn parameters(self) -> Option<&'a [u8]> {
        (!self.parameters.is_empty()).then_some(self.parameters)
    }

    #[inline(always)]
    pub(super) fn read(input: &mut Reader<'a>, field: Field) -> Result<Self, Flaw> {
        if let Some((algorithm, rest)) = Self::usual(input.rest()) {
            *input = Reader::new(rest);
            return Ok(algorithm);
        }
        let mut input = input.sequence(field)?;
        let algorithm = Oid::from_checked(input.object_identifier(field)?);
        let parameters = input.rest();
        if !input.is_empty() {
            let (tag, value) = input.read_any(field)?;
            limits::check_part(value, field)?;
            der::check_framing(tag, value, field)?;
            input.end(field)?;
        }
        Ok(Self {
            algorithm,
            parameters,
        })
    }

    /// Returns one of the usual algorithms, and the remaining bytes.
    #[inline(always)]
    fn usual(input: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (algorithm, parameters, rest): (&[u8], &[u8], _) = if let Some(stripped) = RSA.strip(input) {
            let [_, _, _, _, algorithm @ .., _, _] = stripped.headers;
            let parameters = stripped.headers.last_chunk::<2>()?;
            if !stripped.content.is_empty() {
                return None;
            }
            (algorithm, parameters, stripped.rest)
        } else {
            let stripped = WITHOUT_PARAMETERS.strip(input)?;
            let (algorithm, parameters) = stripped.content.split_at(stripped.content.len());
            (algorithm, parameters, stripped.rest)
        };
        der::check_object_identifier(algorithm, Field::SignatureAlgorithm).ok()?;
        let algorithm = Oid::from_checked(algorithm);
        Some((
            Self {
                algorithm,
                parameters,
            },
            rest,
        ))
    }

    /// Notes deviations in the parameters.
    pub(super) fn note(self, field: Field, notes: &mut NoteCollector<'_>) {
        if let Ok((tag, value)) = Reader::new(self.parameters).read_any(field) {
            notes.tolerate(der::check_open_type(tag, value, field));
        }
    }
}

/// The usual algorithms: RSA (PKCS #1, 1.2.840.113549.1.1.n) with NULL, ECDSA without parameters. Keys on elliptic
/// curves have a curve as parameter.
const RSA: Shape<15> = Shape::new("30{ 06 09 2A 86 48 86 F7 0D 01 01 ?? 05{");
const WITHOUT_PARAMETERS: Shape<4> = Shape::new("30{ 06{");

/// The public key of a certificate.
///
/// RFC 5280, section 4.1.2.7:
///
/// ```asn1
/// SubjectPublicKeyInfo ::= SEQUENCE {
///      algorithm         AlgorithmIdentifier,
///      subjectPublicKey  BIT STRING }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PublicKey<'a> {
    der: &'a [u8],
    algorithm: AlgorithmIdentifier<'a>,
    key: &'a [u8],
    kind: KeyKind,
}

/// Kind of a public key, as far as Windows and this crate distinguish kinds.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// An elliptic-curve key (RFC 5480).
    EllipticCurve(Curve),
    /// An Ed25519 key (RFC 8410).
    Ed25519,
    /// An Ed448 key (RFC 8410).
    Ed448,
    /// Another kind, named by [`PublicKey::algorithm`].
    Other,
    /// An RSA key (RFC 3279, section 2.3.1).
    Rsa {
        /// The length of the modulus, in bits.
        bits: u32,
    },
}

/// An elliptic curve.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Curve {
    /// Another curve, or explicit parameters; see [`PublicKey::algorithm`].
    Other,
    /// NIST P-256, secp256r1.
    P256,
    /// NIST P-384, secp384r1.
    P384,
    /// NIST P-521, secp521r1.
    P521,
}

impl<'a> PublicKey<'a> {
    /// The `SubjectPublicKeyInfo`, with its header, as accepted by cryptographic libraries.
    #[must_use]
    pub fn as_der(self) -> &'a [u8] {
        self.der
    }

    /// The algorithm and its parameters.
    #[must_use]
    pub fn algorithm(self) -> AlgorithmIdentifier<'a> {
        self.algorithm
    }

    /// The content of `subjectPublicKey`, without the count of unused bits: the input of the SHA-1 key identifier,
    /// method (1) in RFC 5280, section 4.2.1.2.
    #[must_use]
    pub fn key_bytes(self) -> &'a [u8] {
        self.key
    }

    /// The kind and size of the key.
    #[must_use]
    pub fn kind(self) -> KeyKind {
        self.kind
    }

    /// The modulus and public exponent of an RSA key, big-endian and without leading zeros (RFC 8017, appendix
    /// A.1.1); `None` for other keys.
    #[must_use]
    pub fn rsa_numbers(self) -> Option<(&'a [u8], &'a [u8])> {
        let KeyKind::Rsa { .. } = self.kind else {
            return None;
        };
        let numbers = RsaNumbers::read(self.key).ok()?;
        Some((
            without_leading_zeros(numbers.modulus),
            without_leading_zeros(numbers.exponent),
        ))
    }

    #[inline(always)]
    pub(super) fn read(input: &mut Reader<'a>) -> Result<Self, Flaw> {
        const FIELD: Field = Field::SubjectPublicKeyInfo;
        let (der, content) = input.whole(|input| input.read_long(der::SEQUENCE, FIELD))?;
        let mut info = Reader::new(content);
        let algorithm = AlgorithmIdentifier::read(&mut info, FIELD)?;
        let key = der::byte_aligned(info.read_long(der::BIT_STRING, FIELD)?, FIELD)?;
        info.end(FIELD)?;
        let kind = if algorithm.algorithm == oid::RSA_ENCRYPTION {
            let numbers = RsaNumbers::read(key)?;
            KeyKind::Rsa { bits: numbers.bits() }
        } else {
            other_kind(algorithm, key)?
        };
        Ok(Self {
            der,
            algorithm,
            key,
            kind,
        })
    }

    /// Notes deviations in the key.
    pub(super) fn note(self, notes: &mut NoteCollector<'_>) {
        const FIELD: Field = Field::SubjectPublicKeyInfo;
        self.algorithm.note(FIELD, notes);
        let parameters = self.algorithm.parameters;
        let as_specified = match self.kind {
            KeyKind::Rsa { .. } => parameters == [der::NULL, 0],
            KeyKind::EllipticCurve(_) => !matches!(parameters, [] | [der::NULL, ..]),
            KeyKind::Ed25519 | KeyKind::Ed448 => parameters.is_empty(),
            KeyKind::Other => true,
        };
        if !as_specified {
            notes.add(parameters, FIELD, NoteKind::AlgorithmParameters);
        }
        if self.algorithm.algorithm != oid::RSA_ENCRYPTION {
            return;
        }
        if let Ok(numbers) = RsaNumbers::read(self.key) {
            for number in [numbers.modulus, numbers.exponent] {
                if matches!(number, [] | [0] | [0x80..=0xFF, ..] | [0, 0x00..=0x7F, ..]) {
                    notes.add(number, FIELD, NoteKind::RsaNumber);
                }
            }
        }
    }
}

/// The numbers of an RSA key (RFC 3279, section 2.3.1):
/// `RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }`.
///
/// Some issuers omit the zero byte that keeps the modulus positive. All users of the key read the numbers as
/// unsigned, so the meaning is unambiguous.
struct RsaNumbers<'a> {
    modulus: &'a [u8],
    exponent: &'a [u8],
}

impl<'a> RsaNumbers<'a> {
    #[inline(always)]
    fn read(key: &'a [u8]) -> Result<Self, Flaw> {
        const FIELD: Field = Field::SubjectPublicKeyInfo;
        let mut outer = Reader::new(key);
        let mut numbers = Reader::new(outer.read_long(der::SEQUENCE, FIELD)?);
        outer.end(FIELD)?;
        let modulus = numbers.read_long(der::INTEGER, FIELD)?;
        let exponent = numbers.read(der::INTEGER, FIELD)?;
        numbers.end(FIELD)?;
        if modulus.iter().all(|byte| *byte == 0) {
            return Err(Flaw::new(key, FIELD, Problem::PublicKey));
        }
        Ok(Self { modulus, exponent })
    }

    /// The length of the modulus.
    #[inline(always)]
    fn bits(&self) -> u32 {
        let magnitude = without_leading_zeros(self.modulus);
        let length = u32::try_from(magnitude.len()).unwrap_or(u32::MAX);
        let unused = magnitude.first().map_or(0, |first| first.leading_zeros());
        length.saturating_mul(8).saturating_sub(unused)
    }
}

fn without_leading_zeros(mut number: &[u8]) -> &[u8] {
    while let [0, rest @ ..] = number {
        number = rest;
    }
    number
}

#[inline(never)]
fn other_kind(algorithm: AlgorithmIdentifier<'_>, key: &[u8]) -> Result<KeyKind, Flaw> {
    let fault = || Flaw::new(key, Field::SubjectPublicKeyInfo, Problem::PublicKey);
    let edwards = |kind, length| {
        if key.len() == length {
            Ok(kind)
        } else {
            Err(fault())
        }
    };
    match algorithm.algorithm {
        oid::EC_PUBLIC_KEY => {
            let (curve, coordinate) = curve(algorithm.parameters);
            if is_point(key, coordinate) {
                Ok(KeyKind::EllipticCurve(curve))
            } else {
                Err(fault())
            }
        }
        oid::ED25519 => edwards(KeyKind::Ed25519, 32),
        oid::ED448 => edwards(KeyKind::Ed448, 57),
        _ => Ok(KeyKind::Other),
    }
}

/// The curve and the size of a coordinate in bytes; RFC 5480, section 2.1.1, allows only `namedCurve`.
fn curve(parameters: &[u8]) -> (Curve, Option<usize>) {
    let named = match parameters {
        [der::OBJECT_IDENTIFIER, _, content @ ..] => Oid::from_checked(content),
        _ => return (Curve::Other, None),
    };
    match named {
        oid::SECP256R1 => (Curve::P256, Some(32)),
        oid::SECP384R1 => (Curve::P384, Some(48)),
        oid::SECP521R1 => (Curve::P521, Some(66)),
        _ => (Curve::Other, None),
    }
}

/// SEC 1, section 2.3.3: 04 and both coordinates, or 02 or 03 and one coordinate.
fn is_point(key: &[u8], coordinate: Option<usize>) -> bool {
    match (key, coordinate) {
        ([0x04, both @ ..], Some(length)) => both.len() == 2 * length,
        ([0x02 | 0x03, one @ ..], Some(length)) => one.len() == length,
        (_, Some(_)) => false,
        (key, None) => !key.is_empty(),
    }
}
