//! A certificate that this reader accepts without a note is accepted by x509-cert, with the same values.
//!
//! Known exceptions, where x509-cert is narrower than the specifications or than the certificates on cards:
//!
//! * deviations that this reader notes (`is_noted`);
//! * serial numbers: its default profile refuses long ones, so its `Raw` profile is used; it reads every number
//!   as a positive one;
//! * object identifiers: `const-oid` holds at most 39 bytes and components of 32 bits (`beyond_const_oid`);
//! * values of open types that `der` does not know, such as `UniversalString` (`beyond_der`);
//! * times before 1970 (`before_1970`);
//! * general names: it has no `x400Address` and reads `ediPartyName` in another way (`exotic_name`).

use upn_resolver::certificate::{Attribute, Certificate, GeneralName, NoteKind, Oid, StringType};
use x509_cert::certificate::{CertificateInner, Raw, TbsCertificateInner};
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::{Decode, Encode, Tag};
use x509_cert::ext::pkix::name::GeneralName as Peer;
use x509_cert::ext::pkix::{self, name::DistributionPointName};

/// Reads with both readers and panics if they disagree. Returns whether this reader accepts.
pub fn with_x509_cert(der: &[u8]) -> bool {
    let Ok(ours) = Certificate::from_der(der) else {
        return false;
    };
    if is_exception(&ours) {
        return true;
    }
    let theirs = CertificateInner::<Raw>::from_der(der)
        .unwrap_or_else(|error| panic!("x509-cert refuses what this reader accepts: {error}"));
    let tbs = theirs.tbs_certificate();
    assert_eq!(tbs.version() as u8, ours.version() as u8);
    assert_eq!(tbs.serial_number().as_bytes(), ours.serial_number().as_bytes());
    assert_eq!(tbs.issuer().to_der().unwrap(), ours.issuer_der());
    assert_eq!(tbs.subject().to_der().unwrap(), ours.subject_der());
    assert_eq!(
        tbs.subject_public_key_info().to_der().unwrap(),
        ours.public_key().as_der()
    );
    assert_same_oid(
        &theirs.signature_algorithm().oid,
        ours.signature_algorithm().algorithm(),
    );
    assert_eq!(theirs.signature().raw_bytes(), ours.signature());
    let their_ends = [tbs.validity().not_before, tbs.validity().not_after];
    let our_ends = [ours.validity().not_before(), ours.validity().not_after()];
    for (theirs, ours) in their_ends.into_iter().zip(our_ends) {
        assert_eq!(
            i64::try_from(theirs.to_unix_duration().as_secs()).unwrap(),
            ours.unix_seconds()
        );
    }
    names(tbs, &ours);
    usages(tbs, &ours);
    authority(tbs, &ours);
    true
}

fn names(tbs: &TbsCertificateInner<Raw>, ours: &Certificate<'_>) {
    for (theirs, ours) in [(tbs.issuer(), ours.issuer()), (tbs.subject(), ours.subject())] {
        let theirs: Vec<_> = theirs
            .iter_rdn()
            .flat_map(x509_cert::name::RelativeDistinguishedName::iter)
            .collect();
        assert_eq!(theirs.len(), ours.attributes().count());
        for (theirs, ours) in theirs.iter().zip(ours.attributes()) {
            assert_same_oid(&theirs.oid, ours.kind());
            assert_eq!(theirs.value.value(), ours.value().as_bytes());
        }
    }
    let theirs = extension::<pkix::SubjectAltName>(tbs).map_or(Vec::new(), |names| names.0);
    assert_eq!(theirs.len(), ours.subject_alternative_names().count());
    for (theirs, ours) in theirs.iter().zip(ours.subject_alternative_names()) {
        assert_same_name(theirs, ours);
    }
}

fn usages(tbs: &TbsCertificateInner<Raw>, ours: &Certificate<'_>) {
    let theirs = extension::<pkix::ExtendedKeyUsage>(tbs).map_or(Vec::new(), |usage| usage.0);
    assert_same_oids(&theirs, ours.extended_key_usage());
    let policies = extension::<pkix::CertificatePolicies>(tbs).map_or(Vec::new(), |policies| policies.0);
    let policies: Vec<_> = policies.iter().map(|policy| policy.policy_identifier).collect();
    assert_same_oids(&policies, ours.certificate_policies());
    let theirs = extension::<pkix::BasicConstraints>(tbs);
    assert_eq!(
        theirs.as_ref().map(|theirs| theirs.ca),
        ours.basic_constraints()
            .map(upn_resolver::certificate::BasicConstraints::is_ca)
    );
    let Some(usage) = ours.key_usage() else { return };
    let theirs = extension::<pkix::KeyUsage>(tbs).expect("a key usage");
    assert_eq!(theirs.digital_signature(), usage.digital_signature());
    assert_eq!(theirs.non_repudiation(), usage.non_repudiation());
    assert_eq!(theirs.key_encipherment(), usage.key_encipherment());
    assert_eq!(theirs.data_encipherment(), usage.data_encipherment());
    assert_eq!(theirs.key_agreement(), usage.key_agreement());
    assert_eq!(theirs.key_cert_sign(), usage.key_cert_sign());
    assert_eq!(theirs.crl_sign(), usage.crl_sign());
    assert_eq!(theirs.encipher_only(), usage.encipher_only());
    assert_eq!(theirs.decipher_only(), usage.decipher_only());
}

fn authority(tbs: &TbsCertificateInner<Raw>, ours: &Certificate<'_>) {
    let theirs = extension::<pkix::SubjectKeyIdentifier>(tbs);
    assert_eq!(
        theirs.as_ref().map(|theirs| theirs.0.as_bytes()),
        ours.subject_key_identifier()
    );
    let theirs = extension::<pkix::AuthorityKeyIdentifier>(tbs);
    let ours_identifier = ours.authority_key_identifier();
    assert_eq!(theirs.is_some(), ours_identifier.is_some());
    if let (Some(theirs), Some(ours)) = (theirs, ours_identifier) {
        assert_eq!(
            theirs
                .key_identifier
                .as_ref()
                .map(x509_cert::der::asn1::OctetString::as_bytes),
            ours.key_identifier()
        );
        let issuer = theirs.authority_cert_issuer.unwrap_or_default();
        assert_eq!(issuer.len(), ours.issuer().count());
        for (theirs, ours) in issuer.iter().zip(ours.issuer()) {
            assert_same_name(theirs, ours);
        }
    }
    let theirs = extension::<pkix::CrlDistributionPoints>(tbs).map_or(Vec::new(), |points| points.0);
    assert_eq!(theirs.len(), ours.crl_distribution_points().count());
    for (theirs, ours) in theirs.iter().zip(ours.crl_distribution_points()) {
        let Some(DistributionPointName::FullName(theirs)) = &theirs.distribution_point else {
            continue;
        };
        assert_eq!(theirs.len(), ours.full_name().count());
        for (theirs, ours) in theirs.iter().zip(ours.full_name()) {
            assert_same_name(theirs, ours);
        }
    }
    let theirs = extension::<pkix::AuthorityInfoAccessSyntax>(tbs).map_or(Vec::new(), |access| access.0);
    assert_eq!(theirs.len(), ours.authority_info_access().count());
    for (theirs, ours) in theirs.iter().zip(ours.authority_info_access()) {
        assert_same_oid(&theirs.access_method, ours.method());
        assert_same_name(&theirs.access_location, ours.location());
    }
}

/// An extension that this reader has accepted and x509-cert must read.
fn extension<'a, T>(tbs: &'a TbsCertificateInner<Raw>) -> Option<T>
where
    T: Decode<'a, Error = x509_cert::der::Error> + x509_cert::der::oid::AssociatedOid,
{
    let found = tbs.get_extension::<T>();
    found
        .unwrap_or_else(|error| panic!("x509-cert cannot read {}: {error}", T::OID))
        .map(|(_, value)| value)
}

fn assert_same_name(theirs: &Peer, ours: GeneralName<'_>) {
    match (theirs, ours) {
        (Peer::OtherName(theirs), GeneralName::OtherName(ours)) => {
            assert_same_oid(&theirs.type_id, ours.kind());
            assert_eq!(theirs.value.value(), ours.value().as_bytes());
        }
        (Peer::Rfc822Name(theirs), GeneralName::Rfc822Name(ours))
        | (Peer::DnsName(theirs), GeneralName::DnsName(ours))
        | (Peer::UniformResourceIdentifier(theirs), GeneralName::Uri(ours)) => {
            assert_eq!(ours.string_type(), StringType::Ia5);
            assert_eq!(theirs.as_bytes(), ours.as_bytes());
        }
        (Peer::DirectoryName(theirs), GeneralName::DirectoryName(ours)) => {
            assert_eq!(theirs.to_der().unwrap(), ours.as_der());
        }
        (Peer::IpAddress(theirs), GeneralName::IpAddress(ours)) => assert_eq!(theirs.as_bytes(), ours),
        (Peer::RegisteredId(theirs), GeneralName::RegisteredId(ours)) => assert_same_oid(theirs, ours),
        (theirs, ours) => panic!("x509-cert: {theirs:?}, this reader: {ours:?}"),
    }
}

fn assert_same_oids<'a>(theirs: &[ObjectIdentifier], ours: impl Iterator<Item = Oid<'a>>) {
    let ours: Vec<_> = ours.map(Oid::as_bytes).collect();
    assert_eq!(
        theirs.iter().map(ObjectIdentifier::as_bytes).collect::<Vec<_>>(),
        ours
    );
}

fn assert_same_oid(theirs: &ObjectIdentifier, ours: Oid<'_>) {
    assert_eq!(theirs.as_bytes(), ours.as_bytes());
    assert_eq!(theirs.to_string(), ours.to_string());
}

fn is_exception(ours: &Certificate<'_>) -> bool {
    is_noted(ours) || beyond_const_oid(ours) || beyond_der(ours) || before_1970(ours) || exotic_name(ours)
}

/// Whether the certificate deviates from its specification where no decision depends on it, so that x509-cert may refuse it.
fn is_noted(ours: &Certificate<'_>) -> bool {
    ours.notes().any(|note| {
        matches!(
            note.kind(),
            NoteKind::AlgorithmParameters
                | NoteKind::Characters
                | NoteKind::Malformed(_)
                | NoteKind::RsaNumber
        )
    })
}

/// Whether an object identifier exceeds the limits of `const-oid`.
fn beyond_const_oid(ours: &Certificate<'_>) -> bool {
    let names = all_names(ours).into_iter().filter_map(|name| match name {
        GeneralName::OtherName(name) => Some(name.kind()),
        GeneralName::RegisteredId(id) => Some(id),
        _ => None,
    });
    let algorithms = [ours.signature_algorithm(), ours.public_key().algorithm()];
    let mut all = names
        .chain(
            all_attributes(ours)
                .into_iter()
                .map(upn_resolver::certificate::Attribute::kind),
        )
        .chain(
            algorithms
                .into_iter()
                .map(upn_resolver::certificate::AlgorithmIdentifier::algorithm),
        )
        .chain(ours.extensions().map(upn_resolver::certificate::Extension::id))
        .chain(ours.extended_key_usage())
        .chain(ours.certificate_policies())
        .chain(
            ours.authority_info_access()
                .map(upn_resolver::certificate::AccessDescription::method),
        );
    let beyond = |id: &[u8]| ObjectIdentifier::from_bytes(id).is_err();
    all.any(|id| beyond(id.as_bytes())) || policy_qualifiers(ours).iter().any(|(id, _)| beyond(id))
}

/// Whether a value of an open type has a type that `der` does not know.
fn beyond_der(ours: &Certificate<'_>) -> bool {
    let attributes = all_attributes(ours)
        .into_iter()
        .map(|attribute| attribute.value().string_type());
    let names = all_names(ours).into_iter().filter_map(|name| match name {
        GeneralName::OtherName(name) => Some(name.value().string_type()),
        _ => None,
    });
    let strings = attributes
        .chain(names)
        .filter_map(|string_type| match string_type {
            StringType::NotAString(tag) => Some(tag),
            StringType::Universal => Some(0x1C),
            _ => None,
        });
    let algorithms = [ours.signature_algorithm(), ours.public_key().algorithm()];
    let parameters = algorithms
        .into_iter()
        .filter_map(|algorithm| Some(algorithm.parameters()?[0]));
    let qualifiers = policy_qualifiers(ours).into_iter().map(|(_, tag)| tag);
    strings
        .chain(parameters)
        .chain(qualifiers)
        .any(|tag| Tag::from_der(&[tag]).is_err())
}

fn before_1970(ours: &Certificate<'_>) -> bool {
    let validity = ours.validity();
    validity.not_before().unix_seconds() < 0 || validity.not_after().unix_seconds() < 0
}

fn exotic_name(ours: &Certificate<'_>) -> bool {
    let exotic =
        |name: &GeneralName<'_>| matches!(name, GeneralName::X400Address(_) | GeneralName::EdiPartyName(_));
    all_names(ours).iter().any(exotic)
}

fn all_names<'a>(ours: &Certificate<'a>) -> Vec<GeneralName<'a>> {
    let points = ours
        .crl_distribution_points()
        .flat_map(|point| point.full_name().chain(point.crl_issuer()));
    let locations = ours
        .authority_info_access()
        .map(upn_resolver::certificate::AccessDescription::location);
    let issuer = ours
        .authority_key_identifier()
        .into_iter()
        .flat_map(upn_resolver::certificate::AuthorityKeyIdentifier::issuer);
    ours.subject_alternative_names()
        .chain(points)
        .chain(locations)
        .chain(issuer)
        .collect()
}

fn all_attributes<'a>(ours: &Certificate<'a>) -> Vec<Attribute<'a>> {
    let directory_names = all_names(ours).into_iter().filter_map(|name| match name {
        GeneralName::DirectoryName(name) => Some(name),
        _ => None,
    });
    directory_names
        .chain([ours.issuer(), ours.subject()])
        .flat_map(upn_resolver::certificate::DistinguishedName::attributes)
        .collect()
}

/// The qualifiers of the certificate policies, which the reader does not return: identifier, and tag of the value.
fn policy_qualifiers<'a>(ours: &Certificate<'a>) -> Vec<(&'a [u8], u8)> {
    let policies = ours
        .extensions()
        .filter(|extension| extension.id() == "2.5.29.32");
    let lists = policies
        .flat_map(|extension| elements(extension.value()))
        .flat_map(|(_, list)| elements(list));
    let qualifiers = lists.flat_map(|(_, policy)| elements(policy).into_iter().skip(1));
    let each = qualifiers
        .flat_map(|(_, list)| elements(list))
        .map(|(_, qualifier)| elements(qualifier));
    each.map(|parts| (parts[0].1, parts[1].0)).collect()
}

/// Tags and contents of the elements, one after the other.
fn elements(mut der: &[u8]) -> Vec<(u8, &[u8])> {
    let mut found = Vec::new();
    while let [tag, first, rest @ ..] = der {
        let size = if *first < 0x80 {
            0
        } else {
            usize::from(first & 0x7F)
        };
        let long = rest[..size]
            .iter()
            .fold(0, |length, byte| length << 8 | usize::from(*byte));
        let length = if size == 0 { usize::from(*first) } else { long };
        found.push((*tag, &rest[size..size + length]));
        der = &rest[size + length..];
    }
    found
}
