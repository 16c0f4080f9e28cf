//! The extensions of a device certificate: the children of 1.2.840.113556.1.5.284 ([MS-DVRE] 2.2.1, [MS-DVRJ] 2.2).

use super::JoinType;
use crate::guid::Guid;

/// What the certificate says.
#[derive(Default)]
pub(super) struct Found {
    pub(super) common_name: Option<Guid>,
    pub(super) device: Option<Guid>,
    pub(super) tenant: Option<Guid>,
    pub(super) user: Option<Guid>,
    pub(super) join: Option<JoinType>,
    pub(super) region: Option<String>,
}

/// 1.2.840.113556.1.5.284, without its last arc.
const ARC: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x14, 0x01, 0x05, 0x82, 0x1c];
/// 2.5.4.3, id-at-commonName.
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];

const BOOLEAN: u8 = 0x01;
const OCTET_STRING: u8 = 0x04;
const OID: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
/// `[3] EXPLICIT Extensions` of a `TBSCertificate`, RFC 5280 section 4.1.
const EXTENSIONS: u8 = 0xa3;

/// None when it is no certificate.
pub(super) fn read(certificate: &[u8]) -> Option<Found> {
    let (certificate, rest) = expect(certificate, SEQUENCE)?;
    let (tbs, _) = expect(certificate, SEQUENCE)?;
    if !rest.is_empty() {
        return None;
    }
    // serial, signature, issuer, validity, subject: the version in front of them is explicit and may be absent
    let after_version = expect(tbs, 0xa0).map_or(tbs, |(_, rest)| rest);
    let (_, rest) = expect(after_version, 0x02)?;
    let (_, rest) = expect(rest, SEQUENCE)?;
    let (_, rest) = expect(rest, SEQUENCE)?;
    let (_, rest) = expect(rest, SEQUENCE)?;
    let (subject, rest) = expect(rest, SEQUENCE)?;
    let (_, mut rest) = expect(rest, SEQUENCE)?;

    let mut found = Found {
        common_name: common_name(subject),
        ..Found::default()
    };
    while !rest.is_empty() {
        let (tag, value, after) = element(rest)?;
        rest = after;
        if tag == EXTENSIONS {
            let (list, _) = expect(value, SEQUENCE)?;
            each_extension(list, &mut found)?;
        }
    }
    Some(found)
}

fn each_extension(mut list: &[u8], found: &mut Found) -> Option<()> {
    while !list.is_empty() {
        let (extension, after) = expect(list, SEQUENCE)?;
        list = after;
        let (oid, rest) = expect(extension, OID)?;
        let rest = expect(rest, BOOLEAN).map_or(rest, |(_, rest)| rest);
        let (value, _) = expect(rest, OCTET_STRING)?;
        let Some(&[arc]) = oid.strip_prefix(ARC) else {
            continue;
        };
        // The value is an OCTET STRING of its own or, in older certificates, the bare octets.
        let value = expect(value, OCTET_STRING)
            .filter(|(_, rest)| rest.is_empty())
            .map_or(value, |(inner, _)| inner);
        match arc {
            2 => found.device = guid(value),
            3 => found.user = guid(value),
            5 => found.tenant = guid(value),
            7 => found.join = join_type(value),
            8 => found.region = core::str::from_utf8(value).ok().map(str::to_owned),
            _ => {}
        }
    }
    Some(())
}

fn guid(value: &[u8]) -> Option<Guid> {
    value.try_into().ok().map(Guid::from_windows)
}

/// A digit as text, or the number itself.
fn join_type(value: &[u8]) -> Option<JoinType> {
    match value {
        [b'0' | 0] => Some(JoinType::Registered),
        [b'1' | 1] => Some(JoinType::Joined),
        _ => None,
    }
}

/// The GUID in the common name, if that is what it holds.
fn common_name(mut subject: &[u8]) -> Option<Guid> {
    while !subject.is_empty() {
        let (mut set, after) = expect(subject, SET)?;
        subject = after;
        while !set.is_empty() {
            let (attribute, rest) = expect(set, SEQUENCE)?;
            set = rest;
            let (oid, value) = expect(attribute, OID)?;
            let (_, text, _) = element(value)?;
            if oid == COMMON_NAME {
                return core::str::from_utf8(text).ok().and_then(Guid::parse);
            }
        }
    }
    None
}

/// Value and rest, when the next element has this tag.
fn expect(input: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (found, value, rest) = element(input)?;
    (found == tag).then_some((value, rest))
}

/// Tag, value and rest of the next element: X.690 section 8.1, definite lengths of at most three octets.
fn element(input: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, input) = input.split_first()?;
    let (&first, input) = input.split_first()?;
    let (length, input) = match first {
        0..=0x7f => (usize::from(first), input),
        0x81..=0x83 => {
            let (octets, input) = input.split_at_checked(usize::from(first & 0x7f))?;
            (
                octets
                    .iter()
                    .fold(0, |length, &octet| length << 8 | usize::from(octet)),
                input,
            )
        }
        _ => return None,
    };
    let (value, rest) = input.split_at_checked(length)?;
    Some((tag, value, rest))
}
