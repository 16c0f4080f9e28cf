//! Entra's limits for a `userPrincipalName`, as advice.

use core::fmt;

use super::Upn;

/// A deviation from [Entra's user name policy][policy]. Lengths are in characters.
///
/// [policy]: https://learn.microsoft.com/en-us/entra/identity/authentication/concept-sspr-policy#username-policies
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyAdvice {
    /// A character outside `A-Z a-z 0-9 ' . - _ ! # ^ ~`.
    Character {
        /// The character.
        character: char,
        /// Its byte offset.
        at: usize,
    },
    /// A dot immediately before the `@`.
    DotBeforeAt,
    /// More than 64 characters before the `@`.
    PrefixTooLong {
        /// The number of characters.
        length: usize,
    },
    /// A suffix with one label, which cannot be a domain that a tenant verifies.
    SingleLabelSuffix,
    /// More than 48 characters after the `@`.
    SuffixTooLong {
        /// The number of characters.
        length: usize,
    },
    /// More than 113 characters in total.
    TooLong {
        /// The number of characters.
        length: usize,
    },
}

impl fmt::Display for PolicyAdvice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Character { character, at } => {
                let shown = character.escape_debug();
                write!(
                    f,
                    "Entra does not allow `{shown}` (byte {at}) in a user name; allowed are A-Z a-z 0-9 ' . - _ ! # ^ ~"
                )
            }
            Self::DotBeforeAt => f.write_str("Entra does not allow a dot immediately before the `@`"),
            Self::PrefixTooLong { length } => {
                write!(f, "{length} characters before the `@`; Entra allows 64")
            }
            Self::SingleLabelSuffix => {
                f.write_str("the suffix has one label; Entra user names have at least two")
            }
            Self::SuffixTooLong { length } => write!(f, "{length} characters after the `@`; Entra allows 48"),
            Self::TooLong { length } => write!(f, "{length} characters in total; Entra allows 113"),
        }
    }
}

pub(super) fn check(upn: &Upn, mut advise: impl FnMut(PolicyAdvice)) {
    let (prefix, suffix) = (upn.prefix(), upn.suffix());
    if !upn.as_str().bytes().all(|byte| is_allowed(byte.into())) {
        let mut characters = upn.as_str().char_indices();
        if let Some((at, character)) = characters.find(|&(_, character)| !is_allowed(character)) {
            advise(PolicyAdvice::Character { character, at });
        }
    }
    if prefix.ends_with('.') {
        advise(PolicyAdvice::DotBeforeAt);
    }
    if let Some(length) = length_above(64, prefix) {
        advise(PolicyAdvice::PrefixTooLong { length });
    }
    if !suffix.as_bytes().contains(&b'.') {
        advise(PolicyAdvice::SingleLabelSuffix);
    }
    if let Some(length) = length_above(48, suffix) {
        advise(PolicyAdvice::SuffixTooLong { length });
    }
    if let Some(length) = length_above(113, upn.as_str()) {
        advise(PolicyAdvice::TooLong { length });
    }
}

/// The number of characters, if it exceeds the limit. A text never has more characters than bytes.
fn length_above(allowed: usize, text: &str) -> Option<usize> {
    let count = || text.chars().count();
    (text.len() > allowed)
        .then(count)
        .filter(|length| *length > allowed)
}

pub(crate) fn is_unroutable(suffix: &str) -> bool {
    /// RFC 6761 section 6, RFC 6762 section 3 and appendix G.
    const UNROUTABLE: [&str; 11] = [
        "corp",
        "example",
        "home",
        "internal",
        "intranet",
        "invalid",
        "lan",
        "local",
        "localhost",
        "private",
        "test",
    ];
    let dot = suffix.bytes().rposition(|byte| byte == b'.');
    dot.and_then(|dot| suffix.get(dot + 1..))
        .is_none_or(|label| UNROUTABLE.iter().any(|name| name.eq_ignore_ascii_case(label)))
}

const fn is_allowed(character: char) -> bool {
    matches!(character, 'A'..='Z' | 'a'..='z' | '0'..='9' | '\'' | '.' | '-' | '_' | '!' | '#' | '^' | '~' | '@')
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use alloc::vec::Vec;

    fn advice(text: &str) -> Vec<PolicyAdvice> {
        Upn::parse(text).unwrap().check_entra_policy()
    }

    #[test]
    fn a_name_within_all_limits_has_no_advice() {
        let longest = ["a".repeat(64), "b".repeat(44) + ".com"].join("@");
        assert_eq!(longest.len(), 113);
        assert_eq!(advice(&longest), []);
        assert_eq!(advice("a_b#EXT#@contoso.onmicrosoft.com"), []);
    }

    #[test]
    fn each_limit_is_named() {
        let long = ["a".repeat(65), "b".repeat(45) + ".com"].join("@");
        assert_eq!(
            advice(&long),
            [
                PolicyAdvice::PrefixTooLong { length: 65 },
                PolicyAdvice::SuffixTooLong { length: 49 },
                PolicyAdvice::TooLong { length: 115 }
            ]
        );
        assert_eq!(advice("bob.@contoso.com"), [PolicyAdvice::DotBeforeAt]);
        assert_eq!(
            advice("josé@contoso.com"),
            [PolicyAdvice::Character {
                character: 'é',
                at: 3
            }]
        );
        assert_eq!(advice("1234@mil"), [PolicyAdvice::SingleLabelSuffix]);
        assert!(advice("bob@mil")[0].to_string().contains("one label"));
    }

    #[test]
    fn suffixes_that_no_registry_serves_are_known() {
        for (text, unroutable) in [
            ("a@corp.local", true),
            ("a@x.LAN", true),
            ("a@mil", true),
            ("a@local.com", false),
            ("a@contoso.com", false),
        ] {
            assert_eq!(
                Upn::parse(text).unwrap().has_unroutable_suffix(),
                unroutable,
                "{text}"
            );
        }
    }
}
