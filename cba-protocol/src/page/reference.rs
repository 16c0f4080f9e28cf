//! Character references in attribute values (HTML, section 13.2.5.72).

/// The value with its references resolved; none if it has one that is not understood.
///
/// The names are those of XML. A `&` that begins no reference stays.
pub(super) fn resolve(value: &str) -> Option<String> {
    let mut resolved = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('&') {
        resolved.push_str(before);
        let name = after
            .split_once(';')
            .map(|(name, _)| name)
            .filter(|name| !name.is_empty() && name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'#'));
        let Some(name) = name else {
            resolved.push('&');
            rest = after;
            continue;
        };
        resolved.push(character(name)?);
        rest = after.get(name.len() + 1..)?;
    }
    resolved.push_str(rest);
    Some(resolved)
}

fn character(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "apos" => '\'',
        "gt" => '>',
        "lt" => '<',
        "quot" => '"',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code).filter(|&c| c != '\0')?
        }
    })
}

#[cfg(test)]
mod tests {
    use super::resolve;

    #[test]
    fn references() {
        assert_eq!(
            resolve("a&amp;b&#39;&#x2B;&quot;&lt;&gt;&apos;").as_deref(),
            Some("a&b'+\"<>'")
        );
        assert_eq!(resolve("a=1&b=2; c & d").as_deref(), Some("a=1&b=2; c & d"));
        assert_eq!(resolve("&nbsp;"), None);
        assert_eq!(resolve("&#0;"), None);
        assert_eq!(resolve("&#xD800;"), None);
    }
}
