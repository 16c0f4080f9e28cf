//! Random octets and identifiers, from OpenSSL's generator.

use openssl::error::ErrorStack;
use openssl::rand::rand_bytes;

/// `N` random octets.
pub(crate) fn octets<const N: usize>() -> Result<[u8; N], ErrorStack> {
    let mut octets = [0; N];
    rand_bytes(&mut octets)?;
    Ok(octets)
}

/// A random GUID (RFC 9562, version 4).
pub(crate) fn guid() -> Result<String, ErrorStack> {
    let mut octets: [u8; 16] = octets()?;
    octets[6] = octets[6] & 0x0f | 0x40;
    octets[8] = octets[8] & 0x3f | 0x80;
    let hex = hex(&octets);
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
pub(crate) fn hex(octets: &[u8]) -> String {
    use std::fmt::Write as _;
    octets.iter().fold(String::new(), |mut text, octet| {
        let _ = write!(text, "{octet:02x}");
        text
    })
}
