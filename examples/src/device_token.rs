//! The keys of a device in a PKCS#11 token: a TPM through tpm2-pkcs11, or SoftHSM. They are made there and cannot leave it.
//!
//! The module runs in a helper process, like the module of a card.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rsa::PublicKeyComponents;
use card_access::pkcs11::{KeyPurpose, KeyStore, Oaep, Pkcs11Provider, RsaPublicKey};
use card_access::uri::Pkcs11Uri;
use card_access::{Hash, Pin, PinEntry, Provider, Scheme};
use rustls_pki_types::SubjectPublicKeyInfoDer;
use zeroize::Zeroizing;

use crate::output::display_path;
use crate::private_file::{PrivateFileError, read_secret_text};

/// Longest time of one call of the module. A TPM takes up to a minute to make a key.
const MODULE_LIMIT: Duration = Duration::from_secs(90);

/// A token that keeps device keys, with the file of its PIN. Clones share the helper process.
#[derive(Clone)]
pub struct DeviceToken {
    store: Arc<Mutex<KeyStore>>,
    module: PathBuf,
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
    /// Opens the token that a URI names by `module-path` and its other attributes, such as `token`. Its PIN is the first line of
    /// `pin_file`, which is read for each use of a key.
    ///
    /// # Errors
    /// [`TokenError`] if the URI names no module, the module does not work, or not exactly one token matches.
    pub fn open(uri: &Pkcs11Uri, pin_file: Option<&Path>) -> Result<Self, TokenError> {
        let path = uri.module_path.as_ref().ok_or(TokenError::NoModule)?;
        let mut of_token = uri.clone();
        of_token.id = None;
        let mut provider = Pkcs11Provider::from_module(path)
            .with_uri(&of_token)
            .with_time_limit(MODULE_LIMIT);
        let mut listing = provider.tokens()?;
        if let (true, Some(problem)) = (listing.found.is_empty(), listing.problems.pop()) {
            return Err(problem.error.into());
        }
        let [token] = listing.found.as_slice() else {
            return Err(TokenError::NotOne {
                label: uri.token.clone(),
                found: listing.found.len(),
            });
        };
        Ok(Self {
            store: Arc::new(Mutex::new(provider.open_key_store(&token.id)?)),
            module: path.clone(),
            pin_file: pin_file.map(Path::to_owned),
        })
    }

    /// Path of the module.
    #[must_use]
    pub fn module(&self) -> &Path {
        &self.module
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
        let mut number = [0; 8];
        getrandom::fill(&mut number).map_err(TokenError::Randomness)?;
        let [first, second] = [1, 2].map(|suffix| [&number[..], &[suffix]].concat());
        let named = |id: &[u8]| {
            let mut named = uri.clone();
            named.id = Some(id.to_vec());
            named
        };
        let device = self.make(&first, "device key", KeyPurpose::Sign)?;
        let transport = self
            .make(&second, "transport key", KeyPurpose::Decrypt)
            .inspect_err(|_| {
                // One key alone is useless. The first error is the one to report.
                let _ = self.with_pin(|store, pin| store.delete(&first, pin));
            })?;
        Ok(NewKeys {
            device_uri: named(&first),
            transport_uri: named(&second),
            device,
            transport,
        })
    }

    fn make(
        &self,
        id: &[u8],
        label: &str,
        purpose: KeyPurpose,
    ) -> Result<SubjectPublicKeyInfoDer<'static>, TokenError> {
        spki(&self.with_pin(|store, pin| store.make_rsa_2048(id, label, purpose, pin))?)
    }

    fn with_pin<T>(
        &self,
        operation: impl FnOnce(&mut KeyStore, Option<PinEntry<'_>>) -> Result<T, card_access::Error>,
    ) -> Result<T, TokenError> {
        let pin = self.pin_file.as_deref().map(read_pin).transpose()?;
        Ok(operation(&mut self.store(), pin.as_ref().map(PinEntry::typed))?)
    }

    fn store(&self) -> MutexGuard<'_, KeyStore> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TokenKey {
    /// Path of the module.
    #[must_use]
    pub fn module(&self) -> &Path {
        self.token.module()
    }

    /// An RS256 signature over `message`.
    ///
    /// # Errors
    /// [`TokenError`] if the token refuses.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, TokenError> {
        self.sign_with(Scheme::RsaPkcs1(Hash::Sha256), message)
    }

    /// An RSASSA-PSS signature with SHA-256 over `message`, for TLS 1.3.
    ///
    /// # Errors
    /// [`TokenError`] if the token refuses.
    pub fn sign_pss(&self, message: &[u8]) -> Result<Vec<u8>, TokenError> {
        self.sign_with(Scheme::RsaPss(Hash::Sha256), message)
    }

    fn sign_with(&self, scheme: Scheme, message: &[u8]) -> Result<Vec<u8>, TokenError> {
        self.token
            .with_pin(|store, pin| store.sign(&self.id, scheme, message, pin))
    }

    /// Decrypts with RSA-OAEP (SHA-1).
    ///
    /// # Errors
    /// [`TokenError`] if the token refuses.
    pub fn unwrap(&self, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, TokenError> {
        self.token
            .with_pin(|store, pin| store.decrypt(&self.id, Oaep::Sha1, wrapped, pin))
    }

    /// Deletes the key and its public half.
    ///
    /// # Errors
    /// [`TokenError`] if the token refuses, or has no such key.
    pub fn delete(&self) -> Result<(), TokenError> {
        self.token.with_pin(|store, pin| store.delete(&self.id, pin))
    }
}

/// The first line of a file that only its owner can read.
fn read_pin(path: &Path) -> Result<Pin, TokenError> {
    let text = read_secret_text(path).map_err(|source| TokenError::PinFile {
        path: path.to_owned(),
        source,
    })?;
    Ok(Pin::new(text.lines().next().unwrap_or_default().to_owned()))
}

/// The public key as `SubjectPublicKeyInfo`.
fn spki(key: &RsaPublicKey) -> Result<SubjectPublicKeyInfoDer<'static>, TokenError> {
    let components = PublicKeyComponents {
        n: key.modulus(),
        e: key.exponent(),
    };
    let der: Option<PublicKeyX509Der<'static>> = components.as_der().ok();
    der.map(|der| SubjectPublicKeyInfoDer::from(der.as_ref().to_vec()))
        .ok_or(TokenError::NotRsa)
}

/// A token that keeps device keys cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The URI has no `id`.
    #[error("the URI of the key has no id")]
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
    /// The PIN file cannot be used.
    #[error("the PIN file {}: {source}", display_path(path))]
    PinFile {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: PrivateFileError,
    },
    /// The operating system returned no random numbers.
    #[error("the operating system returned no random numbers: {0}")]
    Randomness(getrandom::Error),
    /// The token or its module failed.
    #[error("the token with the device keys: {0}")]
    Token(#[from] card_access::Error),
}
