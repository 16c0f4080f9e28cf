//! Certificates in a file, in DER, PEM or base64.

use std::collections::HashSet;
use std::io;

use upn_resolver::Certificate;
use upn_resolver::certificate::{BasicConstraints, CertificateError, InputError, OtherContent, all_in_file};

/// A certificate of a file.
#[derive(Clone, Debug)]
pub struct Found {
    /// The name of the file, and the number from 1 if the file has several certificates.
    pub name: String,
    /// The DER, which [`parse`] has not checked yet.
    pub der: Vec<u8>,
    /// Whether it issued another certificate of the file: files often contain the chain.
    pub is_issuer: bool,
}

/// Finds every certificate in a file, in any of the three forms. Returns at least one result.
#[must_use]
pub fn find_all(name: &str, file: &[u8]) -> Vec<Result<Found, FoundError>> {
    let all = all_in_file(file);
    let name = |number: usize| match all.len() {
        1 => name.to_owned(),
        _ => format!("{name}, certificate {number}"),
    };
    let found = all.iter().enumerate().map(|(index, der)| match der {
        Ok(der) => Ok(Found {
            name: name(index + 1),
            der: der.to_vec(),
            is_issuer: false,
        }),
        // A short key in DER has none of the forms of a certificate.
        Err(error) => {
            let error = match OtherContent::detect(file).filter(|_| all.len() == 1) {
                Some(content) => CertificateFileError::Other(content),
                None => CertificateFileError::Form(*error),
            };
            Err(FoundError::new(name(index + 1), error))
        }
    });
    let mut found: Vec<_> = found.collect();
    mark_issuers(&mut found);
    found
}

/// Parses the DER of a file.
///
/// # Errors
/// It is not a certificate. The error names what it seems to be instead, if that is known.
pub fn parse(der: &[u8]) -> Result<Certificate<'_>, CertificateFileError> {
    Certificate::from_der(der).map_err(|error| {
        OtherContent::detect(der).map_or(
            CertificateFileError::Certificate(error),
            CertificateFileError::Other,
        )
    })
}

impl Found {
    /// The parsed certificate.
    ///
    /// # Errors
    /// As [`parse`], with the name of the file.
    pub fn certificate(&self) -> Result<Certificate<'_>, FoundError> {
        parse(&self.der).map_err(|error| FoundError::new(self.name.clone(), error))
    }
}

/// Marks the issuers of other certificates. A self-signed certificate does not count: several of them may have one name.
fn mark_issuers(found: &mut [Result<Found, FoundError>]) {
    let issuers: Vec<bool> = {
        let certificates: Vec<_> = found
            .iter()
            .map(|found| Certificate::from_der(&found.as_ref().ok()?.der).ok())
            .collect();
        let named_by_others: HashSet<_> = certificates
            .iter()
            .flatten()
            .filter(|other| other.issuer_der() != other.subject_der())
            .map(Certificate::issuer_der)
            .collect();
        let is_issuer = |one: &Option<Certificate<'_>>| {
            one.as_ref().is_some_and(|one| {
                one.basic_constraints().is_some_and(BasicConstraints::is_ca)
                    && named_by_others.contains(one.subject_der())
            })
        };
        certificates.iter().map(is_issuer).collect()
    };
    for (found, is_issuer) in found.iter_mut().zip(issuers) {
        if let Ok(found) = found {
            found.is_issuer = is_issuer;
        }
    }
}

/// A certificate file that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{}", match error {
    CertificateFileError::Unreadable(error) => format!("{name} cannot be read: {error}"),
    error => format!("{name} has no readable certificate: {error}"),
})]
pub struct FoundError {
    name: String,
    error: CertificateFileError,
}

impl FoundError {
    /// The error of the file with this name.
    #[must_use]
    pub fn new(name: String, error: CertificateFileError) -> Self {
        Self { name, error }
    }

    /// The reason, without the name of the file.
    #[must_use]
    pub fn reason(&self) -> &CertificateFileError {
        &self.error
    }
}

/// Reason why a file gives no certificate.
#[derive(Debug, thiserror::Error)]
pub enum CertificateFileError {
    /// The DER is not an acceptable certificate.
    #[error(transparent)]
    Certificate(CertificateError),
    /// The file has none.
    #[error(transparent)]
    Form(#[from] InputError),
    /// The file is of another kind.
    #[error("{0}")]
    Other(OtherContent),
    /// The file or standard input cannot be read.
    #[error("{0}")]
    Unreadable(io::Error),
}
