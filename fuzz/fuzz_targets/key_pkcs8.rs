//! Any bytes as an encrypted private key: no panic, and a key that is shorter than its file.

#![no_main]

use card_access::on_device::fuzzing::encrypted_key;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|der: &[u8]| {
    for password in [&b"1234"[..], b""] {
        if let Some(key) = encrypted_key(der, password) {
            assert_eq!(key[0], 0x30);
            assert!(key.len() < der.len());
        }
    }
});
