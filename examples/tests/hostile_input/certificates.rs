//! Certificates.

use upn_resolver::Certificate;

use crate::build::{Pieces, UPN, attribute, element, extension, name, other_name, principal_name, sequence};
use crate::calls::{CALLS, DECEIT, Place, assert_harmless};

#[test]
fn nothing_of_a_hostile_certificate_reaches_the_terminal() {
    let place = Place::new();
    let mut read = 0;
    for (what, der) in certificates() {
        place.add("card.der", &der);
        read += usize::from(Certificate::from_der(&der).is_ok());
        for (program, arguments) in CALLS {
            let output = place.run(program, arguments, &"card.der".into());
            let call = format!("{what}: {program} {arguments:?}");
            assert_harmless(&output.stdout, &call);
            assert_harmless(&output.stderr, &call);
            let text = String::from_utf8(output.stdout).unwrap();
            assert!(!text.contains("EVIL"), "{call}: {text}");
        }
    }
    // The reader itself refuses only text that the string type does not allow.
    assert!(read >= 14, "only {read} of them are valid certificates");
}

/// Valid certificates, each with deceptive text in one place.
fn certificates() -> Vec<(&'static str, Vec<u8>)> {
    subjects_and_issuers()
        .into_iter()
        .chain(alternative())
        .chain(others())
        .map(|(what, pieces)| (what, pieces.der()))
        .collect()
}

fn subjects_and_issuers() -> Vec<(&'static str, Pieces)> {
    let of = |kind: &[u8], tag| name(&[attribute(kind, tag, DECEIT.as_bytes())]);
    let common_name = |tag| of(b"\x55\x04\x03", tag);
    let unknown = || of(b"\x2A\x03\x04", 0x0C);
    let with_subject = |subject| Pieces {
        subject,
        ..Pieces::default()
    };
    let with_issuer = |issuer| Pieces {
        issuer,
        ..Pieces::default()
    };
    // The e-mail address of the subject, which is a candidate by an interpretation if there are no other names.
    let mut only_email = with_subject(of(b"\x2A\x86\x48\x86\xF7\x0D\x01\x09\x01", 0x0C));
    only_email.extensions.pop();
    vec![
        ("subject", with_subject(common_name(0x0C))),
        ("subject, T61", with_subject(common_name(0x14))),
        ("subject, unknown attribute", with_subject(unknown())),
        ("subject, e-mail", only_email),
        ("no subject", with_subject(name(&[]))),
        ("issuer", with_issuer(common_name(0x0C))),
        ("issuer, unknown attribute", with_issuer(unknown())),
    ]
}

fn alternative() -> Vec<(&'static str, Pieces)> {
    let names = |names: &[&[u8]]| Pieces::default().with_names(names);
    let principal = |tag, bytes: &[u8]| principal_name(tag, bytes);
    let good = principal(0x0C, b"ada@example.com");
    let ascii = |tag| element(tag, b"x\x1b[2J\nEVIL\x7f");
    let no_string = other_name(UPN, &element(0x04, DECEIT.as_bytes()));
    let sid = element(0x86, b"tag:microsoft.com,2022-09-14:sid:S-1-5-21-1\n\x1b[2JEVIL");
    vec![
        ("principal name", names(&[&principal(0x0C, DECEIT.as_bytes())])),
        ("principal name, BMP", names(&[&principal(0x1E, &wide())])),
        (
            "second principal name",
            names(&[&good, &principal(0x0C, DECEIT.as_bytes())]),
        ),
        ("principal name, no string", names(&[&no_string])),
        ("rfc822Name", names(&[&ascii(0x81)])),
        ("rfc822Name beside", names(&[&good, &ascii(0x81)])),
        (
            "empty names",
            names(&[&principal(0x0C, b""), &element(0x81, b"")]),
        ),
        ("DNS name", names(&[&good, &ascii(0x82)])),
        ("URI", names(&[&good, &sid])),
    ]
}

fn others() -> Vec<(&'static str, Pieces)> {
    // [MS-WCCE] 2.2.2.7.7.4 and 2.2.2.7.7.1: the security identifier and the name of the template.
    let kind = b"\x06\x0A\x2B\x06\x01\x04\x01\x82\x37\x19\x02\x01";
    let sid = other_name(kind, &element(0x04, b"S-1-5-21-1\n\x1b[2JEVIL"));
    let sid = extension(b"\x2B\x06\x01\x04\x01\x82\x37\x19\x02", &sequence(&[&sid]));
    let template = extension(b"\x2B\x06\x01\x04\x01\x82\x37\x14\x02", &element(0x1E, &wide()));
    let serial_number = Pieces {
        serial_number: element(0x02, b"x\x1b[2J\nEVIL"),
        ..Pieces::default()
    };
    vec![
        ("security identifier", Pieces::default().with(sid)),
        ("template", Pieces::default().with(template)),
        ("serial number", serial_number),
    ]
}

fn wide() -> Vec<u8> {
    DECEIT.encode_utf16().flat_map(u16::to_be_bytes).collect()
}
