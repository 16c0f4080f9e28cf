//! The README shows what the library prints.

use upn_resolver::{Certificate, NameRequest};

#[test]
fn the_printed_decision_is_the_real_one() {
    let certificate = Certificate::from_der(include_bytes!("../certificates/adcs-rsa2048.der")).unwrap();
    let decision = NameRequest::entra_joined(&certificate).decide().to_string();
    assert!(include_str!("../../README.md").contains(&decision), "{decision}");
}
