//! A certificate or key in the configuration: PEM text in place, or the path of a PEM file.

use std::path::{Path, PathBuf};
use std::{fmt, fs};

use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Private, Public};
use openssl::x509::X509;
use serde::{Deserialize, Serialize};

/// PEM text, or the path of a file with PEM text.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Pem(String);

impl Pem {
    /// A value from PEM text or a path. Text that contains `-----BEGIN` is PEM.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The PEM text, read from the file when it is a path.
    pub fn text(&self, base: &Path) -> Result<String, PemError> {
        if self.is_inline() {
            return Ok(self.0.clone());
        }
        let path = base.join(&self.0);
        fs::read_to_string(&path).map_err(|source| PemError::Read { path, source })
    }

    /// The certificate.
    pub fn certificate(&self, base: &Path) -> Result<X509, PemError> {
        X509::from_pem(self.text(base)?.as_bytes()).map_err(|source| self.bad("certificate", source))
    }

    /// The private key.
    pub fn private_key(&self, base: &Path) -> Result<PKey<Private>, PemError> {
        PKey::private_key_from_pem(self.text(base)?.as_bytes())
            .map_err(|source| self.bad("private key", source))
    }

    /// The public key.
    pub fn public_key(&self, base: &Path) -> Result<PKey<Public>, PemError> {
        PKey::public_key_from_pem(self.text(base)?.as_bytes())
            .map_err(|source| self.bad("public key", source))
    }

    fn is_inline(&self) -> bool {
        self.0.contains("-----BEGIN")
    }

    fn bad(&self, what: &'static str, source: ErrorStack) -> PemError {
        let place = if self.is_inline() {
            "the configuration".to_owned()
        } else {
            self.0.clone()
        };
        PemError::Parse { place, what, source }
    }
}

impl fmt::Debug for Pem {
    /// Never shows PEM text, which may be a private key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_inline() { "(PEM text)" } else { &self.0 })
    }
}

/// Reason why a PEM value cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PemError {
    /// The PEM text is not of the expected kind.
    #[error("{place} has no {what} in PEM form: {source}")]
    Parse {
        /// The file, or the configuration itself.
        place: String,
        /// The expected kind.
        what: &'static str,
        /// OpenSSL's reason.
        source: ErrorStack,
    },
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
}
