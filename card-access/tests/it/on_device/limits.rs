//! Files that ask for endless work.

use std::fs;
use std::time::{Duration, Instant};

use card_access::on_device::FileProvider;
use card_access::{Error, ErrorKind, PinStatus, Provider};
use openssl::nid::Nid;

use crate::on_device::folder::Folder;
use crate::on_device::made;
use crate::support::identity::Identity;

#[test]
fn a_file_with_more_certificates_than_can_be_numbered_is_refused() {
    assert_eq!(
        pin_status_of(&made::many_certificates(60)).unwrap(),
        PinStatus::NotNeeded
    );
    for number in [65, 255, 256, 300] {
        let error = pin_status_of(&made::many_certificates(number)).unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::Unsupported { .. }),
            "{number}: {error}"
        );
    }
}

#[test]
fn the_iterations_of_a_file_are_bounded_all_together() {
    assert_eq!(
        pin_status_of(&made::iterations(2, 4000)).unwrap(),
        PinStatus::NotNeeded
    );
    // Refused before the first derivation: six of these would take seconds.
    let (begun, file) = (Instant::now(), made::iterations(6, 2_000_000));
    let error = pin_status_of(&file).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Unsupported { .. }), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

/// The `pkcs5` crate panics on a cost of 0, and allocates as much memory as the file states.
#[test]
fn scrypt_parameters_are_bounded() {
    let open = |n, r, p| pin_status_of(&made::scrypt(n, r, p));
    assert_eq!(open(2, 1, 1).unwrap(), PinStatus::NotNeeded);
    for (n, r, p) in [(0, 8, 1), (1, 8, 1), (3, 8, 1), (16_384, 0, 1), (16_384, 8, 0)] {
        let error = open(n, r, p).unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::Malformed { .. }),
            "{n} {r} {p}: {error}"
        );
    }
    for (n, r, p) in [
        (1 << 17, 8, 1),
        (2, 65_535, 65_535),
        (1 << 40, 1, 1),
        (1 << 63, 65_535, 1),
        (1 << 14, 8, 100),
    ] {
        let error = open(n, r, p).unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::Unsupported { .. }),
            "{n} {r} {p}: {error}"
        );
    }
}

#[test]
fn no_iterations_are_malformed() {
    let error = pin_status_of(&made::iterations(1, 0)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Malformed { .. }), "{error}");
}

#[test]
fn a_file_full_of_sections_is_refused_soon() {
    let folder = Folder::of(&Identity::ec("full", Nid::X9_62_PRIME256V1));
    let good = fs::read(folder.path("certificate.pem")).unwrap();
    let sections = |number: usize| {
        [
            &good,
            "-----BEGIN A-----\n-----END A-----\n".repeat(number).as_bytes(),
        ]
        .concat()
    };
    let status = |content: &[u8]| {
        let certificate = folder.write("full.pem", content);
        let mut provider = FileProvider::new().with_pem(certificate, folder.path("key.pem"));
        let id = provider.tokens().unwrap().found.remove(0).id;
        provider.open(&id).unwrap().credentials()
    };
    assert_eq!(status(&sections(255)).unwrap().found.len(), 1);
    let error = status(&sections(30_000)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Unsupported { .. }), "{error}");
}

fn pin_status_of(content: &[u8]) -> Result<PinStatus, Error> {
    let folder = Folder {
        folder: tempfile::tempdir().unwrap(),
    };
    let mut provider = FileProvider::new().with_pkcs12(folder.write("file.p12", content));
    let id = provider.tokens().unwrap().found.remove(0).id;
    provider.open(&id).unwrap().pin_status()
}
