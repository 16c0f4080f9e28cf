//! Writing and reading DER (X.690), as far as certificate requests and public keys need it.

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const NULL: u8 = 0x05;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const PRINTABLE_STRING: u8 = 0x13;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;
/// `[0]`, constructed.
pub(crate) const CONTEXT_0: u8 = 0xa0;

/// An element.
pub(crate) fn element(tag: u8, content: &[&[u8]]) -> Vec<u8> {
    let content = content.concat();
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

/// The content of the first element, which must have this tag, and what follows it. The length must be the shortest possible.
pub(crate) fn read(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (found, rest) = der.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(*first), rest),
        0x81 => {
            let (length, rest) = rest.split_first()?;
            (usize::from(*length), rest)
        }
        0x82 => {
            let (length, rest) = rest.split_first_chunk::<2>()?;
            (usize::from(u16::from_be_bytes(*length)), rest)
        }
        _ => return None,
    };
    let shortest = match first {
        0x81 => length >= 0x80,
        0x82 => length > 0xff,
        _ => true,
    };
    (*found == tag && shortest)
        .then(|| rest.split_at_checked(length))
        .flatten()
}

/// The content of the only element.
pub(crate) fn only(tag: u8, der: &[u8]) -> Option<&[u8]> {
    read(tag, der)
        .filter(|(_, rest)| rest.is_empty())
        .map(|(content, _)| content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_of_any_length_is_read_back() {
        for length in [0, 1, 127, 128, 255, 256, 65_535] {
            let content = vec![7; length];
            let der = element(SEQUENCE, &[&content]);
            assert_eq!(only(SEQUENCE, &der), Some(content.as_slice()), "{length}");
            assert_eq!(only(SET, &der), None);
            assert_eq!(only(SEQUENCE, der.get(..der.len() - 1).unwrap()), None);
        }
        assert_eq!(
            element(SEQUENCE, &[&[7; 128]]).get(..3),
            Some(&[0x30, 0x81, 0x80][..])
        );
    }

    #[test]
    fn a_longer_length_than_needed_is_refused() {
        assert_eq!(read(NULL, &[5, 0x81, 0]), None);
        assert_eq!(read(NULL, &[5, 0x82, 0, 0x80]), None);
        assert_eq!(read(NULL, &[5, 0x80]), None);
    }
}
