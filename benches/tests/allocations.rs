//! Reading a certificate and finding its name allocate nothing. A sign-in without a transcript allocates little.

use allocation_counter::measure;
use benches::sign_ins::{Cache, SETUP};
use cba_protocol::Transcript;
use std::borrow::Cow;
use std::hint::black_box;
use upn_resolver::NameRequest;
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
            .all(|name| name.text().is_ok_and(|text| text.as_bytes() == name.as_bytes()));
        let name = measure(|| consume(NameRequest::entra_joined(&certificate).sent_name()));
        assert_eq!(
            name.count_total,
            u64::from(!utf8),
            "certificate {number}: the name that is sent"
        );
        // The name that is sent, and the text of all others. A name in UTF-16 is decoded.
        let decision = measure(|| consume(NameRequest::entra_joined(&certificate).decide()));
        let decoded = certificate
            .principal_names()
            .filter(|name| matches!(name.text(), Ok(Cow::Owned(_))))
            .count() as u64;
        assert!(
            decision.count_total <= 2 + decoded,
            "certificate {number}: {} allocations for a decision",
            decision.count_total
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

/// Each request and each JWT needs memory. A transcript needs several times as much, so that an unwanted one would show.
#[test]
fn a_sign_in_pays_for_a_transcript_only_if_it_has_one() {
    std::sync::LazyLock::force(&SETUP);
    for (cache, limit) in [(Cache::Cold, 150), (Cache::Warm, 105)] {
        let plain = measure(|| consume(SETUP.sign_in(cache))).count_total;
        assert!(plain < limit, "{cache:?}: {plain} allocations");
        let transcript = Transcript::default();
        let recorded = measure(|| consume(SETUP.recorded_sign_in(cache, &transcript))).count_total;
        assert!(recorded > 3 * plain, "{cache:?}: {recorded} allocations");
        assert!(!transcript.to_string().is_empty());
    }
}

/// Consumes a value, so that the compiler does not remove its computation.
fn consume<T>(value: T) {
    black_box(value);
}
