//! Cards seen before.

mod encoding;
mod entry;

pub use encoding::KnownCardsError;

use std::{
    cmp::Reverse,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rustls_pki_types::UnixTime;

use super::pin::Reference;
use crate::{Credential, PivSlot};
use encoding::{decode, encode};
use entry::{Entry, Use};

/// Cards seen before: their certificates, and which PIN they require. Reading such a card takes fewer commands.
///
/// Clones share the cards. [`to_bytes`](Self::to_bytes) makes a value that the caller may keep between runs of its program. Call
/// [`forget`](Self::forget) if the server does not accept a certificate.
///
/// # What is saved, and how a change is noticed
///
/// - With short lengths a certificate takes several commands. Only its first part, 256 bytes, is read from a known card. The part must
///   contain the issuer and the serial number, which identify a certificate (RFC 5280 section 4.1.2.2), in the clear and whole, and
///   exactly one known certificate must begin with it. Otherwise the certificate is read whole. With extended lengths it is always read
///   whole: this takes one command.
/// - [`Token::prepare_slot`](crate::Token::prepare_slot) does not read the discovery object of a known card. It uses the PIN that the
///   last signature was made with, if two or more tries are left. In any other case it reads the object.
///
/// With the feature `verify`, a signature is verified with a certificate that was not read whole before it is returned. A signature that
/// does not fit, and a wrong PIN, remove what was known. Without this feature, call `Credential::verify`.
///
/// So a card with another certificate is never taken for the known one, unless its issuer gave two certificates the same serial number
/// and the same length. If they also have the same key, the older one is used; a CA must not issue such certificates.
///
/// # Privacy
///
/// The bytes contain the certificates, and so the names, of the people who have signed in; the identity of each card, such as its GUID;
/// and the day of the last signature. They contain no PIN, key or signature. Only cards that have made a signature are included, at most
/// [`MAX_CARDS`](Self::MAX_CARDS), for [`MAX_DAYS`](Self::MAX_DAYS) days after the last one. Store the bytes where only the user can
/// read and write them. Whoever can write them can make a sign-in fail, have it begin with another name, or have a PIN try spent on the
/// other PIN of the card; nobody can sign in as someone else by that, because the issuer's signature is checked by the server.
///
/// ```
/// use card_access::piv::KnownCards;
/// use rustls_pki_types::UnixTime;
///
/// let now = UnixTime::now();
/// let stored = KnownCards::new().to_bytes(now);
/// // In the next run; a value that cannot be used is replaced.
/// let known = KnownCards::from_bytes(&stored, now).unwrap_or_default();
/// assert!(known.is_empty());
/// # #[cfg(feature = "pcsc")]
/// let cards = card_access::pcsc::PcscProvider::new().with_known_cards(known.clone());
/// ```
#[derive(Clone, Debug, Default)]
pub struct KnownCards(Arc<Mutex<Vec<Entry>>>);

/// Maximum number of certificates in memory: a hundred cards, each with a few.
const MAX_IN_MEMORY: usize = 512;

impl KnownCards {
    /// Maximum number of certificates in [`to_bytes`](Self::to_bytes); those that were used last are kept.
    pub const MAX_CARDS: usize = 64;
    /// Number of days after the last signature for which a card is kept.
    pub const MAX_DAYS: u64 = 90;
    /// Maximum length of the value that [`from_bytes`](Self::from_bytes) reads.
    pub const MAX_BYTES: usize = 1 << 20;

    /// Creates an empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads what [`to_bytes`](Self::to_bytes) made. Leaves out cards that were not used for [`MAX_DAYS`](Self::MAX_DAYS) days, or
    /// that were used in the future.
    ///
    /// # Errors
    ///
    /// Fails if the value is not such a value, was changed or cut, is too long, or has another version.
    pub fn from_bytes(bytes: &[u8], now: UnixTime) -> Result<Self, KnownCardsError> {
        let mut entries = decode(bytes)?;
        entries.retain(|entry| entry.last_use(now).is_some());
        Ok(Self(Arc::new(Mutex::new(entries))))
    }

    /// Makes a value to keep: the cards that have made a signature, those that were used last first. The same cards used on the same
    /// day give the same bytes.
    #[must_use]
    pub fn to_bytes(&self, now: UnixTime) -> Vec<u8> {
        let entries = self.entries();
        let mut used: Vec<_> = entries
            .iter()
            .filter_map(|entry| Some((entry.last_use(now)?, entry)))
            .collect();
        used.sort_by_key(|(day, _)| Reverse(*day));
        encode(used.into_iter().take(Self::MAX_CARDS))
    }

    /// Number of known certificates.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries().len()
    }

    /// Whether no certificate is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries().is_empty()
    }

    /// Forgets the certificate with this SHA-256 hash.
    pub fn forget(&self, sha256: &[u8; 32]) {
        self.entries().retain(|entry| entry.sha256 != *sha256);
    }

    /// The whole object that begins with this part; `None` if the part is not enough to identify a certificate.
    pub(super) fn find(&self, part: &[u8]) -> Option<Vec<u8>> {
        if !entry::identifies_certificate(part) {
            return None;
        }
        let entries = self.entries();
        let mut fitting = entries.iter().filter(|entry| entry.object.starts_with(part));
        match (fitting.next(), fitting.next()) {
            (Some(entry), None) => Some(entry.object.clone()),
            _ => None,
        }
    }

    /// Keeps the object of a certificate. The earlier certificate of the same slot of the same card is forgotten.
    pub(super) fn keep(&self, slot: PivSlot, object: &[u8], credential: &Credential, identity: Option<&str>) {
        let mut entries = self.entries();
        let is_same = |entry: &Entry| entry.object == object;
        if identity.is_some() {
            entries.retain(|entry| !entry.is_at(slot, identity) || is_same(entry));
        }
        let identity = identity.map(str::to_owned);
        if let Some(entry) = entries.iter_mut().find(|entry| is_same(entry)) {
            entry.identity = identity.or(entry.identity.take());
        } else if entries.len() < MAX_IN_MEMORY {
            entries.push(Entry {
                slot,
                identity,
                object: object.to_vec(),
                sha256: *credential.sha256(),
                reference: None,
                used: Use::Never,
            });
        }
    }

    /// PIN that the last signature was made with.
    pub(super) fn reference(&self, credential: &Credential) -> Option<Reference> {
        let entries = self.entries();
        let known = entries.iter().find(|entry| entry.sha256 == *credential.sha256());
        known.and_then(|entry| entry.reference)
    }

    /// Records a signature, and the PIN that it was made with.
    pub(super) fn signed(&self, credential: &Credential, reference: Option<Reference>) {
        for entry in &mut *self.entries() {
            if entry.sha256 == *credential.sha256() {
                entry.reference = reference;
                entry.used = Use::Now;
            }
        }
    }

    /// Forgets which PIN a card requires.
    pub(super) fn forget_reference(&self, credential: &Credential) {
        for entry in &mut *self.entries() {
            if entry.sha256 == *credential.sha256() {
                entry.reference = None;
            }
        }
    }

    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
