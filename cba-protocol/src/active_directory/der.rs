//! DER (X.690), as far as Kerberos (RFC 4120 appendix A) and CMS (RFC 5652) use it.

pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const NULL: u8 = 0x05;
pub(super) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(super) const GENERALIZED_TIME: u8 = 0x18;
pub(super) const GENERAL_STRING: u8 = 0x1b;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// Tag `[n]` of a constructed element, n below 31.
pub(super) const fn context(number: u8) -> u8 {
    0xa0 | number
}

/// Tag `[n] IMPLICIT` of a primitive element, n below 31.
pub(super) const fn context_primitive(number: u8) -> u8 {
    0x80 | number
}

/// Tag `[APPLICATION n]`, n below 31.
pub(super) const fn application(number: u8) -> u8 {
    0x60 | number
}

/// One element.
#[derive(Clone, Copy)]
pub(super) struct Element<'a> {
    pub(super) tag: u8,
    pub(super) content: &'a [u8],
    /// The element with its tag and length.
    pub(super) whole: &'a [u8],
}

/// Reads elements one after the other. Nothing is copied.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The content of the only element in `bytes`.
    pub(super) fn only(bytes: &'a [u8], tag: u8) -> Option<Self> {
        let mut reader = Self(bytes);
        let content = reader.take(tag)?;
        reader.0.is_empty().then_some(Self(content))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Bytes that are not read yet.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// The next element with any tag.
    pub(super) fn next(&mut self) -> Option<Element<'a>> {
        let (&tag, rest) = self.0.split_first()?;
        // A tag number of 31 and more would follow in further bytes; no message has one.
        if tag & 0x1f == 0x1f {
            return None;
        }
        let (length, rest) = read_length(rest)?;
        let (content, after) = rest.split_at_checked(length)?;
        let (whole, _) = self.0.split_at_checked(self.0.len() - after.len())?;
        self.0 = after;
        Some(Element { tag, content, whole })
    }

    /// The content of the next element, which must have this tag.
    pub(super) fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        let mut ahead = *self;
        let element = ahead.next().filter(|element| element.tag == tag)?;
        *self = ahead;
        Some(element.content)
    }

    /// A reader of the content of the next element, which must have this tag.
    pub(super) fn enter(&mut self, tag: u8) -> Option<Self> {
        self.take(tag).map(Self)
    }

    /// The content of the element of type `tag` in the explicit field `[number]`, which must come next.
    pub(super) fn field(&mut self, number: u8, tag: u8) -> Option<&'a [u8]> {
        let mut ahead = *self;
        let mut explicit = ahead.enter(context(number))?;
        let content = explicit.take(tag)?;
        *self = ahead;
        explicit.is_empty().then_some(content)
    }

    /// Skips the field `[number]` if it comes next.
    pub(super) fn skip(&mut self, number: u8) {
        let _ = self.take(context(number));
    }

    /// A number in the explicit field `[number]`.
    pub(super) fn number(&mut self, number: u8) -> Option<i64> {
        self.field(number, INTEGER).and_then(integer_value)
    }
}

/// Length in the short form, or in the long form with up to three bytes and no byte too many.
fn read_length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    if first < 0x80 {
        return Some((usize::from(first), rest));
    }
    let count = usize::from(first & 0x7f);
    let (octets, rest) = (1..=3).contains(&count).then(|| rest.split_at_checked(count))??;
    let length = octets
        .iter()
        .fold(0_usize, |length, &byte| length << 8 | usize::from(byte));
    let shortest = length >= 0x80 && octets.first() != Some(&0);
    shortest.then_some((length, rest))
}

/// Value of an INTEGER of at most eight bytes.
pub(super) fn integer_value(content: &[u8]) -> Option<i64> {
    let negative = content.first()? & 0x80 != 0;
    (content.len() <= 8).then(|| {
        content
            .iter()
            .fold(if negative { -1 } else { 0 }, |value, &byte| {
                value << 8 | i64::from(byte)
            })
    })
}

/// Bytes of a positive INTEGER without the byte for the sign.
pub(super) fn unsigned_value(content: &[u8]) -> Option<&[u8]> {
    match content {
        [0, rest @ ..] if !rest.is_empty() => Some(rest),
        [first, ..] if first & 0x80 == 0 => Some(content),
        _ => None,
    }
}

/// The bytes of a BIT STRING without unused bits.
pub(super) fn whole_bytes(content: &[u8]) -> Option<&[u8]> {
    content.strip_prefix(&[0])
}

pub(super) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut out = Vec::with_capacity(length + 5);
    out.push(tag);
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => out.push(short),
        _ => {
            let bytes = length.to_be_bytes();
            let first = bytes.iter().position(|&byte| byte != 0).unwrap_or_default();
            let significant = bytes.get(first..).unwrap_or_default();
            out.push(0x80 | u8::try_from(significant.len()).unwrap_or_default());
            out.extend_from_slice(significant);
        }
    }
    out.extend_from_slice(content);
    out
}

pub(super) fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    element(SEQUENCE, &parts.concat())
}

pub(super) fn explicit(number: u8, content: &[u8]) -> Vec<u8> {
    element(context(number), content)
}

/// A positive INTEGER from its bytes, the most significant first.
pub(super) fn unsigned(bytes: &[u8]) -> Vec<u8> {
    let first = bytes.iter().position(|&byte| byte != 0);
    let significant = first.and_then(|at| bytes.get(at..)).unwrap_or_default();
    let sign = if significant.first().is_none_or(|byte| byte & 0x80 != 0) {
        &[0][..]
    } else {
        &[]
    };
    element(INTEGER, &[sign, significant].concat())
}

pub(super) fn integer(value: u32) -> Vec<u8> {
    unsigned(&value.to_be_bytes())
}

pub(super) fn octets(bytes: &[u8]) -> Vec<u8> {
    element(OCTET_STRING, bytes)
}

pub(super) fn bits(bytes: &[u8]) -> Vec<u8> {
    element(BIT_STRING, &[&[0], bytes].concat())
}

pub(super) fn oid(content: &[u8]) -> Vec<u8> {
    element(OBJECT_IDENTIFIER, content)
}

pub(super) fn general_string(text: &str) -> Vec<u8> {
    element(GENERAL_STRING, text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_have_one_form() {
        for length in [0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x1_0000] {
            let content = vec![7; length];
            let written = element(OCTET_STRING, &content);
            let mut reader = Reader::new(&written);
            assert_eq!(reader.take(OCTET_STRING).map(<[u8]>::len), Some(length));
            assert!(reader.is_empty());
        }
        for wrong in [
            &[4, 0x81, 1, 0][..],
            &[4, 0x82, 0, 0x80],
            &[4, 0x80, 0, 0],
            &[4, 2, 0],
            &[4],
            &[0x1f, 0],
        ] {
            assert!(Reader::new(wrong).next().is_none(), "{wrong:02x?}");
        }
    }

    #[test]
    fn integers_keep_their_value() {
        for value in [0, 1, 0x7f, 0x80, 0x8000, 0x7fff_ffff, u32::MAX] {
            let written = integer(value);
            let content = Reader::new(&written).take(INTEGER).unwrap_or_default().to_vec();
            assert_eq!(integer_value(&content), Some(i64::from(value)));
            assert!(unsigned_value(&content).is_some());
        }
        assert_eq!(integer_value(&[0xff]), Some(-1));
        assert_eq!(integer_value(&[0xff, 0x76]), Some(-138));
        assert_eq!(integer_value(&[]), None);
        assert_eq!(unsigned_value(&[0x80]), None);
    }

    #[test]
    fn a_field_holds_one_element() {
        let good = explicit(1, &integer(5));
        assert_eq!(Reader::new(&good).number(1), Some(5));
        assert_eq!(Reader::new(&good).number(2), None);
        let two = explicit(1, &[integer(5), integer(6)].concat());
        assert_eq!(Reader::new(&two).number(1), None);
    }
}
