//! Files: DER, PEM and bare base64, as Windows and Unix write them.

use crate::FIXTURES;
use std::io::Write;
use std::process::{Command, Stdio};
use upn_resolver::certificate::{Certificate, InputError, OtherContent, first_in_file};

/// What the `openssl` program makes of it, so that nobody checks their own work.
fn openssl(arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new("openssl")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the openssl program (Debian: apt install openssl)");
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    output.stdout
}

#[test]
fn every_form_gives_the_same_der() {
    let der = FIXTURES[0].1;
    let pem = openssl(&["x509", "-inform", "DER", "-outform", "PEM"], der);
    let with_text = openssl(&["x509", "-inform", "DER", "-text"], der);
    let lines = openssl(&["base64"], der);
    let one_line = openssl(&["base64", "-A"], der);
    let text = String::from_utf8(pem.clone()).unwrap();
    let crlf = text.replace('\n', "\r\n").into_bytes();
    let bundle = [with_text.as_slice(), &pem].concat();
    let marked = [b"\xEF\xBB\xBF".as_slice(), &pem].concat();
    let little_endian: Vec<u8> = "\u{FEFF}"
        .chars()
        .chain(text.chars())
        .flat_map(|c| (c as u16).to_le_bytes())
        .collect();
    let big_endian: Vec<u8> = "\u{FEFF}"
        .chars()
        .chain(text.chars())
        .flat_map(|c| (c as u16).to_be_bytes())
        .collect();
    let indented = text.replace('\n', "\n    ").into_bytes();
    for file in [
        der,
        &pem,
        &with_text,
        &lines,
        &one_line,
        &crlf,
        &bundle,
        &marked,
        &little_endian,
        &big_endian,
        &indented,
    ] {
        assert!(
            first_in_file(file).unwrap() == der,
            "{}",
            String::from_utf8_lossy(file)
        );
    }
}

#[test]
fn other_files_are_told_apart() {
    let key = b"-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n";
    assert_eq!(first_in_file(b""), Err(InputError::Empty));
    assert_eq!(first_in_file(key), Err(InputError::OtherLabel));
    assert_eq!(
        first_in_file(b"-----BEGIN CERTIFICATE-----\nMAA=\n"),
        Err(InputError::NoEndLine)
    );
    assert_eq!(
        first_in_file(b"<html>no such page</html>"),
        Err(InputError::UnknownForm)
    );
    assert_eq!(first_in_file(b"GIF89a\x00\x00"), Err(InputError::UnknownForm));
    assert_eq!(first_in_file(b"aGVsbG8="), Err(InputError::UnknownForm));
    assert_eq!(first_in_file(b"MII!"), Err(InputError::Base64 { offset: 3 }));
    assert_eq!(first_in_file(b"MIIAA"), Err(InputError::Base64End));
    assert_eq!(first_in_file(b"MA==MA=="), Err(InputError::Base64 { offset: 4 }));
    // PEM with a key before the certificate, as card tools write it: the certificate is found.
    let both = [
        key.as_slice(),
        b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
    ]
    .concat();
    assert_eq!(first_in_file(&both).unwrap(), &b"\x30\x00"[..]);
}

/// What OpenSSL writes, whole and cut in half.
#[test]
fn what_is_taken_for_a_certificate_file_is_named() {
    let certificate = openssl(&["x509", "-inform", "DER"], FIXTURES[0].1);
    let rsa = openssl(&["genrsa", "-traditional", "2048"], b"");
    let curve = openssl(&["ecparam", "-name", "prime256v1", "-genkey", "-noout"], b"");
    let edwards = openssl(&["genpkey", "-algorithm", "ed25519", "-outform", "DER"], b"");
    let pkcs8 = ["pkcs8", "-topk8", "-outform", "DER"];
    let plain = [&pkcs8[..], &["-nocrypt"]].concat();
    let encrypted = [&pkcs8[..], &["-passout", "pass:1234"]].concat();
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key.pem");
    std::fs::write(&key, &rsa).unwrap();
    let request = ["req", "-new", "-subj", "/CN=Ada", "-outform", "DER", "-key"];
    let request = openssl(&[&request[..], &[key.to_str().unwrap()]].concat(), b"");
    let self_signed = ["req", "-x509", "-subj", "/CN=Ada", "-key"];
    let self_signed = openssl(&[&self_signed[..], &[key.to_str().unwrap()]].concat(), b"");
    let with_key = [rsa.as_slice(), &self_signed].concat();
    let pkcs7 = folder.path().join("certificate.pem");
    std::fs::write(&pkcs7, &certificate).unwrap();
    let pkcs7 = [
        "crl2pkcs7",
        "-nocrl",
        "-outform",
        "DER",
        "-certfile",
        pkcs7.to_str().unwrap(),
    ];
    for (name, file, expected) in [
        (
            "pkcs12",
            openssl(&["pkcs12", "-export", "-passout", "pass:1234"], &with_key),
            OtherContent::Pkcs12,
        ),
        ("pkcs7", openssl(&pkcs7, b""), OtherContent::Pkcs7),
        (
            "rsa",
            openssl(&["rsa", "-traditional", "-outform", "DER"], &rsa),
            OtherContent::PrivateKey,
        ),
        (
            "curve",
            openssl(&["ec", "-outform", "DER"], &curve),
            OtherContent::PrivateKey,
        ),
        ("edwards", edwards, OtherContent::PrivateKey),
        ("pkcs8", openssl(&plain, &rsa), OtherContent::PrivateKey),
        ("encrypted", openssl(&encrypted, &rsa), OtherContent::PrivateKey),
        (
            "public",
            openssl(&["rsa", "-pubout", "-outform", "DER"], &rsa),
            OtherContent::PublicKey,
        ),
        ("request", request, OtherContent::Request),
    ] {
        assert!(Certificate::from_der(&file).is_err(), "{name}");
        assert_eq!(OtherContent::of(&file), Some(expected), "{name}");
        if name != "request" {
            assert_eq!(
                OtherContent::of(&file[..file.len() / 2]),
                Some(expected),
                "{name}"
            );
        }
    }
}

#[test]
fn a_certificate_is_nothing_else_and_its_half_is_cut_short() {
    for (name, der) in FIXTURES {
        assert_eq!(OtherContent::of(der), None, "{name}");
        for length in [der.len() / 2, der.len() - 1, 5] {
            assert_eq!(
                OtherContent::of(&der[..length]),
                Some(OtherContent::CutShort),
                "{name}"
            );
        }
    }
    for text in [
        &b""[..],
        b"0",
        b"0123 is a number",
        b"hello, world",
        b"\x30\x00",
        b"\x30\x84\0",
    ] {
        assert_eq!(OtherContent::of(text), None);
    }
    // BER with indefinite lengths, as streams of PKCS#12 and PKCS#7 have them.
    assert_eq!(
        OtherContent::of(b"\x30\x80\x02\x01\x03\x30\x80\x06\x09"),
        Some(OtherContent::Pkcs12)
    );
    let pkcs7 = b"\x30\x80\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02\xA0\x80\x30\x80";
    assert_eq!(OtherContent::of(pkcs7), Some(OtherContent::Pkcs7));
}
