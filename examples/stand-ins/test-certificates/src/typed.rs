//! A certificate reader of typed structures on the crate `der`, without allocation: the structures of RFC 5280 with its derive macro.
//! It shares no code with `upn-resolver` and is compared with it in tests and benches.
#![allow(missing_docs, reason = "the fields are those of RFC 5280")]

use der::asn1::{AnyRef, BitStringRef, GeneralizedTime, IntRef, ObjectIdentifier, OctetStringRef, UtcTime};
use der::{Choice, Decode, Reader, Sequence, SliceReader, Tag, Tagged};

/// RFC 5280, section 4.1.
#[derive(Clone, Debug, Sequence)]
pub struct Certificate<'a> {
    pub tbs_certificate: TbsCertificate<'a>,
    pub signature_algorithm: AlgorithmIdentifier<'a>,
    pub signature: BitStringRef<'a>,
}

/// RFC 5280, section 4.1.2.
#[derive(Clone, Debug, Sequence)]
pub struct TbsCertificate<'a> {
    #[asn1(context_specific = "0", default = "v1")]
    pub version: u8,
    pub serial_number: IntRef<'a>,
    pub signature: AlgorithmIdentifier<'a>,
    pub issuer: AnyRef<'a>,
    pub validity: Validity,
    pub subject: AnyRef<'a>,
    pub public_key: PublicKey<'a>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    pub issuer_unique_id: Option<BitStringRef<'a>>,
    #[asn1(context_specific = "2", tag_mode = "IMPLICIT", optional = "true")]
    pub subject_unique_id: Option<BitStringRef<'a>>,
    #[asn1(context_specific = "3", optional = "true")]
    pub extensions: Option<AnyRef<'a>>,
}

fn v1() -> u8 {
    0
}

/// RFC 5280, section 4.1.1.2.
#[derive(Clone, Debug, Sequence)]
pub struct AlgorithmIdentifier<'a> {
    pub algorithm: ObjectIdentifier,
    pub parameters: Option<AnyRef<'a>>,
}

/// RFC 5280, section 4.1.2.5.
#[derive(Clone, Copy, Debug, Sequence)]
pub struct Validity {
    pub not_before: Time,
    pub not_after: Time,
}

#[derive(Clone, Copy, Debug, Choice)]
pub enum Time {
    #[asn1(type = "UTCTime")]
    Utc(UtcTime),
    #[asn1(type = "GeneralizedTime")]
    Generalized(GeneralizedTime),
}

impl Time {
    /// Seconds since 1970.
    pub fn unix_seconds(self) -> u64 {
        match self {
            Self::Utc(time) => time.to_unix_duration(),
            Self::Generalized(time) => time.to_unix_duration(),
        }
        .as_secs()
    }
}

/// RFC 5280, section 4.1.2.7.
#[derive(Clone, Debug, Sequence)]
pub struct PublicKey<'a> {
    pub algorithm: AlgorithmIdentifier<'a>,
    pub key: BitStringRef<'a>,
}

/// RFC 5280, section 4.1.2.9.
#[derive(Clone, Debug, Sequence)]
pub struct Extension<'a> {
    pub id: ObjectIdentifier,
    #[asn1(default = "not_critical")]
    pub critical: bool,
    pub value: &'a OctetStringRef,
}

fn not_critical() -> bool {
    false
}

/// RFC 5280, section 4.2.1.6.
#[derive(Clone, Debug, Sequence)]
pub struct OtherName<'a> {
    pub kind: ObjectIdentifier,
    #[asn1(context_specific = "0")]
    pub value: AnyRef<'a>,
}

/// The values of a certificate that a sign-in uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answer<'a> {
    /// The first principal name.
    pub principal_name: Option<&'a [u8]>,
    /// The first rfc822Name.
    pub rfc822_name: Option<&'a [u8]>,
    /// Number of purposes.
    pub purposes: usize,
    pub digital_signature: bool,
    /// Seconds since 1970.
    pub not_after: u64,
}

/// The user principal name, 1.3.6.1.4.1.311.20.2.3.
const UPN: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.20.2.3");

impl<'a> Certificate<'a> {
    /// Reads a certificate including its names and the values of its extensions.
    pub fn read(der: &'a [u8]) -> der::Result<Self> {
        let certificate = Self::from_der(der)?;
        for name in [
            &certificate.tbs_certificate.issuer,
            &certificate.tbs_certificate.subject,
        ] {
            attributes(*name, |_, _| {})?;
        }
        Ok(certificate)
    }

    /// Calls back with each extension.
    pub fn each_extension(&self, mut each: impl FnMut(Extension<'a>) -> der::Result<()>) -> der::Result<()> {
        let Some(list) = self.tbs_certificate.extensions else {
            return Ok(());
        };
        elements(list, Tag::Sequence, |input| each(Extension::decode(input)?))
    }

    /// The values that a sign-in uses.
    pub fn answer(&self) -> der::Result<Answer<'a>> {
        let mut answer = Answer {
            not_after: self.tbs_certificate.validity.not_after.unix_seconds(),
            ..Answer::default()
        };
        self.each_extension(|extension| {
            let value = extension.value.as_bytes();
            match extension.id {
                const_oid::db::rfc5280::ID_CE_SUBJECT_ALT_NAME => {
                    elements(AnyRef::from_der(value)?, Tag::Sequence, |input| {
                        let name = AnyRef::decode(input)?;
                        if name.tag().number().value() == 1 && answer.rfc822_name.is_none() {
                            answer.rfc822_name = Some(name.value());
                        }
                        if name.tag().number().value() == 0 {
                            let mut inner = SliceReader::new(name.value())?;
                            let kind = ObjectIdentifier::decode(&mut inner)?;
                            let explicit = AnyRef::decode(&mut inner)?;
                            let text = AnyRef::from_der(explicit.value())?;
                            inner.finish()?;
                            if kind == UPN && answer.principal_name.is_none() {
                                answer.principal_name = Some(text.value());
                            }
                        }
                        Ok(())
                    })
                }
                const_oid::db::rfc5280::ID_CE_EXT_KEY_USAGE => {
                    elements(AnyRef::from_der(value)?, Tag::Sequence, |input| {
                        <ObjectIdentifier>::decode(input)?;
                        answer.purposes += 1;
                        Ok(())
                    })
                }
                const_oid::db::rfc5280::ID_CE_KEY_USAGE => {
                    let bits = BitStringRef::from_der(value)?;
                    answer.digital_signature =
                        bits.raw_bytes().first().is_some_and(|first| first & 0x80 != 0);
                    Ok(())
                }
                _ => Ok(()),
            }
        })?;
        Ok(answer)
    }
}

/// Calls back with type and value of each attribute of a name (RFC 5280, section 4.1.2.4).
pub fn attributes<'a>(
    name: AnyRef<'a>,
    mut each: impl FnMut(ObjectIdentifier, AnyRef<'a>),
) -> der::Result<()> {
    elements(name, Tag::Sequence, |names| {
        elements(AnyRef::decode(names)?, Tag::Set, |set| {
            let attribute = AnyRef::decode(set)?;
            attribute.tag().assert_eq(Tag::Sequence)?;
            let mut attribute = SliceReader::new(attribute.value())?;
            let kind = ObjectIdentifier::decode(&mut attribute)?;
            let value = AnyRef::decode(&mut attribute)?;
            each(kind, value);
            attribute.finish()
        })
    })
}

/// Calls back with the reader until the element ends.
fn elements<'a>(
    element: AnyRef<'a>,
    tag: Tag,
    mut each: impl FnMut(&mut SliceReader<'a>) -> der::Result<()>,
) -> der::Result<()> {
    element.tag().assert_eq(tag)?;
    let mut input = SliceReader::new(element.value())?;
    while !input.is_finished() {
        each(&mut input)?;
    }
    input.finish()
}
