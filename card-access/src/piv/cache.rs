//! Certificates that were read before.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Certificates that were read before, found again by the first piece of their object.
///
/// The first piece holds 256 bytes, and with them the length, serial number, issuer and validity of the certificate:
/// when the card's content changes, so does the first piece. So this is no list of cards, and is never out of date.
/// Nothing in it is secret. Clones share it.
///
/// A card that was made to deceive can begin an object as another card does and end it otherwise; the first one that was read
/// counts. That makes a signature fail with another's certificate, and nobody sign as another. Do not share a cache between
/// people who must not be in each other's way.
#[derive(Clone, Debug, Default)]
pub struct ObjectCache(Arc<Mutex<BTreeMap<Vec<u8>, Vec<u8>>>>);

/// More than this is not kept: a hundred cards, each with a few certificates.
const MAX_OBJECTS: usize = 512;
/// A shorter piece says too little.
const MIN_PIECE: usize = 200;

impl ObjectCache {
    /// Nothing was read yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    pub(super) fn find(&self, piece: &[u8]) -> Option<Vec<u8>> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(piece)
            .cloned()
    }

    pub(super) fn keep(&self, piece: Vec<u8>, whole: &[u8]) {
        let mut objects = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if piece.len() >= MIN_PIECE && objects.len() < MAX_OBJECTS {
            objects.entry(piece).or_insert_with(|| whole.to_vec());
        }
    }
}
