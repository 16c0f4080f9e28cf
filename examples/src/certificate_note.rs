//! Notes of the certificate reader, as the programs print them.

use serde::Serialize;
use upn_resolver::Certificate;

/// A departure from the specifications in a certificate that is accepted nevertheless.
#[derive(Clone, Debug, Serialize)]
pub struct CertificateNote {
    /// A code that stays the same over versions, such as `rsa-number`.
    pub code: &'static str,
    /// The field, by its name in the specification.
    pub field: String,
    /// Where it is, in bytes from the start of the certificate.
    pub offset: usize,
    /// All of this in words.
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
