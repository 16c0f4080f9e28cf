//! Compressed certificates: gzip and zlib, beside plain DER.

use std::io::Read;

use flate2::read::{GzDecoder, ZlibDecoder};

/// Maximum size of a decompressed certificate.
const MAX_CERTIFICATE: u16 = 32 * 1024;

/// Returns the certificate in DER, decompressed and without fill bytes.
///
/// SP 800-73-5 part 1 appendix A defines plain and gzip, and a flag in the object that says which. The bit order of the flag
/// changed between versions, but the content itself is unambiguous. Net iD's form is `01 00`, the length in two bytes (least
/// significant first), and zlib; Yubico's programs read it too
/// ([yubikey-manager](https://github.com/Yubico/yubikey-manager/blob/main/yubikit/piv.py), `get_certificate`).
pub(crate) fn unpack(bytes: &[u8]) -> Option<Vec<u8>> {
    let unpacked = match bytes {
        [0x1f, 0x8b, ..] => inflate(GzDecoder::new(bytes))?,
        [0x01, 0x00, _, _, packed @ ..] if is_zlib(packed) => inflate(ZlibDecoder::new(packed))?,
        _ if is_zlib(bytes) => inflate(ZlibDecoder::new(bytes))?,
        _ => bytes.to_vec(),
    };
    Some(without_fill(unpacked))
}

/// Removes the fill bytes (00 or FF) that some cards and modules leave after a certificate. Input without a certificate's outer
/// header, or with other bytes after it, is returned unchanged; the certificate reader judges it.
fn without_fill(mut bytes: Vec<u8>) -> Vec<u8> {
    let is_fill = |rest: &[u8]| rest.iter().all(|byte| matches!(byte, 0x00 | 0xff));
    match der_length(&bytes) {
        Some(end) if bytes.get(end..).is_some_and(is_fill) => bytes.truncate(end),
        _ => {}
    }
    bytes
}

/// Length of a SEQUENCE with its header (X.690 section 8.1.3), as the header states it.
fn der_length(bytes: &[u8]) -> Option<usize> {
    let (length, header) = match bytes {
        [0x30, short @ ..=0x7f, ..] => (std::slice::from_ref(short), 2),
        [0x30, 0x81, rest @ ..] => (rest.get(..1)?, 3),
        [0x30, 0x82, rest @ ..] => (rest.get(..2)?, 4),
        [0x30, 0x83, rest @ ..] => (rest.get(..3)?, 5),
        _ => return None,
    };
    let content = length
        .iter()
        .fold(0_usize, |content, byte| content << 8 | usize::from(*byte));
    content.checked_add(header)
}

/// The header of zlib (RFC 1950 section 2.2): deflate, a window of up to 32 KiB, a check value, no dictionary.
fn is_zlib(bytes: &[u8]) -> bool {
    let [method, flags, ..] = *bytes else {
        return false;
    };
    method & 0x0f == 8
        && method >> 4 <= 7
        && u16::from_be_bytes([method, flags]) % 31 == 0
        && flags & 0x20 == 0
}

fn inflate(decoder: impl Read) -> Option<Vec<u8>> {
    let mut unpacked = Vec::new();
    let mut bounded = decoder.take(u64::from(MAX_CERTIFICATE) + 1);
    bounded.read_to_end(&mut unpacked).ok()?;
    (unpacked.len() <= usize::from(MAX_CERTIFICATE)).then_some(unpacked)
}

#[cfg(test)]
mod tests {
    use super::without_fill;

    #[test]
    fn only_fill_bytes_are_removed() {
        let long = [&[0x30, 0x82, 0x01, 0x00][..], &[7; 256]].concat();
        for der in [&[0x30, 2, 5, 0][..], &[0x30, 0x81, 2, 5, 0], &long] {
            for fill in [&[][..], &[0], &[0xff; 9], &[0, 0xff, 0]] {
                assert_eq!(without_fill([der, fill].concat()), der);
            }
            let other = [der, &[0, 1]].concat();
            assert_eq!(without_fill(other.clone()), other);
        }
        for broken in [
            &[][..],
            &[0x30],
            &[0x30, 0x84, 0, 0, 0, 2, 5, 0, 0],
            &[0x30, 9, 5, 0],
            b"text\0",
        ] {
            assert_eq!(without_fill(broken.to_vec()), broken);
        }
    }
}
