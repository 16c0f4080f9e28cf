//! What the example programs share.

pub mod certificate_file;
