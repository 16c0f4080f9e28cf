//! Reading of a certificate from DER: RFC 5280, section 4.1, in its order.

use super::{Fields, Version};
use crate::certificate::der::{self, Reader, context, context_constructed};
use crate::certificate::distinguished_name::{self, DistinguishedName};
use crate::certificate::error::{Field, Flaw, Limit, Problem};
use crate::certificate::extensions::Extensions;
use crate::certificate::key::{AlgorithmIdentifier, PublicKey};
use crate::certificate::{SerialNumber, Validity, limits};

/// Maximum size of a certificate, in bytes.
const MAX_SIZE: usize = 65_536;

impl<'a> Fields<'a> {
    /// RFC 5280, section 4.1:
    ///
    /// ```asn1
    /// Certificate ::= SEQUENCE {
    ///      tbsCertificate      TBSCertificate,
    ///      signatureAlgorithm  AlgorithmIdentifier,
    ///      signatureValue      BIT STRING }
    /// ```
    #[inline(always)]
    pub(in crate::certificate) fn read(der: &'a [u8]) -> Result<Self, Flaw> {
        if der.len() > MAX_SIZE {
            return Err(Flaw::new(der, Field::Certificate, Problem::Limit(Limit::Size)));
        }
        let mut input = Reader::new(der);
        let mut certificate = Reader::new(input.read_long(der::SEQUENCE, Field::Certificate)?);
        input.end(Field::Certificate)?;

        let (tbs_certificate, tbs) =
            certificate.whole(|input| input.read_long(der::SEQUENCE, Field::TbsCertificate))?;
        let (outer, signature_algorithm) =
            certificate.whole(|input| AlgorithmIdentifier::read(input, Field::SignatureAlgorithm))?;
        let signature = certificate.read_long(der::BIT_STRING, Field::SignatureValue)?;
        let signature = der::bit_string_bytes(signature, Field::SignatureValue)?;
        certificate.end(Field::Certificate)?;

        // RFC 5280, section 4.1.2:
        //
        // TBSCertificate ::= SEQUENCE {
        //      version         [0]  EXPLICIT Version DEFAULT v1,
        //      serialNumber         CertificateSerialNumber,
        //      signature            AlgorithmIdentifier,
        //      issuer               Name,
        //      validity             Validity,
        //      subject              Name,
        //      subjectPublicKeyInfo SubjectPublicKeyInfo,
        //      issuerUniqueID  [1]  IMPLICIT UniqueIdentifier OPTIONAL,   -- version 2 or 3
        //      subjectUniqueID [2]  IMPLICIT UniqueIdentifier OPTIONAL,   -- version 2 or 3
        //      extensions      [3]  EXPLICIT Extensions OPTIONAL }        -- version 3
        let mut tbs = Reader::new(tbs);
        let version = Version::read(&mut tbs)?;
        let serial_number = SerialNumber::from_checked(tbs.integer(Field::SerialNumber)?);
        // Section 4.1.1.2: "MUST contain the same algorithm identifier as the signature field". If the bytes are
        // equal, they need not be read again.
        if !tbs.read_same(outer) {
            let at = tbs.rest();
            tbs.read(der::SEQUENCE, Field::Signature)?;
            return Err(Flaw::new(
                at,
                Field::SignatureAlgorithm,
                Problem::AlgorithmMismatch,
            ));
        }
        let (whole, content) = tbs.whole(|input| input.read(der::SEQUENCE, Field::Issuer))?;
        let issuer = DistinguishedName::from_checked(whole, content);
        let validity = Validity::read(&mut tbs)?;
        let (whole, content) = tbs.whole(|input| input.read(der::SEQUENCE, Field::Subject))?;
        let subject = DistinguishedName::from_checked(whole, content);
        let public_key = PublicKey::read(&mut tbs)?;
        let unique_identifiers = if tbs.peek(context_constructed(3)) {
            &[]
        } else {
            read_unique_identifiers(&mut tbs)?
        };
        let extensions = read_extensions(&mut tbs, version)?;
        tbs.end(Field::TbsCertificate)?;

        Ok(Self {
            der,
            tbs_certificate,
            version,
            serial_number,
            signature_algorithm,
            issuer,
            validity,
            subject,
            public_key,
            unique_identifiers,
            extensions,
            signature,
        })
    }

    #[inline(always)]
    pub(in crate::certificate) fn check_nested(&self) -> Result<(), Flaw> {
        limits::check_part(self.issuer.content(), Field::Issuer)?;
        limits::check_part(self.subject.content(), Field::Subject)?;
        distinguished_name::check(self.issuer.content(), Field::Issuer)?;
        distinguished_name::check(self.subject.content(), Field::Subject)?;
        self.extensions.check_nested()
    }
}

impl Version {
    /// `Version ::= INTEGER { v1(0), v2(1), v3(2) }`, where DER omits the default, v1.
    #[inline(always)]
    fn read(input: &mut Reader<'_>) -> Result<Self, Flaw> {
        let at = input.rest();
        let fault = |problem| Err(Flaw::new(at, Field::Version, problem));
        match input.read_optional(context_constructed(0), Field::Version)? {
            // DER omits the default; a version 1 certificate that states it has the same meaning.
            None | Some([der::INTEGER, 1, 0]) => Ok(Self::V1),
            Some([der::INTEGER, 1, 1]) => Ok(Self::V2),
            Some([der::INTEGER, 1, 2]) => Ok(Self::V3),
            Some(_) => fault(Problem::Version),
        }
    }
}

/// `UniqueIdentifier ::= BIT STRING`, RFC 5280, section 4.1.2.8: both identifiers, as encoded. They are not used for
/// decisions.
#[inline(never)]
fn read_unique_identifiers<'a>(tbs: &mut Reader<'a>) -> Result<&'a [u8], Flaw> {
    let (identifiers, _) = tbs.whole(|input| {
        input.read_optional(context(1), Field::UniqueIdentifier)?;
        input.read_optional(context(2), Field::UniqueIdentifier)
    })?;
    Ok(identifiers)
}

#[inline(always)]
fn read_extensions<'a>(tbs: &mut Reader<'a>, version: Version) -> Result<Extensions<'a>, Flaw> {
    let at = tbs.rest();
    if tbs.is_empty() {
        return Ok(Extensions::default());
    }
    let explicit = tbs.read_long(context_constructed(3), Field::Extensions)?;
    if version != Version::V3 {
        return Err(Flaw::new(at, Field::Extensions, Problem::NotInThisVersion));
    }
    let mut explicit = Reader::new(explicit);
    let extensions = Extensions::read(&mut explicit)?;
    explicit.end(Field::Extensions)?;
    Ok(extensions)
}
