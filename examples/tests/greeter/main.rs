//! The program `greeter` through a pseudo-terminal, on real parts: pcscd, a PIV firmware, the local authority.

mod after_enter;
mod bare;
mod bench;
mod cards;
mod demonstration;
mod hint;
#[path = "../laboratory/mod.rs"]
mod laboratory;
mod pin;
mod result;
mod session;
mod slow;
mod terminal;
