//! The keys of a new device: in the device file, or in a PKCS#11 token.

use std::path::{Path, PathBuf};

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64ct::{Base64, Encoding as _};
use card_access::uri::Pkcs11Uri;
use clap::Args;
use rustls_pki_types::SubjectPublicKeyInfoDer;
use zeroize::Zeroizing;

use crate::device;
use crate::device_token::{self, DeviceToken, TokenError};
use crate::sign_in::drive::Interrupted;
use crate::sign_in::failure::Failure;

/// Where the keys of a new device are made.
#[derive(Args, Clone, Debug)]
pub(crate) struct NewKeysArgs {
    /// Where the keys of a new device are made and kept: file, or a PKCS#11 URI with module-path and token
    #[arg(long, value_name = "file|URI", default_value = "file")]
    keys: String,

    /// File with the PIN of the token with the device keys, in its first line
    #[arg(long, value_name = "FILE")]
    keys_pin_file: Option<PathBuf>,
}

impl Default for NewKeysArgs {
    fn default() -> Self {
        Self {
            keys: "file".to_owned(),
            keys_pin_file: None,
        }
    }
}

impl NewKeysArgs {
    pub(super) fn open(&self) -> Result<KeyStore, Failure> {
        KeyStore::open(&self.keys, self.keys_pin_file.as_deref())
    }

    pub(super) fn pin_file(&self) -> Option<&Path> {
        self.keys_pin_file.as_deref()
    }
}

/// Place where the keys are made.
pub(super) enum KeyStore {
    File,
    Token { token: DeviceToken, uri: Box<Pkcs11Uri> },
}

/// The keys of a new device.
pub(super) enum NewKeys {
    File {
        device: KeyPair,
        transport: KeyPair,
    },
    Token {
        token: DeviceToken,
        keys: Box<device_token::NewKeys>,
    },
}

impl KeyStore {
    /// Reads `--keys`.
    fn open(keys: &str, pin_file: Option<&Path>) -> Result<Self, Failure> {
        if keys == "file" {
            return Ok(Self::File);
        }
        let uri: Pkcs11Uri = keys.parse()?;
        let token = DeviceToken::open(&uri, pin_file)?;
        Ok(Self::Token {
            token,
            uri: Box::new(uri),
        })
    }

    /// Path of the PKCS#11 module, if the keys are made in a token.
    pub(super) fn module(&self) -> Option<&Path> {
        match self {
            Self::File => None,
            Self::Token { token, .. } => Some(token.module()),
        }
    }

    /// Makes both keys.
    pub(super) fn make(&self) -> Result<NewKeys, Failure> {
        match self {
            Self::File => {
                let generate = || KeyPair::generate(KeySize::Rsa2048).map_err(|_| TokenError::NotRsa);
                Ok(NewKeys::File {
                    device: generate()?,
                    transport: generate()?,
                })
            }
            Self::Token { token, uri } => Ok(NewKeys::Token {
                token: token.clone(),
                keys: Box::new(token.make_keys(uri)?),
            }),
        }
    }
}

impl NewKeys {
    /// The public keys: the device key and the transport key.
    pub(super) fn public(&self) -> Result<[SubjectPublicKeyInfoDer<'static>; 2], TokenError> {
        match self {
            Self::File { device, transport } => Ok([spki(device)?, spki(transport)?]),
            Self::Token { keys, .. } => Ok([keys.device.clone(), keys.transport.clone()]),
        }
    }

    /// Whether the device key is the transport key too.
    pub(super) fn are_one(&self) -> Result<bool, TokenError> {
        let [device, transport] = self.public()?;
        Ok(device == transport)
    }

    /// The device key for both purposes. Keys in a token stay two: each of them is made for one purpose.
    pub(super) fn into_one(self) -> Result<Self, TokenError> {
        match self {
            Self::File { device, .. } => {
                let der = AsDer::<aws_lc_rs::encoding::Pkcs8V1Der<'_>>::as_der(&device);
                let der = der.map_err(|_| TokenError::NotRsa)?;
                let transport = KeyPair::from_pkcs8(der.as_ref()).map_err(|_| TokenError::NotRsa)?;
                Ok(Self::File { device, transport })
            }
            token @ Self::Token { .. } => Ok(token),
        }
    }

    /// An RS256 signature of the device key.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Failure> {
        match self {
            Self::File { device, .. } => Ok(device::sign(device, message).ok_or(TokenError::NotRsa)?),
            Self::Token { token, keys } => Ok(token.key(&keys.device_uri)?.sign(message)?),
        }
    }

    /// The members `key` and `transportKey` of the device file: PEM or URIs.
    pub(super) fn for_file(&self) -> Result<[Zeroizing<String>; 2], TokenError> {
        match self {
            Self::File { device, transport } => Ok([pem(device)?, pem(transport)?]),
            Self::Token { keys, .. } => Ok([
                Zeroizing::new(keys.device_uri.to_string()),
                Zeroizing::new(keys.transport_uri.to_string()),
            ]),
        }
    }

    /// Deletes keys of a join that failed before it was registered.
    pub(super) fn discard(&self) -> Result<(), TokenError> {
        match self {
            Self::File { .. } => Ok(()),
            Self::Token { token, keys } => token
                .key(&keys.device_uri)?
                .delete()
                .and_then(|()| token.key(&keys.transport_uri)?.delete()),
        }
    }

    /// Where the keys are, for people.
    pub(super) fn place(&self) -> &'static str {
        match self {
            Self::File { .. } => "file",
            Self::Token { .. } => "token",
        }
    }
}

fn spki(key: &KeyPair) -> Result<SubjectPublicKeyInfoDer<'static>, TokenError> {
    let der: PublicKeyX509Der<'_> = key.public_key().as_der().map_err(|_| TokenError::NotRsa)?;
    Ok(SubjectPublicKeyInfoDer::from(der.as_ref().to_vec()))
}

/// PKCS#8 in PEM.
fn pem(key: &KeyPair) -> Result<Zeroizing<String>, TokenError> {
    let der = AsDer::<aws_lc_rs::encoding::Pkcs8V1Der<'_>>::as_der(key).map_err(|_| TokenError::NotRsa)?;
    Ok(block("PRIVATE KEY", der.as_ref()))
}

/// A PEM block.
pub(super) fn block(label: &str, der: &[u8]) -> Zeroizing<String> {
    let text = Zeroizing::new(Base64::encode_string(der));
    // One allocation: a string that grows leaves copies behind.
    let mut pem = Zeroizing::new(String::with_capacity(text.len() * 2 + 100));
    for part in ["-----BEGIN ", label, "-----\n"] {
        pem.push_str(part);
    }
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        pem.push_str(line);
        pem.push('\n');
        rest = after;
    }
    for part in ["-----END ", label, "-----\n"] {
        pem.push_str(part);
    }
    pem
}

impl From<TokenError> for Interrupted {
    fn from(error: TokenError) -> Self {
        Self::NewKeys(error)
    }
}
