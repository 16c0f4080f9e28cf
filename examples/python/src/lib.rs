//! `upn_resolver` in Python: what a certificate's user name is, and why, as functions over bytes in DER.
//!
//! A certificate that cannot be read raises `ValueError`. Each function looks at one certificate and at nothing else, so that a
//! query engine may call it for any number of them in any order.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use upn_resolver::entra::{CertificateUserId, ValueInterpretation};
use upn_resolver::{Certificate, NameRequest};

/// The user name that Windows sends for the certificate on an Entra joined device, or None if it asks for a hint.
#[pyfunction]
fn sent_name(der: &[u8]) -> PyResult<Option<String>> {
    let certificate = read(der)?;
    let sent = NameRequest::entra_joined(&certificate).sent_name();
    Ok(sent.map(|(name, _)| name.into_owned()))
}

/// The decision of an Entra joined device about the certificate, and the reasons, as text.
#[pyfunction]
fn explain(der: &[u8]) -> PyResult<String> {
    let certificate = read(der)?;
    let decision = NameRequest::entra_joined(&certificate).decide();
    Ok(decision.to_string().trim_end().to_owned())
}

/// The values for certificateUserIds that match the certificate, with those of strong fields and weak ones.
#[pyfunction]
fn certificate_user_ids(der: &[u8]) -> PyResult<Vec<String>> {
    let certificate = read(der)?;
    let values = CertificateUserId::all_of(&certificate, ValueInterpretation::default());
    Ok(values.iter().map(|value| value.as_str().to_owned()).collect())
}

fn read(der: &[u8]) -> PyResult<Certificate<'_>> {
    Certificate::from_der(der).map_err(|error| PyValueError::new_err(error.to_string()))
}

/// The module.
#[pymodule]
#[pyo3(name = "upn_resolver")]
mod upn_resolver_module {
    #[pymodule_export]
    use super::{certificate_user_ids, explain, sent_name};
}
