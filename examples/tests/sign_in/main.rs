//! The program `sign-in` on real parts: pcscd, a PIV firmware, the local authority. One file for each part that can fail.

mod after_enter;
mod authority_answers;
mod bench;
mod card_failures;
mod discovery;
mod granted;
mod known_cards;
#[path = "../laboratory/mod.rs"]
mod laboratory;
mod modules;
mod names;
mod odd_cards;
mod pin;
#[path = "../running/mod.rs"]
mod running;
mod time_limit;
mod tokens;
