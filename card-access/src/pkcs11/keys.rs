//! Private keys of a token, and the certificates that they belong to.

use cryptoki::error::Error as ModuleError;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;

use super::objects::{Search, attribute, find, readable, unless_lost};
use super::text;
use crate::spki::PublicKey;
use crate::{Credential, Error, ErrorKind, KeyAlgorithm, Slot};

/// Private key of a credential: by its public key if that can be compared, otherwise by `CKA_ID`.
///
/// # Errors
///
/// [`NoCredential`](ErrorKind::NoCredential) if there is none (it may be behind the PIN), and
/// [`Malformed`](ErrorKind::Malformed) if several cannot be distinguished.
pub(super) fn private_key(
    session: &Session,
    credential: &Credential,
) -> Result<Result<Key, Error>, ModuleError> {
    let id = identifier(credential);
    let mut keys = if id.is_empty() {
        Vec::new()
    } else {
        private_keys(session, id)?
    };
    keys.retain(|key| key.may_be_of(credential));
    if keys.is_empty() {
        // The identifier is missing, or only the certificate has it: the key itself must decide.
        keys = private_keys(session, &[])?;
        keys.retain(|key| key.may_be_of(credential));
    }
    prefer(&mut keys, |key| key.public_key_matches(credential) == Some(true));
    if keys.len() > 1 {
        // Elliptic-curve private keys rarely contain their point. The public key object does, and has the same label.
        let labels = public_key_labels(session, credential)?;
        prefer(&mut keys, |key| labels.contains(&key.label));
        prefer(&mut keys, |key| key.label == credential.label());
    }
    Ok(match keys.pop() {
        None => Err(ErrorKind::NoCredential.into()),
        Some(_) if !keys.is_empty() => Err(ErrorKind::Malformed {
            what: text::SEVERAL_KEYS,
        }
        .into()),
        Some(key) => Ok(key),
    })
}

/// Private key with the attributes that describe it.
pub(super) struct Key {
    pub(super) handle: ObjectHandle,
    /// `CKA_ALWAYS_AUTHENTICATE`: the PIN is required for each signature.
    pub(super) always_authenticate: bool,
    label: String,
    kind: Option<KeyType>,
    public: Public,
}

impl Key {
    pub(super) fn may_be_of(&self, credential: &Credential) -> bool {
        let wanted = match credential.algorithm() {
            KeyAlgorithm::Rsa { .. } => Some(KeyType::RSA),
            KeyAlgorithm::EcP256 | KeyAlgorithm::EcP384 => Some(KeyType::EC),
            KeyAlgorithm::Other => None,
        };
        let same_type = wanted.is_none() || self.kind.is_none() || self.kind == wanted;
        same_type && self.public_key_matches(credential) != Some(false)
    }

    fn public_key_matches(&self, credential: &Credential) -> Option<bool> {
        self.public
            .matches(&PublicKey::of_certificate(credential.certificate())?)
    }
}

/// Public half of a key, as far as an object contains it.
#[derive(Default)]
struct Public {
    modulus: Vec<u8>,
    point: Vec<u8>,
    info: Vec<u8>,
}

impl Public {
    const ATTRIBUTES: [AttributeType; 3] = [
        AttributeType::Modulus,
        AttributeType::EcPoint,
        AttributeType::PublicKeyInfo,
    ];

    fn of(session: &Session, handle: ObjectHandle) -> Result<Self, ModuleError> {
        let mut public = Self::default();
        for wanted in Self::ATTRIBUTES {
            match attribute(session, handle, wanted).or_else(unless_lost)? {
                Some(Attribute::Modulus(modulus)) => public.modulus = modulus,
                Some(Attribute::EcPoint(point)) => public.point = point,
                Some(Attribute::PublicKeyInfo(info)) => public.info = info,
                _ => {}
            }
        }
        Ok(public)
    }

    /// `None` if the object does not contain enough to compare.
    fn matches(&self, key: &PublicKey<'_>) -> Option<bool> {
        match key {
            PublicKey::Rsa { modulus, .. } => {
                let found = self.modulus.iter().position(|byte| *byte != 0)?;
                Some(self.modulus.get(found..) == Some(*modulus))
            }
            // CKA_EC_POINT is a DER OCTET STRING (PKCS #11 v3.1 section 6.3.3), though some modules omit its header. In that
            // attribute and in a SubjectPublicKeyInfo the point comes last.
            PublicKey::Ec { point, .. } => {
                let found = [&self.point, &self.info]
                    .into_iter()
                    .find(|field| !field.is_empty())?;
                Some(found.ends_with(point))
            }
            PublicKey::Other => None,
        }
    }
}

/// All visible private keys, if the search was complete: otherwise it has not shown that there are no others.
pub(super) fn complete(session: &Session) -> Result<Option<Vec<Key>>, ModuleError> {
    let Search { handles, broken_off } = find(session, &[Attribute::Class(ObjectClass::PRIVATE_KEY)])?;
    match broken_off {
        Some(_) => Ok(None),
        None => read(session, handles).map(Some),
    }
}

/// Visible private keys: all, or those with an identifier.
pub(super) fn private_keys(session: &Session, id: &[u8]) -> Result<Vec<Key>, ModuleError> {
    let mut template = vec![Attribute::Class(ObjectClass::PRIVATE_KEY)];
    if !id.is_empty() {
        template.push(Attribute::Id(id.to_vec()));
    }
    read(session, find(session, &template)?.handles)
}

fn read(session: &Session, handles: Vec<ObjectHandle>) -> Result<Vec<Key>, ModuleError> {
    let read = |handle| private_key_object(session, handle);
    handles.into_iter().map(read).collect()
}

/// An attribute that cannot be read is unknown and excludes no certificate.
fn private_key_object(session: &Session, handle: ObjectHandle) -> Result<Key, ModuleError> {
    let public = Public::of(session, handle)?;
    let mut key = Key {
        handle,
        always_authenticate: false,
        label: String::new(),
        kind: None,
        public,
    };
    for wanted in [
        AttributeType::AlwaysAuthenticate,
        AttributeType::KeyType,
        AttributeType::Label,
    ] {
        match attribute(session, handle, wanted).or_else(unless_lost)? {
            Some(Attribute::AlwaysAuthenticate(always)) => key.always_authenticate = always,
            Some(Attribute::KeyType(kind)) => key.kind = Some(kind),
            Some(Attribute::Label(label)) => key.label = readable(&label),
            _ => {}
        }
    }
    Ok(key)
}

/// Labels of the public keys that match the certificate.
fn public_key_labels(session: &Session, credential: &Credential) -> Result<Vec<String>, ModuleError> {
    let Some(wanted) = PublicKey::of_certificate(credential.certificate()) else {
        return Ok(Vec::new());
    };
    let public_keys = [Attribute::Class(ObjectClass::PUBLIC_KEY)];
    let found = find(session, &public_keys).map(Some).or_else(unless_lost)?;
    let mut labels = Vec::new();
    for handle in found.into_iter().flat_map(|found| found.handles) {
        if Public::of(session, handle)?.matches(&wanted) == Some(true) {
            let label = attribute(session, handle, AttributeType::Label).or_else(unless_lost)?;
            if let Some(Attribute::Label(label)) = label {
                labels.push(readable(&label));
            }
        }
    }
    Ok(labels)
}

/// Keeps the keys that meet a condition, if there are any.
fn prefer(keys: &mut Vec<Key>, condition: impl Fn(&Key) -> bool) {
    if keys.iter().any(&condition) {
        keys.retain(condition);
    }
}

fn identifier(credential: &Credential) -> &[u8] {
    match credential.slot() {
        Slot::Object(id) => id,
        Slot::Piv(_) => &[],
    }
}
