//! Keytab files: the keys of a service, in MIT's format.

use super::asn1::string;
use super::encryption::Key;

/// Longest file that is read, in bytes.
const MAX_FILE: usize = 1 << 20;
const MAX_ENTRIES: usize = 4096;

/// The keys of the device's account: a file in MIT's format, version 2
/// (<https://web.mit.edu/kerberos/krb5-latest/doc/formats/keytab_file_format.html>).
///
/// The keys are wiped when it is dropped. Keys of other encryption types than AES are listed and never used.
///
/// ```
/// # #[cfg(feature = "active-directory")] {
/// use cba_protocol::active_directory::{Keytab, KeytabError};
///
/// assert_eq!(Keytab::from_bytes(b"PK").err(), Some(KeytabError::OtherFormat));
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Keytab {
    /// The entries, in the order of the file.
    pub entries: Vec<KeytabEntry>,
    /// Name of the service to ask a ticket for. At first it is the first `host/` principal, or else the first principal: every key of a
    /// keytab of a device is that of its account.
    pub service: String,
}

/// One key of a keytab.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct KeytabEntry {
    /// Principal without its realm, such as `host/client.corp.example` or `CLIENT$`.
    pub principal: String,
    /// Realm of the principal.
    pub realm: String,
    /// Key version number: how often the password of the account was changed.
    pub key_version: u32,
    /// Number of the encryption type: 17 and 18 are those of AES (RFC 3962), 23 is RC4.
    pub encryption_type: u16,
    key: Option<Key>,
}

/// Reason why a file is not a usable keytab.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeytabError {
    /// The file has no entry.
    #[error("the keytab has no entry; join the device again, or run `net ads keytab create`")]
    Empty,
    /// An entry is not well formed. The value is its place, in bytes from the start.
    #[error("the entry at byte {0} of the keytab is damaged; create the keytab again")]
    Entry(usize),
    /// The file does not begin with 05 02.
    #[error("not a keytab of version 2, which begins with the bytes 05 02")]
    OtherFormat,
    /// The file is longer than 1 MiB, or has more than 4096 entries.
    #[error("the keytab is longer than {MAX_FILE} bytes or has more than {MAX_ENTRIES} entries")]
    TooLong,
}

impl Keytab {
    /// Reads a file.
    ///
    /// # Errors
    /// [`KeytabError`] if it is not a keytab of version 2, or has no entry.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeytabError> {
        if bytes.len() > MAX_FILE {
            return Err(KeytabError::TooLong);
        }
        let mut rest = bytes.strip_prefix(&[5, 2]).ok_or(KeytabError::OtherFormat)?;
        let mut entries = Vec::new();
        while !rest.is_empty() {
            let damaged = KeytabError::Entry(bytes.len() - rest.len());
            let size = i32::from_be_bytes(take(&mut rest).ok_or(damaged)?);
            let length = usize::try_from(size.unsigned_abs()).map_err(|_| damaged)?;
            let entry = take_slice(&mut rest, length).ok_or(damaged)?;
            // Zero ends the file; a negative size is a hole.
            match size {
                0 => break,
                1.. => entries.push(KeytabEntry::read(entry).ok_or(damaged)?),
                _ => {}
            }
            if entries.len() > MAX_ENTRIES {
                return Err(KeytabError::TooLong);
            }
        }
        let is_host = |entry: &&KeytabEntry| entry.principal.to_ascii_lowercase().starts_with("host/");
        let entry = entries.iter().find(is_host).or(entries.first());
        let service = entry.ok_or(KeytabError::Empty)?.principal.clone();
        Ok(Self { entries, service })
    }

    /// Newest key version number among the entries.
    #[must_use]
    pub fn newest_key_version(&self) -> u32 {
        let versions = self.entries.iter().map(|entry| entry.key_version);
        versions.max().unwrap_or_default()
    }

    /// Keys for a ticket. A version of less than 256 may be the lowest byte of the number, so both are compared in that form.
    pub(super) fn keys(&self, encryption_type: i64, key_version: Option<u32>) -> impl Iterator<Item = &Key> {
        let is_asked = move |entry: &&KeytabEntry| {
            i64::from(entry.encryption_type) == encryption_type
                && key_version.is_none_or(|version| version & 0xff == entry.key_version & 0xff)
        };
        let entries = self.entries.iter().filter(is_asked);
        entries.filter_map(|entry| entry.key.as_ref())
    }
}

impl KeytabEntry {
    fn read(mut rest: &[u8]) -> Option<Self> {
        let parts = u16::from_be_bytes(take(&mut rest)?);
        let realm = string(counted(&mut rest)?)?;
        let parts: Option<Vec<_>> = (0..parts).map(|_| string(counted(&mut rest)?)).collect();
        let [_name_type, _time] = [take::<4>(&mut rest)?, take(&mut rest)?];
        let [version] = take(&mut rest)?;
        let encryption_type = u16::from_be_bytes(take(&mut rest)?);
        let key = Key::new(i64::from(encryption_type), counted(&mut rest)?);
        // A version of 32 bits may follow; zero means that it does not.
        let long = take(&mut rest).map_or(0, u32::from_be_bytes);
        Some(Self {
            principal: parts?.join("/"),
            realm,
            key_version: if long == 0 { u32::from(version) } else { long },
            encryption_type,
            key,
        })
    }
}

/// The next bytes of an entry. Numbers have the most significant byte first.
fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (field, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(*field)
}

/// Bytes with their length in front.
fn counted<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = u16::from_be_bytes(take(rest)?);
    take_slice(rest, length.into())
}

fn take_slice<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (field, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(field)
}
