//! Key pairs of the machine in a token: made, used and deleted by their identifiers.

use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsOaepParams, PkcsOaepSource};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use zeroize::Zeroizing;

use super::key_types::{KeyPurpose, Oaep, RsaPublicKey};
use super::library::lock;
use super::login::OpenSession;
use super::objects::{attribute, find};
use super::slots::Seen;
use super::token::Pkcs11Token;
use super::{keys, mechanism, text};
use crate::{Error, ErrorKind, KeyAlgorithm, PinEntry, Scheme};

/// Token that makes and uses keys.
pub(super) struct TokenKeys(pub(super) Pkcs11Token);

/// Whether an operation changes the content of the token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Change,
    Use,
}

impl TokenKeys {
    pub(super) fn make(
        &self,
        id: &[u8],
        label: &str,
        purpose: KeyPurpose,
        pin: Option<PinEntry<'_>>,
    ) -> Result<RsaPublicKey, Error> {
        let Template { public, private } = Template::new(id, label, purpose);
        self.logged_in(Access::Change, pin, |open, _| {
            let session = open.session()?;
            let made = session.generate_key_pair(&Mechanism::RsaPkcsKeyPairGen, &public, &private);
            let (public, _) = made.map_err(|error| self.0.fault(error))?;
            self.public_key(session, public)
        })
    }

    pub(super) fn sign(
        &self,
        id: &[u8],
        scheme: Scheme,
        message: &[u8],
        pin: Option<PinEntry<'_>>,
    ) -> Result<Vec<u8>, Error> {
        self.logged_in(Access::Use, pin, |open, seen| {
            let session = open.session()?;
            let key = self.private_key(session, id)?;
            let bits = self.bits(session, id)?;
            let offered = self.0.mechanisms()?;
            let algorithm = KeyAlgorithm::Rsa { bits };
            let candidates = mechanism::candidates(&offered, algorithm, scheme, message)?;
            let signature = self.0.sign_with_key(open, seen, &key, &candidates, pin)?;
            mechanism::finish(signature, algorithm, scheme)
        })
    }

    pub(super) fn decrypt(
        &self,
        id: &[u8],
        padding: Oaep,
        encrypted: &[u8],
        pin: Option<PinEntry<'_>>,
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        self.logged_in(Access::Use, pin, |open, _| {
            let session = open.session()?;
            let key = self.private_key(session, id)?;
            let decrypted = session.decrypt(&oaep(padding), key.handle, encrypted);
            decrypted.map(Zeroizing::new).map_err(|error| self.0.fault(error))
        })
    }

    pub(super) fn delete(&self, id: &[u8], pin: Option<PinEntry<'_>>) -> Result<(), Error> {
        self.logged_in(Access::Change, pin, |open, _| {
            let session = open.session()?;
            // An empty identifier would match every object.
            let objects = match id {
                [] => Vec::new(),
                id => self.objects(session, &[Attribute::Id(id.to_vec())])?,
            };
            if objects.is_empty() {
                return Err(self.0.located(ErrorKind::NoCredential));
            }
            for object in objects {
                session
                    .destroy_object(object)
                    .map_err(|error| self.0.fault(error))?;
            }
            Ok(())
        })
    }

    /// Runs an operation in a new session, after a login if there is a PIN.
    fn logged_in<T>(
        &self,
        access: Access,
        pin: Option<PinEntry<'_>>,
        act: impl FnOnce(&OpenSession, &Seen) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let gate = self.0.gate();
        let _held = lock(&gate);
        let mut open = match access {
            Access::Change => self.0.open_writable_session()?,
            Access::Use => self.0.open_session()?,
        };
        // Checked while the session is open, which ends when the token is removed.
        let seen = self.0.look()?;
        if let (Some(entry), false) = (pin, open.is_logged_in()) {
            open.login(&seen, entry)?;
        }
        act(&open, &seen)
    }

    fn private_key(&self, session: &Session, id: &[u8]) -> Result<keys::Key, Error> {
        let mut found = match id {
            [] => Vec::new(),
            id => keys::private_keys(session, id).map_err(|error| self.0.fault(error))?,
        };
        match (found.pop(), found.is_empty()) {
            (None, _) => Err(self.0.located(ErrorKind::NoCredential)),
            (Some(key), true) => Ok(key),
            (Some(_), false) => Err(self.0.located(ErrorKind::Malformed {
                what: text::SEVERAL_KEYS,
            })),
        }
    }

    /// Length of the key, from its public half: not every token shows the modulus of a private key.
    fn bits(&self, session: &Session, id: &[u8]) -> Result<usize, Error> {
        let wanted = [
            Attribute::Class(ObjectClass::PUBLIC_KEY),
            Attribute::KeyType(KeyType::RSA),
            Attribute::Id(id.to_vec()),
        ];
        let public = self.objects(session, &wanted)?.into_iter().next();
        let public = public.ok_or_else(|| self.0.located(ErrorKind::NoCredential))?;
        let modulus = self.public_key(session, public)?.modulus().len();
        Ok(modulus * 8)
    }

    fn public_key(&self, session: &Session, public: ObjectHandle) -> Result<RsaPublicKey, Error> {
        let read = |wanted| attribute(session, public, wanted).map_err(|error| self.0.fault(error));
        match (
            read(AttributeType::Modulus)?,
            read(AttributeType::PublicExponent)?,
        ) {
            (Some(Attribute::Modulus(modulus)), Some(Attribute::PublicExponent(exponent))) => {
                Ok(RsaPublicKey::new(&modulus, &exponent))
            }
            _ => Err(self.0.located(ErrorKind::Malformed { what: text::ANSWER })),
        }
    }

    fn objects(&self, session: &Session, template: &[Attribute]) -> Result<Vec<ObjectHandle>, Error> {
        let found = find(session, template).map_err(|error| self.0.fault(error))?;
        match found.broken_off {
            Some(error) => Err(self.0.fault(error)),
            None => Ok(found.handles),
        }
    }
}

/// Attributes of a new key pair.
struct Template {
    public: Vec<Attribute>,
    private: Vec<Attribute>,
}

impl Template {
    /// The other use is not excluded: a template that excludes it makes tpm2-pkcs11 1.9 fail, and leaves an object in the TPM.
    fn new(id: &[u8], label: &str, purpose: KeyPurpose) -> Self {
        let (public_use, private_use) = match purpose {
            KeyPurpose::Decrypt => (Attribute::Encrypt(true), Attribute::Decrypt(true)),
            KeyPurpose::Sign => (Attribute::Verify(true), Attribute::Sign(true)),
        };
        let common = [
            Attribute::Token(true),
            Attribute::Id(id.to_vec()),
            Attribute::Label(label.as_bytes().to_vec()),
        ];
        let public = [
            public_use,
            Attribute::ModulusBits(2048.into()),
            Attribute::PublicExponent(vec![1, 0, 1]),
        ];
        let private = [
            private_use,
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
        ];
        Self {
            public: [&common[..], &public].concat(),
            private: [&common[..], &private].concat(),
        }
    }
}

fn oaep(padding: Oaep) -> Mechanism<'static> {
    let (hash, mgf) = match padding {
        Oaep::Sha1 => (MechanismType::SHA1, PkcsMgfType::MGF1_SHA1),
        Oaep::Sha256 => (MechanismType::SHA256, PkcsMgfType::MGF1_SHA256),
    };
    Mechanism::RsaPkcsOaep(PkcsOaepParams::new(hash, mgf, PkcsOaepSource::empty()))
}
