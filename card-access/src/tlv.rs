//! Tag, length, value: ISO/IEC 7816-4 section 6.2 (BER-TLV).

/// Reads TLVs one after the other. Every length is checked against the input, and nothing is copied.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(input: &'a [u8]) -> Self {
        Self(input)
    }

    /// Returns the next TLV; `None` at the end and for malformed input.
    pub(crate) fn next(&mut self) -> Option<(u32, &'a [u8])> {
        let (tag, rest) = split_tag(self.0)?;
        let (length, rest) = split_length(rest)?;
        let (value, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, value))
    }

    /// Returns the value of the next TLV, which must have this tag.
    pub(crate) fn expect(&mut self, tag: u32) -> Option<&'a [u8]> {
        let (found, value) = self.next()?;
        (found == tag).then_some(value)
    }

    /// Remaining input.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// Whether all input was read.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Returns the tag of the first TLV and what follows its length, which may be only the beginning of its value.
pub(crate) fn header(input: &[u8]) -> Option<(u32, &[u8])> {
    let (tag, rest) = split_tag(input)?;
    split_length(rest).map(|(_, content)| (tag, content))
}

/// Returns the value of the first TLV with this tag, skipping those before it.
pub(crate) fn find(input: &[u8], tag: u32) -> Option<&[u8]> {
    let mut reader = Reader::new(input);
    loop {
        let (found, value) = reader.next()?;
        if found == tag {
            return Some(value);
        }
    }
}

/// Appends a TLV with the tag as encoded, such as `0x7f49`.
pub(crate) fn push(output: &mut Vec<u8>, tag: u32, value: &[u8]) {
    let significant = |bytes: [u8; 4]| bytes.into_iter().skip_while(|byte| *byte == 0);
    output.extend(significant(tag.to_be_bytes()));
    let length = u32::try_from(value.len()).unwrap_or(u32::MAX);
    let length: Vec<u8> = significant(length.to_be_bytes()).collect();
    match *length {
        [] => output.push(0),
        [short @ ..=0x7f] => output.push(short),
        _ => {
            output.push(0x80 | u8::try_from(length.len()).unwrap_or(4));
            output.extend(length);
        }
    }
    output.extend(value);
}

/// Tags have one to three bytes (ISO/IEC 7816-4 section 6.2) and are kept as encoded.
fn split_tag(input: &[u8]) -> Option<(u32, &[u8])> {
    let (&first, mut rest) = input.split_first()?;
    let mut tag = u32::from(first);
    if first & 0x1f == 0x1f {
        loop {
            let (&next, after) = rest.split_first()?;
            rest = after;
            tag = tag << 8 | u32::from(next);
            if next & 0x80 == 0 {
                break;
            }
            if tag > 0xffff {
                return None;
            }
        }
    }
    Some((tag, rest))
}

/// Lengths have one to five bytes (ISO/IEC 7816-4 table 8). Longer forms than necessary are accepted, because cards write them.
fn split_length(input: &[u8]) -> Option<(usize, &[u8])> {
    let (&first, rest) = input.split_first()?;
    match first {
        0..=0x7f => Some((usize::from(first), rest)),
        0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            let length = bytes
                .iter()
                .fold(0_u32, |length, byte| length << 8 | u32::from(*byte));
            Some((usize::try_from(length).ok()?, rest))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Reader, find, push};

    #[test]
    fn what_is_written_reads_back() {
        for length in [0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x1_0000] {
            let value = vec![0x5a; length];
            for tag in [0x53, 0x7f49, 0x5f_c105] {
                let mut output = Vec::new();
                push(&mut output, tag, &value);
                let mut reader = Reader::new(&output);
                assert_eq!(reader.expect(tag), Some(&*value));
                assert!(reader.is_empty());
            }
        }
    }

    #[test]
    fn a_length_beyond_the_input_ends_the_reading() {
        for input in [
            &[0x53][..],
            &[0x53, 0x02, 0x00],
            &[0x53, 0x80],
            &[0x53, 0x85, 0, 0, 0, 0, 1],
            &[0x5f],
        ] {
            assert_eq!(Reader::new(input).next(), None, "{input:02x?}");
        }
        assert_eq!(find(&[0x53, 0x84, 0xff, 0xff, 0xff, 0xff, 0x00], 0x53), None);
        assert_eq!(find(&[0x5f, 0xff, 0xff, 0x01, 0x00], 0x53), None);
    }
}
