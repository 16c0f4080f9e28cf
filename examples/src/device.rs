//! The device of the programs: its certificate and two RSA keys, in a file or in a PKCS#11 token such as a TPM.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, OAEP_SHA1_MGF1SHA1, OaepPrivateDecryptingKey, PrivateDecryptingKey};
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use card_access::uri::{Pkcs11Uri, UriError};
use rustls::client::ResolvesClientCert;
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::sign::{CertifiedKey, Signer, SigningKey};
use rustls::{SignatureAlgorithm, SignatureScheme};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::device_token::{DeviceToken, TokenError, TokenKey};
use crate::output::display_path;
use crate::private_file::{PrivateFileError, read_secret_text};

/// A joined device with its keys.
pub struct SoftwareDevice {
    certificate: CertificateDer<'static>,
    keys: Keys,
    tenant_id: String,
    join_type: Option<String>,
    authority: Option<String>,
}

/// The two private keys.
enum Keys {
    /// In the device file.
    File {
        device: KeyPair,
        device_pkcs8: Zeroizing<Vec<u8>>,
        transport: OaepPrivateDecryptingKey,
    },
    /// In a token.
    Token { device: TokenKey, transport: TokenKey },
}

impl SoftwareDevice {
    /// Reads the JSON file that `join` or `local-authority --init` writes. A key in it is PEM or a PKCS#11 URI.
    pub fn read(path: &Path) -> Result<Self, DeviceError> {
        let fail = |problem: Problem| DeviceError {
            path: path.to_owned(),
            problem,
        };
        let text = read_secret_text(path).map_err(|error| fail(Problem::Unusable(error)))?;
        Self::read_json(text.as_bytes()).map_err(fail)
    }

    /// Reads the content of a device file.
    pub(crate) fn parse(json: &[u8]) -> Result<Self, DeviceError> {
        Self::read_json(json).map_err(|problem| DeviceError {
            path: PathBuf::new(),
            problem,
        })
    }

    fn read_json(json: &[u8]) -> Result<Self, Problem> {
        let file: DeviceFile = serde_json::from_slice(json).map_err(Problem::Malformed)?;
        let certificate = CertificateDer::from_pem_slice(file.certificate.as_bytes())
            .map_err(|e| Problem::Pem("certificate", e))?;
        let keys = if file.key.starts_with("pkcs11:") {
            keys_in_token(&file)
        } else {
            keys_in_file(&file)
        };
        Ok(Self {
            certificate,
            keys: keys?,
            tenant_id: file.tenant_id,
            join_type: file.join_type,
            authority: file.authority,
        })
    }

    /// The device certificate.
    #[must_use]
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// The tenant that the device is joined to, a GUID.
    #[must_use]
    pub fn tenant_id(&self) -> &str {
        &self.tenant_id
    }

    /// The join type in the file: `entra`, `hybrid` or `registered`.
    #[must_use]
    pub fn join_type(&self) -> Option<&str> {
        self.join_type.as_deref()
    }

    /// Origin of the authority in the file, if it is not that of the public cloud.
    #[must_use]
    pub fn authority(&self) -> Option<&str> {
        self.authority.as_deref()
    }

    /// Path of the PKCS#11 module, if the keys are in a token.
    pub(crate) fn module(&self) -> Option<&Path> {
        match &self.keys {
            Keys::File { .. } => None,
            Keys::Token { device, .. } => Some(device.module()),
        }
    }

    /// An RS256 signature over `message` by the device key.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyRefused> {
        const OPERATION: &str = "sign with the device key";
        match &self.keys {
            Keys::File { device, .. } => sign(device, message).ok_or(KeyRefused::of_file(OPERATION)),
            Keys::Token { device, .. } => device
                .sign(message)
                .map_err(|source| KeyRefused::of_token(OPERATION, source)),
        }
    }

    /// Decrypts `wrapped` by RSA-OAEP (SHA-1) with the transport key.
    pub fn unwrap(&self, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyRefused> {
        const OPERATION: &str = "unwrap the session key with the transport key";
        let transport = match &self.keys {
            Keys::File { transport, .. } => transport,
            Keys::Token { transport, .. } => {
                return transport
                    .unwrap(wrapped)
                    .map_err(|source| KeyRefused::of_token(OPERATION, source));
            }
        };
        let mut room = Zeroizing::new(vec![0; transport.min_output_size()]);
        let key = transport
            .decrypt(&OAEP_SHA1_MGF1SHA1, wrapped, &mut room, None)
            .map_err(|_| KeyRefused::of_file(OPERATION))?;
        Ok(Zeroizing::new(key.to_vec()))
    }

    /// The device as a TLS client identity.
    ///
    /// # Errors
    /// [`KeyRefused`] if TLS cannot use its key.
    pub fn tls_identity(&self) -> Result<Arc<dyn ResolvesClientCert>, KeyRefused> {
        let key: Arc<dyn SigningKey> = match &self.keys {
            Keys::File { device_pkcs8, .. } => {
                let der = PrivatePkcs8KeyDer::from(device_pkcs8.as_slice()).clone_key();
                any_supported_type(&PrivateKeyDer::Pkcs8(der))
                    .map_err(|_| KeyRefused::of_file("use the device key in TLS"))?
            }
            Keys::Token { device, .. } => Arc::new(TlsKey(device.clone())),
        };
        Ok(Arc::new(Identity(Arc::new(CertifiedKey::new(
            vec![self.certificate.clone()],
            key,
        )))))
    }

    /// Deletes the keys in the token, if they are there. Those in the file go with the file.
    ///
    /// # Errors
    /// [`KeyRefused`] if the token does not delete them.
    pub fn delete_keys(&self) -> Result<(), KeyRefused> {
        let Keys::Token { device, transport } = &self.keys else {
            return Ok(());
        };
        device
            .delete()
            .and_then(|()| transport.delete())
            .map_err(|source| KeyRefused::of_token("delete the keys of the device", source))
    }
}

/// An RS256 signature.
pub(crate) fn sign(key: &KeyPair, message: &[u8]) -> Option<Vec<u8>> {
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
        .ok()?;
    Some(signature)
}

fn keys_in_file(file: &DeviceFile) -> Result<Keys, Problem> {
    let device_pkcs8 = pkcs8("key", &file.key)?;
    let device = KeyPair::from_pkcs8(&device_pkcs8).map_err(|_| Problem::NotRsa("key"))?;
    let transport = pkcs8("transportKey", &file.transport_key)?;
    let transport = PrivateDecryptingKey::from_pkcs8(&transport)
        .ok()
        .and_then(|key| OaepPrivateDecryptingKey::new(key).ok())
        .ok_or(Problem::NotRsa("transportKey"))?;
    Ok(Keys::File {
        device,
        device_pkcs8,
        transport,
    })
}

fn keys_in_token(file: &DeviceFile) -> Result<Keys, Problem> {
    let uri = |field, text: &str| {
        text.parse::<Pkcs11Uri>()
            .map_err(|error| Problem::Uri(field, error))
    };
    let device = uri("key", &file.key)?;
    let transport = uri("transportKey", &file.transport_key)?;
    let token = DeviceToken::open(&device, file.pin_file.as_deref())?;
    Ok(Keys::Token {
        device: token.key(&device)?,
        transport: token.key(&transport)?,
    })
}

/// The only identity that a handshake can have, whatever authorities the server names: the device certificate says of itself who
/// issued it, and the server knows its own issuer.
#[derive(Debug)]
struct Identity(Arc<CertifiedKey>);

impl ResolvesClientCert for Identity {
    fn resolve(&self, _: &[&[u8]], offered: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.0.key.choose_scheme(offered).map(|_| Arc::clone(&self.0))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// A device key in a token as a key of TLS.
#[derive(Clone)]
struct TlsKey(TokenKey);

impl SigningKey for TlsKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let schemes = [SignatureScheme::RSA_PSS_SHA256, SignatureScheme::RSA_PKCS1_SHA256];
        let scheme = schemes.into_iter().find(|scheme| offered.contains(scheme))?;
        Some(Box::new(TlsSigner(self.0.clone(), scheme)))
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::RSA
    }
}

struct TlsSigner(TokenKey, SignatureScheme);

impl Signer for TlsSigner {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rustls::Error> {
        let signature = if self.1 == SignatureScheme::RSA_PSS_SHA256 {
            self.0.sign_pss(message)
        } else {
            self.0.sign(message)
        };
        signature.map_err(|error| rustls::Error::Other(rustls::OtherError(Arc::new(error))))
    }

    fn scheme(&self) -> SignatureScheme {
        self.1
    }
}

impl fmt::Debug for TlsKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TlsKey(..)")
    }
}

impl fmt::Debug for TlsSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TlsSigner").field(&self.1).finish()
    }
}

fn pkcs8(field: &'static str, pem: &str) -> Result<Zeroizing<Vec<u8>>, Problem> {
    match PrivateKeyDer::from_pem_slice(pem.as_bytes()) {
        Ok(PrivateKeyDer::Pkcs8(key)) => Ok(Zeroizing::new(key.secret_pkcs8_der().to_vec())),
        Ok(_) => Err(Problem::NotPkcs8(field)),
        Err(error) => Err(Problem::Pem(field, error)),
    }
}

/// The members that this program reads; others are ignored.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DeviceFile {
    certificate: String,
    key: Zeroizing<String>,
    transport_key: Zeroizing<String>,
    tenant_id: String,
    #[serde(default)]
    join_type: Option<String>,
    #[serde(default)]
    authority: Option<String>,
    /// File with the PIN of the token that the URIs name.
    #[serde(default)]
    pin_file: Option<PathBuf>,
}

/// A device file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the device file {}: {problem}", display_path(path))]
pub struct DeviceError {
    path: PathBuf,
    problem: Problem,
}

#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error("{0}; `join` writes one, and `local-authority --init DIR` for tests")]
    Malformed(serde_json::Error),
    #[error("{0} is not a PKCS#8 key (-----BEGIN PRIVATE KEY-----)")]
    NotPkcs8(&'static str),
    #[error("{0} is not an RSA key of 2048 to 8192 bits")]
    NotRsa(&'static str),
    #[error("{0} is not PEM: {1}")]
    Pem(&'static str, rustls_pki_types::pem::Error),
    #[error(transparent)]
    Token(#[from] TokenError),
    #[error("{0}")]
    Unusable(PrivateFileError),
    #[error("{0} is not a PKCS#11 URI: {1}")]
    Uri(&'static str, UriError),
}

/// A device key refused an operation.
#[derive(Debug, thiserror::Error)]
#[error("could not {operation}: {}", source.as_ref().map_or_else(
    || "the key refused it, or the input is not for this key".to_owned(), ToString::to_string))]
pub struct KeyRefused {
    operation: &'static str,
    source: Option<TokenError>,
}

impl KeyRefused {
    fn of_file(operation: &'static str) -> Self {
        Self {
            operation,
            source: None,
        }
    }

    fn of_token(operation: &'static str, source: TokenError) -> Self {
        Self {
            operation,
            source: Some(source),
        }
    }
}
