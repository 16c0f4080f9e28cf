//! Lists every token of the machine within two seconds, and then what comes and goes.
//!
//! `cargo run -p card-access --example list_tokens`. With `--watch` it goes on until it is interrupted.

use std::{env, error::Error, time::Duration};

use card_access::{CardListing, Cards, pkcs11::helper};

fn main() -> Result<(), Box<dyn Error>> {
    helper::run_if_helper(); // PKCS#11 modules run in a helper process: this program, started once more
    let mut cards = Cards::system();
    print(&cards.tokens(Duration::from_secs(2)));
    while env::args().any(|argument| argument == "--watch") {
        for event in cards.wait(Duration::MAX)? {
            println!("event: {event}");
        }
        print(&cards.tokens(Duration::from_secs(2)));
    }
    Ok(())
}

fn print(listing: &CardListing) {
    for entry in &listing.found {
        let token = entry.preferred();
        let backends: Vec<_> = entry.backends().map(|info| info.id.backend().code()).collect();
        println!(
            "token: {} at {} ({})",
            token.name,
            token.id.place(),
            backends.join(", ")
        );
    }
    // A slow or defective reader delays and hides no other token.
    for pending in &listing.pending {
        println!("pending: {pending}");
    }
    for problem in &listing.problems {
        println!(
            "problem: {}: {}. {}",
            problem.place,
            problem.error,
            problem.error.hint()
        );
    }
}
