//! The same task for this project's reader and for others: find the values of a certificate that a sign-in uses.
//!
//! Each function reads a certificate, finds the first principal name, the first rfc822Name, the purposes, the key usage and the end of
//! validity, and returns a number that depends on all of them.

use std::hint::black_box;

use test_certificates::typed;
use upn_resolver::certificate::{Certificate, Fields, KeyUsage};
use upn_resolver::{NameOutcome, NameRequest};
use x509_cert::der::Decode;
use x509_cert::ext::pkix::name::GeneralName as CertGeneralName;
use x509_cert::ext::pkix::{ExtendedKeyUsage, KeyUsage as CertKeyUsage, SubjectAltName};
use x509_parser::extensions::{GeneralName as ParserGeneralName, ParsedExtension};
use x509_parser::prelude::FromDer;

/// A function that reads a certificate and returns the number.
pub type Implementation = fn(&[u8]) -> u64;

/// The implementations, with the names in the output.
pub const ALL: [(&str, Implementation); 13] = [
    ("certificate", certificate),
    ("certificate-alone", certificate_alone),
    ("fields", fields),
    ("decision", decision),
    ("fields-alone", fields_alone),
    ("principal-name", principal_name),
    ("sent-name", sent_name),
    ("der", der),
    ("x509-cert", x509_cert),
    ("x509-parser", x509_parser),
    ("der-alone", der_alone),
    ("webpki-alone", webpki_alone),
    ("synta-alone", synta_alone),
];

/// [`Certificate::from_der`], with all checks.
#[must_use]
#[inline(never)]
pub fn certificate(der: &[u8]) -> u64 {
    Certificate::from_der(der).map_or(0, |certificate| answer(certificate.fields()))
}

/// [`Fields::from_der`], which skips names, policies and pointers to the issuer.
#[must_use]
#[inline(never)]
pub fn fields(der: &[u8]) -> u64 {
    Fields::from_der(der).map_or(0, |fields| answer(&fields))
}

/// From DER to the text of the principal name, without the check of a UPN.
#[must_use]
#[inline(never)]
pub fn principal_name(der: &[u8]) -> u64 {
    let Ok(certificate) = Certificate::from_der(der) else {
        return 0;
    };
    let name = certificate.principal_names().next();
    name.and_then(|name| name.text().ok())
        .map_or(0, |text| length(text.as_bytes()))
}

/// From DER to the decision of an Entra joined device, with its explanation.
#[must_use]
#[inline(never)]
pub fn decision(der: &[u8]) -> u64 {
    // Borrowed, because half a kilobyte would be moved otherwise.
    let Ok(certificate) = &Certificate::from_der(der) else {
        return 0;
    };
    match NameRequest::entra_joined(certificate).decide().outcome() {
        NameOutcome::Send { upn, .. } => length(upn.as_str().as_bytes()),
        _ => 0,
    }
}

/// From DER to the name that an Entra joined device sends, without the explanation.
#[must_use]
#[inline(never)]
pub fn sent_name(der: &[u8]) -> u64 {
    // Borrowed, because half a kilobyte would be moved otherwise.
    let Ok(certificate) = &Certificate::from_der(der) else {
        return 0;
    };
    NameRequest::entra_joined(certificate)
        .sent_name()
        .map_or(0, |(name, _)| length(name.as_bytes()))
}

/// [`Certificate::from_der`] without the task, which all other figures of this reader contain.
#[must_use]
#[inline(never)]
pub fn certificate_alone(der: &[u8]) -> u64 {
    u64::from(black_box(Certificate::from_der(der)).is_ok())
}

/// [`Fields::from_der`] without the task.
#[must_use]
#[inline(never)]
pub fn fields_alone(der: &[u8]) -> u64 {
    u64::from(black_box(Fields::from_der(der)).is_ok())
}

fn answer(fields: &Fields<'_>) -> u64 {
    let name = fields
        .principal_names()
        .next()
        .map_or(0, |name| length(name.as_bytes()));
    let mail = fields
        .rfc822_names()
        .next()
        .map_or(0, |name| length(name.as_bytes()));
    let purposes = fields.extended_key_usage().count() as u64;
    let usage = u64::from(fields.key_usage().is_some_and(KeyUsage::digital_signature));
    name + mail + purposes + usage + fields.validity().not_after().unix_seconds().unsigned_abs()
}

/// The same with x509-cert.
#[must_use]
#[inline(never)]
pub fn x509_cert(der: &[u8]) -> u64 {
    let Ok(certificate) = x509_cert::Certificate::from_der(der) else {
        return 0;
    };
    let tbs = certificate.tbs_certificate();
    let (mut name, mut mail) = (0, 0);
    if let Ok(Some((_, names))) = tbs.get_extension::<SubjectAltName>() {
        for entry in &names.0 {
            match entry {
                CertGeneralName::OtherName(other) if name == 0 && other.type_id == UPN => {
                    name = length(other.value.value());
                }
                CertGeneralName::Rfc822Name(address) if mail == 0 => mail = length(address.as_bytes()),
                _ => {}
            }
        }
    }
    let purposes = tbs
        .get_extension::<ExtendedKeyUsage>()
        .ok()
        .flatten()
        .map_or(0, |(_, usage)| usage.0.len() as u64);
    let usage = tbs.get_extension::<CertKeyUsage>().ok().flatten();
    let usage = u64::from(usage.is_some_and(|(_, usage)| usage.digital_signature()));
    name + mail + purposes + usage + tbs.validity().not_after.to_unix_duration().as_secs()
}

const UPN: x509_cert::der::oid::ObjectIdentifier =
    x509_cert::der::oid::ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.20.2.3");

/// The same with x509-parser.
#[must_use]
#[inline(never)]
pub fn x509_parser(der: &[u8]) -> u64 {
    let Ok((_, certificate)) = x509_parser::certificate::X509Certificate::from_der(der) else {
        return 0;
    };
    let (mut name, mut mail, mut purposes, mut usage) = (0, 0, 0, 0);
    for extension in certificate.extensions() {
        match extension.parsed_extension() {
            ParsedExtension::SubjectAlternativeName(names) => {
                for entry in &names.general_names {
                    match entry {
                        ParserGeneralName::OtherName(kind, value)
                            if name == 0 && kind.as_bytes() == UPN.as_bytes() =>
                        {
                            name = length(inner_value(value));
                        }
                        ParserGeneralName::RFC822Name(address) if mail == 0 => {
                            mail = length(address.as_bytes());
                        }
                        _ => {}
                    }
                }
            }
            ParsedExtension::ExtendedKeyUsage(list) => {
                let known = [
                    list.any,
                    list.server_auth,
                    list.client_auth,
                    list.code_signing,
                    list.email_protection,
                ];
                let more = [list.time_stamping, list.ocsp_signing];
                purposes =
                    known.iter().chain(&more).filter(|set| **set).count() as u64 + list.other.len() as u64;
            }
            ParsedExtension::KeyUsage(flags) => usage = u64::from(flags.digital_signature()),
            _ => {}
        }
    }
    name + mail + purposes + usage + certificate.validity().not_after.timestamp().unsigned_abs()
}

/// The content of the string inside `[0] EXPLICIT`.
fn inner_value(explicit: &[u8]) -> &[u8] {
    let Ok((_, outer)) = x509_parser::der_parser::asn1_rs::Any::from_der(explicit) else {
        return &[];
    };
    x509_parser::der_parser::asn1_rs::Any::from_der(outer.data).map_or(&[], |(_, inner)| inner.data)
}

fn length(bytes: &[u8]) -> u64 {
    bytes.len() as u64
}

/// The same with typed structures on `der`, without allocation.
#[must_use]
#[inline(never)]
pub fn der(der: &[u8]) -> u64 {
    let Ok(answer) = typed::Certificate::read(der).and_then(|certificate| certificate.answer()) else {
        return 0;
    };
    answer.principal_name.map_or(0, length)
        + answer.rfc822_name.map_or(0, length)
        + answer.purposes as u64
        + u64::from(answer.digital_signature)
        + answer.not_after
}

/// The typed structures on `der` without the task: reads names and the headers of extensions, but not the values of extensions.
#[must_use]
#[inline(never)]
pub fn der_alone(der: &[u8]) -> u64 {
    let read = typed::Certificate::read(der).and_then(|certificate| certificate.each_extension(|_| Ok(())));
    u64::from(black_box(read).is_ok())
}

/// webpki's parsing of an end entity's certificate, the only step before path building: frames names, reads the extensions that
/// path building needs, and does not look for the name of a person.
#[must_use]
#[inline(never)]
pub fn webpki_alone(der: &[u8]) -> u64 {
    let der = rustls_pki_types::CertificateDer::from(der);
    u64::from(black_box(webpki::EndEntityCert::try_from(&der)).is_ok())
}

/// synta's structures: frames names and extensions without reading their content.
#[must_use]
#[inline(never)]
pub fn synta_alone(der: &[u8]) -> u64 {
    let mut decoder = synta::Decoder::new(der, synta::Encoding::Der);
    let certificate: synta::Result<synta_certificate::Certificate<'_>> = decoder.decode();
    u64::from(black_box(certificate).is_ok())
}
