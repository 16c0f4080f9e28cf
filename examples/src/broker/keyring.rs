//! The key that seals the stored token, in the kernel's keyring of the user.
//!
//! The keyring is in the kernel's memory: nothing of it is written to a disk, and it ends with the last process of the user
//! (user-keyring(7)). Every process of the user can read it, as it can ask the broker.

use cba_protocol::SealingKey;
use linux_keyutils::{Key, KeyError, KeyPermissionsBuilder, KeyRing, KeyRingIdentifier, Permission};
use zeroize::Zeroizing;

/// A key of 32 bytes under a description.
pub(super) struct KeyringKey {
    description: String,
}

/// The kernel refuses longer descriptions (keyctl(2)).
const MAX_DESCRIPTION: usize = 4_000;

impl KeyringKey {
    pub(super) fn new(description: &str) -> Self {
        let mut end = description.len().min(MAX_DESCRIPTION);
        while !description.is_char_boundary(end) {
            end -= 1;
        }
        Self {
            description: format!("certificate-broker:{}", &description[..end]),
        }
    }

    /// The key, if there is one.
    pub(super) fn read(&self) -> Result<Option<SealingKey>, KeyError> {
        let Some(key) = self.find()? else {
            return Ok(None);
        };
        let mut bytes = Zeroizing::new([0; 32]);
        // The length is that of the key, also if it is longer.
        let length = key.read(&mut *bytes)?;
        Ok((length == bytes.len()).then(|| SealingKey::from(*bytes)))
    }

    /// The key, or a new one.
    pub(super) fn read_or_create(&self) -> Result<SealingKey, KeyError> {
        if let Some(key) = self.read()? {
            return Ok(key);
        }
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *bytes).map_err(|_| KeyError::KeyRejected)?;
        let key = ring()?.add_key(&self.description, &*bytes)?;
        // By default only a process that possesses the keyring can read a key, and a service of systemd may not possess the user's.
        let own = Permission::VIEW
            | Permission::READ
            | Permission::WRITE
            | Permission::SEARCH
            | Permission::SETATTR;
        let permissions = KeyPermissionsBuilder::builder()
            .posessor(Permission::ALL)
            .user(own)
            .build();
        key.set_perms(permissions)?;
        Ok(SealingKey::from(*bytes))
    }

    /// Destroys the key, so that nothing can open what it sealed.
    pub(super) fn destroy(&self) -> Result<(), KeyError> {
        match self.find()? {
            Some(key) => key.invalidate(),
            None => Ok(()),
        }
    }

    fn find(&self) -> Result<Option<Key>, KeyError> {
        match ring()?.search(&self.description) {
            Ok(key) => Ok(Some(key)),
            Err(KeyError::KeyDoesNotExist | KeyError::KeyExpired | KeyError::KeyRevoked) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn ring() -> Result<KeyRing, KeyError> {
    KeyRing::from_special_id(KeyRingIdentifier::User, true)
}
