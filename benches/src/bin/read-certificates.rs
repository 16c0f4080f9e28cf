//! `read-certificates ROUNDS IMPLEMENTATION…`: reads all certificates ROUNDS times with each implementation in turn. Prints the best
//! time per certificate and the ratio to the first implementation.
//!
//! The implementations take turns, so that a busy machine affects all of them. To count instructions, use one implementation with
//! `valgrind --tool=callgrind --toggle-collect='*measured*' …`, and subtract two runs with different ROUNDS.

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use benches::peers::{ALL, Implementation};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let rounds = arguments.next().and_then(|text| text.parse().ok());
    let chosen: Option<Vec<_>> = arguments
        .map(|name| ALL.into_iter().find(|(known, _)| *known == name))
        .collect();
    let (Some(rounds), Some(chosen @ [_, ..])) = (rounds, chosen.as_deref()) else {
        let names = ALL.map(|(name, _)| name).join(" | ");
        eprintln!("usage: read-certificates ROUNDS IMPLEMENTATION…, of {names}");
        return ExitCode::from(2);
    };
    compare(chosen, rounds);
    ExitCode::SUCCESS
}

fn compare(chosen: &[(&str, Implementation)], rounds: usize) {
    let certificates = benches::certificates::load();
    let count = u32::try_from(certificates.len()).expect("a folder of certificates");
    let mut best = vec![Duration::MAX; chosen.len()];
    for _ in 0..rounds {
        for ((_, read), best) in chosen.iter().zip(&mut best) {
            let begun = Instant::now();
            black_box(measured(&certificates, *read));
            *best = begun.elapsed().min(*best);
        }
    }
    for ((name, _), time) in chosen.iter().zip(&best) {
        let each = time.as_secs_f64() * 1e9 / f64::from(count);
        let ratio = time.as_secs_f64() / best[0].as_secs_f64();
        println!(
            "{name:<18} {each:>9.1} ns a certificate, {ratio:.3} of {}",
            chosen[0].0
        );
    }
}

#[inline(never)]
fn measured(certificates: &[Vec<u8>], read: Implementation) -> u64 {
    certificates
        .iter()
        .fold(0, |sum, der| sum.wrapping_add(read(black_box(der))))
}
