//! PKCS#12 files.

use card_access::on_device::FileProvider;
use card_access::{ErrorKind, Pin, PinEntry, PinStatus};
use openssl::nid::Nid;

use crate::folder::{Folder, PASSWORD, open, signs};
use crate::support::identity::Identity;

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
        let token = open(FileProvider::new().pkcs12(file), Some(PASSWORD));
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
    let mut token = open(FileProvider::new().pkcs12(folder.pkcs12("", &[])), None).unwrap();
    assert_eq!(token.pin_status().unwrap(), PinStatus::NotNeeded);
    signs(token, &identity, None);

    let mut token = open(FileProvider::new().pkcs12(folder.pkcs12(PASSWORD, &[])), None).unwrap();
    assert_eq!(token.pin_status().unwrap(), PinStatus::Unknown);
    assert_eq!(*token.credentials().unwrap_err().kind(), ErrorKind::PinRequired);
}

#[test]
fn a_wrong_password_is_told() {
    let folder = Folder::of(&Identity::rsa("alice"));
    for variant in [&[][..], &["-legacy"], &["-nomac"]] {
        let file = folder.pkcs12(PASSWORD, variant);
        let error = open(FileProvider::new().pkcs12(&file), Some("wrong"))
            .err()
            .unwrap();
        assert_eq!(
            *error.kind(),
            ErrorKind::WrongPin { tries_left: None },
            "{variant:?}"
        );

        let mut token = open(FileProvider::new().pkcs12(&file), Some(PASSWORD)).unwrap();
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
        open(FileProvider::new().pkcs12(file), Some(PASSWORD)).unwrap(),
        &identity,
        Some(PASSWORD),
    );
}
