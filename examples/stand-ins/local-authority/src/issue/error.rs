//! Errors of issuing.

use std::path::{Path, PathBuf};
use std::{fs, io};

use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Private, Public};
use openssl::x509::{X509, X509Req};

use crate::config::ConfigurationError;

/// Reason why something cannot be issued or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IssueError {
    /// The configuration cannot be read or written.
    #[error(transparent)]
    Configuration(#[from] ConfigurationError),
    /// The folder already has a configuration.
    #[error("{} exists already; choose an empty folder", .0.display())]
    Exists(PathBuf),
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// JSON cannot be read or written.
    #[error("{}: {source}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: serde_json::Error,
    },
    /// OpenSSL reports an error.
    #[error("OpenSSL: {0}")]
    Openssl(#[from] ErrorStack),
    /// The file has no content of the expected kind.
    #[error("{} has no {what}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// The expected kind.
        what: &'static str,
    },
    /// A user principal name has a part on each side of an `@`.
    #[error("{0:?} is not a user principal name; write it as user@domain")]
    UserName(String),
}

/// Writes a file.
///
/// # Errors
/// [`IssueError::File`], with the name of the file.
pub fn write(path: &Path, content: impl AsRef<[u8]>) -> Result<(), IssueError> {
    fs::write(path, content).map_err(|source| IssueError::File {
        path: path.to_owned(),
        source,
    })
}

/// Writes a file that only its owner can read.
///
/// # Errors
/// [`IssueError::File`], with the name of the file.
pub fn write_secret(path: &Path, content: impl AsRef<[u8]>) -> Result<(), IssueError> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path);
    file.and_then(|mut file| file.write_all(content.as_ref()))
        .map_err(|source| IssueError::File {
            path: path.to_owned(),
            source,
        })
}

/// Reads a file.
///
/// # Errors
/// [`IssueError::File`], with the name of the file.
pub fn read(path: &Path) -> Result<Vec<u8>, IssueError> {
    fs::read(path).map_err(|source| IssueError::File {
        path: path.to_owned(),
        source,
    })
}

/// Reads a certificate in PEM or DER form.
///
/// # Errors
/// [`IssueError::File`] and [`IssueError::Unusable`], with the name of the file.
pub fn read_certificate(path: &Path) -> Result<X509, IssueError> {
    let bytes = read(path)?;
    X509::from_pem(&bytes)
        .or_else(|_| X509::from_der(&bytes))
        .map_err(|_| IssueError::Unusable {
            path: path.to_owned(),
            what: "certificate in PEM or DER form",
        })
}

pub(super) fn read_private_key(path: &Path) -> Result<PKey<Private>, IssueError> {
    PKey::private_key_from_pem(&read(path)?).map_err(|_| IssueError::Unusable {
        path: path.to_owned(),
        what: "private key in PEM form",
    })
}

/// A public key from a file with a SubjectPublicKeyInfo, a certificate or a certificate request, in PEM or DER.
pub(super) fn read_public_key(path: &Path) -> Result<PKey<Public>, IssueError> {
    let bytes = read(path)?;
    let unusable = || IssueError::Unusable {
        path: path.to_owned(),
        what: "public key in PEM or DER form",
    };
    let of_certificate = |certificate: X509| certificate.public_key().ok();
    let of_request = |request: X509Req| request.public_key().ok();
    PKey::public_key_from_pem(&bytes)
        .or_else(|_| PKey::public_key_from_der(&bytes))
        .ok()
        .or_else(|| {
            X509::from_pem(&bytes)
                .or_else(|_| X509::from_der(&bytes))
                .ok()
                .and_then(of_certificate)
        })
        .or_else(|| {
            X509Req::from_pem(&bytes)
                .or_else(|_| X509Req::from_der(&bytes))
                .ok()
                .and_then(of_request)
        })
        .ok_or_else(unusable)
}
