//! Several certificates in one file.

use serde_json::Value;

use crate::program::{Certificates, PRINCIPAL, code, explain, json, message};

const ENTRA: [&str; 2] = ["--join", "entra"];
const JSON: [&str; 3] = ["--join", "entra", "--json"];

#[test]
fn every_certificate_of_a_file_is_explained() {
    let certificates = Certificates::new();
    let (first, second) = (
        certificates.pem("first", PRINCIPAL),
        certificates.pem("second", "email:second@contoso.com"),
    );
    let alone: Vec<_> = [&first, &second].map(|file| explain(file, &ENTRA)).into();
    let content = [&first, &second]
        .map(|file| std::fs::read(file).unwrap())
        .concat();
    let both = certificates.file("both.pem", content);

    let text = explain(&both, &ENTRA);
    assert_eq!(code(&text), 0);
    let expected = format!(
        "certificate 1 of 2:\n{}\ncertificate 2 of 2:\n{}",
        String::from_utf8_lossy(&alone[0].stdout),
        String::from_utf8_lossy(&alone[1].stdout)
    );
    assert_eq!(String::from_utf8(text.stdout).unwrap(), expected);

    // The decision of the first certificate is at the same place as that of a file with one certificate.
    let value = json(&explain(&both, &JSON));
    let one = json(&explain(&first, &JSON));
    for (member, expected) in one.as_object().unwrap() {
        assert_eq!(&value[member], expected, "{member}");
    }
    let listed = |index: usize, member: &str| value["certificates"][index][member].clone();
    assert_eq!(value["certificates"].as_array().unwrap().len(), 2);
    for (index, upn) in ["bob@contoso.com", "second@contoso.com"].into_iter().enumerate() {
        assert_eq!(listed(index, "upn"), upn);
        assert_eq!(listed(index, "number"), index + 1);
        assert_eq!(listed(index, "issuer"), false);
        assert!(listed(index, "trace").is_array());
    }
    assert_eq!(one.get("certificates"), None);

    let table = json(&explain(
        &both,
        &["--all", "--ad-failed", "--cached", "x@y", "--json"],
    ));
    assert_eq!(table["certificates"][1]["table"].as_array().unwrap().len(), 4);
}

#[test]
fn a_certificate_without_a_name_or_that_can_not_be_read_shows_in_the_exit_code_alone() {
    let certificates = Certificates::new();
    let read = |file: &std::path::Path| std::fs::read(file).unwrap();
    let good = read(&certificates.pem("good", PRINCIPAL));
    let nobody = read(&certificates.pem("nobody", ""));
    let torn = &good[..good.len() / 2];
    for (name, content, expected) in [
        ("nameless", [&good[..], &nobody].concat(), 1),
        ("torn", [&good, torn].concat(), 3),
        ("torn-first", [torn, &good].concat(), 3),
        ("all", [torn, &nobody, &good].concat(), 3),
    ] {
        let file = certificates.file(name, content);
        let output = explain(&file, &JSON);
        assert_eq!(code(&output), expected, "{name}");
        let sent = |value: &Value| value["upn"] == "bob@contoso.com";
        let value = json(&output);
        assert!(
            value["certificates"].as_array().unwrap().iter().any(sent),
            "{name}: {value}"
        );
        if expected == 3 {
            assert!(
                message(&output).contains(", certificate "),
                "{}",
                message(&output)
            );
        }
    }
}

/// An exported chain: the issuer's certificate does not change the exit code.
#[test]
fn the_issuer_behind_a_certificate_does_not_count() {
    let certificates = Certificates::new();
    let (leaf, issuer) = certificates.chain(PRINCIPAL);
    for (order, content) in [
        ("leaf first", [&leaf, &issuer]),
        ("issuer first", [&issuer, &leaf]),
    ] {
        let file = certificates.file("chain.pem", content.map(String::as_str).concat());
        let output = explain(&file, &JSON);
        assert_eq!(code(&output), 0, "{order}: {output:?}");
        let value = json(&output);
        assert_eq!(value["upn"], "bob@contoso.com", "{order}");
        let is_issuer: Vec<_> = value["certificates"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["issuer"].as_bool().unwrap())
            .collect();
        assert_eq!(
            is_issuer,
            if order == "leaf first" {
                [false, true]
            } else {
                [true, false]
            }
        );
        let text = String::from_utf8(explain(&file, &ENTRA).stdout).unwrap();
        assert_eq!(text.matches("(the issuer of another one)").count(), 1, "{text}");
    }
}
