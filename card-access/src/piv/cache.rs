//! Cache of certificates.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Cache of certificates, identified by the first part of their object.
///
/// The first part has 256 bytes, which contain the length, serial number, issuer and validity of the certificate: when the
/// card's content changes, so does this part. So the cache is not a list of cards and is never out of date. Nothing in it is
/// secret. Clones share it.
///
/// A hostile card can begin an object as another card does and end it differently; the object that was read first is kept. That
/// can make a signature fail with another's certificate, but nobody can sign as someone else. Do not share a cache between
/// people who must not disturb each other.
#[derive(Clone, Debug, Default)]
pub struct ObjectCache(Arc<Mutex<BTreeMap<Vec<u8>, Vec<u8>>>>);

/// Maximum number of objects: a hundred cards, each with a few certificates.
const MAX_OBJECTS: usize = 512;
/// Minimum length of the first part; a shorter one identifies too little.
const MIN_PIECE: usize = 200;

impl ObjectCache {
    /// Creates an empty cache.
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
