//! What a certificate hands out.

use crate::certificate::FIXTURES;
use crate::walk;
use upn_resolver::certificate::{Certificate, Curve, Fields, GeneralName, KeyKind, Version, oid};

fn fixture() -> Certificate<'static> {
    Certificate::from_der(FIXTURES[0].1).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn names() {
    let certificate = fixture();
    let subject: Vec<_> = certificate
        .subject()
        .attributes()
        .map(|attribute| format!("{}={}", attribute.kind(), attribute.value().text().unwrap()))
        .collect();
    assert_eq!(
        subject,
        [
            "0.9.2342.19200300.100.1.25=com",
            "0.9.2342.19200300.100.1.25=contoso",
            "2.5.4.11=Users",
            "2.5.4.3=Ada Example",
            "1.2.840.113549.1.9.1=ada@mail.contoso.com"
        ]
    );
    assert_eq!(certificate.issuer().relative_names().count(), 3);
    assert_eq!(
        certificate.principal_names().next().unwrap().text().unwrap(),
        "ada.example@contoso.com"
    );
    assert_eq!(
        certificate.rfc822_names().next().unwrap().text().unwrap(),
        "ada@mail.contoso.com"
    );
}

#[test]
fn serial_number_and_version() {
    let certificate = fixture();
    assert_eq!(certificate.version(), Version::V3);
    assert_eq!(
        certificate.serial_number().to_string(),
        "4a00000017b1a9d3c5e7f900000000000017"
    );
    assert!(!certificate.serial_number().is_negative());
    assert!(!certificate.serial_number().is_zero());
}

#[test]
fn keys_and_usages() {
    let certificate = fixture();
    assert_eq!(certificate.public_key().kind(), KeyKind::Rsa { bits: 2048 });
    assert_eq!(
        certificate.public_key().algorithm().algorithm(),
        oid::RSA_ENCRYPTION
    );
    assert_eq!(
        certificate.signature_algorithm().algorithm(),
        "1.2.840.113549.1.1.11"
    );
    assert_eq!(certificate.signature().len(), 256);
    let usage = certificate.key_usage().unwrap();
    assert!(usage.digital_signature() && usage.key_encipherment());
    assert!(!usage.non_repudiation() && !usage.key_cert_sign() && !usage.decipher_only());
    let purposes: Vec<_> = certificate
        .extended_key_usage()
        .map(|purpose| purpose.to_string())
        .collect();
    assert_eq!(
        purposes,
        ["1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.4", "1.3.6.1.4.1.311.20.2.2"]
    );
    assert!(certificate.has_extended_key_usage());
    assert_eq!(certificate.basic_constraints(), None);
}

#[test]
fn authority() {
    let certificate = fixture();
    let policies: Vec<_> = certificate
        .certificate_policies()
        .map(|policy| policy.to_string())
        .collect();
    assert_eq!(policies, ["1.3.6.1.4.1.99999.1.1", "1.3.6.1.4.1.99999.1.2"]);
    assert_eq!(certificate.subject_key_identifier().map(<[u8]>::len), Some(20));
    let authority = certificate.authority_key_identifier().unwrap();
    assert_eq!(authority.key_identifier().map(<[u8]>::len), Some(20));
    assert_eq!((authority.issuer().count(), authority.serial_number()), (0, None));
    let uri = |name: GeneralName<'_>| match name {
        GeneralName::Uri(uri) => uri.text().unwrap().into_owned(),
        other => panic!("{other:?}"),
    };
    let lists: Vec<_> = certificate
        .crl_distribution_points()
        .flat_map(upn_resolver::certificate::DistributionPoint::full_name)
        .map(uri)
        .collect();
    assert_eq!(lists, ["http://pki.contoso.com/issuing.crl"]);
    let access: Vec<_> = certificate
        .authority_info_access()
        .map(|access| (access.method(), uri(access.location())))
        .collect();
    assert_eq!(
        access[0],
        (oid::CA_ISSUERS, "http://pki.contoso.com/issuing.crt".to_owned())
    );
    assert_eq!(access[1], (oid::OCSP, "http://ocsp.contoso.com".to_owned()));
}

#[test]
fn active_directory() {
    let certificate = fixture();
    let template = certificate.template().unwrap();
    assert_eq!(
        template.id(),
        "1.3.6.1.4.1.311.21.8.1111111.2222222.3333333.4444444.5555555.66.7777777.8888888"
    );
    assert_eq!(
        (template.major_version(), template.minor_version()),
        (Some(100), Some(7))
    );
    let sid = "S-1-5-21-1111111111-2222222222-333333333-1104";
    assert_eq!(certificate.security_identifier().unwrap().as_str(), sid);
    assert_eq!(certificate.security_identifier_uri().unwrap().as_str(), sid);
    assert_eq!(certificate.template_name(), None);
}

#[test]
fn fields_are_those_of_the_certificate() {
    for (name, der) in FIXTURES {
        let fields = Fields::from_der(der).unwrap();
        let certificate = fields.check().unwrap();
        assert_eq!(fields.subject_der(), certificate.subject().as_der(), "{name}");
        walk::everything(&certificate);
    }
}

#[test]
fn curves() {
    use crate::build::{Pieces, element, sequence};
    let key = |parameters: &[u8], length: usize| {
        let algorithm = sequence(&[b"\x06\x07\x2A\x86\x48\xCE\x3D\x02\x01", parameters]);
        let point = [&[0, 0x04], vec![0x11; 2 * length].as_slice()].concat();
        let der = Pieces {
            public_key: sequence(&[&algorithm, &element(0x03, &point)]),
            ..Pieces::default()
        }
        .der();
        Certificate::from_der(&der).unwrap().public_key().kind()
    };
    let cases: [(&[u8], usize, Curve); 4] = [
        (b"\x06\x08\x2A\x86\x48\xCE\x3D\x03\x01\x07", 32, Curve::P256),
        (b"\x06\x05\x2B\x81\x04\x00\x22", 48, Curve::P384),
        (b"\x06\x05\x2B\x81\x04\x00\x23", 66, Curve::P521),
        (b"\x06\x05\x2B\x81\x04\x00\x0A", 32, Curve::Other),
    ];
    for (parameters, length, curve) in cases {
        assert_eq!(key(parameters, length), KeyKind::EllipticCurve(curve));
    }
}
