//! Limits on the answers of the server.

/// Limits on the answers of the server. An answer beyond them ends the flow with an error.
///
/// ```
/// use cba_protocol::config::Limits;
///
/// let limits = Limits::default().with_max_answer(64 << 10);
/// assert_eq!((limits.max_answer(), limits.max_depth()), (65_536, 32));
/// assert_eq!(Limits::default().with_max_depth(8).max_depth(), 8);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    max_answer: usize,
    max_depth: usize,
}

impl Limits {
    /// Maximum length of the body of an answer, in bytes. Let the HTTP client stop reading one byte later.
    #[must_use]
    pub fn max_answer(&self) -> usize {
        self.max_answer
    }

    /// Maximum nesting of JSON, in levels.
    #[must_use]
    pub fn max_depth(&self) -> usize {
        self.max_depth
    }

    /// Sets the maximum length of the body of an answer, in bytes.
    #[must_use]
    pub fn with_max_answer(mut self, bytes: usize) -> Self {
        self.max_answer = bytes;
        self
    }

    /// Sets the maximum nesting of JSON, in levels.
    #[must_use]
    pub fn with_max_depth(mut self, levels: usize) -> Self {
        self.max_depth = levels;
        self
    }
}

impl Default for Limits {
    /// 1 MiB and 32 levels. Real answers have a few kilobytes (with Kerberos tickets some tens) and 3 levels.
    fn default() -> Self {
        Self {
            max_answer: 1 << 20,
            max_depth: 32,
        }
    }
}

/// Whether brackets outside of strings are nested deeper than `limit`. Invalid JSON is left to the parser.
pub(crate) fn deeper_than(json: &[u8], limit: usize) -> bool {
    let (mut depth, mut string, mut escaped) = (0_usize, false, false);
    for &byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if string => escaped = true,
            b'"' => string = !string,
            b'[' | b'{' if !string => {
                depth += 1;
                if depth > limit {
                    return true;
                }
            }
            b']' | b'}' if !string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::deeper_than;

    #[test]
    fn only_brackets_outside_of_strings_count() {
        assert!(!deeper_than(br#"{"a":[{"b":1}]}"#, 3));
        assert!(deeper_than(br#"{"a":[{"b":1}]}"#, 2));
        assert!(!deeper_than(br#"{"a":"[[[[\"[[[["}"#, 1));
        assert!(!deeper_than(b"[][][][]", 1));
        assert!(!deeper_than(b"]]]][", 1));
    }
}
