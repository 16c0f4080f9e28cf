//! The programs `join` and `leave` on real parts: pcscd, a PIV firmware, SoftHSM, the local authority.

mod bench;
mod card;
mod check;
mod file;
#[path = "../laboratory/mod.rs"]
mod laboratory;
mod refused;
mod token;
