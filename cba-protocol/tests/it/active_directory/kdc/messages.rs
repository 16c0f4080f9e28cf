//! Messages and files that need no domain controller: errors, keytabs, and parts of messages.

use crate::active_directory::der::{ctx, int, octets, seq, split, string, tlv};
use crate::peer::asn1_time;

/// A keytab with the host key.
pub(crate) fn keytab(version: u32, key: &[u8]) -> Vec<u8> {
    keytab_of(&["host", "client1.corp.example"], version, 18, key)
}

pub(crate) fn keytab_of(parts: &[&str], version: u32, kind: u16, key: &[u8]) -> Vec<u8> {
    let counted = |bytes: &[u8]| [&u16::try_from(bytes.len()).unwrap().to_be_bytes()[..], bytes].concat();
    let mut entry = u16::try_from(parts.len()).unwrap().to_be_bytes().to_vec();
    entry.extend(counted(b"CORP.EXAMPLE"));
    for part in parts {
        entry.extend(counted(part.as_bytes()));
    }
    entry.extend([0, 0, 0, 1, 0, 0, 0, 0]);
    entry.push(version.to_be_bytes()[3]);
    entry.extend(kind.to_be_bytes());
    entry.extend(counted(key));
    entry.extend(version.to_be_bytes());
    [
        &[5, 2][..],
        &u32::try_from(entry.len()).unwrap().to_be_bytes(),
        &entry,
    ]
    .concat()
}

/// `KRB_ERR_GENERIC` (RFC 4120 section 7.5.9).
pub(super) const GENERIC: u32 = 60;

/// KRB-ERROR (RFC 4120 section 5.9.1).
pub(crate) fn error(code: u32, server_time: u64, client_realm: Option<&str>, data: Option<&[u8]>) -> Vec<u8> {
    let mut fields = vec![
        ctx(0, &int(5)),
        ctx(1, &int(30)),
        ctx(4, &time(server_time)),
        ctx(5, &int(0)),
        ctx(6, &int(code)),
    ];
    fields.extend(client_realm.map(|realm| ctx(7, &string(realm))));
    fields.extend([
        ctx(9, &string("CORP.EXAMPLE")),
        ctx(10, &name(2, &["krbtgt", "CORP.EXAMPLE"])),
        ctx(11, &string("a\u{7}text")),
    ]);
    fields.extend(data.map(|data| ctx(12, &octets(data))));
    tlv(0x7e, &seq(&fields))
}

/// KERB-ERROR-DATA with an NTSTATUS ([MS-KILE] 2.2.1 and 2.2.2).
pub(crate) fn nt_status(status: u32) -> Vec<u8> {
    seq(&[ctx(1, &int(3)), ctx(2, &octets(&extended(status)))])
}

pub(crate) fn extended(status: u32) -> Vec<u8> {
    [&status.to_le_bytes()[..], &[0, 0, 0, 0, 1, 0, 0, 0]].concat()
}

pub(super) fn key_element(key: &[u8]) -> Vec<u8> {
    seq(&[ctx(0, &int(18)), ctx(1, &octets(key))])
}

pub(crate) fn name(kind: u32, parts: &[&str]) -> Vec<u8> {
    let parts: Vec<_> = parts.iter().map(|part| string(part)).collect();
    seq(&[ctx(0, &int(kind)), ctx(1, &seq(&parts))])
}

/// `KerberosTime`, written by OpenSSL.
pub(crate) fn time(seconds: u64) -> Vec<u8> {
    let time = asn1_time(i64::try_from(seconds).unwrap()).to_string();
    // "Jan 15 08:00:00 2027 GMT"
    let parts: Vec<_> = time.split_whitespace().collect();
    let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let month = 1 + months.iter().position(|month| *month == parts[0]).unwrap();
    let text = format!(
        "{}{month:02}{:0>2}{}Z",
        parts[3],
        parts[1],
        parts[2].replace(':', "")
    );
    tlv(0x18, text.as_bytes())
}

/// Tag of a message, for a test that looks at the first byte.
pub(crate) fn tag(message: &[u8]) -> u8 {
    split(message).0
}
