//! `run-sign-ins ROUNDS`: runs this number of sign-ins without cached data and without key operations.
//!
//! To count instructions: `valgrind --tool=callgrind --toggle-collect='*measured*' …`.

use std::process::ExitCode;

use benches::sign_ins::{Cache, SETUP};

fn main() -> ExitCode {
    let Some(rounds) = std::env::args().nth(1).and_then(|text| text.parse().ok()) else {
        eprintln!("usage: run-sign-ins ROUNDS");
        return ExitCode::from(2);
    };
    println!("{} requests", measured(rounds));
    ExitCode::SUCCESS
}

#[inline(never)]
fn measured(rounds: usize) -> usize {
    (0..rounds)
        .map(|_| SETUP.sign_in(Cache::Cold).map_or(0, |(_, requests)| requests))
        .sum()
}
