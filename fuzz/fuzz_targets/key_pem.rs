//! Any bytes as a PEM file: no panic; sections that are written again read the same, and rustls-pki-types finds the same
//! certificates.

#![no_main]

use base64ct::{Base64, Encoding as _};
use card_access::on_device::fuzzing::pem;
use libfuzzer_sys::fuzz_target;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

fuzz_target!(|text: &[u8]| {
    let Some(sections) = pem(text) else { return };
    assert!(sections.len() <= 256);
    let plain: Option<String> = sections
        .iter()
        .map(|(label, content)| {
            let base64 = Base64::encode_string(content.as_ref()?);
            Some(format!(
                "-----BEGIN {label}-----\n{base64}\n-----END {label}-----\n"
            ))
        })
        .collect();
    let Some(plain) = plain else { return };
    assert_eq!(pem(plain.as_bytes()).as_ref(), Some(&sections));

    // The other reader ends labels with hyphens elsewhere.
    if sections.iter().any(|(label, _)| label.contains('-')) {
        return;
    }
    let mut theirs = CertificateDer::pem_slice_iter(plain.as_bytes());
    for (label, content) in &sections {
        if label == "CERTIFICATE" {
            let other = theirs.next().expect("it is there").expect("it is base64");
            assert_eq!(Some(&other[..]), content.as_deref());
        }
    }
});
