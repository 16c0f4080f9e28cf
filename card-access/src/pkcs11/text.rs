//! Fixed texts in errors of this module, collected here so that a helper process can send them by number.

pub(super) const ANSWER: &str = "answer of the module";
pub(super) const CONFIGURATION: &str = "p11-kit configuration";
pub(super) const LOGIN_FAILED: &str = "the module reports a failure";
pub(super) const MORE_OBJECTS: &str = "other objects";
pub(super) const PIN_EACH_TIME: &str = "a PIN for each signature with this key";
pub(super) const PIN_ON_READER: &str = "typing the PIN on this reader";
pub(super) const SCHEME_WITH_KEY: &str = "this scheme with this key";
pub(super) const SCHEME_WITH_TOKEN: &str = "this scheme with this token";
pub(super) const SEVERAL_KEYS: &str = "token: several keys with one identifier";
pub(super) const SIGNATURE: &str = "signature";
pub(super) const TOO_LONG: &str = "it is too long";
pub(super) const TOO_SHORT: &str = "it is too short";
pub(super) const USE_OF_KEY: &str = "this use of the key";

/// Returns the fixed text that equals a text.
#[cfg(any(unix, windows))]
pub(super) fn known(text: &str) -> &'static str {
    // The last two are used by other modules of this crate.
    const ALL: [&str; 14] = [
        ANSWER,
        CONFIGURATION,
        LOGIN_FAILED,
        PIN_EACH_TIME,
        PIN_ON_READER,
        SCHEME_WITH_KEY,
        SCHEME_WITH_TOKEN,
        SEVERAL_KEYS,
        SIGNATURE,
        TOO_LONG,
        TOO_SHORT,
        USE_OF_KEY,
        "certificate",
        "changing the PIN",
    ];
    ALL.into_iter()
        .find(|known| *known == text)
        .unwrap_or("operation")
}
