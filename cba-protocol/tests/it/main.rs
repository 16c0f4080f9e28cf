//! One file for each behaviour, with one scripted peer.

#[cfg(feature = "active-directory")]
mod active_directory;
mod bad_answers;
mod bad_input;
// The crate below it, crypto-glue, overflows where usize has 32 bits.
#[cfg(target_pointer_width = "64")]
mod compact_jwt;
mod device;
mod device_code;
#[cfg(feature = "tracing")]
mod events;
mod examples;
mod granted;
mod hello;
mod hostile;
mod join;
mod kerberos;
mod model;
mod outside;
mod peer;
mod postponed;
mod prt_renewal;
mod prt_sealed;
mod prt_sso;
mod prt_token;
mod public_forms;
mod realm;
mod refusals;
mod repeatable;
mod secrets;
#[cfg(feature = "serde")]
mod serialized;
mod stale_nonce;
mod switches;
mod table;
mod traits;
mod user_unknown;
mod web;
