//! Certificate requests (PKCS#10, RFC 2986) of devices.
//!
//! Three forms are seen: the sample of [MS-DVRJ] 4.1 has no attributes and a NUL at the end of its common name; roadtx leaves the
//! NUL out; libhimmelblau adds an extension request without extensions.

use openssl::pkey::{Id, PKey, Public};
use openssl::x509::X509Req;
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::oid_registry::asn1_rs::{Oid, oid};
use x509_parser::prelude::{FromDer, ParsedCriAttribute};

use super::error::ServiceError;
use crate::config::RequestForm;

/// The common name of all requests (`aad-join-spec`; the sample of [MS-DVRJ] 4.1).
const COMMON_NAME: &[u8] = b"7E980AD9-B86D-4306-9425-9AC066FB014A";

const ATTRIBUTE_COMMON_NAME: Oid<'static> = oid!(2.5.4.3);
const SHA256_WITH_RSA: Oid<'static> = oid!(1.2.840.113549.1.1.11);
/// The extension that repeats a nonce of the service.
const NONCE: Oid<'static> = oid!(1.2.840.113556.1.5.284.2.1);

/// Content of a request.
pub(super) struct CertificateRequest {
    pub(super) key: PKey<Public>,
    pub(super) nonce: Option<String>,
}

/// Reads a request, and checks its form and that it is signed with its own key.
pub(super) fn read(der: &[u8], form: RequestForm) -> Result<CertificateRequest, ServiceError> {
    let invalid = |why: &str| ServiceError::invalid(format!("CertificateRequest: {why}."));
    let (rest, parsed) = X509CertificationRequest::from_der(der)
        .map_err(|error| invalid(&format!("it is not a PKCS#10 request ({error})")))?;
    if !rest.is_empty() {
        return Err(invalid("something follows the request"));
    }
    let info = &parsed.certification_request_info;
    if info.version.0 != 0 {
        return Err(invalid("the version is not 0"));
    }
    if parsed.signature_algorithm.algorithm != SHA256_WITH_RSA {
        return Err(invalid("the signature is not sha256WithRSAEncryption"));
    }
    let names: Vec<_> = info.subject.iter_attributes().collect();
    let [name] = names[..] else {
        return Err(invalid("the subject has more than a common name"));
    };
    let text = name.attr_value().data;
    let seen = match (text.strip_suffix(&[0]), info.attributes()) {
        (Some(_), _) => RequestForm::NulTerminated,
        (None, []) => RequestForm::Plain,
        (None, _) => RequestForm::EmptyExtensions,
    };
    if form != RequestForm::Any && form != seen {
        return Err(invalid("its form"));
    }
    let text = text.strip_suffix(&[0]).unwrap_or(text);
    if *name.attr_type() != ATTRIBUTE_COMMON_NAME || !text.eq_ignore_ascii_case(COMMON_NAME) {
        return Err(invalid("the subject is not that of a device"));
    }
    let request = X509Req::from_der(der)?;
    let key = request.public_key()?;
    check_key(&key)?;
    if !request.verify(&key).unwrap_or(false) {
        return Err(invalid("it is not signed with its own key"));
    }
    Ok(CertificateRequest {
        key,
        nonce: nonce(&parsed),
    })
}

/// Refuses a key that is not RSA with 2048 bits ([MS-DVRJ] 3.1.5.1.1.1).
pub(super) fn check_key(key: &PKey<Public>) -> Result<(), ServiceError> {
    if key.id() == Id::RSA && key.bits() == 2048 {
        return Ok(());
    }
    Err(ServiceError::invalid("The key is not RSA with 2048 bits."))
}

/// The nonce among the requested extensions. No source has its encoding: a string (UTF8String, `PrintableString`, `IA5String`) or
/// the text itself.
fn nonce(request: &X509CertificationRequest<'_>) -> Option<String> {
    let attributes = request.certification_request_info.iter_attributes();
    let mut extensions = attributes
        .filter_map(|attribute| match attribute.parsed_attribute() {
            ParsedCriAttribute::ExtensionRequest(requested) => Some(&requested.extensions),
            _ => None,
        })
        .flatten();
    let value = extensions.find(|extension| extension.oid == NONCE)?.value;
    let text = match value {
        [0x0c | 0x13 | 0x16, length, text @ ..] if usize::from(*length) == text.len() => text,
        text => text,
    };
    String::from_utf8(text.to_vec()).ok()
}
