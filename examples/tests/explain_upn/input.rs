//! The certificate in every form, and unreadable or unsupported files.

use std::path::Path;

use crate::program::{Certificates, PRINCIPAL, code, explain, explain_standard_input, message};

#[test]
fn der_pem_base64_and_standard_input_are_the_same_certificate() {
    let certificates = Certificates::new();
    let pem = certificates.pem("card", PRINCIPAL);
    let der = certificates.der(&pem);
    let pem_text = std::fs::read_to_string(&pem).unwrap();
    let base64: Vec<&str> = pem_text
        .lines()
        .filter(|line| !line.starts_with("-----"))
        .collect();
    let base64 = certificates.file("card.cer", base64.join("\r\n"));
    let expected = explain(&pem, &["--join", "entra"]);
    assert_eq!(code(&expected), 0);
    for file in [&der, &base64] {
        assert_eq!(
            explain(file, &["--join", "entra"]).stdout,
            expected.stdout,
            "{}",
            file.display()
        );
    }
    for content in [std::fs::read(&der).unwrap(), pem_text.into_bytes()] {
        assert_eq!(explain_standard_input(&content).stdout, expected.stdout);
    }
}

#[test]
fn a_certificate_that_can_not_be_read_is_exit_code_3_with_the_reason() {
    let certificates = Certificates::new();
    let der = std::fs::read(certificates.der(&certificates.pem("card", PRINCIPAL))).unwrap();
    let cut = &der[..der.len() - 1];
    let pem = std::fs::read(certificates.folder.path().join("card.pem")).unwrap();
    let key = certificates.key("key.der", &["pkcs8", "-topk8", "-nocrypt"]);
    let short_key = certificates.key("short-key.der", &["ec"]);
    let trailing = [&der[..], b"\0"].concat();
    for (name, content, says) in [
        ("empty", &b""[..], "the file is empty"),
        ("text", b"hello, world", "not a certificate in DER, PEM or base64"),
        (
            "key",
            &std::fs::read(certificates.folder.path().join("key.pem")).unwrap(),
            "it seems to be a private key: use the certificate",
        ),
        ("cut", cut, "has no readable certificate: the file is truncated"),
        (
            "torn.pem",
            &pem[..pem.len() / 2],
            "has a BEGIN line but no END line: the file is truncated",
        ),
        (
            "key.der",
            &key,
            "it seems to be a private key: use the certificate",
        ),
        (
            "short-key.der",
            &short_key,
            "it seems to be a private key: use the certificate",
        ),
        ("trailing", &trailing, ""),
        ("long", &vec![b'A'; 5 << 20], "longer than"),
    ] {
        let output = explain(&certificates.file(name, content), &["--join", "entra", "--json"]);
        assert_eq!(code(&output), 3, "{name}");
        assert!(output.stdout.is_empty(), "data only on standard output");
        let message = message(&output);
        assert!(
            message.starts_with("explain-upn: ") && message.contains(name) && message.contains(says),
            "{message}"
        );
    }
    let missing = explain(Path::new("/no/such/file"), &["--join", "entra"]);
    assert_eq!(code(&missing), 3);
    assert_eq!(
        message(&missing),
        "explain-upn: /no/such/file cannot be read: No such file or directory (os error 2)\n"
    );
    let folder = explain(certificates.folder.path(), &["--join", "entra"]);
    assert_eq!(code(&folder), 3);
    assert!(message(&folder).contains(" cannot be read: it is a folder"));
    assert!(message(&explain_standard_input(b"nothing of the kind")).contains("standard input"));
}

#[test]
fn wrong_usage_is_exit_code_2_with_a_message() {
    let certificates = Certificates::new();
    let card = certificates.pem("card", PRINCIPAL);
    for (arguments, says) in [
        (&[][..], "--join"),
        (&["--join", "entra", "--all"], "cannot be used with"),
        (&["--join", "workgroup"], "workgroup"),
        (&["--join", "hybrid", "--ad-upn", "bob"], "it has no `@`"),
        (
            &["--join", "hybrid", "--ad-upn", "a@b", "--ad-failed"],
            "cannot be used with",
        ),
        (&["--join", "hybrid", "--cached", r"CORP\bob"], "a backslash"),
        (
            &["--join", "entra", "--interpretation", "several-names=middle"],
            "several-names=first|last",
        ),
        (
            &["--join", "entra", "--interpretation", "several-names"],
            "NAME=VALUE",
        ),
        (&["--join", "entra", "--json", "--long"], "cannot be used with"),
        (&["--join", "entra", "--pin", "1234"], "--pin"),
    ] {
        let output = explain(&card, arguments);
        assert_eq!(code(&output), 2, "{arguments:?}");
        assert!(output.stdout.is_empty());
        assert!(
            message(&output).contains(says),
            "{arguments:?}: {}",
            message(&output)
        );
    }
}
