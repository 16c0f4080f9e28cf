//! User principal names: parsing, and Entra's limits as advice.
//!
//! Two grammars are kept apart on purpose. [`Upn::parse`] accepts everything that a certificate, Active Directory or
//! a typed hint can contain, such as `1234567890@mil`, whose suffix has a single label. [`Upn::check_entra_policy`]
//! then reports where a name exceeds what Entra allows for a user object.

mod plain;
mod policy;

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::error::Error;
use core::fmt;
use core::str::FromStr;

pub use policy::PolicyAdvice;
pub(crate) use policy::is_unroutable;

use crate::certificate::NameProblem;
use crate::fold;

/// A user principal name, `prefix@suffix`, preserved byte for byte.
///
/// Active Directory describes it as an Internet-style name with one `@` between prefix and suffix ([Naming
/// properties]). `==` compares bytes; [`Upn::names_same_account`] compares as a directory does, without case.
///
/// ```
/// use upn_resolver::Upn;
///
/// let upn = Upn::parse("Bob@woodgrove.local")?;
/// assert_eq!((upn.prefix(), upn.suffix()), ("Bob", "woodgrove.local"));
/// assert!(upn.names_same_account(&Upn::parse("bob@Woodgrove.LOCAL")?));
/// # Ok::<(), upn_resolver::UpnError>(())
/// ```
///
/// [Naming properties]: https://learn.microsoft.com/en-us/windows/win32/ad/naming-properties
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Upn {
    text: Box<str>,
    /// Position of the `@`.
    separator: usize,
}

impl Upn {
    /// Parses a name with the lenient grammar: exactly one `@` with text on both sides, no white space, no backslash,
    /// and no character that hides or reorders text (control, bidirectional, zero-width).
    ///
    /// A suffix with one label is accepted: `1234567890@mil` is the usual form on United States military cards, and
    /// [certificateUserIds] can contain `bob@woodgrove`.
    ///
    /// [certificateUserIds]: https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-certificateuserids
    ///
    /// # Errors
    /// Returns the first violation, from left to right.
    pub fn parse(text: &str) -> Result<Self, UpnError> {
        check(text)?;
        Ok(Self::from_checked(text.into()))
    }

    fn from_checked(text: Box<str>) -> Self {
        let separator = text.bytes().position(|byte| byte == b'@').unwrap_or_default();
        Self { text, separator }
    }

    /// The whole name as a string.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The part before the `@`.
    #[must_use]
    pub fn prefix(&self) -> &str {
        self.parts().0
    }

    /// The part after the `@`.
    #[must_use]
    pub fn suffix(&self) -> &str {
        self.parts().1
    }

    /// Whether a directory treats both as the same name: equal without case.
    ///
    /// An ASCII name never equals one with other characters, although U+212A, the Kelvin sign, has `k` as its lower
    /// case:
    ///
    /// ```
    /// # use upn_resolver::Upn;
    /// let ascii = Upn::parse("bob@kontoso.com")?;
    /// assert!(ascii.names_same_account(&Upn::parse("Bob@KONTOSO.com")?));
    /// assert!(!ascii.names_same_account(&Upn::parse("bob@\u{212A}ontoso.com")?));
    /// # Ok::<(), upn_resolver::UpnError>(())
    /// ```
    #[must_use]
    pub fn names_same_account(&self, other: &Self) -> bool {
        fold::equal(&self.text, &other.text)
    }

    /// Whether the suffix cannot be a public domain: it ends in a label that no public registry serves, such as
    /// `.local` or `.corp` ([RFC 6761], [RFC 6762] appendix G), or has only one label.
    ///
    /// Such a suffix cannot be a verified domain of a tenant, so Entra finds the user only by its second lookup, in
    /// `onPremisesUserPrincipalName`.
    ///
    /// [RFC 6761]: https://www.rfc-editor.org/rfc/rfc6761
    /// [RFC 6762]: https://www.rfc-editor.org/rfc/rfc6762#appendix-G
    #[must_use]
    pub fn has_unroutable_suffix(&self) -> bool {
        policy::is_unroutable(self.suffix())
    }

    /// Returns the deviations from Entra's limits for a `userPrincipalName`, in the order of the name.
    ///
    /// These are advice. A value from a certificate is sent regardless, because Entra can still find it in
    /// `onPremisesUserPrincipalName`. The limits are those of [Entra's user name policy][policy]: 64 characters
    /// before the `@`, 48 after, 113 in total, from a small set of characters.
    ///
    /// ```
    /// use upn_resolver::{PolicyAdvice, Upn};
    ///
    /// let upn = Upn::parse("bob&co@woodgrove")?;
    /// assert_eq!(
    ///     upn.check_entra_policy(),
    ///     [PolicyAdvice::Character { character: '&', at: 3 }, PolicyAdvice::SingleLabelSuffix]
    /// );
    /// # Ok::<(), upn_resolver::UpnError>(())
    /// ```
    ///
    /// [policy]: https://learn.microsoft.com/en-us/entra/identity/authentication/concept-sspr-policy#username-policies
    #[must_use]
    pub fn check_entra_policy(&self) -> Vec<PolicyAdvice> {
        let mut advice = Vec::new();
        self.each_entra_policy_advice(|one| advice.push(one));
        advice
    }

    pub(crate) fn each_entra_policy_advice(&self, each: impl FnMut(PolicyAdvice)) {
        policy::check(self, each);
    }

    /// A placeholder for a name that must not be shown.
    pub(crate) fn stand_in(user: usize, domain: usize, ending: &str) -> Self {
        Self::from_checked(alloc::format!("user-{user}@domain-{domain}{ending}").into())
    }

    fn parts(&self) -> (&str, &str) {
        let parts = self
            .text
            .get(..self.separator)
            .zip(self.text.get(self.separator + 1..));
        parts.unwrap_or((&self.text, ""))
    }
}

impl AsRef<str> for Upn {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Upn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl FromStr for Upn {
    type Err = UpnError;

    fn from_str(text: &str) -> Result<Self, UpnError> {
        Self::parse(text)
    }
}

impl TryFrom<&str> for Upn {
    type Error = UpnError;

    fn try_from(text: &str) -> Result<Self, UpnError> {
        Self::parse(text)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Upn {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Upn {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// Reason why a text is not a user principal name. Positions are byte offsets into the text.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpnError {
    /// A backslash, as in `DOMAIN\user`.
    Backslash {
        /// Its position.
        at: usize,
    },
    /// White space.
    Whitespace {
        /// Its position.
        at: usize,
    },
    /// A character that hides or reorders text: control, bidirectional or zero-width.
    Deceptive {
        /// The character.
        character: char,
        /// Its position.
        at: usize,
    },
    /// The text is empty.
    Empty,
    /// Nothing before the `@`.
    EmptyPrefix,
    /// Nothing after the `@`.
    EmptySuffix,
    /// No `@`.
    MissingAt,
    /// More than one `@`.
    SecondAt {
        /// Position of the second one.
        at: usize,
    },
}

impl fmt::Display for UpnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Backslash { at } => write!(f, "a backslash at byte {at}"),
            Self::Whitespace { at } => write!(f, "white space at byte {at}"),
            Self::Deceptive { character, at } => {
                write!(
                    f,
                    "the invisible or reordering character U+{:04X} at byte {at}",
                    u32::from(character)
                )
            }
            Self::Empty => f.write_str("it is empty"),
            Self::EmptyPrefix => f.write_str("nothing before the `@`"),
            Self::EmptySuffix => f.write_str("nothing after the `@`"),
            Self::MissingAt => f.write_str("it has no `@`"),
            Self::SecondAt { at } => write!(f, "a second `@` at byte {at}"),
        }
    }
}

impl Error for UpnError {}

/// Whether a character hides, reorders or breaks text, so that a reader sees a different name.
pub(crate) fn is_deceptive(character: char) -> bool {
    NameProblem::of_character(character).is_some()
}

/// A text that the lenient grammar accepts, not allocated yet.
pub(crate) struct CheckedName<'a>(Cow<'a, str>);

impl<'a> CheckedName<'a> {
    pub(crate) fn new(text: Cow<'a, str>) -> Result<Self, UpnError> {
        check(&text)?;
        Ok(Self(text))
    }

    /// A name with common characters only; `None` does not rule out other names.
    pub(crate) fn plain(text: &'a str) -> Option<Self> {
        plain::is_plain(text.as_bytes()).then_some(Self(Cow::Borrowed(text)))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn into_text(self) -> Cow<'a, str> {
        self.0
    }

    pub(crate) fn into_upn(self) -> Upn {
        Upn::from_checked(self.0.into())
    }
}

impl<'a> From<&'a Upn> for CheckedName<'a> {
    fn from(upn: &'a Upn) -> Self {
        Self(Cow::Borrowed(&upn.text))
    }
}

/// Checks the lenient grammar without allocating.
pub(crate) fn check(text: &str) -> Result<(), UpnError> {
    if plain::is_plain(text.as_bytes()) {
        Ok(())
    } else {
        check_characters(text)
    }
}

fn check_characters(text: &str) -> Result<(), UpnError> {
    if text.is_empty() {
        return Err(UpnError::Empty);
    }
    let mut separator = None;
    for (at, character) in text.char_indices() {
        match character {
            '@' if separator.is_some() => return Err(UpnError::SecondAt { at }),
            '@' => separator = Some(at),
            '\\' => return Err(UpnError::Backslash { at }),
            '!'..='~' => {}
            _ if is_deceptive(character) => return Err(UpnError::Deceptive { character, at }),
            _ if character.is_whitespace() => return Err(UpnError::Whitespace { at }),
            _ => {}
        }
    }
    match separator {
        None => Err(UpnError::MissingAt),
        Some(0) => Err(UpnError::EmptyPrefix),
        Some(at) if at + 1 == text.len() => Err(UpnError::EmptySuffix),
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn names_of_real_cards_and_directories_are_accepted() {
        for text in [
            "bob@contoso.com",
            "1234567890123456@mil",
            "bob@woodgrove",
            "bob@corp.local",
            "o'hara@contoso.com",
            "a_b#EXT#@contoso.onmicrosoft.com",
            "josé@bücher.example",
            "bob.@contoso.com",
        ] {
            assert_eq!(Upn::parse(text).map(|upn| upn.to_string()), Ok(text.into()));
        }
    }

    #[test]
    fn other_texts_are_refused_at_their_first_fault() {
        for (text, error) in [
            ("", UpnError::Empty),
            ("bob", UpnError::MissingAt),
            ("@contoso.com", UpnError::EmptyPrefix),
            ("bob@", UpnError::EmptySuffix),
            ("@", UpnError::EmptyPrefix),
            ("bob@a@b", UpnError::SecondAt { at: 5 }),
            (r"CORP\bob", UpnError::Backslash { at: 4 }),
            (" bob@contoso.com", UpnError::Whitespace { at: 0 }),
            ("bob@contoso.com\u{a0}", UpnError::Whitespace { at: 15 }),
            (
                "bob\0@contoso.com",
                UpnError::Deceptive {
                    character: '\0',
                    at: 3,
                },
            ),
            (
                "bob\n@contoso.com",
                UpnError::Deceptive {
                    character: '\n',
                    at: 3,
                },
            ),
            (
                "bob\u{202e}@contoso.com",
                UpnError::Deceptive {
                    character: '\u{202e}',
                    at: 3,
                },
            ),
            (
                "bob\u{200b}@contoso.com",
                UpnError::Deceptive {
                    character: '\u{200b}',
                    at: 3,
                },
            ),
        ] {
            assert_eq!(Upn::parse(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn directories_compare_without_case_and_bytes_are_kept() {
        let (shouted, plain) = (
            Upn::parse("JOSÉ@Contoso.COM").unwrap(),
            Upn::parse("josé@contoso.com").unwrap(),
        );
        assert!(shouted.names_same_account(&plain));
        assert_ne!(shouted, plain);
        assert!(!shouted.names_same_account(&Upn::parse("jose@contoso.com").unwrap()));
    }
}
