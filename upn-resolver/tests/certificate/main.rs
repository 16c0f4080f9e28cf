//! The certificate reader, through its public API.

#[path = "../support/agreement.rs"]
mod agreement;
#[path = "../support/build.rs"]
mod build;
#[path = "../support/walk.rs"]
mod walk;

mod accessors;
mod input;
mod names;
mod properties;
mod strictness;

/// The certificates that are checked in, made by OpenSSL.
pub(crate) const FIXTURES: &[(&str, &[u8])] =
    &[("adcs-rsa2048", include_bytes!("../certificates/adcs-rsa2048.der"))];
