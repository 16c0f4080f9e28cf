//! `read-certificates IMPLEMENTATION ROUNDS`: reads all certificates ROUNDS times with one implementation.
//!
//! For counting instructions: `valgrind --tool=callgrind --toggle-collect='*measured*' …`, see the README.

use std::hint::black_box;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (name, rounds) = (
        arguments.next().unwrap_or_default(),
        arguments.next().and_then(|text| text.parse().ok()),
    );
    let implementation = benches::peers::ALL.iter().find(|(known, _)| *known == name);
    let (Some((_, read)), Some(rounds)) = (implementation, rounds) else {
        let names = benches::peers::ALL.map(|(name, _)| name).join(" | ");
        eprintln!("usage: read-certificates {names} ROUNDS");
        return ExitCode::from(2);
    };
    let certificates = benches::certificates::load();
    println!(
        "{} certificates, checksum {}",
        certificates.len(),
        measured(&certificates, *read, rounds)
    );
    ExitCode::SUCCESS
}

#[inline(never)]
fn measured(certificates: &[Vec<u8>], read: fn(&[u8]) -> u64, rounds: usize) -> u64 {
    let mut sum = 0_u64;
    for der in (0..rounds).flat_map(|_| certificates) {
        sum = sum.wrapping_add(read(black_box(der)));
    }
    sum
}
