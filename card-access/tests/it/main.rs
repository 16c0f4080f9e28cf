//! The public API, one module for each behaviour.
//!
//! `piv_*` without `pcsc` have scripted cards and need nothing else; the others need the programs that `make test` installs.

#[cfg(feature = "piv")]
mod answering;
#[cfg(all(feature = "pcsc", feature = "pkcs11", feature = "soft"))]
mod cards;
#[cfg(feature = "pcsc")]
mod common;
mod connection;
mod errors;
#[cfg(all(feature = "pcsc", feature = "verify"))]
mod fault_walk;
#[cfg(all(feature = "pcsc", feature = "verify"))]
mod many_cards;
#[cfg(feature = "on-device")]
mod on_device;
#[cfg(feature = "pcsc")]
mod pcsc_service;
mod pin;
#[cfg(feature = "pcsc")]
mod pin_pad;
#[cfg(feature = "piv")]
mod piv_any_answer;
#[cfg(all(feature = "pcsc", feature = "pkcs11", feature = "verify"))]
mod piv_beside_opensc;
#[cfg(feature = "piv")]
mod piv_cache;
#[cfg(feature = "pcsc")]
mod piv_commands;
#[cfg(feature = "piv")]
mod piv_identity;
#[cfg(feature = "pcsc")]
mod piv_keys;
#[cfg(feature = "piv")]
mod piv_objects;
#[cfg(all(feature = "pcsc", feature = "verify"))]
mod piv_odd_cards;
#[cfg(feature = "pcsc")]
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
#[cfg(feature = "pcsc")]
mod piv_yubikey;
#[cfg(feature = "pkcs11")]
mod pkcs11_faults;
#[cfg(feature = "pkcs11")]
mod pkcs11_opensc;
#[cfg(all(feature = "pkcs11", unix))]
mod pkcs11_p11_kit;
#[cfg(feature = "pkcs11")]
mod pkcs11_reports;
#[cfg(feature = "pkcs11")]
mod pkcs11_softhsm;
#[cfg(feature = "pkcs11")]
mod pkcs11_tpm;
#[cfg(all(feature = "pcsc", feature = "verify"))]
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
#[cfg(any(feature = "on-device", feature = "pkcs11"))]
mod support;
#[cfg(all(feature = "pcsc", feature = "rustls-0_23", feature = "soft"))]
mod tls_identity;
mod uri;
