//! Reading JSON within limits, so that no answer can exhaust the stack.

use http::StatusCode;
use serde::de::DeserializeOwned;

use crate::Error;
use crate::config::Limits;
use crate::flow::State;

/// Reads one JSON object and nothing after it.
pub(crate) fn json<T: DeserializeOwned>(
    state: State,
    status: StatusCode,
    body: &[u8],
    limits: Limits,
) -> Result<T, Error> {
    let not_json = |line, column| Error::NotJson {
        state,
        status,
        line,
        column,
    };
    if deeper_than(body, limits.depth) {
        return Err(Error::AnswerTooDeep {
            state,
            limit: limits.depth,
        });
    }
    // serde would read an array as a struct whose fields come in order
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(not_json(1, 1));
    }
    serde_json::from_slice(body).map_err(|error| not_json(error.line(), error.column()))
}

/// Whether brackets outside of strings are nested deeper than `limit`. What is no JSON is left to the parser.
pub(crate) fn deeper_than(json: &[u8], limit: usize) -> bool {
    let (mut depth, mut text, mut escaped) = (0_usize, false, false);
    for &byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if text => escaped = true,
            b'"' => text = !text,
            b'[' | b'{' if !text => {
                depth += 1;
                if depth > limit {
                    return true;
                }
            }
            b']' | b'}' if !text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::deeper_than;

    #[test]
    fn only_brackets_outside_of_texts_count() {
        assert!(!deeper_than(br#"{"a":[{"b":1}]}"#, 3));
        assert!(deeper_than(br#"{"a":[{"b":1}]}"#, 2));
        assert!(!deeper_than(br#"{"a":"[[[[\"[[[["}"#, 1));
        assert!(!deeper_than(b"[][][][]", 1));
        assert!(!deeper_than(b"]]]][", 1));
    }
}
