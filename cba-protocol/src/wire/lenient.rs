//! Values that the service writes in more than one form. None of these fields is required, so any other form reads as absent.

use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use crate::Secret;

/// A secret string. Another form is an error.
pub(crate) fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    let text = Option::<Zeroizing<String>>::deserialize(deserializer)?;
    Ok(text.map(Secret::new))
}

/// A secret string. Any other form reads as absent.
pub(crate) fn secret_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    Ok(string(deserializer)?.map(Secret::from))
}

/// An integer, written as a number or as a string.
pub(crate) fn integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
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

/// A string.
pub(crate) fn string<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
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

/// An array of strings.
pub(crate) fn strings<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
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

/// An array of integers; other elements are left out.
pub(crate) fn integers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u32>, D::Error> {
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
