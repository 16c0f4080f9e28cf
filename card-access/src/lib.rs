//! Smart cards, security keys, virtual cards and keys on the device over PC/SC and PKCS#11, for sign-in.
//!
//! There are three levels. A [`Provider`] is a backend: the PC/SC service, PKCS#11 modules, key files, memory. It lists and
//! opens [`Token`]s. A token holds [`Credential`]s, each a certificate with its private key, and signs with them. Everything
//! else is a value: the properties of a token ([`TokenInfo`]), the state of its PIN ([`PinStatus`]), the signature scheme
//! ([`Scheme`]), and the error with its cause and who has to act ([`Error`]).
//!
//! ```no_run
//! use card_access::{Cards, Hash, Pin, PinEntry, Scheme, pkcs11::helper};
//! use std::time::Duration;
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     helper::run_if_helper(); // PKCS#11 modules run in a helper process: this program, started once more
//!     let mut cards = Cards::system();
//!     let listing = cards.tokens(Duration::from_secs(5)); // see also its `problems` and what is `pending`
//!     let entry = listing.found.first().ok_or("no card")?;
//!     let mut token = cards.open(&entry.preferred().id)?;
//!     let credential = token.credentials()?.found.into_iter().next().ok_or("no certificate")?;
//!
//!     let status = token.pin_status()?; // spends no try
//!     eprintln!("PIN for {} ({status}):", token.info().name);
//!     let mut line = String::with_capacity(256);
//!     std::io::stdin().read_line(&mut line)?;
//!     let pin = Pin::from_line(line); // wiped on drop
//!
//!     let scheme = Scheme::RsaPkcs1(Hash::Sha256);
//!     let signature = token.sign(&credential, scheme, b"the message", Some(PinEntry::typed(&pin)))?;
//!     println!("{} bytes", signature.len());
//!     Ok(())
//! }
//! ```
//!
//! Calls block; there are no callbacks. A PIN is passed to the one call that needs it. It is never stored and never tried
//! twice. A try is refused if it is the final one, or may be because the number of tries left cannot be read, unless the caller
//! [allows it](PinEntry::allow_final_try); [`PinStatus::check_try`] defines this rule.
//!
//! # Spans
//!
//! With the feature `tracing`, each operation is a span `operation` of the target `card_access`, also where the work is done in
//! another thread:
//!
//! | fields | contents |
//! |---|---|
//! | `operation` | `open`, `list`, `credential`, `pin-status`, `sign`, `change-pin`, … |
//! | `backend`, `place`, `reader` | [`Backend::code`], [`TokenId::place`] and [`TokenInfo::reader`] |
//! | `slot`, `scheme`, `pin` | for key operations; `pin` is `typed`, `on-reader` or `none` |
//! | `found`, `problems`, `pending` | numbers of entries of a listing |
//! | `pin_status`, `tries_left` | result of [`Token::pin_status`] |
//! | `state`, `code`, `vendor_code` | set at the end: `done` or `failed`, [`Error::code`], and the name of the [`VendorCode`] |
//!
//! In it, a span `source` covers the listing of one reader, module or file, and a span `transaction` covers one transaction with
//! a card. Each command is an event of level trace, with header, lengths and status word. No field contains a PIN, a message or
//! a signature.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod cards;
mod connection;
mod credential;
#[cfg(any(
    feature = "on-device",
    feature = "piv",
    feature = "pkcs11",
    feature = "soft",
    all(windows, feature = "windows-store")
))]
mod ecdsa;
mod error;
mod event;
mod info;
mod listing;
#[cfg(any(feature = "on-device", all(windows, feature = "windows-store")))]
pub mod on_device;
#[cfg(any(
    feature = "pcsc",
    feature = "rustls-0_23",
    all(any(unix, windows), feature = "pkcs11")
))]
mod owned_pin_entry;
#[cfg(any(feature = "piv", feature = "pkcs11"))]
mod packing;
#[cfg(feature = "pcsc")]
pub mod pcsc;
mod pin;
#[cfg(feature = "piv")]
pub mod piv;
#[cfg(feature = "pkcs11")]
pub mod pkcs11;
mod policy;
#[cfg(any(feature = "on-device", feature = "soft"))]
mod private_key;
mod provider;
#[cfg(any(feature = "on-device", feature = "pkcs11"))]
mod regular_file;
mod rest;
#[cfg(any(feature = "piv", feature = "pkcs11"))]
mod rsa_padding;
#[cfg(feature = "rustls-0_23")]
pub mod rustls;
mod scheme;
mod select;
#[cfg(feature = "serde")]
mod serialize;
mod shown;
mod slot;
#[cfg(feature = "soft")]
pub mod soft;
mod source;
#[cfg(feature = "tracing")]
#[cfg_attr(
    not(feature = "pcsc"),
    allow(dead_code, reason = "PC/SC uses all of it, other backends a part")
)]
mod spans;
#[cfg(not(feature = "tracing"))]
#[cfg_attr(not(feature = "pcsc"), allow(dead_code, reason = "as with spans"))]
#[path = "no_spans.rs"]
mod spans;
mod spki;
#[cfg(feature = "piv")]
mod tlv;
mod token;
pub mod uri;
#[cfg(feature = "verify")]
mod verify;
mod watch;

pub use cards::{Canceller, CardEntry, CardListing, Cards, Pending, SelectionReason};
pub use connection::{
    ApduLength, CardConnection, CardTransaction, Disposition, NewTransaction, PinPadCommand,
};
pub use credential::{Credential, KeyAlgorithm};
pub use error::{Error, ErrorKind, Responsible, VendorCode};
pub use event::Event;
pub use info::{Backend, Confidence, Interface, PinPad, TokenId, TokenInfo, TokenKind};
pub use listing::{Listing, Problem};
pub use pin::{FinalTryPolicy, Pin, PinEntry, PinSource, PinStatus, ShortPinPolicy};
pub use policy::{KeyPolicy, PinPolicy, TouchPolicy};
pub use provider::Provider;
pub use scheme::{Hash, Scheme};
pub use select::{Rejection, Selection, Selector};
pub use slot::{ParseSlotError, PivSlot, RetiredKey, Slot};
pub use source::{ListRequest, Monitor, TokenSource};
pub use token::{MAX_HOLD, Token, Traffic};
