//! ASN.1 in DER (X.690), as far as Kerberos (RFC 4120 appendix A) and CMS (RFC 5652) use it: `sequences!` declares what is read,
//! `fields!` writes.

use crate::der::{self, BIT_STRING, INTEGER, Reader, SEQUENCE, context, element, integer_of};

pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const GENERALIZED_TIME: u8 = 0x18;
const GENERAL_STRING: u8 = 0x1b;

/// Longest name and realm, in bytes. A UPN has at most 1,024 characters in Active Directory.
pub(super) const MAX_STRING: usize = 4096;

/// Maximum number of elements in a list. Real lists have a handful.
const MAX_ELEMENTS: usize = 64;

/// Tag `[n] IMPLICIT` of a primitive element, n below 31.
pub(super) const fn context_primitive(number: u8) -> u8 {
    0x80 | number
}

/// Tag `[APPLICATION n]` of a constructed element, n below 31.
pub(super) const fn application(number: u8) -> u8 {
    0x60 | number
}

impl<'a> Reader<'a> {
    /// Tag of the next element.
    pub(super) fn tag(&self) -> Option<u8> {
        self.0.first().copied()
    }

    /// The next element, with its tag and length.
    pub(super) fn element(&mut self) -> Option<&'a [u8]> {
        let (_, _, rest) = der::next(self.0)?;
        let (whole, rest) = self.0.split_at_checked(self.0.len() - rest.len())?;
        self.0 = rest;
        Some(whole)
    }

    /// The elements up to the end, or to the first malformed one.
    pub(super) fn elements(mut self) -> impl Iterator<Item = &'a [u8]> {
        core::iter::from_fn(move || self.element())
    }

    /// A reader of the content of the next element, which must have this tag.
    pub(super) fn enter(&mut self, tag: u8) -> Option<Self> {
        self.take(tag).map(Self)
    }

    /// Content of the explicit field `[number]`, if there is one. Fields before it are skipped.
    #[expect(clippy::option_option, reason = "absent and malformed are different")]
    fn field(&mut self, number: u8) -> Option<Option<&'a [u8]>> {
        while matches!(self.tag(), Some(tag) if (context(0)..context(number)).contains(&tag)) {
            self.element()?;
        }
        let is_present = self.tag() == Some(context(number));
        if is_present {
            self.take(context(number)).map(Some)
        } else {
            Some(None)
        }
    }
}

/// A value that can be read.
pub(super) trait Asn1<'a>: Sized {
    fn read(reader: &mut Reader<'a>) -> Option<Self>;

    /// Reads the value in the explicit field `[number]`.
    fn read_field(reader: &mut Reader<'a>, number: u8) -> Option<Self> {
        Self::from_der(reader.field(number)??)
    }

    /// The value if it is the only one in `bytes`.
    fn from_der(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        let value = Self::read(&mut reader)?;
        reader.is_empty().then_some(value)
    }
}

/// An element that is passed on.
#[derive(Clone, Copy)]
pub(super) struct Any<'a>(pub(super) &'a [u8]);

impl<'a> Asn1<'a> for Any<'a> {
    fn read(reader: &mut Reader<'a>) -> Option<Self> {
        reader.element().map(Self)
    }
}

/// OPTIONAL: only in a field.
impl<'a, T: Asn1<'a>> Asn1<'a> for Option<T> {
    fn read(reader: &mut Reader<'a>) -> Option<Self> {
        T::read(reader).map(Some)
    }

    fn read_field(reader: &mut Reader<'a>, number: u8) -> Option<Self> {
        let content = reader.field(number)?;
        content.map_or(Some(None), |content| T::from_der(content).map(Some))
    }
}

/// SEQUENCE OF.
impl<'a, T: Asn1<'a>> Asn1<'a> for Vec<T> {
    fn read(reader: &mut Reader<'a>) -> Option<Self> {
        let mut list = reader.enter(SEQUENCE)?;
        let mut values = Self::new();
        while !list.is_empty() && values.len() < MAX_ELEMENTS {
            values.push(T::read(&mut list)?);
        }
        list.is_empty().then_some(values)
    }
}

/// INTEGER of at most eight bytes.
impl<'a> Asn1<'a> for i64 {
    fn read(reader: &mut Reader<'a>) -> Option<Self> {
        let content = reader.take(INTEGER)?;
        let sign = if content.first()? & 0x80 == 0 { 0 } else { -1 };
        let append = |value, &byte| value << 8 | Self::from(byte);
        (content.len() <= 8).then(|| content.iter().fold(sign, append))
    }
}

/// OCTET STRING.
impl<'a> Asn1<'a> for &'a [u8] {
    fn read(reader: &mut Reader<'a>) -> Option<Self> {
        reader.take(OCTET_STRING)
    }
}

/// `KerberosFlags`: BIT STRING of 32 bits (RFC 4120 section 5.2.8).
impl<'a> Asn1<'a> for [u8; 4] {
    fn read(reader: &mut Reader<'a>) -> Option<Self> {
        let bits = reader.take(BIT_STRING)?.strip_prefix(&[0])?;
        bits.first_chunk().copied()
    }
}

/// `KerberosString` (RFC 4120 section 5.2.1).
impl<'a> Asn1<'a> for String {
    fn read(reader: &mut Reader<'a>) -> Option<Self> {
        string(reader.take(GENERAL_STRING)?)
    }
}

/// The text of a `KerberosString`. Practice is UTF-8 without control characters.
pub(super) fn string(content: &[u8]) -> Option<String> {
    let text = core::str::from_utf8(content).ok()?;
    let fits = text.len() <= MAX_STRING && !text.contains(char::is_control);
    fits.then(|| text.to_owned())
}

/// Declares SEQUENCEs with their explicit fields `[n]`, as far as they are used. Other fields are skipped.
macro_rules! sequences {
    ($($(#[$meta:meta])* struct $name:ident$(<$life:lifetime>)? { $($number:literal $field:ident: $kind:ty),* $(,)? })*) => {$(
        $(#[$meta])*
        pub(super) struct $name$(<$life>)? { $(pub(super) $field: $kind),* }

        impl<'a> Asn1<'a> for $name$(<$life>)? {
            fn read(reader: &mut Reader<'a>) -> Option<Self> {
                let mut fields = reader.enter(SEQUENCE)?;
                Some(Self { $($field: Asn1::read_field(&mut fields, $number)?),* })
            }
        }
    )*};
}
pub(super) use sequences;

/// A SEQUENCE of explicit fields `[n]`, each from an encoded value. An empty value leaves its field out.
macro_rules! fields {
    ($($number:literal: $value:expr),* $(,)?) => { sequence(&[$(explicit($number, &$value)),*]) };
}
pub(super) use fields;

/// A value in the explicit field `[number]`. No field for an OPTIONAL value that is empty.
pub(super) fn explicit(number: u8, value: &[u8]) -> Vec<u8> {
    if value.is_empty() {
        return Vec::new();
    }
    element(context(number), value)
}

/// A positive INTEGER from its bytes, the most significant first.
pub(super) fn unsigned(bytes: &[u8]) -> Vec<u8> {
    integer_of(&[&[0], bytes].concat())
}

pub(super) fn octet_string(bytes: &[u8]) -> Vec<u8> {
    element(OCTET_STRING, bytes)
}

/// `KerberosString`.
pub(super) fn general_string(text: &str) -> Vec<u8> {
    element(GENERAL_STRING, text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::der::{bits, integer, sequence, unsigned_value};

    #[test]
    fn integers_keep_their_value_and_have_the_shortest_form() {
        for (value, content) in [
            (0_i64, &[0][..]),
            (0x7f, &[0x7f]),
            (0x80, &[0, 0x80]),
            (0x8000, &[0, 0x80, 0]),
            (0x7fff_ffff, &[0x7f, 0xff, 0xff, 0xff]),
            (-1, &[0xff]),
            (-128, &[0x80]),
            (-129, &[0xff, 0x7f]),
            (-138, &[0xff, 0x76]),
            (i64::MIN, &[0x80, 0, 0, 0, 0, 0, 0, 0]),
        ] {
            assert_eq!(integer(value), element(INTEGER, content));
            assert_eq!(i64::from_der(&integer(value)), Some(value));
        }
        assert_eq!(i64::from_der(&[2, 0]), None);
        assert_eq!(i64::from_der(&[2, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1]), None);
    }

    #[test]
    fn large_numbers_are_positive() {
        for (bytes, content) in [
            (&[][..], &[0][..]),
            (&[0, 0], &[0]),
            (&[0, 1], &[1]),
            (&[0x80], &[0, 0x80]),
            (&[0x7f, 0xff], &[0x7f, 0xff]),
        ] {
            assert_eq!(unsigned(bytes), element(INTEGER, content));
        }
        assert_eq!(unsigned_value(&[0, 0x80]), Some(&[0x80][..]));
        assert_eq!(unsigned_value(&[0x7f]), Some(&[0x7f][..]));
        assert_eq!(unsigned_value(&[0]), Some(&[0][..]));
        assert_eq!(unsigned_value(&[0x80]), None);
        assert_eq!(unsigned_value(&[]), None);
    }

    #[test]
    fn a_field_holds_one_element() {
        let good = explicit(1, &integer(5));
        let read = |bytes: &[u8], number| i64::read_field(&mut Reader(bytes), number);
        assert_eq!((read(&good, 1), read(&good, 2)), (Some(5), None));
        let skipped = [explicit(0, &[5, 0]), good.clone()].concat();
        assert_eq!((read(&skipped, 1), read(&good, 0)), (Some(5), None));
        assert_eq!(read(&[&integer(7)[..], &good].concat(), 1), None, "no field");
        assert_eq!(
            read(&explicit(1, &[good.clone(), good.clone()].concat()), 1),
            None
        );
        let optional = |bytes: &[u8], number| Option::<i64>::read_field(&mut Reader(bytes), number);
        assert_eq!(
            (optional(&good, 1), optional(&good, 2)),
            (Some(Some(5)), Some(None))
        );
        assert_eq!(
            (optional(&skipped, 1), optional(&good, 0)),
            (Some(Some(5)), Some(None))
        );
        assert_eq!(optional(&element(context(1), &[]), 1), None);
        assert!(explicit(1, &[]).is_empty(), "an optional field");
        assert_eq!(fields! { 1: integer(5), 2: Vec::new() }, sequence(&[good]));
    }

    #[test]
    fn lists_and_strings_have_limits() {
        let list = |length| sequence(&vec![integer(7); length]);
        assert_eq!(
            Vec::from_der(&list(MAX_ELEMENTS)),
            Some(vec![7_i64; MAX_ELEMENTS])
        );
        assert_eq!(Vec::<i64>::from_der(&list(MAX_ELEMENTS + 1)), None);
        assert_eq!(<[u8; 4]>::from_der(&bits(&[1, 2, 3, 4])), Some([1, 2, 3, 4]));
        assert_eq!(<[u8; 4]>::from_der(&bits(&[1, 2, 3])), None);
        assert_eq!(<[u8; 4]>::from_der(&element(BIT_STRING, &[1, 1, 2, 3, 4])), None);
        assert_eq!(String::from_der(&general_string("corp")).as_deref(), Some("corp"));
        assert_eq!(String::from_der(&general_string("a\nb")), None);
        assert!(String::from_der(&general_string(&"x".repeat(MAX_STRING))).is_some());
        assert!(String::from_der(&general_string(&"x".repeat(MAX_STRING + 1))).is_none());
        assert_eq!(element(application(30), &integer(5)), [0x7e, 3, 2, 1, 5]);
    }
}
