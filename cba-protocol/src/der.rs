//! Writing and reading DER (X.690), as far as certificate requests, public keys and the messages of Kerberos need it.

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const NULL: u8 = 0x05;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const PRINTABLE_STRING: u8 = 0x13;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

/// Tag `[n]` of a constructed element, n below 31.
pub(crate) const fn context(number: u8) -> u8 {
    0xa0 | number
}

/// An element.
pub(crate) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let significant = length
        .iter()
        .position(|&byte| byte != 0)
        .unwrap_or(length.len() - 1);
    let length = length.get(significant..).unwrap_or_default();
    let mut der = vec![tag];
    match length {
        [short] if *short < 0x80 => der.push(*short),
        // at most eight bytes
        long => {
            der.push(0x80 | u8::try_from(long.len()).unwrap_or(0));
            der.extend(long);
        }
    }
    der.extend(content);
    der
}

pub(crate) fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    element(SEQUENCE, &parts.concat())
}

pub(crate) fn identifier(content: &[u8]) -> Vec<u8> {
    element(OBJECT_IDENTIFIER, content)
}

/// BIT STRING of whole bytes.
pub(crate) fn bits(bytes: &[u8]) -> Vec<u8> {
    element(BIT_STRING, &[&[0], bytes].concat())
}

pub(crate) fn integer(value: i64) -> Vec<u8> {
    integer_of(&value.to_be_bytes())
}

/// INTEGER from its two's complement, the most significant byte first.
pub(crate) fn integer_of(bytes: &[u8]) -> Vec<u8> {
    let repeats_sign = |pair: &&[u8]| matches!(pair, [0, 0..=0x7f] | [0xff, 0x80..=0xff]);
    let start = bytes.windows(2).take_while(repeats_sign).count();
    element(INTEGER, bytes.get(start..).unwrap_or_default())
}

/// Bytes of a positive INTEGER without the byte for the sign.
pub(crate) fn unsigned_value(content: &[u8]) -> Option<&[u8]> {
    match content {
        [0, rest @ ..] if !rest.is_empty() => Some(rest),
        [first, ..] if first & 0x80 == 0 => Some(content),
        _ => None,
    }
}

/// Reads elements one after the other. Nothing is copied.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    /// The content of the only element in `bytes`.
    pub(crate) fn only(bytes: &'a [u8], tag: u8) -> Option<Self> {
        let mut reader = Self(bytes);
        let content = reader.take(tag)?;
        reader.is_empty().then_some(Self(content))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The content of the next element, which must have this tag.
    pub(crate) fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (found, content, rest) = next(self.0)?;
        (found == tag).then(|| {
            self.0 = rest;
            content
        })
    }
}

/// Tag and content of the first element, and what follows it. The length must be the shortest possible.
pub(crate) fn next(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x83 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            let length = bytes
                .iter()
                .fold(0_usize, |length, &byte| length << 8 | usize::from(byte));
            let shortest = length >= 0x80 && bytes.first() != Some(&0);
            shortest.then_some((length, rest))?
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(tag: u8, der: &[u8]) -> Option<&[u8]> {
        Reader::only(der, tag).map(|reader| reader.0)
    }

    #[test]
    fn an_element_of_any_length_is_read_back() {
        for length in [0, 1, 127, 128, 255, 256, 65_535, 65_536] {
            let content = vec![7; length];
            let der = element(SEQUENCE, &content);
            assert_eq!(only(SEQUENCE, &der), Some(content.as_slice()), "{length}");
            assert_eq!(only(SET, &der), None);
            assert_eq!(only(SEQUENCE, der.get(..der.len() - 1).unwrap()), None);
        }
        assert_eq!(
            element(SEQUENCE, &[7; 128]).get(..3),
            Some(&[0x30, 0x81, 0x80][..])
        );
    }

    #[test]
    fn a_longer_length_than_needed_is_refused() {
        assert_eq!(only(NULL, &[5, 0x81, 0]), None);
        assert_eq!(only(NULL, &[5, 0x82, 0, 0x80]), None);
        assert_eq!(only(NULL, &[5, 0x80]), None);
        assert_eq!(only(NULL, &[5, 0x83, 0, 0xff, 0xff]), None);
        assert_eq!(only(NULL, &[5, 0x84, 1, 0, 0, 0]), None);
    }
}
