//! The device of the programs: its certificate and two RSA keys in a file. An agent should keep both keys in a TPM.

use std::path::{Path, PathBuf};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, OAEP_SHA1_MGF1SHA1, OaepPrivateDecryptingKey, PrivateDecryptingKey};
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::bounded;

/// A joined device with its keys in software.
pub struct SoftwareDevice {
    certificate: CertificateDer<'static>,
    device_key: KeyPair,
    transport_key: OaepPrivateDecryptingKey,
    tenant_id: String,
    join_type: Option<String>,
}

impl SoftwareDevice {
    /// Reads the JSON file that `local-authority --init` writes.
    pub fn read(path: &Path) -> Result<Self, DeviceError> {
        let fail = |problem: Problem| DeviceError {
            path: path.to_owned(),
            problem,
        };
        if others_may_read(path).map_err(|e| fail(Problem::Unreadable(e)))? {
            return Err(fail(Problem::Exposed));
        }
        let text = Zeroizing::new(bounded::read_text(path).map_err(|e| fail(Problem::Unreadable(e)))?);
        let file: DeviceFile = serde_json::from_str(&text).map_err(|e| fail(Problem::Malformed(e)))?;
        let certificate = CertificateDer::from_pem_slice(file.certificate.as_bytes())
            .map_err(|e| fail(Problem::Pem("certificate", e)))?;
        let device_key = pkcs8("key", &file.key).map_err(fail)?;
        let device_key = KeyPair::from_pkcs8(&device_key).map_err(|_| fail(Problem::NotRsa("key")))?;
        let transport_key = pkcs8("transportKey", &file.transport_key).map_err(fail)?;
        let transport_key = PrivateDecryptingKey::from_pkcs8(&transport_key)
            .ok()
            .and_then(|key| OaepPrivateDecryptingKey::new(key).ok())
            .ok_or_else(|| fail(Problem::NotRsa("transportKey")))?;
        Ok(Self {
            certificate,
            device_key,
            transport_key,
            tenant_id: file.tenant_id,
            join_type: file.join_type,
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

    /// An RS256 signature over `message` by the device key.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyRefused> {
        let mut signature = vec![0; self.device_key.public_modulus_len()];
        self.device_key
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| KeyRefused {
                operation: "sign with the device key",
            })?;
        Ok(signature)
    }

    /// Decrypts `wrapped` by RSA-OAEP (SHA-1) with the transport key.
    pub fn unwrap(&self, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyRefused> {
        let mut room = Zeroizing::new(vec![0; self.transport_key.min_output_size()]);
        let key = self
            .transport_key
            .decrypt(&OAEP_SHA1_MGF1SHA1, wrapped, &mut room, None)
            .map_err(|_| KeyRefused {
                operation: "unwrap the session key with the transport key",
            })?;
        Ok(Zeroizing::new(key.to_vec()))
    }
}

/// Whether other users may read its keys. On other systems than Unix, the profile's folder must protect the file.
#[cfg(unix)]
fn others_may_read(path: &Path) -> std::io::Result<bool> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(path != Path::new("-") && std::fs::metadata(path)?.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn others_may_read(_: &Path) -> std::io::Result<bool> {
    Ok(false)
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
}

/// A device file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the device file {}: {problem}", path.display())]
pub struct DeviceError {
    path: PathBuf,
    problem: Problem,
}

#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error("other users may read its keys; restrict its permissions (chmod 600)")]
    Exposed,
    #[error("{0}; `local-authority --init DIR` writes one")]
    Malformed(serde_json::Error),
    #[error("{0} is not a PKCS#8 key (-----BEGIN PRIVATE KEY-----)")]
    NotPkcs8(&'static str),
    #[error("{0} is not an RSA key of 2048 to 8192 bits")]
    NotRsa(&'static str),
    #[error("{0} is not PEM: {1}")]
    Pem(&'static str, rustls_pki_types::pem::Error),
    #[error("cannot be read: {0}")]
    Unreadable(std::io::Error),
}

/// A device key refused an operation.
#[derive(Debug, thiserror::Error)]
#[error("could not {operation}: the key refused it, or the input is not for this key")]
pub struct KeyRefused {
    operation: &'static str,
}
