//! A certificate that this reader accepts is accepted by x509-cert with the same values.

#![no_main]

use libfuzzer_sys::fuzz_target;

use test_certificates::agreement;

fuzz_target!(|bytes: &[u8]| {
    agreement::with_x509_cert(bytes);
});
