//! Certificates and private keys on a token, and which belong together.

use cryptoki::error::Error as ModuleError;
use cryptoki::object::{Attribute, AttributeType, CertificateType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use rustls_pki_types::CertificateDer;
use upn_resolver::certificate::Outline;

use super::text;
use crate::spki::PublicKey;
use crate::{Credential, Error, ErrorKind, KeyAlgorithm, Listing, Slot};

/// Which private keys a session shows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Keys {
    /// All: there is no login, or somebody is logged in.
    All,
    /// Those that need no PIN; the others come to light with the login.
    WithoutPin,
}

/// Every end-entity certificate whose private key is there, or may be behind the PIN.
///
/// Where keys may be hidden, a certificate counts unless it is an authority's: that a card shows its key for doors says
/// nothing about the one for signing in.
pub(super) fn credentials(session: &Session, shown: Keys) -> Result<Listing<Credential>, ModuleError> {
    let x509 = [
        Attribute::Class(ObjectClass::CERTIFICATE),
        Attribute::CertificateType(CertificateType::X_509),
    ];
    let keys = match shown {
        Keys::All => Some(private_keys(session, &[])?),
        Keys::WithoutPin => None,
    };
    let has_no_key = |credential: &Credential| {
        keys.as_ref()
            .is_some_and(|keys| !keys.iter().any(|key| key.may_be_of(credential)))
    };
    let mut listing = Listing::default();
    for handle in session.find_objects(&x509)? {
        let Some((slot, result)) = certificate(session, handle)? else {
            continue;
        };
        match result {
            Ok(credential) if has_no_key(&credential) => {}
            Ok(credential) if is_authority(credential.certificate()) => {}
            // Modules that merge several sources show one certificate twice.
            Ok(credential) if listing.found.contains(&credential) => {}
            result => listing.record(slot.to_string(), result),
        }
    }
    Ok(listing)
}

/// The private key of a credential: by its public key where that can be compared, otherwise by `CKA_ID`.
///
/// # Errors
///
/// [`NoCredential`](ErrorKind::NoCredential) when there is none (behind the PIN, perhaps), and
/// [`Malformed`](ErrorKind::Malformed) when several can't be told apart.
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
        // The identifier is missing, or only the certificate has it: the key itself must tell.
        keys = private_keys(session, &[])?;
        keys.retain(|key| key.may_be_of(credential));
    }
    prefer(&mut keys, |key| key.public_key_matches(credential) == Some(true));
    if keys.len() > 1 {
        // Elliptic-curve private keys rarely show their point. The public key beside it does, and has its label.
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

/// A private key, and what its attributes tell of it.
pub(super) struct Key {
    pub(super) handle: ObjectHandle,
    /// `CKA_ALWAYS_AUTHENTICATE`: the PIN is wanted for each signature.
    pub(super) always_authenticate: bool,
    label: String,
    kind: Option<KeyType>,
    public: Public,
}

impl Key {
    fn may_be_of(&self, credential: &Credential) -> bool {
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

/// The public half of a key, as far as an object shows it.
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
        for attribute in attributes(session, handle, &Self::ATTRIBUTES)? {
            match attribute {
                Attribute::Modulus(modulus) => public.modulus = modulus,
                Attribute::EcPoint(point) => public.point = point,
                Attribute::PublicKeyInfo(info) => public.info = info,
                _ => {}
            }
        }
        Ok(public)
    }

    /// `None` where the object doesn't show enough to compare.
    fn matches(&self, key: &PublicKey<'_>) -> Option<bool> {
        match key {
            PublicKey::Rsa { modulus, .. } => {
                let found = self.modulus.iter().position(|byte| *byte != 0)?;
                Some(self.modulus.get(found..) == Some(*modulus))
            }
            // CKA_EC_POINT is a DER OCTET STRING (PKCS #11 v3.1 section 6.3.3), though some modules leave its header
            // out. In that field and in a SubjectPublicKeyInfo the point stands last.
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

/// The private keys that can be seen, all or those with an identifier.
fn private_keys(session: &Session, id: &[u8]) -> Result<Vec<Key>, ModuleError> {
    let mut template = vec![Attribute::Class(ObjectClass::PRIVATE_KEY)];
    if !id.is_empty() {
        template.push(Attribute::Id(id.to_vec()));
    }
    session
        .find_objects(&template)?
        .into_iter()
        .map(|handle| private_key_object(session, handle))
        .collect()
}

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
        match attributes(session, handle, &[wanted])?.pop() {
            Some(Attribute::AlwaysAuthenticate(always)) => key.always_authenticate = always,
            Some(Attribute::KeyType(kind)) => key.kind = Some(kind),
            Some(Attribute::Label(label)) => key.label = readable(&label),
            _ => {}
        }
    }
    Ok(key)
}

/// The labels of the public keys that are the certificate's.
fn public_key_labels(session: &Session, credential: &Credential) -> Result<Vec<String>, ModuleError> {
    let Some(wanted) = PublicKey::of_certificate(credential.certificate()) else {
        return Ok(Vec::new());
    };
    let mut labels = Vec::new();
    for handle in session.find_objects(&[Attribute::Class(ObjectClass::PUBLIC_KEY)])? {
        if Public::of(session, handle)?.matches(&wanted) == Some(true) {
            if let Some(Attribute::Label(label)) = attributes(session, handle, &[AttributeType::Label])?.pop()
            {
                labels.push(readable(&label));
            }
        }
    }
    Ok(labels)
}

fn certificate(session: &Session, handle: ObjectHandle) -> Result<Option<Found>, ModuleError> {
    let (mut der, mut id, mut label) = (Vec::new(), Vec::new(), String::new());
    for attribute in attributes(
        session,
        handle,
        &[AttributeType::Value, AttributeType::Id, AttributeType::Label],
    )? {
        match attribute {
            Attribute::Value(value) => der = value,
            Attribute::Id(value) => id = value,
            Attribute::Label(value) => label = readable(&value),
            _ => {}
        }
    }
    // A certificate by reference (CKA_URL) or a reserved place has no value.
    if der.is_empty() {
        return Ok(None);
    }
    let slot = Slot::Object(id);
    Ok(Some((
        slot.clone(),
        Credential::new(slot, label, CertificateDer::from(der)),
    )))
}

/// A certificate object's place, and whether it is usable.
type Found = (Slot, Result<Credential, Error>);

/// The attributes that an object has. Those whose value the specification doesn't know count as absent, so that one
/// vendor's key type hides no other key.
fn attributes(
    session: &Session,
    handle: ObjectHandle,
    wanted: &[AttributeType],
) -> Result<Vec<Attribute>, ModuleError> {
    match session.get_attributes(handle, wanted) {
        Err(error @ ModuleError::Pkcs11(..)) => Err(error),
        Err(_) => Ok(Vec::new()),
        found => found,
    }
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

/// A label is UTF-8 by the specification (RFC 2279), and something else in some old tokens.
fn readable(label: &[u8]) -> String {
    String::from_utf8_lossy(label)
        .trim_matches(['\0', ' '])
        .to_owned()
}

/// Whether a certificate says that it is an authority's.
fn is_authority(der: &[u8]) -> bool {
    Outline::from_der(der).is_ok_and(|certificate| certificate.is_ca())
}
