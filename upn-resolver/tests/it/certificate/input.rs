//! Files: DER, PEM and bare base64, as Windows and Unix write them.

use crate::certificate::FIXTURES;
use std::io::Write;
use std::process::{Command, Stdio};
use upn_resolver::certificate::{Certificate, InputError, OtherContent, all_in_file, first_in_file};

/// The DER according to the `openssl` program, as an independent check.
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

/// Labels of RFC 7468, section 5.3, and of OpenSSL, unusual case and spaces, headers, and what copying from a page
/// adds.
#[test]
fn pem_in_unusual_forms_gives_the_same_der() {
    let der = FIXTURES[0].1;
    let text = String::from_utf8(openssl(&["x509", "-inform", "DER"], der)).unwrap();
    let relabelled = |label: &str| text.replace("CERTIFICATE", label);
    let trusted = openssl(&["x509", "-inform", "DER", "-trustout", "-setalias", "card"], der);
    assert!(trusted.starts_with(b"-----BEGIN TRUSTED CERTIFICATE-----"));
    let key = "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n";
    let headers = "Proc-Type: 4,MIC-CLEAR\nComment: a long\n line\n\n";
    let first_line = "-----BEGIN CERTIFICATE-----\n";
    for file in [
        relabelled("X509 CERTIFICATE"),
        relabelled("Trusted Certificate"),
        relabelled(" certificate "),
        text.to_lowercase()
            .replace(&body(&text).to_lowercase(), &body(&text)),
        text.replace('\n', "   \n"),
        text.replace('\n', "\u{a0}\r\n"),
        text.replace('\n', "\n\u{200b}"),
        text.replace('\n', "\n\n"),
        text.replace(first_line, &format!("{first_line}{headers}")),
        format!("\u{feff}friendlyName: Ren\u{e9}\n{text}"),
        format!("{key}{text}{key}"),
    ] {
        assert!(first_in_file(file.as_bytes()) == Ok(der.into()), "{file}");
    }
    assert!(
        first_in_file(&trusted) == Ok(der.into()),
        "the trust settings are cut off"
    );
    // Text in a code page around the block, and UTF-16 without a mark.
    let latin = [b"friendlyName: Ren\xe9\n", text.as_bytes()].concat();
    assert!(first_in_file(&latin) == Ok(der.into()));
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(first_in_file(&wide) == Ok(der.into()));
}

/// The base64 of a PEM text.
fn body(pem: &str) -> String {
    let lines: Vec<_> = pem.lines().filter(|line| !line.starts_with('-')).collect();
    lines.join("\n")
}

#[test]
fn the_field_files_are_read() {
    for file in [
        &include_bytes!("../../files/trusted.pem")[..],
        include_bytes!("../../files/x509.pem"),
    ] {
        let der = first_in_file(file).unwrap();
        let certificate = Certificate::from_der(&der).unwrap();
        let pem = openssl(&["x509", "-outform", "DER"], file);
        assert!(certificate.as_der() == pem);
    }
}

#[test]
fn every_certificate_of_a_file_is_found() {
    let [one, two] = [FIXTURES[0].1, FIXTURES[1].1];
    let pem = |der| openssl(&["x509", "-inform", "DER"], der);
    let key = b"-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n";
    let wide = |text: &[u8]| -> Vec<u8> {
        let text = String::from_utf8(text.to_vec()).unwrap();
        let units = "\u{feff}".encode_utf16().chain(text.encode_utf16());
        units.flat_map(u16::to_le_bytes).collect()
    };
    let both = [pem(one), pem(two)].concat();
    for file in [
        both.clone(),
        [&pem(one), &key[..], b"\r\nsubject=two\r\n", &pem(two)].concat(),
        [one, two].concat(),
        wide(&both),
    ] {
        let found = all_in_file(&file)
            .into_iter()
            .collect::<Result<Vec<_>, _>>()
            .unwrap();
        assert!(found == [one, two], "{}", String::from_utf8_lossy(&file));
        assert!(first_in_file(&file) == Ok(one.into()));
    }
    // A block that is cut short hides nothing, in either place.
    let cut = &pem(one)[..200];
    assert!(all_in_file(&[cut, &pem(two)].concat()) == [Err(InputError::NoEndLine), Ok(two.into())]);
    assert!(all_in_file(&[&pem(two), cut].concat()) == [Ok(two.into()), Err(InputError::NoEndLine)]);
    // Other data after DER stays with it, and is refused later.
    let trailing = [one, b"\0"].concat();
    assert!(all_in_file(&trailing) == [Ok(trailing.as_slice().into())]);
    for (file, error) in [
        (&b""[..], InputError::Empty),
        (key, InputError::OtherLabel),
        (b"hello", InputError::UnknownForm),
    ] {
        assert_eq!(all_in_file(file), [Err(error)]);
    }
}

#[test]
fn other_files_are_distinguished() {
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
        (
            "list",
            revocation_list(folder.path()),
            OtherContent::RevocationList,
        ),
    ] {
        assert!(Certificate::from_der(&file).is_err(), "{name}");
        assert_eq!(OtherContent::detect(&file), Some(expected), "{name}");
        if !["request", "list"].contains(&name) {
            assert_eq!(
                OtherContent::detect(&file[..file.len() / 2]),
                Some(expected),
                "{name}"
            );
        }
    }
}

/// A revocation list of a new authority.
fn revocation_list(folder: &std::path::Path) -> Vec<u8> {
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (key, certificate) = (path("ca.key"), path("ca.pem"));
    let configuration = path("ca.cnf");
    std::fs::write(path("index"), "").unwrap();
    let text = format!(
        "[ca]\ndefault_ca = x\n[x]\ndatabase = {}\ndefault_md = sha256\n",
        path("index")
    );
    std::fs::write(&configuration, text).unwrap();
    let authority = [
        "req",
        "-x509",
        "-subj",
        "/CN=CA",
        "-nodes",
        "-keyout",
        &key,
        "-out",
        &certificate,
    ];
    openssl(&authority, b"");
    let list = [
        "ca",
        "-gencrl",
        "-config",
        &configuration,
        "-keyfile",
        &key,
        "-cert",
        &certificate,
        "-crldays",
        "9",
    ];
    openssl(&["crl", "-outform", "DER"], &openssl(&list, b""))
}

/// Labels as OpenSSL, Windows and OpenSSH write them.
#[test]
fn other_files_in_pem_are_named_by_their_label() {
    for (label, expected) in [
        ("CERTIFICATE REQUEST", OtherContent::Request),
        ("NEW CERTIFICATE REQUEST", OtherContent::Request),
        ("RSA PRIVATE KEY", OtherContent::PrivateKey),
        ("ENCRYPTED PRIVATE KEY", OtherContent::PrivateKey),
        ("OPENSSH PRIVATE KEY", OtherContent::PrivateKey),
        ("PUBLIC KEY", OtherContent::PublicKey),
        ("PKCS7", OtherContent::Pkcs7),
        ("cms", OtherContent::Pkcs7),
        ("X509 CRL", OtherContent::RevocationList),
    ] {
        let file = format!("-----BEGIN {label}-----\r\nMAMCAQE=\r\n-----END {label}-----\r\n");
        assert_eq!(
            first_in_file(file.as_bytes()),
            Err(InputError::OtherLabel),
            "{label}"
        );
        assert_eq!(OtherContent::detect(file.as_bytes()), Some(expected), "{label}");
    }
    let unknown = b"-----BEGIN ATTRIBUTE CERTIFICATE-----\nMAMCAQE=\n-----END ATTRIBUTE CERTIFICATE-----\n";
    assert_eq!(first_in_file(unknown), Err(InputError::OtherLabel));
    assert_eq!(OtherContent::detect(unknown), None);
}

#[test]
fn a_certificate_is_not_other_content_and_half_of_it_is_truncated() {
    for (name, der) in FIXTURES {
        assert_eq!(OtherContent::detect(der), None, "{name}");
        for length in [der.len() / 2, der.len() - 1, 5] {
            assert_eq!(
                OtherContent::detect(&der[..length]),
                Some(OtherContent::Truncated),
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
        assert_eq!(OtherContent::detect(text), None);
    }
    // BER with indefinite lengths, as streams of PKCS#12 and PKCS#7 have them.
    assert_eq!(
        OtherContent::detect(b"\x30\x80\x02\x01\x03\x30\x80\x06\x09"),
        Some(OtherContent::Pkcs12)
    );
    let pkcs7 = b"\x30\x80\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02\xA0\x80\x30\x80";
    assert_eq!(OtherContent::detect(pkcs7), Some(OtherContent::Pkcs7));
}
