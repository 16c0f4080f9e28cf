//! The grammar: `pkcs11:` path attributes, each followed by `;`, then `?` and query attributes with `&` between.

use super::percent::{Component, decode};
use super::{LibraryVersion, ObjectType, Pkcs11Uri, UriError};

const SCHEME: &str = "pkcs11:";

pub(super) fn uri(text: &str) -> Result<Pkcs11Uri, UriError> {
    // A scheme's case does not matter (RFC 3986 section 3.1).
    let rest = match text.get(..SCHEME.len()) {
        Some(scheme) if scheme.eq_ignore_ascii_case(SCHEME) => &text[SCHEME.len()..],
        _ => return Err(UriError::NotPkcs11),
    };
    let (path, query) = match rest.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (rest, None),
    };
    let mut uri = Pkcs11Uri::default();
    for attribute in attributes(path, ';', SCHEME.len()) {
        path_attribute(&mut uri, &attribute?)?;
    }
    let start = SCHEME.len() + path.len() + 1;
    for attribute in attributes(query.unwrap_or_default(), '&', start) {
        query_attribute(&mut uri, &attribute?)?;
    }
    Ok(uri)
}

struct Attribute<'a> {
    name: &'a str,
    value: &'a str,
    /// Position of the value in the whole text.
    position: usize,
}

impl Attribute<'_> {
    fn bytes(&self, component: Component) -> Result<Vec<u8>, UriError> {
        decode(self.value, self.position, component)
    }

    fn text(&self, name: &'static str, component: Component) -> Result<String, UriError> {
        String::from_utf8(self.bytes(component)?).map_err(|_| UriError::Value {
            attribute: name,
            expected: "UTF-8 text",
        })
    }
}

/// Attributes of one component; none if it is empty.
fn attributes(
    component: &str,
    separator: char,
    start: usize,
) -> impl Iterator<Item = Result<Attribute<'_>, UriError>> {
    let mut position = start;
    let parts = (!component.is_empty()).then(|| component.split(separator));
    parts.into_iter().flatten().map(move |part| {
        let begin = position;
        position += part.len() + separator.len_utf8();
        let name_is_valid = |name: &str| {
            !name.is_empty()
                && name
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        };
        match part.split_once('=') {
            Some((name, value)) if name_is_valid(name) => Ok(Attribute {
                name,
                value,
                position: begin + name.len() + 1,
            }),
            _ => Err(UriError::NotAnAttribute { position: begin }),
        }
    })
}

fn path_attribute(uri: &mut Pkcs11Uri, attribute: &Attribute<'_>) -> Result<(), UriError> {
    let text = |name| attribute.text(name, Component::Path);
    match attribute.name {
        "model" => set(&mut uri.model, attribute, text("model")?),
        "manufacturer" => set(&mut uri.manufacturer, attribute, text("manufacturer")?),
        "serial" => set(&mut uri.serial, attribute, text("serial")?),
        "token" => set(&mut uri.token, attribute, text("token")?),
        "slot-description" => set(&mut uri.slot_description, attribute, text("slot-description")?),
        "slot-id" => set(&mut uri.slot_id, attribute, slot_id(attribute.value)?),
        "slot-manufacturer" => set(&mut uri.slot_manufacturer, attribute, text("slot-manufacturer")?),
        "library-description" => set(
            &mut uri.library_description,
            attribute,
            text("library-description")?,
        ),
        "library-manufacturer" => set(
            &mut uri.library_manufacturer,
            attribute,
            text("library-manufacturer")?,
        ),
        "library-version" => set(
            &mut uri.library_version,
            attribute,
            library_version(attribute.value)?,
        ),
        "id" => set(&mut uri.id, attribute, attribute.bytes(Component::Path)?),
        "object" => set(&mut uri.object, attribute, text("object")?),
        "type" => set(&mut uri.object_type, attribute, object_type(attribute.value)?),
        // Producers confuse the components; a PIN is refused in both.
        "pin-source" => Err(UriError::PinInUri {
            attribute: "pin-source",
        }),
        "pin-value" => Err(UriError::PinInUri {
            attribute: "pin-value",
        }),
        name if uri.vendor_path.iter().any(|(known, _)| known == name) => Err(duplicate(attribute)),
        name => {
            uri.vendor_path.push((name.to_owned(), text("vendor attribute")?));
            Ok(())
        }
    }
}

fn query_attribute(uri: &mut Pkcs11Uri, attribute: &Attribute<'_>) -> Result<(), UriError> {
    let text = |name| attribute.text(name, Component::Query);
    match attribute.name {
        "module-name" => set(&mut uri.module_name, attribute, text("module-name")?),
        "module-path" => set(&mut uri.module_path, attribute, text("module-path")?.into()),
        "pin-source" => Err(UriError::PinInUri {
            attribute: "pin-source",
        }),
        "pin-value" => Err(UriError::PinInUri {
            attribute: "pin-value",
        }),
        // Vendor attributes of the query may be repeated, unlike those of the path.
        name => {
            uri.vendor_query
                .push((name.to_owned(), text("vendor attribute")?));
            Ok(())
        }
    }
}

fn set<T>(field: &mut Option<T>, attribute: &Attribute<'_>, value: T) -> Result<(), UriError> {
    match field.replace(value) {
        None => Ok(()),
        Some(_) => Err(duplicate(attribute)),
    }
}

fn duplicate(attribute: &Attribute<'_>) -> UriError {
    UriError::Duplicate {
        attribute: attribute.name.to_owned(),
    }
}

/// `pk11-slot-id = "slot-id" "=" 1*DIGIT`
fn slot_id(value: &str) -> Result<u64, UriError> {
    number(value).ok_or(UriError::Value {
        attribute: "slot-id",
        expected: "a decimal number",
    })
}

/// `pk11-lib-ver = "library-version" "=" 1*DIGIT [ "." 1*DIGIT ]`
fn library_version(value: &str) -> Result<LibraryVersion, UriError> {
    let (major, minor) = value.split_once('.').unwrap_or((value, "0"));
    match (number(major), number(minor)) {
        (Some(major), Some(minor)) => Ok(LibraryVersion { major, minor }),
        _ => Err(UriError::Value {
            attribute: "library-version",
            expected: "a version such as 3 or 2.40",
        }),
    }
}

fn object_type(value: &str) -> Result<ObjectType, UriError> {
    ObjectType::ALL
        .into_iter()
        .find(|known| known.code() == value)
        .ok_or(UriError::Value {
            attribute: "type",
            expected: "one of cert, data, private, public and secret-key",
        })
}

/// Digits only: Rust's own parser would accept a leading `+` too.
fn number<T: std::str::FromStr>(value: &str) -> Option<T> {
    value
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| value.parse().ok())
        .flatten()
}
