//! Certificates as programs are given them: a file or standard input, in DER, PEM or bare base64.

use std::io;
use std::path::Path;

use upn_resolver::Certificate;
use upn_resolver::certificate::{CertificateError, InputError, OtherContent, first_in_file};

use crate::bounded;
use crate::output::name_of;

/// Reads one certificate, in DER, from a file in any of the three forms; `-` is standard input. Of a PEM file with several
/// certificates it is the first: that of the card, when a chain follows it.
///
/// # Errors
/// The file can't be read, is too long, or is in none of the three forms. Whether the DER is a certificate is for [`parse`] to
/// say.
pub fn read(path: &Path) -> Result<Vec<u8>, CertificateFileError> {
    let octets = bounded::read(path).map_err(CertificateFileError::Unreadable)?;
    match first_in_file(&octets) {
        Ok(der) => Ok(der.into_owned()),
        // A short key in DER has none of the forms of a certificate.
        Err(error) => Err(OtherContent::of(&octets).map_or(error.into(), CertificateFileError::Other)),
    }
}

/// The certificate in DER that came from a file.
///
/// # Errors
/// It is none, and what it seems to be instead where that can be told.
pub fn parse(der: &[u8]) -> Result<Certificate<'_>, CertificateFileError> {
    Certificate::from_der(der).map_err(|error| {
        OtherContent::of(der).map_or(
            CertificateFileError::Certificate(error),
            CertificateFileError::Other,
        )
    })
}

/// Why no certificate came out of a file.
#[derive(Debug, thiserror::Error)]
pub enum CertificateFileError {
    /// The DER in it is not acceptable.
    #[error(transparent)]
    Certificate(CertificateError),
    /// There is none in it.
    #[error(transparent)]
    Form(#[from] InputError),
    /// It is another kind of file.
    #[error("{0}")]
    Other(OtherContent),
    /// The file or standard input can't be read.
    #[error("{0}")]
    Unreadable(io::Error),
}

impl CertificateFileError {
    /// The message about this file.
    #[must_use]
    pub fn about(&self, path: &Path) -> String {
        let name = name_of(path);
        match self {
            Self::Unreadable(error) => format!("{name} can't be read: {error}"),
            _ => format!("{name} holds no certificate that can be read: {self}"),
        }
    }
}
