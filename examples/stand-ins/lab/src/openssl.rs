//! Calls of the openssl program that several parts need.

use std::path::Path;

use crate::{Algorithm, Error, tools::Tool};

/// Arguments of [`convert`]: a certificate from PEM to DER.
pub(crate) const CERTIFICATE_TO_DER: &[&str] = &["x509", "-outform", "DER"];

/// Arguments of [`convert`]: a public key from DER to PEM.
pub(crate) const PUBLIC_KEY_TO_PEM: &[&str] = &["pkey", "-pubin", "-inform", "DER"];

/// Makes a private key, and writes its public key to a second file.
pub(crate) fn make_key(algorithm: Algorithm, key: &Path, public: &Path) -> Result<(), Error> {
    Tool::new("openssl")
        .arg("genpkey")
        .args(algorithm.arguments_for_openssl())
        .arg("-out")
        .arg(key)
        .run()?;
    convert(&["pkey", "-pubout"], key, public)
}

/// Converts a file to another form.
pub(crate) fn convert(arguments: &[&str], from: &Path, to: &Path) -> Result<(), Error> {
    Tool::new("openssl")
        .args(arguments)
        .arg("-in")
        .arg(from)
        .arg("-out")
        .arg(to)
        .run()
        .map(drop)
}
