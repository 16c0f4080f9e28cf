//! The configuration of a page: the JSON object that its script assigns to `$Config`.

use serde::de::DeserializeOwned;

use crate::limits::{Limits, deeper_than};

const ASSIGNMENT: &[u8] = b"$Config=";

/// The configuration; none if the page has none, an error if it cannot be read or is there twice.
///
/// Exactly one JSON value is read. What follows it is script.
pub(crate) fn configuration<T: DeserializeOwned>(
    page: &[u8],
    limits: Limits,
) -> Option<Result<T, &'static str>> {
    let value = assigned(page)?;
    let mut values = serde_json::Deserializer::from_slice(value).into_iter::<T>();
    let read = values
        .next()?
        .map_err(|_| "the configuration of the page is not JSON");
    let (json, rest) = value.split_at_checked(values.byte_offset())?;
    Some(match read {
        Ok(_) if deeper_than(json, limits.max_depth()) => {
            Err("the configuration of the page is nested too deeply")
        }
        Ok(_) if assigned(rest).is_some() => Err("the page has two configurations"),
        other => other,
    })
}

/// What follows the first assignment of an object.
fn assigned(page: &[u8]) -> Option<&[u8]> {
    let mut rest = page;
    loop {
        let at = rest
            .windows(ASSIGNMENT.len())
            .position(|window| window == ASSIGNMENT)?;
        rest = rest.get(at + ASSIGNMENT.len()..)?;
        if rest.starts_with(b"{") {
            return Some(rest);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::configuration;
    use crate::limits::Limits;

    fn read(page: &str) -> Option<Result<Value, &'static str>> {
        configuration(page.as_bytes(), Limits::default())
    }

    #[test]
    fn one_json_value_is_read_and_the_script_after_it_is_not() {
        let page =
            "<script>//<![CDATA[\n$Config={\"a\":\"};\\u0026\"};\n//]]></script><script>var t=e.$Config||{};";
        assert_eq!(read(page), Some(Ok(serde_json::json!({"a": "};&"}))));
        assert_eq!(read("<html></html>"), None);
        assert_eq!(read("$Config=window"), None);
    }

    #[test]
    fn two_configurations_are_not_guessed_at() {
        assert_eq!(
            read("$Config={};$Config={\"a\":1};"),
            Some(Err("the page has two configurations"))
        );
    }

    #[test]
    fn a_broken_or_deep_configuration_is_an_error() {
        assert!(matches!(read("$Config={\"a\":"), Some(Err(_))));
        let deep = format!("$Config={{\"a\":{}{}}}", "[".repeat(40), "]".repeat(40));
        assert!(matches!(read(&deep), Some(Err(_))));
    }
}
