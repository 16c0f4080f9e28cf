//! Reasons why a key file gives no key.

/// What is wrong with a key file or its password. The caller adds the place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Malformed(&'static str),
    NoKey,
    Unsupported(&'static str),
    WrongPassword,
}
