//! A sign-in's part at the card compared with other implementations, on the same virtual card in one run: commands on the wire, wall
//! time from a connected card to a verified signature, processor time; and a listing of 16 cards compared with 1 card.
//!
//! The others are OpenSC's PKCS#11 module and the `yubikey` crate. The crate opens only cards that answer Yubico's commands for version
//! and serial number, so it is measured with a virtual card that answers them in front of the same firmware.
//!
//! The third part is the time of the programs for a good card next to one that does not answer. The fourth is a sign-in to Active
//! Directory, compared with MIT's `kinit`.
//!
//! `make bench` runs it in a namespace with its own pcscd, in a release build.

mod domain;
mod listing;
mod sign_in;
mod slow;

use std::time::Duration;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    card_access::pkcs11::helper::run_if_helper();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [first, rest @ ..] = &arguments[..]
        && first == domain::ONCE
    {
        return domain::once(rest);
    }
    // `cargo test --all-targets` also starts benchmarks; this one is not a test.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    // The names of the parts to run; all of them by default.
    let asked = |part: &str| {
        let mut parts = std::env::args()
            .skip(1)
            .filter(|argument| !argument.starts_with('-'))
            .peekable();
        parts.peek().is_none() || parts.any(|asked| asked == part)
    };
    if asked("sign-in") {
        sign_in::compare()?;
    }
    if asked("listing") {
        listing::compare()?;
    }
    if asked("slow") {
        slow::compare()?;
    }
    if asked("domain") {
        domain::compare()?;
    }
    Ok(())
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
