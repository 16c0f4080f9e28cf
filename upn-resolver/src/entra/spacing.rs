//! Spaces between the parts of a distinguished name, which viewers show but Windows does not write.

use alloc::string::String;

/// Removes the spaces around `,`, `+` and `=` where a part begins; `None` if there are none. Quoted text, and commas
/// within values, are not changed.
pub(super) fn without(name: &str) -> Option<String> {
    if !name.contains(' ') {
        return None;
    }
    let mut bare = String::with_capacity(name.len());
    let mut quoted = false;
    let mut rest = name;
    // The name begins with a part.
    if let Some((kind, after)) = part(rest) {
        bare.push_str(kind);
        bare.push('=');
        rest = after;
    }
    while let Some(character) = rest.chars().next() {
        let (_, after) = rest.split_at_checked(character.len_utf8())?;
        rest = after;
        quoted ^= character == '"';
        match (character, part(after)) {
            (',' | '+' | ';', Some((kind, after))) if !quoted => {
                bare.truncate(bare.trim_end_matches(' ').len());
                bare.push(character);
                bare.push_str(kind);
                bare.push('=');
                rest = after;
            }
            _ => bare.push(character),
        }
    }
    (bare != name).then_some(bare)
}

/// Splits off the type at the beginning of a part (`CN`, `OID.2.5.4.5`, `1.2.3`) from its value.
fn part(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start_matches(' ');
    let end = text.find(|character: char| !character.is_ascii_alphanumeric() && character != '.')?;
    let (kind, after) = text.split_at_checked(end)?;
    let value = after.trim_start_matches(' ').strip_prefix('=')?;
    (!kind.is_empty()).then_some((kind, value.trim_start_matches(' ')))
}

#[cfg(test)]
mod tests {
    use super::without;

    #[test]
    fn only_spaces_between_parts_are_taken_out() {
        for (name, bare) in [
            ("CN=Contoso CA, O=Contoso", Some("CN=Contoso CA,O=Contoso")),
            ("CN = Contoso CA,O = Contoso", Some("CN=Contoso CA,O=Contoso")),
            ("OU=A + CN=B ,  OID.2.5.4.5=7", Some("OU=A+CN=B,OID.2.5.4.5=7")),
            ("CN=Contoso CA,O=Contoso", None),
            ("O=\"Beispiel, AG\",CN=\"a, b=c\"", None),
            ("CN=Example, Ada,O=Contoso", None),
            ("CN=2 + 2", None),
            ("", None),
        ] {
            assert_eq!(without(name).as_deref(), bare, "{name}");
        }
    }
}
