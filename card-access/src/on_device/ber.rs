//! BER to DER, as far as PKCS#12 files need it.
//!
//! [RFC 7292 section 4](https://www.rfc-editor.org/rfc/rfc7292#section-4) defines the file in BER. Most programs write DER.
//! Those that write while they encrypt, such as Firefox and Thunderbird, use indefinite lengths (X.690 section 8.1.3.6) and
//! constructed strings (section 8.7).

use zeroize::Zeroizing;

/// Maximum nesting; RFC 7292 needs less than 16.
const MAX_DEPTH: usize = 32;

/// Returns the first element of `input` with definite lengths and primitive strings; `None` if it is not BER.
///
/// Input after the element is ignored, as in OpenSSL.
pub(super) fn to_der(input: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    // A header becomes longer only where an indefinite length is replaced, and that removes the two end bytes.
    let mut output = Zeroizing::new(Vec::with_capacity(input.len().checked_mul(2)?));
    element(input, MAX_DEPTH, &mut output)?;
    Some(output)
}

/// Appends the first element as DER and returns the input after it.
fn element<'a>(input: &'a [u8], depth: usize, output: &mut Vec<u8>) -> Option<&'a [u8]> {
    let depth = depth.checked_sub(1)?;
    let header = Header::read(input)?;
    let (mut content, after) = match header.length {
        Some(length) => header.rest.split_at_checked(length)?,
        None => (header.rest, &[][..]),
    };
    if !header.constructed() {
        header.length?;
        push(output, header.tag, content);
        return Some(after);
    }
    let mut inner = Zeroizing::new(Vec::with_capacity(content.len()));
    let string = header.tag == CONSTRUCTED_OCTET_STRING;
    loop {
        match (header.length, content) {
            (Some(_), []) => break,
            (None, [0, 0, rest @ ..]) => {
                content = rest;
                break;
            }
            _ => {
                let start = inner.len();
                content = element(content, depth, &mut inner)?;
                if string {
                    strip_header(&mut inner, start)?;
                }
            }
        }
    }
    push(output, if string { OCTET_STRING } else { header.tag }, &inner);
    Some(if header.length.is_some() { after } else { content })
}

/// Replaces the element at `start`, an OCTET STRING in DER, by its content.
fn strip_header(buffer: &mut Vec<u8>, start: usize) -> Option<()> {
    let piece = buffer.get(start..)?;
    let header = Header::read(piece).filter(|header| header.tag == OCTET_STRING)?;
    let content = start.checked_add(piece.len().checked_sub(header.rest.len())?)?;
    buffer.drain(start..content);
    Some(())
}

const OCTET_STRING: u8 = 0x04;
const CONSTRUCTED_OCTET_STRING: u8 = 0x24;

/// Tag and length. Tags above 30, with more than one byte, do not occur in these files.
struct Header<'a> {
    tag: u8,
    /// `None` means an indefinite length.
    length: Option<usize>,
    rest: &'a [u8],
}

impl<'a> Header<'a> {
    fn read(input: &'a [u8]) -> Option<Self> {
        let (&[tag, first], rest) = input.split_first_chunk()?;
        if tag & 0x1f == 0x1f || tag == 0 {
            return None;
        }
        let (length, rest) = match first {
            0..=0x7f => (Some(usize::from(first)), rest),
            0x80 => (None, rest),
            0x81..=0x84 => {
                let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                let length = digits
                    .iter()
                    .fold(0_u32, |length, digit| length << 8 | u32::from(*digit));
                (Some(usize::try_from(length).ok()?), rest)
            }
            _ => return None,
        };
        Some(Self { tag, length, rest })
    }

    fn constructed(&self) -> bool {
        self.tag & 0x20 != 0
    }
}

fn push(output: &mut Vec<u8>, tag: u8, content: &[u8]) {
    output.push(tag);
    let length = u32::try_from(content.len()).unwrap_or(u32::MAX).to_be_bytes();
    match length {
        [0, 0, 0, short @ ..=0x7f] => output.push(short),
        [0, 0, 0, a] => output.extend([0x81, a]),
        [0, 0, a, b] => output.extend([0x82, a, b]),
        [0, a, b, c] => output.extend([0x83, a, b, c]),
        [a, b, c, d] => output.extend([0x84, a, b, c, d]),
    }
    output.extend_from_slice(content);
}

#[cfg(test)]
mod tests {
    use super::to_der;

    #[test]
    fn indefinite_lengths_and_strings_in_pieces_become_der() {
        // SEQUENCE { OCTET STRING 01 02 03 in two pieces, NULL }, as in the examples of X.690 section 8.
        let ber = b"\x30\x80\x24\x80\x04\x02\x01\x02\x04\x01\x03\x00\x00\x05\x00\x00\x00trailing";
        let der = b"\x30\x07\x04\x03\x01\x02\x03\x05\x00";
        assert_eq!(to_der(ber).unwrap().as_slice(), der);
        assert_eq!(to_der(der).unwrap().as_slice(), der);
        assert_eq!(
            to_der(b"\x30\x82\x00\x02\x05\x00").unwrap().as_slice(),
            b"\x30\x02\x05\x00"
        );
    }

    #[test]
    fn what_is_not_ber_is_refused() {
        for input in [
            &b""[..],
            b"\x30",
            b"\x30\x80",
            b"\x30\x80\x05\x00",
            b"\x04\x80\x00\x00",
            b"\x24\x80\x05\x00\x00\x00",
            b"\x30\x05\x04\x01\x00",
            b"\x30\x85\x00\x00\x00\x00\x00",
            b"\x1f\x81\x00",
            &[0x30, 0x80].repeat(100),
        ] {
            assert!(to_der(input).is_none(), "{input:02x?}");
        }
    }
}
