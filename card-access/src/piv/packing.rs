//! Packings of a certificate in its data object: plain, gzip, zlib.

use std::io::Read;

use flate2::read::{GzDecoder, ZlibDecoder};

use crate::tlv;

/// Compressed certificates are unpacked to no more than this.
const MAX_CERTIFICATE: u16 = 32 * 1024;

/// The certificate in DER, whatever way it is packed, without fill bytes after it.
///
/// SP 800-73-5 part 1 appendix A has plain and gzip, and a flag in the object for which of them, whose bit order changed; the
/// content itself leaves no doubt. Net iD's packing is `01 00`, the length in two bytes, least significant first, and zlib:
/// Yubico's programs read it too
/// ([yubikey-manager](https://github.com/Yubico/yubikey-manager/blob/main/yubikit/piv.py), `get_certificate`).
pub(super) fn unpack(bytes: &[u8]) -> Option<Vec<u8>> {
    let unpacked = match bytes {
        [0x1f, 0x8b, ..] => inflate(GzDecoder::new(bytes))?,
        [0x01, 0x00, _, _, packed @ ..] if is_zlib(packed) => inflate(ZlibDecoder::new(packed))?,
        _ if is_zlib(bytes) => inflate(ZlibDecoder::new(bytes))?,
        _ => bytes.to_vec(),
    };
    // What is no certificate, or has other bytes after it, is told by whoever reads the certificate.
    Some(tlv::without_fill(&unpacked).map_or_else(|| unpacked.clone(), <[u8]>::to_vec))
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
