//! Any bytes as a PKCS#12 file: no panic, output that is bounded by the input, and a conversion of BER to DER that is stable.

#![no_main]

use card_access::on_device::fuzzing::{ber, pkcs12};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|file: &[u8]| {
    if let Some(der) = ber(file) {
        assert!(der.len() <= 2 * file.len());
        assert_eq!(ber(&der).as_deref(), Some(&der[..]));
    }
    for password in [&b"1234"[..], b""] {
        if let Some((certificates, keys)) = pkcs12(file, password) {
            assert!(certificates.len() <= 64 && keys.len() <= 64);
            let length: usize = certificates.iter().chain(&keys).map(Vec::len).sum();
            assert!(length <= 2 * file.len(), "{length} of {}", file.len());
        }
    }
});
