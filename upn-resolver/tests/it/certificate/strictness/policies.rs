//! Qualifiers of certificate policies: RFC 5280, section 4.2.1.4.

use super::*;

/// A user notice, a reference in it, a CPS: all of RFC 5280, section 4.2.1.4, is for people.
#[test]
fn policy_qualifiers() {
    const CPS: &[u8] = b"\x06\x08\x2B\x06\x01\x05\x05\x07\x02\x01";
    const NOTICE: &[u8] = b"\x06\x08\x2B\x06\x01\x05\x05\x07\x02\x02";
    let found = |expected, found| Problem::UnexpectedTag { expected, found };
    let policy = |qualifier: &[u8]| {
        let value = sequence(&[&sequence(&[b"\x06\x02\x2A\x03", &sequence(&[qualifier])])]);
        good().with(extension(POLICIES, &value)).der()
    };
    let qualifier = |id: &[u8], value: &[u8]| policy(&sequence(&[id, value]));
    let text = |tag: u8, text: &[u8]| qualifier(NOTICE, &sequence(&[&element(tag, text)]));
    let reference = |organization: &[u8], numbers: &[u8]| {
        let reference = sequence(&[organization, numbers]);
        qualifier(NOTICE, &sequence(&[&reference, b"\x0C\x01x"]))
    };
    for der in [
        qualifier(CPS, b"\x16\x01x"),
        qualifier(NOTICE, b"\x30\x00"),
        qualifier(b"\x06\x02\x2A\x09", b"\x02\x01\x01"),
        text(0x16, b"x"),
        text(0x1A, b"x"),
        text(0x1E, b"\x00x"),
        text(0x0C, "ü".as_bytes()),
        reference(b"\x0C\x01x", b"\x30\x06\x02\x01\x01\x02\x01\x02"),
    ] {
        assert_eq!(accepted(&der).notes().count(), 0);
        assert_eq!(accepted(&der).certificate_policies().count(), 1);
    }
    let cases = [
        // Text that its type does not have.
        (text(0x1A, b"\xE6"), Problem::String),
        (text(0x16, b"\xE6"), Problem::String),
        (text(0x0C, b"\xE6"), Problem::String),
        (text(0x1E, b"\x00x\x00"), Problem::String),
        // Text of a type that is not allowed.
        (text(0x13, b"x"), found(0x0C, 0x13)),
        (text(0x14, b"\xE6"), found(0x0C, 0x14)),
        (text(0x04, b"x"), found(0x0C, 0x04)),
        // A CPS of another type, or not in ASCII.
        (qualifier(CPS, b"\x0C\x01x"), found(0x16, 0x0C)),
        (qualifier(CPS, b"\x13\x01x"), found(0x16, 0x13)),
        (qualifier(CPS, b"\x16\x01\xE6"), Problem::String),
        (qualifier(CPS, b""), Problem::Truncated),
        // References: an organization of a wrong type, numbers that are not a list or not numbers.
        (reference(b"\x13\x01x", b"\x30\x00"), found(0x0C, 0x13)),
        (reference(b"\x0C\x01x", b"\x02\x01\x01"), found(0x30, 0x02)),
        (reference(b"\x0C\x01x", b"\x30\x03\x0C\x01x"), found(0x02, 0x0C)),
        (
            reference(b"\x0C\x01x", b"\x30\x04\x02\x02\x00\x01"),
            Problem::Integer,
        ),
        (reference(b"\x0C\x01x", b""), Problem::Truncated),
        (qualifier(NOTICE, b"\x0C\x01x"), found(0x30, 0x0C)),
        (
            qualifier(NOTICE, b"\x30\x06\x0C\x01x\x0C\x01y"),
            Problem::TrailingData,
        ),
        // Unknown qualifiers, and elements that are not qualifiers.
        (qualifier(b"\x06\x02\x2A\x09", b"\x0C\x01\xE6"), Problem::String),
        (
            qualifier(b"\x06\x02\x80\x09", b"\x05\x00"),
            Problem::ObjectIdentifier,
        ),
        (qualifier(b"\x06\x02\x2A\x09", b""), Problem::Truncated),
        (policy(b"\x0C\x01x"), found(0x30, 0x0C)),
    ];
    for (der, problem) in cases {
        malformed(&der, Field::CertificatePolicies, problem);
        assert_eq!(accepted(&der).certificate_policies().count(), 1);
    }
    // Each qualifier has its own note.
    let two = [
        sequence(&[NOTICE, b"\x30\x03\x1A\x01\xE6"]),
        sequence(&[CPS, b"\x0C\x01x"]),
    ]
    .concat();
    assert_eq!(accepted(&policy(&two)).notes().count(), 2);
}
