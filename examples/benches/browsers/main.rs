//! The web sign-in with the virtual smart card in Chromium and Firefox, on a screen: authorize page, certauth host, PIN dialog, code.
//!
//! `make browsers` runs these tests one after the other and keeps pictures. They are among the benchmarks, which `make test` only compiles:
//! they need a screen and geckodriver, and take minutes. They print how long each sign-in took.

mod card;
mod chooser;
mod desk;
mod failures;
#[path = "../../tests/laboratory/mod.rs"]
#[expect(dead_code, reason = "the authority is another one")]
mod laboratory;
mod signs_in;
mod time;
