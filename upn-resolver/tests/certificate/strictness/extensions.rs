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
    // Extensions whose identifiers look alike are no duplicates.
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
    let empty = |pieces: Pieces, field| refused(&pieces.der(), field, Problem::Empty);
    empty(good().with_names(&[]), Field::SubjectAltName);
    let mut pieces = good();
    pieces.extensions[1] = extended_key_usage(&[]);
    empty(pieces, Field::ExtKeyUsage);
    refused(
        &good().der_with(b"\xA3\x02\x30\x00"),
        Field::Extensions,
        Problem::Empty,
    );
    empty(
        Pieces {
            subject: b"\x30\x02\x31\x00".to_vec(),
            ..good()
        },
        Field::Subject,
    );
    value_refused(POLICIES, b"\x30\x00", Field::CertificatePolicies, Problem::Empty);
    value_refused(
        POLICIES,
        b"\x30\x08\x30\x06\x06\x02\x2A\x03\x30\x00",
        Field::CertificatePolicies,
        Problem::Empty,
    );
    value_refused(
        CRL_DISTRIBUTION_POINTS,
        b"\x30\x00",
        Field::CrlDistributionPoints,
        Problem::Empty,
    );
    value_refused(AIA, b"\x30\x00", Field::AuthorityInfoAccess, Problem::Empty);
    // An empty subject is how certificates say that all names are in the subjectAltName.
    let der = Pieces {
        subject: b"\x30\x00".to_vec(),
        ..good()
    }
    .der();
    assert!(accepted(&der).subject().is_empty());
}

#[test]
fn values_of_extensions() {
    let found = |expected, found| Problem::UnexpectedTag { expected, found };
    value_refused(SKI, b"\x30\x00", Field::SubjectKeyIdentifier, found(0x04, 0x30));
    value_refused(
        BASIC_CONSTRAINTS,
        b"\x30\x06\x01\x01\xFF\x02\x01\xFF",
        Field::BasicConstraints,
        Problem::Integer,
    );
    value_refused(
        AKI,
        b"\x30\x03\x83\x01\x11",
        Field::AuthorityKeyIdentifier,
        Problem::TrailingData,
    );
    value_refused(
        AKI,
        b"\x30\x04\x82\x02\x00\x01",
        Field::AuthorityKeyIdentifier,
        Problem::Integer,
    );
    value_refused(
        AKI,
        b"\x30\x02\xA1\x00",
        Field::AuthorityKeyIdentifier,
        Problem::Empty,
    );
    value_refused(
        POLICIES,
        b"\x30\x05\x30\x03\x06\x01\x80",
        Field::CertificatePolicies,
        Problem::ObjectIdentifier,
    );
    let qualifier = b"\x30\x0D\x30\x0B\x06\x02\x2A\x03\x30\x05\x30\x03\x06\x01\x2A";
    value_refused(
        POLICIES,
        qualifier,
        Field::CertificatePolicies,
        Problem::Truncated,
    );
    let points = sequence(&[&sequence(&[&element(
        0xA0,
        &element(0xA0, &element(0x86, b"\xFF")),
    )])]);
    value_refused(
        CRL_DISTRIBUTION_POINTS,
        &points,
        Field::CrlDistributionPoints,
        Problem::String,
    );
    let access = sequence(&[&sequence(&[b"\x06\x02\x2A\x03", b"\x86\x01a", b"\x05\x00"])]);
    value_refused(AIA, &access, Field::AuthorityInfoAccess, Problem::TrailingData);
    value_refused(TEMPLATE_NAME, b"\x1E\x01a", Field::TemplateName, Problem::String);
    value_refused(
        TEMPLATE_NAME,
        b"\x0C\x01a",
        Field::TemplateName,
        found(0x1E, 0x0C),
    );
    let too_large = b"\x30\x0B\x06\x02\x2A\x03\x02\x05\x01\x00\x00\x00\x00";
    value_refused(TEMPLATE, too_large, Field::CertificateTemplate, Problem::Integer);
    value_refused(SID, b"\x30\x00", Field::NtdsCaSecurity, Problem::Empty);
    let wide = alternative_names(&[&element(0xA4, &name(&[cn("x")]))]);
    let mut pieces = good();
    pieces.extensions[2] = wide;
    accepted(&pieces.der());
}
