//! Distinguished names as `certificateUserIds` has them: CryptoAPI's labels and quoting, the most significant part
//! first as in the certificate, a comma and no space between the parts.

use x509_parser::der_parser::asn1_rs::{Any, Tag};
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

/// CryptoAPI's short names of attribute types, from the table at
/// <https://learn.microsoft.com/en-us/windows/win32/api/wincrypt/nf-wincrypt-certnametostrw>.
const LABELS: &[(&str, &str)] = &[
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("1.2.840.113549.1.9.1", "E"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.12", "T"),
    ("2.5.4.13", "Description"),
    ("2.5.4.17", "PostalCode"),
    ("2.5.4.18", "POBox"),
    ("2.5.4.20", "Phone"),
    ("2.5.4.3", "CN"),
    ("2.5.4.4", "SN"),
    ("2.5.4.42", "G"),
    ("2.5.4.43", "I"),
    ("2.5.4.5", "SERIALNUMBER"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "S"),
    ("2.5.4.9", "STREET"),
];

/// Prints a name, first part of the encoding first.
pub(crate) fn print(name: &X509Name<'_>) -> String {
    let part = |attributes: Vec<String>| attributes.join(" ");
    name.iter()
        .map(|rdn| part(rdn.iter().map(attribute).collect()))
        .collect::<Vec<_>>()
        .join(",")
}

fn attribute(attribute: &AttributeTypeAndValue<'_>) -> String {
    let oid = attribute.attr_type().to_id_string();
    let label = LABELS
        .iter()
        .find(|(known, _)| *known == oid)
        .map(|(_, label)| (*label).to_owned());
    let label = label.unwrap_or_else(|| format!("OID.{oid}"));
    let value = text(attribute.attr_value()).unwrap_or_else(|| {
        // CERT_RDN_ENCODED_BLOB and OCTET STRINGs are printed as `#` and hexadecimal.
        format!("#{}", crate::random::hex(attribute.attr_value().data))
    });
    format!("{label}={}", quoted(&value))
}

/// Quotes a value that holds a separator (CertNameToStr, "quoted").
fn quoted(value: &str) -> String {
    let special = value.contains([',', '+', '=', '"', '\r', '\n', '<', '>', '#', ';']);
    if special || value.starts_with(char::is_whitespace) || value.ends_with(char::is_whitespace) {
        format!("\"{}\"", value.replace('"', "\"\""))
    } else {
        value.to_owned()
    }
}

/// The text of any ASN.1 string type.
pub(super) fn text(string: &Any<'_>) -> Option<String> {
    let bytes = string.data;
    match string.tag() {
        Tag::Utf8String => String::from_utf8(bytes.to_vec()).ok(),
        Tag::BmpString => {
            let units: Vec<u16> = bytes
                .chunks_exact(2)
                .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
                .collect();
            bytes
                .len()
                .is_multiple_of(2)
                .then(|| String::from_utf16(&units).ok())?
        }
        Tag::UniversalString => bytes
            .chunks(4)
            .map(|four| char::from_u32(u32::from_be_bytes(four.try_into().ok()?)))
            .collect(),
        Tag::GeneralString
        | Tag::Ia5String
        | Tag::NumericString
        | Tag::PrintableString
        | Tag::VisibleString => bytes
            .is_ascii()
            .then(|| bytes.iter().copied().map(char::from).collect()),
        // T.61 is read as Latin-1, as everybody does.
        Tag::T61String => Some(bytes.iter().copied().map(char::from).collect()),
        _ => None,
    }
}
