//! The extensions: RFC 5280, sections 4.1.2.9 and 4.2.

use super::*;

#[test]
fn duplicate_extensions() {
    // Known by number, known by name, X.509's own but not known, not known at all.
    let pairs: [(&[u8], &[u8]); 5] = [
        (SKI, b"\x04\x01\x11"),
        (AIA, b"\x30\x0D\x30\x0B\x06\x03\x2A\x03\x04\x86\x04http"),
        (b"\x55\x1D\x09", b"anything"),
        (b"\x2A\x03\x04", b"anything"),
        (b"\x55\x1D\x81\x00", b"anything"),
    ];
    for (id, value) in pairs {
        accepted(&good().with(extension(id, value)).der());
        let twice = good().with(extension(id, value)).with(extension(id, value));
        refused(&twice.der(), Field::Extensions, Problem::DuplicateExtension);
        // Not next to each other, and one of them critical.
        let first = sequence(&[&element(0x06, id), b"\x01\x01\xFF", &element(0x04, value)]);
        let mut apart = good().with(extension(id, value));
        apart.extensions.insert(0, first);
        refused(&apart.der(), Field::Extensions, Problem::DuplicateExtension);
    }
    let san = good().extensions[2].clone();
    refused(
        &good().with(san).der(),
        Field::Extensions,
        Problem::DuplicateExtension,
    );
    // Extensions with similar identifiers are not duplicates.
    let alike = (0..32).fold(good(), |pieces, n| {
        pieces.with(extension(&[0x2A, 0x03, n, 0x04], b"x"))
    });
    accepted(&alike.der());
}

#[test]
fn limits() {
    let unknown =
        |count: u8| (0..count).fold(good(), |pieces, n| pieces.with(extension(&[0x2A, 0x03, n], b"x")));
    accepted(&unknown(32).der());
    refused(
        &unknown(33).der(),
        Field::Extensions,
        Problem::Limit(Limit::UnknownExtensions),
    );

    let of_size = |size: usize| {
        let id: &[u8] = b"\x2A\x03\x04";
        let length = good().with(extension(id, &vec![0; 60_000])).der().len();
        good().with(extension(id, &vec![0; 60_000 + size - length])).der()
    };
    assert_eq!(of_size(65_536).len(), 65_536);
    accepted(&of_size(65_536));
    refused(&of_size(65_537), Field::Certificate, Problem::Limit(Limit::Size));

    let nested = |depth: usize| (1..depth).fold(b"\x05\x00".to_vec(), |inner, _| element(0x30, &inner));
    let with_value = |value: &[u8]| {
        good()
            .with_names(&[&other_name(b"\x06\x02\x2A\x03", value)])
            .der()
    };
    accepted(&with_value(&nested(12)));
    refused(
        &with_value(&nested(13)),
        Field::SubjectAltName,
        Problem::Limit(Limit::Depth),
    );
    refused(
        &with_value(&nested(300)),
        Field::SubjectAltName,
        Problem::Limit(Limit::Depth),
    );
}

#[test]
fn limits_of_a_part() {
    let purposes = |count: usize| {
        let mut pieces = good();
        pieces.extensions[1] = extension(
            b"\x55\x1D\x25",
            &element(0x30, &b"\x06\x02\x2A\x03".repeat(count)),
        );
        pieces.der()
    };
    accepted(&purposes(384));
    refused(
        &purposes(385),
        Field::ExtKeyUsage,
        Problem::Limit(Limit::Elements),
    );
    let names = |count: usize| good().with_names(&[&element(0x81, b"a@b").repeat(count)]).der();
    accepted(&names(384));
    refused(
        &names(385),
        Field::SubjectAltName,
        Problem::Limit(Limit::Elements),
    );
    // Four elements a relative name.
    let subject = |count: usize| {
        Pieces {
            subject: name(&vec![cn("x"); count]),
            ..good()
        }
        .der()
    };
    accepted(&subject(96));
    refused(&subject(97), Field::Subject, Problem::Limit(Limit::Elements));

    let text = |text: &str| good().with_names(&[&principal_name(0x0C, text.as_bytes())]).der();
    accepted(&text(&"a".repeat(60_000)));
    accepted(&text(&"é".repeat(2_048)));
    refused(
        &text(&"é".repeat(2_049)),
        Field::SubjectAltName,
        Problem::Limit(Limit::WideText),
    );
}

#[test]
fn empty_lists() {
    let empty = |pieces: Pieces, field| malformed(&pieces.der(), field, Problem::Empty);
    empty(good().with_names(&[]), Field::SubjectAltName);
    let mut pieces = good();
    pieces.extensions[1] = extended_key_usage(&[]);
    let der = pieces.der();
    let certificate = accepted(&der);
    assert!(certificate.has_extended_key_usage());
    assert_eq!(
        certificate.extended_key_usage().count(),
        0,
        "an empty list allows no purpose"
    );
    empty(pieces, Field::ExtKeyUsage);
    malformed(
        &good().der_with(b"\xA3\x02\x30\x00"),
        Field::Extensions,
        Problem::Empty,
    );
    for field in [Field::Issuer, Field::Subject] {
        let name = b"\x30\x02\x31\x00".to_vec();
        let pieces = match field {
            Field::Issuer => Pieces {
                issuer: name,
                ..good()
            },
            _ => Pieces {
                subject: name,
                ..good()
            },
        };
        refused(&pieces.der(), field, Problem::Empty);
    }
    for (id, field) in [
        (POLICIES, Field::CertificatePolicies),
        (CRL_DISTRIBUTION_POINTS, Field::CrlDistributionPoints),
        (AIA, Field::AuthorityInfoAccess),
        (SID, Field::NtdsCaSecurity),
    ] {
        value_malformed(id, b"\x30\x00", field, Problem::Empty);
    }
    // Qualifiers, the names of a distribution point, the issuer of the authority's certificate.
    for (id, value, field) in [
        (
            POLICIES,
            &b"\x30\x08\x30\x06\x06\x02\x2A\x03\x30\x00"[..],
            Field::CertificatePolicies,
        ),
        (
            CRL_DISTRIBUTION_POINTS,
            b"\x30\x06\x30\x04\xA0\x02\xA0\x00",
            Field::CrlDistributionPoints,
        ),
        (
            CRL_DISTRIBUTION_POINTS,
            b"\x30\x04\x30\x02\xA2\x00",
            Field::CrlDistributionPoints,
        ),
        (AKI, b"\x30\x02\xA1\x00", Field::AuthorityKeyIdentifier),
    ] {
        value_malformed(id, value, field, Problem::Empty);
    }
    // Nothing is required here.
    for (id, value) in [
        (AKI, b"\x30\x00"),
        (BASIC_CONSTRAINTS, b"\x30\x00"),
        (SKI, b"\x04\x00"),
    ] {
        assert_eq!(
            accepted(&good().with(extension(id, value)).der()).notes().count(),
            0
        );
    }
    // An empty subject is how certificates say that all names are in the subjectAltName.
    let der = Pieces {
        subject: b"\x30\x00".to_vec(),
        ..good()
    }
    .der();
    assert!(accepted(&der).subject().is_empty());
}

#[test]
fn values_that_decide() {
    let found = |expected, found| Problem::UnexpectedTag { expected, found };
    value_refused(SKI, b"\x30\x00", Field::SubjectKeyIdentifier, found(0x04, 0x30));
    value_refused(
        POLICIES,
        b"\x30\x05\x30\x03\x06\x01\x80",
        Field::CertificatePolicies,
        Problem::ObjectIdentifier,
    );
    value_refused(
        POLICIES,
        b"\x31\x00",
        Field::CertificatePolicies,
        found(0x30, 0x31),
    );
    let too_large = b"\x30\x0B\x06\x02\x2A\x03\x02\x05\x01\x00\x00\x00\x00";
    value_refused(TEMPLATE, too_large, Field::CertificateTemplate, Problem::Integer);
    let identifier = sequence(&[&other_name(SID_OID, b"\x04\x01S\x05\x00")]);
    value_refused(SID, &identifier, Field::NtdsCaSecurity, Problem::TrailingData);
    let mut pieces = good();
    pieces.extensions[2] = alternative_names(&[&element(0xA4, &name(&[cn("x")]))]);
    accepted(&pieces.der());
}

const SID_OID: &[u8] = b"\x06\x0A\x2B\x06\x01\x04\x01\x82\x37\x19\x02\x01";

/// Only the framing is checked where the content is not used for decisions.
#[test]
fn framing_of_values_that_decide_nothing() {
    for (id, field) in [
        (POLICIES, Field::CertificatePolicies),
        (CRL_DISTRIBUTION_POINTS, Field::CrlDistributionPoints),
        (AIA, Field::AuthorityInfoAccess),
        (AKI, Field::AuthorityKeyIdentifier),
        (TEMPLATE_NAME, Field::TemplateName),
    ] {
        // A policy with qualifiers, or other content elsewhere.
        let with = |inner: &[u8]| sequence(&[&sequence(&[b"\x06\x02\x2A\x03", &sequence(&[inner])])]);
        accepted(&good().with(extension(id, &with(b"\x30\x03\x04\x01x"))).der());
        let faults: [(&[u8], Problem); 5] = [
            (b"\x30\x80\x00\x00", Problem::IndefiniteLength),
            (b"\x04\x81\x01x", Problem::NonMinimalLength),
            (b"\x30\x02\x04\x01", Problem::Truncated),
            (b"\x30\x02\x04\x00\x04", Problem::Truncated),
            (b"\x1F\x21\x00", Problem::HighTagNumber),
        ];
        for (inner, problem) in faults {
            value_refused(id, &with(inner), field, problem);
        }
        let value = [with(b"\x04\x01x"), b"\x05\x00".to_vec()].concat();
        value_refused(id, &value, Field::Extensions, Problem::TrailingData);
        value_refused(id, b"", field, Problem::Truncated);
    }
}
