//! Any bytes as a device certificate and as a sealed token.

#![no_main]

use cba_protocol::{Cloud, Config, Device, PrimaryRefreshToken, SealingKey, Tenant};
use libfuzzer_sys::fuzz_target;
use rustls_pki_types::CertificateDer;

fuzz_target!(|bytes: &[u8]| {
    let _ = Device::from_certificate(&CertificateDer::from(bytes));
    let config = Config::new(Cloud::PUBLIC, Tenant::common());
    assert!(PrimaryRefreshToken::unseal(bytes, &SealingKey::from([1; 32]), &config).is_err());
});
