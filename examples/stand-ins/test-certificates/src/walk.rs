//! Visits everything in a certificate.

use std::hint::black_box;
use upn_resolver::certificate::{Certificate, GeneralName};

/// Prints everything: `Debug` and `Display` reach the items of all iterators and accessors.
pub fn everything(certificate: &Certificate<'_>) {
    black_box(format!("{certificate:?}"));
    black_box(format!("{:?}", certificate.issuer()));
    black_box(format!("{:?}", certificate.subject()));
    black_box(format!(
        "{} {:?}",
        certificate.serial_number(),
        certificate.version()
    ));
    let validity = certificate.validity();
    black_box(format!("{} {}", validity.not_before(), validity.not_after()));
    black_box(
        validity
            .not_before()
            .to_unix_time()
            .map(|start| validity.contains(start)),
    );
    black_box(format!("{}", certificate.signature_algorithm().algorithm()));
    for extension in certificate.extensions() {
        black_box(format!("{} {}", extension.id(), extension.is_critical()));
    }
    for purpose in certificate
        .extended_key_usage()
        .chain(certificate.certificate_policies())
    {
        black_box(purpose.to_string());
    }
    for point in certificate.crl_distribution_points() {
        point.full_name().chain(point.crl_issuer()).for_each(general_name);
    }
    for description in certificate.authority_info_access() {
        general_name(description.location());
    }
    if let Some(identifier) = certificate.authority_key_identifier() {
        identifier.issuer().for_each(general_name);
    }
    certificate.subject_alternative_names().for_each(general_name);
    for note in certificate.notes() {
        black_box(note.to_string());
    }
    black_box((
        certificate.security_identifier(),
        certificate.security_identifier_uri(),
    ));
    black_box((
        certificate.template(),
        certificate.template_name().map(|name| name.text().is_ok()),
    ));
}

fn general_name(name: GeneralName<'_>) {
    black_box(format!("{name:?}"));
}
