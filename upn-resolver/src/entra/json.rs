//! JSON with case-insensitive member names: PowerShell capitalizes those of Microsoft Graph.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::upn::is_deceptive;

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Json {
    Bool,
    List(Vec<Json>),
    Null,
    /// `None` if it is not an integer from 0 to 2^32 - 1.
    Number(Option<u32>),
    Object(Object),
    Text(String),
}

/// Members of an object.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Object {
    /// Keyed by their names in lower case.
    members: BTreeMap<String, Json>,
}

impl Json {
    /// The values of a text: one, or several in sequence, as in JSON Lines or concatenated pages.
    pub(super) fn read_all(text: &str) -> Result<Vec<Self>, serde_json::Error> {
        serde_json::Deserializer::from_str(text).into_iter().collect()
    }

    pub(super) fn as_object(&self) -> Option<&Object> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl Object {
    /// The member with this name, in any case; `None` also for `null`.
    pub(super) fn get(&self, name: &str) -> Option<&Json> {
        self.members
            .get(&name.to_ascii_lowercase())
            .filter(|value| **value != Json::Null)
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &Json> {
        self.members.values()
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Json, E> {
        Ok(Json::Bool)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Json, E> {
        Ok(Json::Number(None))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(u32::try_from(value).ok()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(u32::try_from(value).ok()))
    }

    fn visit_unit<E: Error>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_string()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(Json::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut members = BTreeMap::new();
        while let Some((name, value)) = map.next_entry::<String, Json>()? {
            // RFC 8259, section 4, leaves open which of two members counts, so duplicates are refused.
            if members.insert(name.to_ascii_lowercase(), value).is_some() {
                return Err(A::Error::custom(format!("duplicate member {name:?}")));
            }
        }
        Ok(Json::Object(Object { members }))
    }
}

/// Error in a JSON text. It can quote the text, which must not reach a terminal unescaped.
pub(super) fn shown(error: &serde_json::Error) -> String {
    let mut text = String::new();
    for character in cut(&error.to_string()).chars() {
        if is_deceptive(character) {
            text.extend(character.escape_unicode());
        } else {
            text.push(character);
        }
    }
    text
}

/// The text as quoted in a message, truncated to a short length.
pub(super) fn cut(text: &str) -> String {
    const MAX: usize = 200;
    match text.char_indices().nth(MAX) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_string(),
    }
}
