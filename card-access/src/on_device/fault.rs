//! Reasons why no key can be read from a key file.

/// Defect of a key file or its password. The caller adds the location.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Malformed(&'static str),
    NoKey,
    Unsupported(&'static str),
    WrongPassword,
}
