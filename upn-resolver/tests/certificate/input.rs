//! Files: DER, PEM and bare base64, as Windows and Unix write them.

use crate::FIXTURES;
use std::io::Write;
use std::process::{Command, Stdio};
use upn_resolver::certificate::{InputError, first_in_file};

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
