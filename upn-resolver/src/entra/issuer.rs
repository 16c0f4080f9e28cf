//! Issuer of a strength rule, which occurs in both orders.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::distinguished_name::windows_label;
use super::fold;
use crate::certificate::{Attribute, DistinguishedName, NameProblem};

/// An issuer name as text, compared attribute by attribute.
///
/// The examples of Graph have the order of RFC 4514, common name first. The order in which Entra compares is not
/// published. So that no rule is missed, both orders are accepted. Spaces around the parts and the case of letters
/// are ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct IssuerIdentifier {
    text: String,
    /// Labels and values, as written.
    parts: Vec<(String, String)>,
}

impl IssuerIdentifier {
    /// Text with control or bidirectional characters is refused: no certificate's name is compared with it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.contains(is_unwritable) {
            return None;
        }
        let mut parts = Vec::new();
        let mut rest = text.trim();
        loop {
            let (label, after) = rest.split_once('=')?;
            let (value, after) = read_value(after.trim_start())?;
            parts.push((String::from(label.trim()), value));
            if after.is_empty() {
                return Some(Self {
                    text: String::from(text),
                    parts,
                });
            }
            rest = after;
        }
    }

    pub(super) fn names(&self, issuer: DistinguishedName<'_>) -> bool {
        let count = issuer.attributes().count();
        count == self.parts.len()
            && (issuer.attributes().zip(self.parts.iter()).all(agree)
                || issuer.attributes().zip(self.parts.iter().rev()).all(agree))
    }
}

impl fmt::Display for IssuerIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Control and bidirectional characters, which `WindowsName` does not print either.
fn is_unwritable(character: char) -> bool {
    matches!(
        NameProblem::of_character(character),
        Some(NameProblem::Bidi { .. } | NameProblem::Control { .. })
    )
}

fn agree((attribute, (label, value)): (Attribute<'_>, &(String, String))) -> bool {
    same_label(attribute, label)
        && attribute
            .value()
            .windows_text()
            .is_ok_and(|windows| fold::equal(&windows.text, value))
}

fn same_label(attribute: Attribute<'_>, label: &str) -> bool {
    // Spellings of RFC 4514 and OpenSSL, in addition to those of Windows.
    let windows = match label {
        _ if label.eq_ignore_ascii_case("ST") => "S",
        _ if label.eq_ignore_ascii_case("emailAddress") => "E",
        _ if label.eq_ignore_ascii_case("givenName") || label.eq_ignore_ascii_case("GN") => "G",
        _ if label.eq_ignore_ascii_case("title") => "T",
        _ if label.eq_ignore_ascii_case("initials") => "I",
        _ => label,
    };
    match windows_label(attribute.kind()) {
        Some(known) => known.eq_ignore_ascii_case(windows),
        None => attribute.kind() == *label.strip_prefix("OID.").unwrap_or(label),
    }
}

/// Parses a value, quoted or with backslashes, and returns what follows the comma after it.
fn read_value(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    if let Some(quoted) = text.strip_prefix('"') {
        let mut characters = quoted.chars();
        loop {
            match characters.next()? {
                '"' if characters.as_str().starts_with('"') => {
                    characters.next();
                    value.push('"');
                }
                '"' => break,
                character => value.push(character),
            }
        }
        let rest = characters.as_str().trim_start();
        return match rest.strip_prefix(',') {
            Some(rest) if !rest.trim().is_empty() => Some((value, rest)),
            Some(_) => None,
            None => rest.is_empty().then_some((value, rest)),
        };
    }
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            ',' if characters.as_str().trim().is_empty() => return None,
            ',' => return Some((String::from(value.trim_end()), characters.as_str())),
            '\\' => value.push(characters.next()?),
            character => value.push(character),
        }
    }
    Some((String::from(value.trim_end()), ""))
}
