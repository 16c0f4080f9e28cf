//! Percent-encoding (RFC 3986 section 2.1) and form bodies.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything except the unreserved characters (RFC 3986 section 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Appends the text with every reserved character escaped.
pub(crate) fn percent_encode(text: &str, out: &mut String) {
    out.extend(utf8_percent_encode(text, RESERVED));
}

/// A body of the type `application/x-www-form-urlencoded`. The names need no escapes.
pub(crate) fn form(fields: &[(&str, &str)]) -> String {
    // One allocation of the final length: a string that grows leaves copies of a token behind.
    let escaped = |value: &str| utf8_percent_encode(value, RESERVED).map(str::len).sum::<usize>();
    let length = fields
        .iter()
        .map(|(name, value)| name.len() + escaped(value) + 2)
        .sum();
    let mut form = String::with_capacity(length);
    for (name, value) in fields {
        if !form.is_empty() {
            form.push('&');
        }
        form.push_str(name);
        form.push('=');
        percent_encode(value, &mut form);
    }
    debug_assert!(form.len() <= length, "the form fits");
    form
}

#[cfg(test)]
mod tests {
    use super::form;

    #[test]
    fn only_unreserved_characters_stay() {
        let fields = [("a", "b c+d/e=é-._~"), ("f", "")];
        assert_eq!(form(&fields), "a=b%20c%2Bd%2Fe%3D%C3%A9-._~&f=");
    }

    #[test]
    fn the_body_is_allocated_once() {
        let form = form(&[("request", &"ab.c/".repeat(2_000)), ("client_info", "1")]);
        assert!(
            form.capacity() - form.len() < 8,
            "{} of {}",
            form.len(),
            form.capacity()
        );
    }
}
