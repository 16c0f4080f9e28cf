//! The public API, one module for each behaviour.
//!
//! `piv_*` without `pcsc` have scripted cards and need nothing else; the others need the programs that `make test` installs, which
//! run on Unix only.

#[cfg(feature = "piv")]
mod answering;
#[cfg(all(feature = "pcsc", feature = "pkcs11", feature = "soft", unix))]
mod cards;
#[cfg(all(feature = "pcsc", unix))]
mod common;
mod connection;
mod errors;
#[cfg(all(feature = "pcsc", feature = "verify", unix))]
mod fault_walk;
#[cfg(all(feature = "pcsc", feature = "verify", unix))]
mod many_cards;
#[cfg(feature = "on-device")]
mod on_device;
#[cfg(all(feature = "pcsc", unix))]
mod pcsc_service;
mod pin;
#[cfg(all(feature = "pcsc", unix))]
mod pin_pad;
#[cfg(feature = "piv")]
mod piv_any_answer;
#[cfg(all(feature = "pcsc", feature = "pkcs11", feature = "verify", unix))]
mod piv_beside_opensc;
#[cfg(all(feature = "pcsc", unix))]
mod piv_commands;
#[cfg(feature = "piv")]
mod piv_identity;
#[cfg(all(feature = "pcsc", unix))]
mod piv_keys;
#[cfg(feature = "piv")]
mod piv_known;
#[cfg(feature = "piv")]
mod piv_objects;
#[cfg(all(feature = "pcsc", feature = "verify", unix))]
mod piv_odd_cards;
#[cfg(all(feature = "pcsc", unix))]
mod piv_over_pcsc;
#[cfg(feature = "piv")]
mod piv_pieces;
#[cfg(feature = "piv")]
mod piv_pin;
#[cfg(feature = "piv")]
mod piv_pin_refusals;
#[cfg(feature = "piv")]
mod piv_scripted;
#[cfg(feature = "piv")]
mod piv_scripted_keys;
#[cfg(feature = "piv")]
mod piv_signatures;
#[cfg(all(feature = "pcsc", unix))]
mod piv_yubikey;
#[cfg(all(feature = "pkcs11", unix))]
mod pkcs11_faults;
#[cfg(all(feature = "pkcs11", unix))]
mod pkcs11_opensc;
#[cfg(all(feature = "pkcs11", unix))]
mod pkcs11_p11_kit;
#[cfg(all(feature = "pkcs11", unix))]
mod pkcs11_reports;
#[cfg(all(feature = "pkcs11", unix))]
mod pkcs11_softhsm;
#[cfg(all(feature = "pkcs11", unix))]
mod pkcs11_tpm;
#[cfg(all(feature = "pcsc", feature = "verify", unix))]
mod prepared;
#[cfg(feature = "piv")]
mod script;
#[cfg(all(feature = "piv", feature = "tracing"))]
mod secrets;
mod select;
#[cfg(feature = "serde")]
mod serialize;
mod slots;
#[cfg(feature = "soft")]
mod soft_token;
#[cfg(all(feature = "piv", feature = "soft", feature = "tracing"))]
mod spans;
#[cfg(any(
    feature = "on-device",
    feature = "pkcs11",
    all(windows, feature = "windows-store")
))]
#[cfg_attr(windows, allow(dead_code, reason = "the tests of modules run on Unix only"))]
mod support;
#[cfg(all(feature = "pcsc", feature = "rustls-0_23", feature = "soft", unix))]
mod tls_identity;
mod uri;
#[cfg(all(windows, feature = "windows-store"))]
mod windows_store;
