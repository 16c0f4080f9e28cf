//! Values that the service writes in more than one form.

use serde::{Deserialize, Deserializer};

/// A whole number, written as a number or as a text. Anything else reads as none: no such field is required.
pub(crate) fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Form {
        Number(u64),
        Text(String),
        Other(serde::de::IgnoredAny),
    }
    Ok(match Form::deserialize(deserializer)? {
        Form::Number(value) => Some(value),
        Form::Text(text) => text.trim().parse().ok(),
        Form::Other(_) => None,
    })
}

/// A text; anything else reads as none.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Form {
        Text(String),
        Other(serde::de::IgnoredAny),
    }
    Ok(match Form::deserialize(deserializer)? {
        Form::Text(text) => Some(text),
        Form::Other(_) => None,
    })
}

/// A list of texts; anything else reads as none.
pub(crate) fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Form {
        List(Vec<String>),
        Other(serde::de::IgnoredAny),
    }
    Ok(match Form::deserialize(deserializer)? {
        Form::List(list) => list,
        Form::Other(_) => Vec::new(),
    })
}

/// A list of whole numbers; what is no number in it is left out.
pub(crate) fn numbers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u32>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Form {
        List(Vec<Item>),
        Other(serde::de::IgnoredAny),
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Item {
        Number(u32),
        Text(String),
        Other(serde::de::IgnoredAny),
    }
    let Form::List(items) = Form::deserialize(deserializer)? else {
        return Ok(Vec::new());
    };
    let number = |item| match item {
        Item::Number(value) => Some(value),
        Item::Text(text) => text.trim().parse().ok(),
        Item::Other(_) => None,
    };
    Ok(items.into_iter().filter_map(number).collect())
}
