//! Any bytes as a keytab, as a ticket's content, as CMS, as a PAC and as its buffer UPN_DNS_INFO: no panic, and what was read is inside
//! the input.

#![no_main]

use cba_protocol::active_directory::{Keytab, UpnDnsInfo, read_ticket};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    read_ticket(bytes, bytes);
    if let Ok(info) = UpnDnsInfo::from_bytes(bytes) {
        assert!(2 * info.upn.encode_utf16().count() <= bytes.len());
    }
    if let Ok(keytab) = Keytab::from_bytes(bytes) {
        assert!(!keytab.entries.is_empty());
        assert!(
            keytab
                .entries
                .iter()
                .any(|entry| entry.principal == keytab.service)
        );
    }
});
