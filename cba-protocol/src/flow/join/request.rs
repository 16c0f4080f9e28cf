//! The certificate request: PKCS #10 (RFC 2986).

use crate::config::RequestForm;
use crate::der::{NULL, PRINTABLE_STRING, SET, bits, context, element, identifier, integer, sequence};
use crate::public_key::RsaPublicKey;

/// The common name in every sample and public client. The service does not use it ([MS-DVRJ] 3.1.5.1.1.3).
const COMMON_NAME: &str = "7E980AD9-B86D-4306-9425-9AC066FB014A";

/// 2.5.4.3, `id-at-commonName`.
const ID_COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];

/// 1.2.840.113549.1.9.14, `extensionRequest` (RFC 2985 section 5.4.2).
const ID_EXTENSION_REQUEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x0e];

/// 1.2.840.113549.1.1.11, `sha256WithRSAEncryption` (RFC 4055 section 5).
const ID_SHA256_WITH_RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b];

/// `CertificationRequestInfo`: what the device key signs.
pub(super) fn information(key: &RsaPublicKey, form: RequestForm) -> Vec<u8> {
    let terminator: &[u8] = match form {
        RequestForm::NulTerminated => &[0],
        RequestForm::EmptyExtensions | RequestForm::Plain => &[],
    };
    let name = element(PRINTABLE_STRING, &[COMMON_NAME.as_bytes(), terminator].concat());
    let name = sequence(&[identifier(ID_COMMON_NAME), name]);
    let attributes = match form {
        RequestForm::EmptyExtensions => {
            let extensions = element(SET, &sequence(&[]));
            sequence(&[identifier(ID_EXTENSION_REQUEST), extensions])
        }
        RequestForm::NulTerminated | RequestForm::Plain => Vec::new(),
    };
    sequence(&[
        integer(0), // version 1
        sequence(&[element(SET, &name)]),
        key.spki().to_vec(),
        element(context(0), &attributes),
    ])
}

/// `CertificationRequest`.
pub(super) fn signed(information: &[u8], signature: &[u8]) -> Vec<u8> {
    let algorithm = sequence(&[identifier(ID_SHA256_WITH_RSA), element(NULL, &[])]);
    sequence(&[information.to_vec(), algorithm, bits(signature)])
}
