//! PKCS#12 files.

use std::fs;

use card_access::on_device::FileProvider;
use card_access::{ErrorKind, Pin, PinEntry, PinStatus};
use openssl::nid::Nid;

use crate::on_device::folder::{Folder, PASSWORD, open, signs};
use crate::on_device::made;
use crate::support::identity::{Identity, verifies};

#[test]
fn every_encryption_of_pkcs12_opens() {
    let variants: [&[&str]; 9] = [
        &[],
        &["-legacy"],
        &[
            "-keypbe",
            "PBE-SHA1-3DES",
            "-certpbe",
            "PBE-SHA1-3DES",
            "-macalg",
            "sha1",
        ],
        &[
            "-keypbe",
            "PBE-SHA1-2DES",
            "-certpbe",
            "PBE-SHA1-2DES",
            "-macalg",
            "sha384",
        ],
        &[
            "-legacy",
            "-keypbe",
            "PBE-SHA1-RC2-128",
            "-certpbe",
            "PBE-SHA1-RC2-128",
        ],
        &[
            "-keypbe",
            "AES-128-CBC",
            "-certpbe",
            "AES-192-CBC",
            "-macalg",
            "sha512",
        ],
        &["-keypbe", "DES-EDE3-CBC", "-certpbe", "NONE"],
        &["-keypbe", "NONE", "-certpbe", "NONE"],
        &["-nomac", "-iter", "1"],
    ];
    let identities = [
        Identity::rsa("alice"),
        Identity::ec("alice", Nid::X9_62_PRIME256V1),
        Identity::ec("alice", Nid::SECP384R1),
    ];
    for (variant, identity) in variants.iter().zip(identities.iter().cycle()) {
        let folder = Folder::of(identity);
        let file = folder.pkcs12(PASSWORD, variant);
        let token = open(FileProvider::new().with_pkcs12(file), Some(PASSWORD));
        signs(
            token.unwrap_or_else(|error| panic!("{variant:?}: {error}")),
            identity,
            Some(PASSWORD),
        );
    }
}

#[test]
fn a_password_is_asked_for_only_where_there_is_one() {
    let identity = Identity::rsa("alice");
    let folder = Folder::of(&identity);
    let mut token = open(FileProvider::new().with_pkcs12(folder.pkcs12("", &[])), None).unwrap();
    assert_eq!(token.pin_status().unwrap(), PinStatus::NotNeeded);
    signs(token, &identity, None);

    let mut token = open(
        FileProvider::new().with_pkcs12(folder.pkcs12(PASSWORD, &[])),
        None,
    )
    .unwrap();
    assert_eq!(token.pin_status().unwrap(), PinStatus::Unlimited);
    assert_eq!(*token.credentials().unwrap_err().kind(), ErrorKind::PinRequired);
}

#[test]
fn a_wrong_password_is_reported() {
    let folder = Folder::of(&Identity::rsa("alice"));
    for variant in [&[][..], &["-legacy"], &["-nomac"]] {
        let file = folder.pkcs12(PASSWORD, variant);
        let error = open(FileProvider::new().with_pkcs12(&file), Some("wrong"))
            .err()
            .unwrap();
        assert_eq!(
            *error.kind(),
            ErrorKind::WrongPin { tries_left: None },
            "{variant:?}"
        );

        let mut token = open(FileProvider::new().with_pkcs12(&file), Some(PASSWORD)).unwrap();
        let credential = token.credentials().unwrap().found.remove(0);
        let scheme = credential.algorithm().schemes()[0];
        let wrong = Pin::new("wrong".to_owned());
        let error = token
            .sign(&credential, scheme, b"m", Some(PinEntry::typed(&wrong)))
            .unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::WrongPin { tries_left: None });
        let error = token.sign(&credential, scheme, b"m", None).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::PinRequired);
    }
}

#[test]
fn certificates_of_others_in_a_file_are_left_out() {
    let identity = Identity::rsa("alice");
    let folder = Folder::of(&identity);
    let chain = [Identity::rsa("authority"), Identity::rsa("root")];
    let chain: Vec<u8> = chain
        .iter()
        .flat_map(|other| other.certificate.to_pem().unwrap())
        .collect();
    folder.write("chain.pem", &chain);
    let file = folder.pkcs12(PASSWORD, &["-certfile", "chain.pem", "-name", "Alice"]);
    signs(
        open(FileProvider::new().with_pkcs12(file), Some(PASSWORD)).unwrap(),
        &identity,
        Some(PASSWORD),
    );
}

/// Firefox and Thunderbird write such files.
#[test]
fn files_in_ber_open() {
    let identity = Identity::rsa("alice");
    let folder = Folder::of(&identity);
    for variant in [
        &[][..],
        &["-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES"],
        &["-keypbe", "NONE", "-certpbe", "NONE"],
    ] {
        let der = fs::read(folder.pkcs12(PASSWORD, variant)).unwrap();
        let ber = made::streamed(&der);
        assert_ne!(der, ber);
        let peer = openssl::pkcs12::Pkcs12::from_der(&ber)
            .unwrap()
            .parse2(PASSWORD)
            .unwrap();
        assert_eq!(peer.cert.unwrap().to_der().unwrap(), identity.der());
        let token = open(
            FileProvider::new().with_pkcs12(folder.write("ber.p12", &ber)),
            Some(PASSWORD),
        );
        signs(
            token.unwrap_or_else(|error| panic!("{variant:?}: {error}")),
            &identity,
            Some(PASSWORD),
        );
    }
}

#[test]
fn every_key_of_a_file_signs_for_its_own_certificate() {
    let identities = [
        Identity::rsa("alice"),
        Identity::ec("alice", Nid::X9_62_PRIME256V1),
    ];
    let folder = Folder::of(&identities[0]);
    let file = folder.write("two.p12", &made::two_identities(identities.each_ref()));
    let mut token = open(FileProvider::new().with_pkcs12(file), None).unwrap();
    let credentials = token.credentials().unwrap().found;
    assert_eq!(credentials.len(), 2);
    for (credential, identity) in credentials.iter().zip(&identities) {
        assert_eq!(**credential.certificate(), *identity.der());
        let scheme = credential.algorithm().schemes()[0];
        let signature = token.sign(credential, scheme, b"m", None).unwrap();
        assert!(verifies(credential.certificate(), scheme, b"m", &signature));
    }
}

/// To the integrity check they differ, and programs write either.
#[test]
fn no_password_and_an_empty_one_open() {
    let identity = Identity::rsa("alice");
    let folder = Folder::of(&identity);
    for password in ["", "0000"] {
        let derived = std::process::Command::new("openssl")
            .args([
                "kdf",
                "-keylen",
                "20",
                "-binary",
                "-kdfopt",
                "digest:SHA1",
                "-kdfopt",
                "iter:10",
            ])
            .args(["-kdfopt", "id:3", "-kdfopt", "hexsalt:0101010101010101"])
            .args(["-kdfopt", &format!("hexpass:{password}"), "PKCS12KDF"])
            .output()
            .unwrap();
        assert_eq!(derived.stdout.len(), 20);
        let file = folder.write("checked.p12", &made::checked(&identity, &derived.stdout));
        folder.openssl(&["pkcs12", "-in", "checked.p12", "-passin", "pass:", "-noout"]);
        signs(
            open(FileProvider::new().with_pkcs12(file), None).unwrap(),
            &identity,
            None,
        );
    }
    let file = folder.write("checked.p12", &made::checked(&identity, b"another key"));
    let mut token = open(FileProvider::new().with_pkcs12(file), None).unwrap();
    assert_eq!(token.pin_status().unwrap(), PinStatus::Unlimited);
}

/// OpenSSL writes it from version 3.4 on (`-pbmac1_pbkdf2`).
#[test]
fn the_integrity_check_of_rfc_9579_is_read() {
    let identity = Identity::rsa("alice");
    let folder = Folder::of(&identity);
    let write = |iterations, key_length| {
        folder.write(
            "pbmac1.p12",
            &made::checked_with_pbmac1(&identity, PASSWORD, iterations, key_length),
        )
    };
    let open = |file, password| open(FileProvider::new().with_pkcs12(file), Some(password));
    signs(
        open(write(2048, 32), PASSWORD).unwrap(),
        &identity,
        Some(PASSWORD),
    );
    for (iterations, key_length, password) in [
        (2048, 32, "wrong"),
        (0, 32, PASSWORD),
        (2048, 8, PASSWORD),
        (2048, 65_000, PASSWORD),
        (20_000_000, 32, PASSWORD),
    ] {
        let error = open(write(iterations, key_length), password).err().unwrap();
        let expected = match (iterations, key_length) {
            (20_000_000, _) => matches!(error.kind(), ErrorKind::Unsupported { .. }),
            (2048, 32) => matches!(error.kind(), ErrorKind::WrongPin { .. }),
            _ => matches!(error.kind(), ErrorKind::Malformed { .. }),
        };
        assert!(expected, "{iterations} {key_length}: {error}");
    }
}
