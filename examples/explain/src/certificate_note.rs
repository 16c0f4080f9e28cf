//! Notes of the certificate reader in the output of the programs.

use serde::Serialize;
use upn_resolver::Certificate;

/// A deviation from the specifications in an accepted certificate.
#[derive(Clone, Debug, Serialize)]
pub struct CertificateNote {
    /// A stable code, such as `rsa-number`.
    pub code: &'static str,
    /// The field, by its name in the specification.
    pub field: String,
    /// Its position in bytes from the start of the certificate.
    pub offset: usize,
    /// The complete note as text.
    pub text: String,
}

impl CertificateNote {
    /// The notes of a certificate.
    #[must_use]
    pub fn all_of(certificate: &Certificate<'_>) -> Vec<Self> {
        certificate
            .notes()
            .map(|note| Self {
                code: note.code(),
                field: note.field().to_string(),
                offset: note.offset(),
                text: note.to_string(),
            })
            .collect()
    }
}
