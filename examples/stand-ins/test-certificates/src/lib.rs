//! Certificates for tests, byte by byte, and checks that several packages share.
#![allow(
    clippy::must_use_candidate,
    clippy::missing_panics_doc,
    reason = "only for tests, which may panic"
)]

pub mod agreement;
pub mod build;
pub mod typed;
pub mod walk;
