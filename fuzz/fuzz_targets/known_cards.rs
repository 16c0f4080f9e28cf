//! Any bytes as the content of a store of known cards: no panic, no more cards than the maximum, and a store that is written again reads
//! the same.

#![no_main]

use std::time::Duration;

use card_access::piv::KnownCards;
use libfuzzer_sys::fuzz_target;
use rsa::sha2::{Digest, Sha256};
use rustls_pki_types::UnixTime;

/// Day 20,000 of the Unix epoch: 2024-10-04.
const NOW: Duration = Duration::from_secs(20_000 * 24 * 60 * 60);

fuzz_target!(|content: &[u8]| {
    let now = UnixTime::since_unix_epoch(NOW);
    // Without the right hash, no content would be read.
    let mut bytes = [b"card-access known cards\x01", content].concat();
    let hash = Sha256::digest(&bytes);
    bytes.extend(hash);
    let Ok(known) = KnownCards::from_bytes(&bytes, now) else {
        return;
    };
    assert!(known.len() <= KnownCards::MAX_CARDS);
    let written = known.to_bytes(now);
    assert!(written.len() <= bytes.len());
    let again = KnownCards::from_bytes(&written, now).expect("a written store is read");
    assert_eq!(
        (again.len(), again.to_bytes(now)),
        (known.len(), written),
        "the same cards give the same bytes"
    );
});
