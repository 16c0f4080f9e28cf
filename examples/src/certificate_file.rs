//! Certificates as programs are given them: a file or standard input, in DER, PEM or bare base64.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use base64ct::{Base64, Encoding};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::{self, PemObject};

/// More than any certificate, and any PEM file with a chain in it.
const MAXIMUM_SIZE: u64 = 1 << 20;

/// The tag of a SEQUENCE: what a certificate in DER begins with, and no text does.
const SEQUENCE: u8 = 0x30;

/// Reads one certificate, in DER, from a file in any of the three forms; `-` is standard input. Of a PEM file with several
/// certificates it is the first: that of the card, when a chain follows it.
///
/// # Errors
/// The file can't be read, is too long, or is in none of the three forms. Whether the DER is a certificate is for
/// [`Certificate::from_der`](upn_resolver::Certificate::from_der) to say.
pub fn read(path: &Path) -> Result<Vec<u8>, CertificateFileError> {
    let from_standard_input = path == Path::new("-");
    let input: Box<dyn Read> = if from_standard_input {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(path).map_err(CertificateFileError::Unreadable)?)
    };
    let mut octets = Vec::new();
    input
        .take(MAXIMUM_SIZE + 1)
        .read_to_end(&mut octets)
        .map_err(CertificateFileError::Unreadable)?;
    if octets.len() as u64 > MAXIMUM_SIZE {
        return Err(CertificateFileError::TooLong);
    }
    decode(octets)
}

fn decode(octets: Vec<u8>) -> Result<Vec<u8>, CertificateFileError> {
    if octets.is_empty() {
        return Err(CertificateFileError::Empty);
    }
    let text = octets.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&octets);
    if text.windows(11).any(|window| window == b"-----BEGIN ") {
        return match CertificateDer::pem_slice_iter(text).next() {
            Some(Ok(certificate)) => Ok(certificate.to_vec()),
            Some(Err(error)) => Err(CertificateFileError::Pem(error)),
            None => Err(CertificateFileError::NoCertificateInPem),
        };
    }
    // "0" is both the tag of a SEQUENCE and a digit of base64; a certificate in base64 begins with "MII" though.
    if octets.first() == Some(&SEQUENCE) {
        return Ok(octets);
    }
    let packed: Vec<u8> = text
        .iter()
        .copied()
        .filter(|octet| !octet.is_ascii_whitespace())
        .collect();
    let packed = str::from_utf8(&packed).map_err(|_| CertificateFileError::UnknownForm)?;
    Base64::decode_vec(packed).map_err(|_| CertificateFileError::UnknownForm)
}

/// Why no certificate came out of a file.
#[derive(Debug, thiserror::Error)]
pub enum CertificateFileError {
    /// Nothing was in it.
    #[error("it is empty")]
    Empty,
    /// PEM, with other things in it.
    #[error("it is PEM, and no block in it is a CERTIFICATE")]
    NoCertificateInPem,
    /// A PEM block is damaged.
    #[error("its PEM block is damaged: {0}")]
    Pem(pem::Error),
    /// It is longer than any certificate.
    #[error("it is longer than {MAXIMUM_SIZE} bytes, which no certificate is")]
    TooLong,
    /// It is neither DER nor PEM nor base64.
    #[error("it is neither DER nor PEM nor base64")]
    UnknownForm,
    /// The file or standard input can't be read.
    #[error("{0}")]
    Unreadable(io::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    const DER: &[u8] = include_bytes!("../../upn-resolver/tests/certificates/adcs-rsa2048.der");

    #[test]
    fn all_three_forms_give_the_same_der() {
        let base64 = Base64::encode_string(DER);
        let lines: Vec<&str> = base64
            .as_bytes()
            .chunks(64)
            .map(|line| str::from_utf8(line).unwrap())
            .collect();
        let pem = format!(
            "-----BEGIN CERTIFICATE-----\r\n{}\r\n-----END CERTIFICATE-----\r\n",
            lines.join("\r\n")
        );
        let after_a_key = format!("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n{pem}");
        for form in [
            DER.to_vec(),
            pem.into_bytes(),
            after_a_key.into_bytes(),
            lines.join("\n").into_bytes(),
        ] {
            assert_eq!(decode(form).unwrap(), DER);
        }
        assert_eq!(decode(format!("\u{feff}{base64}").into_bytes()).unwrap(), DER);
    }

    #[test]
    fn everything_else_is_told_apart() {
        let error = |octets: &[u8]| decode(octets.to_vec()).unwrap_err();
        assert!(matches!(error(b""), CertificateFileError::Empty));
        assert!(matches!(
            error(b"hello, world"),
            CertificateFileError::UnknownForm
        ));
        assert!(matches!(
            error(&[0xFF, 0xFE, 0x00]),
            CertificateFileError::UnknownForm
        ));
        let key = b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";
        assert!(matches!(error(key), CertificateFileError::NoCertificateInPem));
        let cut = b"-----BEGIN CERTIFICATE-----\nAAAA\n";
        assert!(matches!(
            error(cut),
            CertificateFileError::Pem(_) | CertificateFileError::NoCertificateInPem
        ));
    }
}
