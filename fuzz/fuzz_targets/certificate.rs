//! Any bytes: no panic, and every accessor of an accepted certificate works.

#![no_main]

use libfuzzer_sys::fuzz_target;
use upn_resolver::certificate::Certificate;

use test_certificates::walk;

fuzz_target!(|bytes: &[u8]| {
    match Certificate::from_der(bytes) {
        Ok(certificate) => walk::everything(&certificate),
        Err(error) => {
            assert!(error.offset() <= bytes.len());
            assert!(!error.to_string().is_empty());
        }
    }
});
