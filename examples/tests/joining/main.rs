//! The programs `join` and `leave` on real parts: pcscd, a PIV firmware, SoftHSM, the local authority.

mod bad_input;
mod bench;
mod card;
mod check;
mod device_code;
mod dialects;
mod file;
mod interrupted;
mod key_file;
#[path = "../laboratory/mod.rs"]
mod laboratory;
mod refused;
#[path = "../running/mod.rs"]
mod running;
mod stops;
mod streams;
mod time_limit;
mod token;
