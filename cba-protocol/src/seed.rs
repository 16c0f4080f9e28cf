//! The randomness of a flow: one seed, so that a run can be repeated byte for byte.

use core::fmt;

use zeroize::Zeroizing;

use crate::kdf::hmac_sha256;

/// 32 random bytes from which a flow derives its correlation id and its key derivation contexts.
///
/// Take fresh bytes from the operating system for every flow. The same seed and the same answers give the same requests: useful in
/// tests and to replay a bug report, wrong in production.
///
/// ```
/// use cba_protocol::Seed;
/// # fn fill(_: &mut [u8]) {}
///
/// let mut bytes = [0; 32];
/// fill(&mut bytes); // the operating system's generator
/// let seed = Seed::from(bytes);
/// ```
#[derive(Clone)]
pub struct Seed(Zeroizing<[u8; 32]>);

impl From<[u8; 32]> for Seed {
    fn from(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(..)")
    }
}

/// The stream of random values that a seed expands to: HMAC-SHA-256 over a counter.
#[derive(Clone)]
pub(crate) struct Random {
    seed: Seed,
    drawn: u64,
}

impl Random {
    pub(crate) fn new(seed: Seed) -> Self {
        Self { seed, drawn: 0 }
    }

    /// The next 32 bytes.
    pub(crate) fn draw(&mut self) -> [u8; 32] {
        self.drawn += 1;
        hmac_sha256(&self.seed.0, &[b"cba-protocol random", &self.drawn.to_be_bytes()])
    }
}
