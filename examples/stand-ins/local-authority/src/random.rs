//! Random bytes and identifiers, from OpenSSL's generator.

use openssl::error::ErrorStack;
use openssl::rand::rand_bytes;

/// Random bytes.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], ErrorStack> {
    let mut bytes = [0; N];
    rand_bytes(&mut bytes)?;
    Ok(bytes)
}

/// A random GUID (RFC 9562, version 4).
pub(crate) fn guid() -> Result<String, ErrorStack> {
    let mut bytes: [u8; 16] = bytes()?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = hex(&bytes);
    Ok(format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    ))
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
