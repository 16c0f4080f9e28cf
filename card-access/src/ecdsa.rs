//! Encodings of an ECDSA signature: `Ecdsa-Sig-Value` (RFC 3279 section 2.2.3), which is `SEQUENCE { r INTEGER, s INTEGER }`,
//! and r and s side by side.

/// Returns r and s of `length` bytes each; `None` if the input is not an `Ecdsa-Sig-Value` with numbers of that size.
#[cfg(any(feature = "on-device", feature = "piv", feature = "soft", test))]
pub(crate) fn raw_from_der(der: &[u8], length: usize) -> Option<Vec<u8>> {
    let (mut integers, after) = element(der, SEQUENCE)?;
    let mut raw = Vec::with_capacity(2 * length);
    for _r_and_s in 0..2 {
        let (integer, rest) = element(integers, INTEGER)?;
        let digits = match integer {
            [] | [0x80..=0xff, ..] => return None,
            [0, digits @ ..] | digits => digits,
        };
        raw.resize(raw.len() + length.checked_sub(digits.len())?, 0);
        raw.extend_from_slice(digits);
        integers = rest;
    }
    (integers.is_empty() && after.is_empty()).then_some(raw)
}

/// Returns the `Ecdsa-Sig-Value`; `None` if r and s differ in length, or are longer than those of any curve.
#[cfg(any(feature = "pkcs11", all(windows, feature = "windows-store"), test))]
pub(crate) fn der_from_raw(raw: &[u8]) -> Option<Vec<u8>> {
    if raw.is_empty() || raw.len() % 2 != 0 {
        return None;
    }
    let mut integers = Vec::with_capacity(raw.len() + 8);
    for half in raw.chunks_exact(raw.len() / 2) {
        let start = half.iter().position(|byte| *byte != 0).unwrap_or(half.len() - 1);
        let digits = half.get(start..)?;
        let sign = digits.first().is_some_and(|first| *first >= 0x80);
        let length = u8::try_from(digits.len() + usize::from(sign)).ok()?;
        integers.extend(header(INTEGER, length));
        integers.extend(sign.then_some(0));
        integers.extend_from_slice(digits);
    }
    let mut der = header(SEQUENCE, u8::try_from(integers.len()).ok()?);
    der.extend(integers);
    Some(der)
}

const INTEGER: u8 = 0x02;
const SEQUENCE: u8 = 0x30;

/// Content of the first element, which must have this tag, and the input after it. Longer length fields than necessary are
/// accepted, because some cards write them.
#[cfg(any(feature = "on-device", feature = "piv", feature = "soft", test))]
fn element(input: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    match input {
        [found, length @ 0..=0x7f, rest @ ..]
        | [found, 0x81, length, rest @ ..]
        | [found, 0x82, 0, length, rest @ ..]
            if *found == tag =>
        {
            rest.split_at_checked(usize::from(*length))
        }
        _ => None,
    }
}

/// Tag and length.
#[cfg(any(feature = "pkcs11", all(windows, feature = "windows-store"), test))]
fn header(tag: u8, length: u8) -> Vec<u8> {
    match length {
        0..=0x7f => vec![tag, length],
        _ => vec![tag, 0x81, length],
    }
}

#[cfg(test)]
mod tests {
    use super::{der_from_raw, raw_from_der};

    #[test]
    fn signatures_turn_both_ways() {
        for raw in [[0x00; 64], [0x01; 64], [0x7f; 64], [0x80; 64], [0xff; 64]] {
            let der = der_from_raw(&raw).unwrap();
            assert_eq!(raw_from_der(&der, 32).as_deref(), Some(&raw[..]));
        }
        // P-521 is the first curve whose length takes two bytes.
        let long = der_from_raw(&[0xff; 132]).unwrap();
        assert_eq!(long.get(..3), Some(&[0x30, 0x81, 138][..]));
        assert_eq!(raw_from_der(&long, 66).as_deref(), Some(&[0xff; 132][..]));
        assert_eq!(
            raw_from_der(b"\x30\x82\x00\x07\x02\x81\x01\x05\x02\x01\x07", 1),
            Some(vec![5, 7])
        );
    }

    #[test]
    fn other_input_is_refused() {
        assert_eq!(der_from_raw(&[1, 2, 3]), None);
        assert_eq!(der_from_raw(&[]), None);
        for der in [
            &b"\x30\x03\x02\x01\x01"[..],
            b"\x30\x06\x02\x01\x01\x02\x01\x01\x00",
            b"\x30\x06\x02\x01\x81\x02\x01\x01",
            b"\x30\x08\x02\x01\x01\x02\x01\x01\x05\x00",
            b"",
        ] {
            assert_eq!(raw_from_der(der, 32), None, "{der:02x?}");
        }
    }
}
