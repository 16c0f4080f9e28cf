//! DER in a few lines, written apart from the crate's.

pub(crate) fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = match content.len() {
        short @ 0..0x80 => vec![u8::try_from(short).unwrap()],
        long => {
            let bytes = u32::try_from(long).unwrap().to_be_bytes();
            let significant = &bytes[bytes.iter().position(|byte| *byte != 0).unwrap()..];
            [
                &[0x80 | u8::try_from(significant.len()).unwrap()][..],
                significant,
            ]
            .concat()
        }
    };
    [&[tag][..], &length, content].concat()
}

pub(crate) fn seq(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(0x30, &parts.concat())
}

pub(crate) fn ctx(number: u8, content: &[u8]) -> Vec<u8> {
    tlv(0xa0 + number, content)
}

/// INTEGER from the bytes of a number that is not negative.
pub(crate) fn uint(bytes: &[u8]) -> Vec<u8> {
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    tlv(
        2,
        &[&[0][..], &bytes[start..]].concat()[usize::from(bytes.get(start).is_some_and(|b| *b < 0x80))..],
    )
}

pub(crate) fn int(value: u32) -> Vec<u8> {
    uint(&value.to_be_bytes())
}

pub(crate) fn octets(bytes: &[u8]) -> Vec<u8> {
    tlv(4, bytes)
}

pub(crate) fn bits(bytes: &[u8]) -> Vec<u8> {
    tlv(3, &[&[0], bytes].concat())
}

pub(crate) fn string(text: &str) -> Vec<u8> {
    tlv(0x1b, text.as_bytes())
}

pub(crate) fn oid(dotted: &str) -> Vec<u8> {
    openssl::asn1::Asn1Object::from_str(dotted)
        .map(|oid| tlv(6, oid.as_slice()))
        .unwrap()
}

/// Content of the element at the end of a path: each number is a tag, the first element with it is entered.
pub(crate) fn path<'a>(mut bytes: &'a [u8], tags: &[u8]) -> &'a [u8] {
    'tags: for tag in tags {
        let mut rest = bytes;
        while !rest.is_empty() {
            let (found, content, after) = split(rest);
            if found == *tag {
                bytes = content;
                continue 'tags;
            }
            rest = after;
        }
        panic!("no element {tag:02x}");
    }
    bytes
}

/// Tag and content of the first element, and what follows.
pub(crate) fn split(bytes: &[u8]) -> (u8, &[u8], &[u8]) {
    let (length, start) = match usize::from(bytes[1]) {
        short @ 0..0x80 => (short, 2),
        long => {
            let count = long - 0x80;
            (
                bytes[2..2 + count]
                    .iter()
                    .fold(0, |sum, byte| sum << 8 | usize::from(*byte)),
                2 + count,
            )
        }
    };
    (bytes[0], &bytes[start..start + length], &bytes[start + length..])
}
