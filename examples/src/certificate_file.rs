//! Certificates from a file or standard input, in DER, PEM or base64.

use std::path::Path;

pub use explain::{CertificateFileError, Found, FoundError, parse};

use crate::bounded;
use crate::output::display_path;

/// Reads every certificate of a file in any of the three forms; `-` is standard input. Returns at least one result.
#[must_use]
pub fn read(path: &Path) -> Vec<Result<Found, FoundError>> {
    match bounded::read(path) {
        Ok(file) => explain::find_all(&display_path(path), &file),
        Err(error) => vec![Err(FoundError::new(
            display_path(path),
            CertificateFileError::Unreadable(error),
        ))],
    }
}

/// Reads the certificates of all files in the given order. Leaves out issuers, with a call of `warning` for each.
pub fn read_all(
    paths: &[impl AsRef<Path>],
    mut warning: impl FnMut(String),
) -> Vec<Result<Found, FoundError>> {
    let mut all: Vec<_> = paths.iter().flat_map(|path| read(path.as_ref())).collect();
    all.retain(|found| match found {
        Ok(found) if found.is_issuer => {
            warning(format!(
                "{}: skipped, because it is the issuer of another certificate in the file",
                found.name
            ));
            false
        }
        _ => true,
    });
    all
}
