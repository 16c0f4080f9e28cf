//! Certificates for tests, byte by byte, and checks that several packages share.
#![allow(
    clippy::must_use_candidate,
    clippy::missing_panics_doc,
    reason = "tests use what they ask for, and panic"
)]

pub mod agreement;
pub mod build;
pub mod typed;
pub mod walk;
