//! Issuer, subject and key of certificates that [`Certificate`](super::Certificate) refuses, for listing them.

use super::der::{self, Reader, context, context_constructed};
use super::error::{CertificateError, Field, Flaw};
use super::key::PublicKey;

/// The issuer, subject and public key of a certificate, without any other check.
///
/// A decision requires a [`Certificate`](super::Certificate), which is refused if any error in it could give it a
/// second meaning. A program that lists the content of a card must show such a certificate too, and the card can
/// still sign with its key. The names are returned as encoded, and must not be displayed or compared as text.
///
/// ```
/// use upn_resolver::certificate::{KeyKind, Outline};
///
/// # let der: &[u8] = include_bytes!("../../tests/certificates/adcs-rsa2048.der");
/// let outline = Outline::from_der(der)?;
/// assert_eq!(outline.public_key().kind(), KeyKind::Rsa { bits: 2048 });
/// assert!(!outline.is_ca());
/// # Ok::<(), upn_resolver::certificate::CertificateError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Outline<'a> {
    issuer: &'a [u8],
    subject: &'a [u8],
    public_key: PublicKey<'a>,
    after_key: &'a [u8],
}

impl<'a> Outline<'a> {
    /// Reads a certificate up to its public key (RFC 5280, section 4.1). Bytes after the certificate are ignored.
    ///
    /// # Errors
    ///
    /// Fails if an element before the key, or the key itself, cannot be read.
    pub fn from_der(der: &'a [u8]) -> Result<Self, CertificateError> {
        Self::read(der).map_err(|flaw| flaw.within(der))
    }

    /// The issuer's `Name`, header included.
    #[must_use]
    pub fn issuer_der(&self) -> &'a [u8] {
        self.issuer
    }

    /// The subject's `Name`, header included.
    #[must_use]
    pub fn subject_der(&self) -> &'a [u8] {
        self.subject
    }

    /// The public key.
    #[must_use]
    pub fn public_key(&self) -> PublicKey<'a> {
        self.public_key
    }

    /// Whether the certificate claims to be a CA's: `cA` in its first basicConstraints (RFC 5280, section 4.2.1.9).
    /// Unreadable content counts as no.
    #[must_use]
    pub fn is_ca(&self) -> bool {
        self.read_ca().unwrap_or(false)
    }

    fn read(der: &'a [u8]) -> Result<Self, Flaw> {
        let mut certificate = Reader::new(Reader::new(der).read_long(der::SEQUENCE, Field::Certificate)?);
        let mut tbs = Reader::new(certificate.read_long(der::SEQUENCE, Field::TbsCertificate)?);
        tbs.read_optional(context_constructed(0), Field::Version)?;
        tbs.read(der::INTEGER, Field::SerialNumber)?;
        tbs.read(der::SEQUENCE, Field::Signature)?;
        let (issuer, _) = tbs.whole(|input| input.read(der::SEQUENCE, Field::Issuer))?;
        tbs.read(der::SEQUENCE, Field::Validity)?;
        let (subject, _) = tbs.whole(|input| input.read(der::SEQUENCE, Field::Subject))?;
        let public_key = PublicKey::read(&mut tbs)?;
        Ok(Self {
            issuer,
            subject,
            public_key,
            after_key: tbs.rest(),
        })
    }

    fn read_ca(&self) -> Result<bool, Flaw> {
        const FIELD: Field = Field::BasicConstraints;
        let mut tbs = Reader::new(self.after_key);
        for identifier in [1, 2] {
            tbs.read_optional(context(identifier), Field::UniqueIdentifier)?;
        }
        let mut explicit = Reader::new(tbs.read_long(context_constructed(3), Field::Extensions)?);
        let mut extensions = Reader::new(explicit.read_long(der::SEQUENCE, Field::Extensions)?);
        while !extensions.is_empty() {
            let mut extension = Reader::new(extensions.read_long(der::SEQUENCE, Field::Extensions)?);
            if extension.read(der::OBJECT_IDENTIFIER, Field::Extensions)? != [0x55, 0x1D, 0x13] {
                continue;
            }
            extension.read_optional(der::BOOLEAN, FIELD)?;
            let mut value = Reader::new(extension.read_long(der::OCTET_STRING, FIELD)?);
            let mut constraints = Reader::new(value.read(der::SEQUENCE, FIELD)?);
            // Any byte but 0 is TRUE in BER (X.690, section 8.2.2).
            let flag = constraints.read_optional(der::BOOLEAN, FIELD)?;
            return Ok(flag.is_some_and(|flag| flag.iter().any(|byte| *byte != 0)));
        }
        Ok(false)
    }
}
