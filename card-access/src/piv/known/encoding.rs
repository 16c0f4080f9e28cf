//! Known cards as bytes.
//!
//! A name and a version; the number of entries; the entries; the SHA-256 hash of all this, which detects accidental changes. An entry
//! has the day of its last use, the PIN, the slot, the identity of the card and the data object. Numbers are big-endian.

use super::{KnownCards, entry::Entry, entry::Use};
use crate::{
    Hash, PivSlot,
    piv::{objects, pin::Reference},
};

const NAME: &[u8] = b"card-access known cards";
const VERSION: u8 = 1;
const HASH: usize = 32;
/// Maximum length of an object. Certificates with keys of 4096 bits and long policies have about 3 KiB.
const MAX_OBJECT: usize = 8 << 10;
/// A GUID or FASC-N has up to 64 hexadecimal digits.
const MAX_IDENTITY: usize = 64;

/// Error of bytes that are not known cards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KnownCardsError {
    /// The bytes are something else, or were changed or cut.
    #[error("not a list of known cards, or it was damaged")]
    Malformed,
    /// Another version of this library made them.
    #[error("a list of known cards of version {0}, which this version does not read")]
    Version(u8),
}

/// Encodes entries with the days of their last use. Leaves out what is too long.
pub(super) fn encode<'a>(entries: impl Iterator<Item = (u64, &'a Entry)>) -> Vec<u8> {
    let mut body = Vec::new();
    let mut count = 0_u8;
    for (day, entry) in entries {
        let identity = entry.identity.as_deref().unwrap_or_default();
        let lengths = (u8::try_from(identity.len()), u16::try_from(entry.object.len()));
        let (Ok(identity_length), Ok(object_length)) = lengths else {
            continue;
        };
        if identity.len() > MAX_IDENTITY || entry.object.len() > MAX_OBJECT || count == u8::MAX {
            continue;
        }
        count += 1;
        body.extend(day.to_be_bytes());
        body.push(match entry.reference {
            None => 0,
            Some(Reference::Application) => 1,
            Some(Reference::Global) => 2,
        });
        body.push(entry.slot.key_reference());
        body.push(identity_length);
        body.extend(identity.as_bytes());
        body.extend(object_length.to_be_bytes());
        body.extend(&entry.object);
    }
    let mut bytes = [NAME, &[VERSION, count], &body].concat();
    let hash = Hash::Sha256.digest(&bytes);
    bytes.extend(hash);
    bytes
}

/// Decodes entries. Each object must contain a certificate.
pub(super) fn decode(bytes: &[u8]) -> Result<Vec<Entry>, KnownCardsError> {
    let rest = bytes.strip_prefix(NAME).ok_or(KnownCardsError::Malformed)?;
    match rest.first() {
        Some(&VERSION) => {}
        Some(&other) => return Err(KnownCardsError::Version(other)),
        None => return Err(KnownCardsError::Malformed),
    }
    decode_current(bytes).ok_or(KnownCardsError::Malformed)
}

fn decode_current(bytes: &[u8]) -> Option<Vec<Entry>> {
    if bytes.len() > KnownCards::MAX_BYTES {
        return None;
    }
    let (content, hash) = bytes.split_at_checked(bytes.len().checked_sub(HASH)?)?;
    if Hash::Sha256.digest(content) != hash {
        return None;
    }
    let mut rest = content.get(NAME.len() + 1..)?;
    let [count] = take(&mut rest)?;
    if usize::from(count) > KnownCards::MAX_CARDS {
        return None;
    }
    let entries = (0..count).map(|_| entry(&mut rest)).collect::<Option<_>>()?;
    rest.is_empty().then_some(entries)
}

fn entry(rest: &mut &[u8]) -> Option<Entry> {
    let day = u64::from_be_bytes(take(rest)?);
    let [reference, slot, identity_length] = take(rest)?;
    let reference = match reference {
        0 => None,
        1 => Some(Reference::Application),
        2 => Some(Reference::Global),
        _ => return None,
    };
    let slot = PivSlot::from_key_reference(slot)?;
    let identity = take_slice(rest, identity_length.into())?;
    let identity = std::str::from_utf8(identity).ok()?;
    let object_length = u16::from_be_bytes(take(rest)?);
    let object = take_slice(rest, object_length.into())?;
    if identity.len() > MAX_IDENTITY || object.len() > MAX_OBJECT {
        return None;
    }
    let credential = objects::credential(slot, String::new(), object).ok()?;
    Some(Entry {
        slot,
        identity: Some(identity)
            .filter(|identity| !identity.is_empty())
            .map(str::to_owned),
        object: object.to_vec(),
        sha256: *credential.sha256(),
        reference,
        used: Use::Earlier(day),
    })
}

fn take<const LENGTH: usize>(rest: &mut &[u8]) -> Option<[u8; LENGTH]> {
    take_slice(rest, LENGTH)?.try_into().ok()
}

fn take_slice<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(taken)
}
