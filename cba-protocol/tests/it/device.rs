//! Device certificates, and certificates of other kinds.

use core::time::Duration;

use cba_protocol::{Device, DeviceError, JoinType};
use openssl::x509::X509;
use rustls_pki_types::{CertificateDer, UnixTime};

use crate::peer::{self, DEVICE_ID, TENANT};

const FIXTURE: &[u8] = include_bytes!("../fixtures/device.der");
const OTHER_ID: &str = "11111111-2222-3333-4444-555555555555";

fn made(common_name: &str, extensions: &[(&str, Vec<u8>)]) -> Result<Device, DeviceError> {
    Device::from_certificate(&peer::identity(common_name, extensions).der())
}

/// A GUID in an extension.
fn value(guid: &str) -> Vec<u8> {
    peer::windows_guid(guid).to_vec()
}

#[test]
fn everything_is_read_from_the_certificate() {
    let device = peer::device();
    assert_eq!(device.id(), DEVICE_ID);
    assert_eq!(device.tenant().unwrap().as_str(), TENANT);
    assert_eq!(
        (device.join_type(), device.region()),
        (Some(JoinType::Joined), Some("EU"))
    );
    assert_eq!(device.user_object_id(), None);
    let fixture = Device::from_certificate(&CertificateDer::from(FIXTURE)).unwrap();
    assert_eq!(
        (fixture.id(), fixture.user_object_id().as_deref()),
        (DEVICE_ID.to_owned(), Some(OTHER_ID))
    );
}

#[test]
fn values_may_be_bare_or_wrapped_in_either_length_form() {
    let (short, long) = (
        [&[4, 16][..], &value(OTHER_ID)].concat(),
        [&[4, 0x81, 16][..], &value(OTHER_ID)].concat(),
    );
    for value in [value(OTHER_ID), short, long] {
        assert_eq!(
            made("x", &[("1.2.840.113556.1.5.284.2", value)]).unwrap().id(),
            OTHER_ID
        );
    }
    for (join, bytes) in [(JoinType::Registered, b"0"), (JoinType::Joined, b"1")] {
        let device = made(DEVICE_ID, &[("1.2.840.113556.1.5.284.7", bytes.to_vec())]).unwrap();
        assert_eq!(device.join_type(), Some(join));
    }
}

#[test]
fn the_common_name_will_do_and_must_agree() {
    let device = made(&DEVICE_ID.to_uppercase(), &[]).unwrap();
    assert_eq!((device.id(), device.tenant()), (DEVICE_ID.to_owned(), None));
    let two = made(DEVICE_ID, &[("1.2.840.113556.1.5.284.2", value(OTHER_ID))]);
    assert_eq!(two.unwrap_err(), DeviceError::TwoIds);
}

#[test]
fn other_certificates_are_refused() {
    assert_eq!(made("Alice", &[]).unwrap_err(), DeviceError::NoDeviceId);
    for arc in [2, 3, 5] {
        let malformed = made(
            DEVICE_ID,
            &[(&format!("1.2.840.113556.1.5.284.{arc}"), b"short".to_vec())],
        );
        assert_eq!(malformed.unwrap_err(), DeviceError::Extension { arc });
    }
    for bytes in [
        &b""[..],
        b"-----BEGIN CERTIFICATE-----",
        &FIXTURE[..FIXTURE.len() - 1],
        &[FIXTURE, b"\0"].concat(),
    ] {
        let refused = Device::from_certificate(&CertificateDer::from(bytes)).unwrap_err();
        assert!(matches!(refused, DeviceError::Certificate(_)), "{refused}");
    }
    let p256 = std::fs::read(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/fixtures/device-p256.der"
    ))
    .unwrap();
    assert_eq!(
        Device::from_certificate(&p256.into()).unwrap_err(),
        DeviceError::NotRsa
    );
}

#[test]
fn its_validity_is_known() {
    let device = Device::from_certificate(&CertificateDer::from(FIXTURE)).unwrap();
    let valid_at = |seconds| device.is_valid_at(UnixTime::since_unix_epoch(Duration::from_secs(seconds)));
    // what OpenSSL reads in the certificate
    let epoch = openssl::asn1::Asn1Time::from_unix(0).unwrap();
    let end = epoch.diff(X509::from_der(FIXTURE).unwrap().not_after()).unwrap();
    let end = u64::try_from(end.days).unwrap() * 86_400 + u64::try_from(end.secs).unwrap();
    assert!(valid_at(end) && !valid_at(end + 1) && !valid_at(0));
}
