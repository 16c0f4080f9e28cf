//! PEM files.

use card_access::PinStatus;
use card_access::on_device::FileProvider;
use openssl::nid::Nid;

use crate::folder::{Folder, PASSWORD, open, signs};
use crate::support::identity::Identity;

#[test]
fn every_kind_of_pem_key_opens() {
    let (rsa, ec) = (Identity::rsa("alice"), Identity::ec("alice", Nid::SECP384R1));
    let plain: [(&Identity, &[&str]); 3] = [
        (
            &rsa,
            &["rsa", "-traditional", "-in", "key.pem", "-out", "other.pem"],
        ),
        (&ec, &["ec", "-in", "key.pem", "-out", "other.pem"]),
        (&ec, &["pkey", "-in", "key.pem", "-out", "other.pem"]),
    ];
    for (identity, arguments) in plain {
        let folder = Folder::of(identity);
        folder.openssl(arguments);
        let provider = FileProvider::new().pem(folder.path("certificate.pem"), folder.path("other.pem"));
        let mut token = open(provider, None).unwrap();
        assert_eq!(token.pin_status().unwrap(), PinStatus::NotNeeded);
        signs(token, identity, None);
    }
    let encrypted: [&[&str]; 4] = [
        &["-v2", "aes256"],
        &["-v2", "aes-128-cbc", "-v2prf", "hmacWithSHA512"],
        &["-v2", "des3", "-v2prf", "hmacWithSHA1"],
        &["-v1", "PBE-SHA1-3DES"],
    ];
    for variant in encrypted {
        let folder = Folder::of(&rsa);
        let pass = format!("pass:{PASSWORD}");
        let convert = [
            "pkcs8",
            "-topk8",
            "-in",
            "key.pem",
            "-out",
            "other.pem",
            "-passout",
            &pass,
        ];
        folder.openssl(&[&convert[..], variant].concat());
        let provider = FileProvider::new().pem(folder.path("certificate.pem"), folder.path("other.pem"));
        let mut token = open(provider, None).unwrap();
        assert_eq!(token.pin_status().unwrap(), PinStatus::Unknown, "{variant:?}");
        signs(token, &rsa, Some(PASSWORD));
    }
}
