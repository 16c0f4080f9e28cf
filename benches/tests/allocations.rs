//! Reading a certificate and finding the name in it allocate nothing.

use allocation_counter::measure;
use std::hint::black_box;
use upn_resolver::SignIn;
use upn_resolver::certificate::{Certificate, Fields};

#[test]
fn nothing_is_allocated() {
    for (number, der) in benches::certificates::load().iter().enumerate() {
        let reading = measure(|| consume(Certificate::from_der(der)));
        assert_eq!(reading.count_total, 0, "certificate {number}: from_der");
        let fields = measure(|| consume(Fields::from_der(der)));
        assert_eq!(fields.count_total, 0, "certificate {number}: fields");
        let certificate = Certificate::from_der(der).expect("a good certificate");
        let walking = measure(|| {
            black_box(
                certificate
                    .principal_names()
                    .chain(certificate.rfc822_names())
                    .count(),
            );
            black_box(certificate.subject_alternative_names().count());
            black_box(
                certificate
                    .issuer()
                    .attributes()
                    .chain(certificate.subject().attributes())
                    .count(),
            );
            black_box(
                certificate
                    .extended_key_usage()
                    .chain(certificate.certificate_policies())
                    .count(),
            );
            black_box(
                certificate
                    .crl_distribution_points()
                    .flat_map(upn_resolver::certificate::DistributionPoint::full_name)
                    .count(),
            );
            black_box(certificate.authority_info_access().count());
            black_box((
                certificate.security_identifier(),
                certificate.security_identifier_uri(),
            ));
            black_box((certificate.template(), certificate.notes().count()));
        });
        assert_eq!(walking.count_total, 0, "certificate {number}: accessors");
        let utf8 = certificate
            .principal_names()
            .all(|name| name.text().is_ok_and(|text| text.as_bytes() == name.as_octets()));
        let name = measure(|| consume(SignIn::entra_joined(&certificate).sent_name()));
        assert_eq!(
            name.count_total,
            u64::from(!utf8),
            "certificate {number}: the name that is sent"
        );
    }
}

#[test]
fn hostile_certificates_allocate_nothing() {
    for (name, der) in benches::hostile::all() {
        let reading = measure(|| consume(Certificate::from_der(&der)));
        assert_eq!(reading.count_total, 0, "{name}");
    }
}

/// Takes a value to its end, so that it can't be left out.
fn consume<T>(value: T) {
    black_box(value);
}
