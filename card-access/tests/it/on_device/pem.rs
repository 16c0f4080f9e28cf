//! PEM files.

use std::fs;

use card_access::on_device::FileProvider;
use card_access::{ErrorKind, PinStatus};
use openssl::nid::Nid;

use crate::on_device::folder::{Folder, PASSWORD, open, signs};
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
        let provider = FileProvider::new().with_pem(folder.path("certificate.pem"), folder.path("other.pem"));
        let mut token = open(provider, None).unwrap();
        assert_eq!(token.pin_status().unwrap(), PinStatus::NotNeeded);
        signs(token, identity, None);
    }
    let encrypted: [&[&str]; 5] = [
        &["-v2", "aes256"],
        &["-v2", "aes-128-cbc", "-v2prf", "hmacWithSHA512"],
        &["-v2", "des3", "-v2prf", "hmacWithSHA1"],
        &["-v1", "PBE-SHA1-3DES"],
        &["-scrypt"],
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
        let provider = FileProvider::new().with_pem(folder.path("certificate.pem"), folder.path("other.pem"));
        let mut token = open(provider, None).unwrap();
        assert_eq!(token.pin_status().unwrap(), PinStatus::Unlimited, "{variant:?}");
        signs(token, &rsa, Some(PASSWORD));
    }
}

type Layout<'a> = &'a dyn Fn(&[u8]) -> Vec<u8>;

#[test]
fn sections_open_however_they_are_laid_out() {
    let identity = Identity::ec("alice", Nid::X9_62_PRIME256V1);
    let folder = Folder::of(&identity);
    let read = |name: &str| fs::read(folder.path(name)).unwrap();
    let (certificate, key) = (read("certificate.pem"), read("key.pem"));
    folder.openssl(&[
        "x509",
        "-in",
        "certificate.pem",
        "-trustout",
        "-addtrust",
        "clientAuth",
        "-out",
        "trusted.pem",
    ]);
    let text = |content: &[u8]| String::from_utf8(content.to_vec()).unwrap();
    let relaid = |content: &[u8], change: &dyn Fn(&str) -> String| change(&text(content)).into_bytes();
    let layouts: [(&str, Layout<'_>); 6] = [
        ("CRLF", &|pem| relaid(pem, &|text| text.replace('\n', "\r\n"))),
        ("CR", &|pem| relaid(pem, &|text| text.replace('\n', "\r"))),
        ("spaces", &|pem| relaid(pem, &|text| text.replace('\n', " \t\n "))),
        ("byte order mark", &|pem| [b"\xef\xbb\xbf", pem].concat()),
        ("text in Latin-1", &|pem| {
            [b"friendlyName: K\xe4se\n", pem, b"\xe4"].concat()
        }),
        ("one line", &|pem| {
            relaid(pem, &|text| {
                let (begin, rest) = text.split_once('\n').unwrap();
                let (base64, end) = rest.split_once("-----END").unwrap();
                format!("{begin}\n{}\n-----END{end}", base64.replace('\n', ""))
            })
        }),
    ];
    for (name, layout) in layouts {
        let provider = FileProvider::new().with_pem(
            folder.write("laid-certificate.pem", &layout(&certificate)),
            folder.write("laid-key.pem", &layout(&key)),
        );
        let token = open(provider, None).unwrap_or_else(|error| panic!("{name}: {error}"));
        signs(token, &identity, None);
    }
    let old_label = text(&certificate).replace(" CERTIFICATE", " X509 CERTIFICATE");
    folder.write("old-label.pem", old_label.as_bytes());
    for certificate in ["trusted.pem", "old-label.pem"] {
        let provider = FileProvider::new().with_pem(folder.path(certificate), folder.path("key.pem"));
        signs(open(provider, None).unwrap(), &identity, None);
    }
    let utf16: Vec<u8> = text(&certificate)
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let utf16 = folder.write("utf16.pem", &[b"\xff\xfe", &utf16[..]].concat());
    let mut token = open(FileProvider::new().with_pem(utf16, folder.path("key.pem")), None).unwrap();
    let error = token.credentials().unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Unsupported { .. }), "{error}");
}
