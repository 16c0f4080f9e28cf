//! Any bytes: no panic, and every accessor of an accepted certificate works.

#![no_main]

use libfuzzer_sys::fuzz_target;
use upn_resolver::certificate::Certificate;

use test_certificates::walk;

fuzz_target!(|octets: &[u8]| {
    match Certificate::from_der(octets) {
        Ok(certificate) => walk::everything(&certificate),
        Err(error) => {
            assert!(error.offset() <= octets.len());
            assert!(!error.to_string().is_empty());
        }
    }
});
