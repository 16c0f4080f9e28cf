//! Certificates as programs are given them: a file or standard input, in DER, PEM or bare base64.

use std::io;
use std::path::Path;

use upn_resolver::certificate::{InputError, first_in_file};

use crate::bounded;

/// Reads one certificate, in DER, from a file in any of the three forms; `-` is standard input. Of a PEM file with several
/// certificates it is the first: that of the card, when a chain follows it.
///
/// # Errors
/// The file can't be read, is too long, or is in none of the three forms. Whether the DER is a certificate is for
/// [`Certificate::from_der`](upn_resolver::Certificate::from_der) to say.
pub fn read(path: &Path) -> Result<Vec<u8>, CertificateFileError> {
    let octets = bounded::read(path).map_err(CertificateFileError::Unreadable)?;
    Ok(first_in_file(&octets)?.into_owned())
}

/// Why no certificate came out of a file.
#[derive(Debug, thiserror::Error)]
pub enum CertificateFileError {
    /// There is none in it.
    #[error(transparent)]
    Form(#[from] InputError),
    /// The file or standard input can't be read.
    #[error("{0}")]
    Unreadable(io::Error),
}
