//! Keytab files: the keys of a service, in MIT's format.

use core::fmt;

use super::encryption::Key;
use super::names::string;

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
#[derive(Clone)]
pub struct Keytab {
    entries: Vec<KeytabEntry>,
}

/// One key of a keytab.
#[derive(Clone)]
pub struct KeytabEntry {
    principal: String,
    realm: String,
    key_version: u32,
    encryption_type: u16,
    key: Option<Key>,
}

/// Reason why a file is not a usable keytab.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeytabError {
    /// The file has no entry.
    #[error(
        "the keytab has no entry; join the device again, or create it again (for example with `net ads keytab create`)"
    )]
    Empty,
    /// An entry is not well formed.
    #[error("the entry at byte {offset} of the keytab is damaged; create the keytab again")]
    Entry {
        /// Place of the entry, in bytes from the start.
        offset: usize,
    },
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
            let damaged = KeytabError::Entry {
                offset: bytes.len() - rest.len(),
            };
            let (size, after) = rest.split_first_chunk::<4>().ok_or(damaged)?;
            let size = i32::from_be_bytes(*size);
            let length = usize::try_from(size.unsigned_abs()).map_err(|_| damaged)?;
            let (entry, after) = after.split_at_checked(length).ok_or(damaged)?;
            rest = after;
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
        if entries.is_empty() {
            Err(KeytabError::Empty)
        } else {
            Ok(Self { entries })
        }
    }

    /// The entries, in the order of the file.
    #[must_use]
    pub fn entries(&self) -> &[KeytabEntry] {
        &self.entries
    }

    /// Name of the service to ask a ticket for: the first `host/` principal, or else the first principal. Every key of a keytab of a device is
    /// that of its account.
    #[must_use]
    pub fn service(&self) -> &str {
        let is_host = |entry: &&KeytabEntry| entry.principal.to_ascii_lowercase().starts_with("host/");
        let entry = self.entries.iter().find(is_host).or(self.entries.first());
        entry.map_or("", |entry| &entry.principal)
    }

    /// Newest key version number among the entries.
    #[must_use]
    pub fn newest_key_version(&self) -> u32 {
        self.entries
            .iter()
            .map(|entry| entry.key_version)
            .max()
            .unwrap_or_default()
    }

    /// Keys for a ticket. A version of less than 256 may be the lowest byte of the number, so both are compared in that form.
    pub(super) fn keys(&self, encryption_type: i64, key_version: Option<u32>) -> impl Iterator<Item = &Key> {
        self.entries
            .iter()
            .filter(move |entry| i64::from(entry.encryption_type) == encryption_type)
            .filter(move |entry| key_version.is_none_or(|version| version & 0xff == entry.key_version & 0xff))
            .filter_map(|entry| entry.key.as_ref())
    }
}

impl KeytabEntry {
    /// Principal without its realm, such as `host/client.corp.example` or `CLIENT$`.
    #[must_use]
    pub fn principal(&self) -> &str {
        &self.principal
    }

    /// Realm of the principal.
    #[must_use]
    pub fn realm(&self) -> &str {
        &self.realm
    }

    /// Key version number: how often the password of the account was changed.
    #[must_use]
    pub fn key_version(&self) -> u32 {
        self.key_version
    }

    /// Number of the encryption type: 17 and 18 are those of AES (RFC 3962), 23 is RC4.
    #[must_use]
    pub fn encryption_type(&self) -> u16 {
        self.encryption_type
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Fields(bytes);
        let parts = reader.number()?;
        let realm = string(reader.counted()?)?;
        let mut names = Vec::new();
        for _ in 0..parts {
            names.push(string(reader.counted()?)?);
        }
        reader.take::<4>()?; // name type
        reader.take::<4>()?; // time
        let [version] = *reader.take::<1>()?;
        let encryption_type = reader.number()?;
        let key = Key::new(i64::from(encryption_type), reader.counted()?);
        // A version of 32 bits may follow; zero means that it does not.
        let long = reader.take::<4>().map(|bytes| u32::from_be_bytes(*bytes));
        Some(Self {
            principal: names.join("/"),
            realm,
            key_version: long.filter(|&version| version != 0).unwrap_or(u32::from(version)),
            encryption_type,
            key,
        })
    }
}

/// Fields of an entry, numbers with the most significant byte first.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
        let (field, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(field)
    }

    fn number(&mut self) -> Option<u16> {
        self.take().map(|bytes| u16::from_be_bytes(*bytes))
    }

    fn counted(&mut self) -> Option<&'a [u8]> {
        let length = usize::from(self.number()?);
        let (field, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(field)
    }
}

impl fmt::Debug for Keytab {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.entries).finish()
    }
}

impl fmt::Debug for KeytabEntry {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeytabEntry")
            .field("principal", &self.principal)
            .field("realm", &self.realm)
            .field("key_version", &self.key_version)
            .field("encryption_type", &self.encryption_type)
            .finish_non_exhaustive()
    }
}
