//! The keys of a device in a PKCS#11 token: a TPM through tpm2-pkcs11, or SoftHSM. They are made there and cannot leave it.

use std::path::{Path, PathBuf};

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rsa::PublicKeyComponents;
use card_access::uri::Pkcs11Uri;
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::RvError;
use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsOaepParams, PkcsOaepSource, PkcsPssParams};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use rustls_pki_types::SubjectPublicKeyInfoDer;
use zeroize::Zeroizing;

use crate::bounded;

/// A token that keeps device keys, with the file of its PIN.
#[derive(Clone)]
pub struct DeviceToken {
    module: Pkcs11,
    label: Option<String>,
    pin_file: Option<PathBuf>,
}

/// A key in the token, by its `CKA_ID`.
#[derive(Clone)]
pub struct TokenKey {
    token: DeviceToken,
    id: Vec<u8>,
}

/// Two new keys: their URIs for the device file, and their public keys.
pub struct NewKeys {
    /// URI of the device key.
    pub device_uri: Pkcs11Uri,
    /// URI of the transport key.
    pub transport_uri: Pkcs11Uri,
    /// Public device key.
    pub device: SubjectPublicKeyInfoDer<'static>,
    /// Public transport key.
    pub transport: SubjectPublicKeyInfoDer<'static>,
}

impl DeviceToken {
    /// The token that a URI names by `module-path` and `token`. Its PIN is the first line of `pin_file`.
    ///
    /// # Errors
    /// [`TokenError`] if the URI names no module, or the module cannot be loaded.
    pub fn open(uri: &Pkcs11Uri, pin_file: Option<&Path>) -> Result<Self, TokenError> {
        let path = uri.module_path.as_ref().ok_or(TokenError::NoModule)?;
        let failed = |source| TokenError::Module {
            path: path.clone(),
            source,
        };
        let module = Pkcs11::new(path).map_err(failed)?;
        match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            Ok(()) | Err(cryptoki::error::Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
            Err(source) => return Err(failed(source)),
        }
        Ok(Self {
            module,
            label: uri.token.clone(),
            pin_file: pin_file.map(Path::to_owned),
        })
    }

    /// The key that a URI names by its `id`.
    ///
    /// # Errors
    /// [`TokenError::NoKey`] if the URI has no `id`.
    pub fn key(&self, uri: &Pkcs11Uri) -> Result<TokenKey, TokenError> {
        Ok(TokenKey {
            token: self.clone(),
            id: uri.id.clone().ok_or(TokenError::NoKey)?,
        })
    }

    /// Makes two RSA keys with 2048 bits: one that signs and one that decrypts.
    ///
    /// # Errors
    /// [`TokenError`] if the token is missing, refuses the PIN, or cannot make the keys.
    pub fn make_keys(&self, uri: &Pkcs11Uri) -> Result<NewKeys, TokenError> {
        let session = self.session(true)?;
        let mut number = [0; 8];
        getrandom::fill(&mut number).map_err(TokenError::Randomness)?;
        let make = |suffix: u8, label: &str, sign: bool| -> Result<_, TokenError> {
            let id = [&number[..], &[suffix]].concat();
            let common = [
                Attribute::Token(true),
                Attribute::Id(id.clone()),
                Attribute::Label(label.as_bytes().to_vec()),
            ];
            let public = [
                &common[..],
                &[
                    Attribute::ModulusBits(2048.into()),
                    Attribute::PublicExponent(vec![1, 0, 1]),
                    Attribute::Verify(sign),
                    Attribute::Encrypt(!sign),
                ],
            ];
            let private = [
                &common[..],
                &[
                    Attribute::Private(true),
                    Attribute::Sensitive(true),
                    Attribute::Extractable(false),
                    Attribute::Sign(sign),
                    Attribute::Decrypt(!sign),
                ],
            ];
            let (handle, _) = session.generate_key_pair(
                &Mechanism::RsaPkcsKeyPairGen,
                &public.concat(),
                &private.concat(),
            )?;
            let mut named = uri.clone();
            named.id = Some(id);
            Ok((named, spki(&session, handle)?))
        };
        let (device_uri, device) = make(1, "device key", true)?;
        let (transport_uri, transport) = make(2, "transport key", false)?;
        Ok(NewKeys {
            device_uri,
            transport_uri,
            device,
            transport,
        })
    }

    fn session(&self, writable: bool) -> Result<Session, TokenError> {
        let slots = self.module.get_slots_with_token()?;
        let mut fitting = Vec::new();
        for slot in slots {
            let info = self.module.get_token_info(slot)?;
            let matches = match &self.label {
                Some(label) => info.label() == label,
                None => info.token_initialized(),
            };
            if matches {
                fitting.push(slot);
            }
        }
        let [slot] = fitting.as_slice() else {
            return Err(TokenError::NotOne {
                label: self.label.clone(),
                found: fitting.len(),
            });
        };
        let session = if writable {
            self.module.open_rw_session(*slot)?
        } else {
            self.module.open_ro_session(*slot)?
        };
        if let Some(path) = &self.pin_file {
            let unreadable = |source| TokenError::PinFile {
                path: path.clone(),
                source,
            };
            if crate::device::others_may_read(path).map_err(unreadable)? {
                return Err(TokenError::PinExposed { path: path.clone() });
            }
            let text = Zeroizing::new(bounded::read_text(path).map_err(unreadable)?);
            let pin = text.lines().next().unwrap_or_default();
            match session.login(UserType::User, Some(&AuthPin::from(pin))) {
                Ok(()) | Err(cryptoki::error::Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {}
                Err(source) => return Err(TokenError::Refused(source)),
            }
        }
        Ok(session)
    }
}

impl TokenKey {
    /// An RS256 signature over `message`.
    ///
    /// # Errors
    /// [`TokenError`] if the token refuses.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, TokenError> {
        self.with(|session, key| session.sign(&Mechanism::Sha256RsaPkcs, key, message))
    }

    /// An RSASSA-PSS signature with SHA-256 over `message`, for TLS 1.3.
    ///
    /// # Errors
    /// [`TokenError`] if the token refuses.
    pub fn sign_pss(&self, message: &[u8]) -> Result<Vec<u8>, TokenError> {
        let parameters = PkcsPssParams {
            hash_alg: MechanismType::SHA256,
            mgf: PkcsMgfType::MGF1_SHA256,
            s_len: 32.into(),
        };
        self.with(|session, key| session.sign(&Mechanism::Sha256RsaPkcsPss(parameters), key, message))
    }

    /// Decrypts with RSA-OAEP (SHA-1).
    ///
    /// # Errors
    /// [`TokenError`] if the token refuses.
    pub fn unwrap(&self, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, TokenError> {
        let parameters = PkcsOaepParams::new(
            MechanismType::SHA1,
            PkcsMgfType::MGF1_SHA1,
            PkcsOaepSource::empty(),
        );
        self.with(|session, key| session.decrypt(&Mechanism::RsaPkcsOaep(parameters), key, wrapped))
            .map(Zeroizing::new)
    }

    /// Deletes the key and its public half.
    ///
    /// # Errors
    /// [`TokenError`] if the token refuses.
    pub fn delete(&self) -> Result<(), TokenError> {
        let session = self.token.session(true)?;
        for object in session.find_objects(&[Attribute::Id(self.id.clone())])? {
            session.destroy_object(object)?;
        }
        Ok(())
    }

    fn with<T>(
        &self,
        operation: impl FnOnce(&Session, ObjectHandle) -> cryptoki::error::Result<T>,
    ) -> Result<T, TokenError> {
        let session = self.token.session(false)?;
        let wanted = [
            Attribute::Class(ObjectClass::PRIVATE_KEY),
            Attribute::KeyType(KeyType::RSA),
            Attribute::Id(self.id.clone()),
        ];
        let key = session
            .find_objects(&wanted)?
            .into_iter()
            .next()
            .ok_or(TokenError::NoKey)?;
        Ok(operation(&session, key)?)
    }
}

/// The public key as `SubjectPublicKeyInfo`.
fn spki(session: &Session, key: ObjectHandle) -> Result<SubjectPublicKeyInfoDer<'static>, TokenError> {
    let (mut n, mut e) = (Vec::new(), Vec::new());
    for attribute in session.get_attributes(key, &[AttributeType::Modulus, AttributeType::PublicExponent])? {
        match attribute {
            Attribute::Modulus(value) => n = value,
            Attribute::PublicExponent(value) => e = value,
            _ => {}
        }
    }
    let der: Option<PublicKeyX509Der<'static>> = PublicKeyComponents { n: &n, e: &e }.as_der().ok();
    der.map(|der| SubjectPublicKeyInfoDer::from(der.as_ref().to_vec()))
        .ok_or(TokenError::NotRsa)
}

/// A token that keeps device keys cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The module cannot be loaded.
    #[error("the PKCS#11 module {} cannot be used: {source}", path.display())]
    Module {
        /// Path of the module.
        path: PathBuf,
        /// Error of the module.
        source: cryptoki::error::Error,
    },
    /// The URI has no `id`, or the token has no such key.
    #[error("the token has no RSA key with the id of the URI")]
    NoKey,
    /// The URI names no module.
    #[error(
        "the URI must name the module with module-path, as in pkcs11:token=LABEL?module-path=/usr/lib/…/libtpm2_pkcs11.so"
    )]
    NoModule,
    /// Not exactly one token matches.
    #[error("{found} tokens match {}; name one with token= in the URI", label.as_deref().unwrap_or("the URI"))]
    NotOne {
        /// The label in the URI.
        label: Option<String>,
        /// How many match.
        found: usize,
    },
    /// The new key is not an RSA key.
    #[error("the token made a key that is not RSA with 2048 bits")]
    NotRsa,
    /// Other users may read the PIN.
    #[error("other users may read the PIN file {}; restrict its permissions (chmod 600)", path.display())]
    PinExposed {
        /// The file.
        path: PathBuf,
    },
    /// The PIN file cannot be read.
    #[error("cannot read the PIN file {}: {source}", path.display())]
    PinFile {
        /// The file.
        path: PathBuf,
        /// Error of the operating system.
        source: std::io::Error,
    },
    /// The operating system returned no random numbers.
    #[error("the operating system returned no random numbers: {0}")]
    Randomness(getrandom::Error),
    /// The token refused an operation.
    #[error("the token with the device keys refused: {0}")]
    Refused(#[from] cryptoki::error::Error),
}
