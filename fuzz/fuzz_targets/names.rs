//! Any string of any type in a certificate: no panic, and no deceptive text.

#![no_main]

use libfuzzer_sys::fuzz_target;
use upn_resolver::certificate::{Certificate, NameProblem};

use test_certificates::build;

fuzz_target!(|input: (u8, Vec<u8>)| {
    let (tag, bytes) = input;
    let der = build::with_principal_name(tag, &bytes);
    let Ok(certificate) = Certificate::from_der(&der) else {
        return;
    };
    let name = certificate.principal_names().next().expect("one was put in");
    assert_eq!(name.as_bytes(), bytes);
    if let Ok(text) = name.text() {
        assert_eq!(text.chars().find_map(NameProblem::of_character), None);
    }
});
