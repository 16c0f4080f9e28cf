//! Choice of the certificate for the sign-in, with a reason for each of the others.

use card_access::{
    Credential, ErrorKind, Hash, KeyAlgorithm, PivSlot, Rejection, Scheme, Selection, Selector, Slot,
};
use openssl::{
    asn1::{Asn1Object, Asn1Time},
    hash::MessageDigest,
    pkey::PKey,
    rsa::Rsa,
    x509::{
        X509,
        extension::{ExtendedKeyUsage, KeyUsage, SubjectAlternativeName},
    },
};
use rcgen::{
    CertificateParams, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose, OtherNameValue, SanType,
    date_time_ymd,
};
use rustls_pki_types::UnixTime;
use upn_resolver::windows::{
    eligibility::Gate,
    logon_policy::{LogonPolicy, PolicyState, PolicySwitch},
};

const PRINCIPAL_NAME: [u64; 10] = [1, 3, 6, 1, 4, 1, 311, 20, 2, 3];
const SMART_CARD_LOGON: [u64; 10] = [1, 3, 6, 1, 4, 1, 311, 20, 2, 2];

/// A certificate that Windows would offer.
fn suitable(user: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    let name = OtherNameValue::Utf8String(format!("{user}@corp.example"));
    params.subject_alt_names = vec![SanType::OtherName((PRINCIPAL_NAME.to_vec(), name))];
    params.extended_key_usages = vec![
        ExtendedKeyUsagePurpose::ClientAuth,
        ExtendedKeyUsagePurpose::Other(SMART_CARD_LOGON.to_vec()),
    ];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    (params.not_before, params.not_after) = (date_time_ymd(2024, 1, 1), date_time_ymd(2034, 1, 1));
    params
}

fn credential(slot: PivSlot, params: &CertificateParams) -> Credential {
    let key = KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    Credential::new(Slot::Piv(slot), slot.to_string(), certificate.der().clone()).unwrap()
}

fn now() -> UnixTime {
    UnixTime::since_unix_epoch(std::time::Duration::from_secs(1_750_000_000))
}

fn gates(selection: &Selection<'_>) -> Vec<Gate> {
    let gate = |(_, why): &(_, Rejection)| match why {
        Rejection::NotOffered(hidden) => hidden.gate(),
        other => panic!("{other}"),
    };
    selection.rejected.iter().map(gate).collect()
}

#[test]
fn the_key_for_signing_in_comes_first_then_the_newest() {
    let mut newer = suitable("bob");
    newer.not_before = date_time_ymd(2025, 1, 1);
    let retired = PivSlot::retired().next().unwrap();
    let credentials = [
        credential(retired, &suitable("alice")),
        credential(PivSlot::KeyManagement, &newer),
        credential(PivSlot::Authentication, &suitable("carol")),
    ];
    let selection = Selector::new(now()).select(&credentials);
    let slots: Vec<_> = selection.suitable.iter().map(|one| one.label()).collect();
    assert_eq!(slots, ["9a", "9d", "82"]);
    assert_eq!(selection.best(), Some(&credentials[2]));
}

#[test]
fn each_of_the_others_has_its_reason() {
    let mut expired = suitable("alice");
    expired.not_after = date_time_ymd(2025, 1, 1);
    let mut tls_only = suitable("alice");
    tls_only.extended_key_usages.pop();
    let mut nameless = suitable("alice");
    nameless.subject_alt_names.clear();
    let credentials =
        [expired, tls_only, nameless].map(|params| credential(PivSlot::Authentication, &params));
    let selection = Selector::new(now()).select(&credentials);
    assert_eq!(selection.best(), None);
    assert_eq!(
        gates(&selection),
        [Gate::Time, Gate::ExtendedKeyUsage, Gate::Name]
    );
}

#[test]
fn a_policy_accepts_other_certificates() {
    let key = KeyPair::generate().unwrap();
    let certificate = suitable("alice").self_signed(&key).unwrap();
    let slot = Slot::Piv(PivSlot::Authentication);
    let credentials = [Credential::new(slot, "on a curve", certificate.der().clone()).unwrap()];
    let selector = Selector::new(now());
    assert_eq!(gates(&selector.select(&credentials)), [Gate::EllipticCurve]);
    let policy = LogonPolicy::new().with_state(PolicySwitch::EnumerateEccCerts, PolicyState::Enabled);
    assert_eq!(
        selector.with_policy(policy).select(&credentials).best(),
        Some(&credentials[0])
    );
}

#[test]
fn a_certificate_that_windows_would_offer_needs_a_key_that_signs_here() {
    // rcgen does not make a key as short as this.
    let key = PKey::from_rsa(Rsa::generate(1024).unwrap()).unwrap();
    let mut certificate = X509::builder().unwrap();
    certificate.set_version(2).unwrap();
    certificate.set_pubkey(&key).unwrap();
    let time = |seconds| Asn1Time::from_unix(seconds).unwrap();
    certificate.set_not_before(&time(1_700_000_000)).unwrap();
    certificate.set_not_after(&time(1_800_000_000)).unwrap();
    let names = SubjectAlternativeName::new()
        .other_name2(
            Asn1Object::from_str("1.3.6.1.4.1.311.20.2.3").unwrap(),
            b"\x0c\x12alice@corp.example",
        )
        .build(&certificate.x509v3_context(None, None))
        .unwrap();
    certificate.append_extension(names).unwrap();
    let purposes = ExtendedKeyUsage::new()
        .client_auth()
        .other("1.3.6.1.4.1.311.20.2.2")
        .build()
        .unwrap();
    certificate.append_extension(purposes).unwrap();
    let usage = KeyUsage::new().digital_signature().build().unwrap();
    certificate.append_extension(usage).unwrap();
    certificate.sign(&key, MessageDigest::sha256()).unwrap();
    let certificate = certificate.build().to_der().unwrap();

    let credentials = [Credential::new(Slot::Piv(PivSlot::Authentication), "", certificate.into()).unwrap()];
    let selection = Selector::new(now()).select(&credentials);
    assert_eq!(selection.suitable, [] as [&Credential; 0]);
    let algorithm = KeyAlgorithm::Rsa { bits: 1024 };
    assert_eq!(
        selection.rejected,
        [(&credentials[0], Rejection::CannotSign(algorithm))]
    );
}

/// RFC 7518 section 3.1.
#[test]
fn schemes_and_keys_have_the_names_of_their_jws_algorithms() {
    for name in [
        "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512",
    ] {
        assert_eq!(Scheme::from_jws(name).unwrap().jws(), Some(name));
    }
    for name in ["HS256", "none", "rs256", ""] {
        let refused = Scheme::from_jws(name).unwrap_err();
        assert!(matches!(refused.kind(), ErrorKind::Unsupported { .. }), "{name}");
    }
    assert_eq!(Scheme::EcdsaDer(Hash::Sha256).jws(), None);
    for (key, name) in [
        (KeyAlgorithm::Rsa { bits: 3072 }, Some("RS256")),
        (KeyAlgorithm::EcP256, Some("ES256")),
        (KeyAlgorithm::EcP384, Some("ES384")),
        (KeyAlgorithm::Other, None),
    ] {
        assert_eq!(key.jws(), name, "{key}");
    }
}
