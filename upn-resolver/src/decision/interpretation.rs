//! Where the published sources contradict each other or are silent: which interpretation is taken.

use core::error::Error;
use core::fmt;

/// The interpretations that a decision takes. The default is the current documentation, and where that is silent, the choice
/// that sends nothing doubtful.
///
/// A decision on which a interpretation had an influence says so in its notes.
///
/// ```
/// use upn_resolver::interpretation::{HintAgainstCache, Interpretation};
///
/// let interpretation = Interpretation::default().with_hint_against_cache(HintAgainstCache::Cache);
///
/// // The same by name, for programs.
/// assert_eq!(Interpretation::default().with_named("hint-against-cache", "cache")?, interpretation);
/// # Ok::<(), upn_resolver::interpretation::UnknownInterpretation>(())
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interpretation {
    /// Hybrid joined, later sign-ins: what goes first when there is a hint and a cached Entra UPN.
    pub hint_against_cache: HintAgainstCache,
    /// Hybrid joined, first sign-in: where the name comes from.
    pub hybrid_first: HybridFirst,
    /// What becomes of a hint that is no UPN.
    pub non_upn_hint: NonUpnHint,
    /// Which ASN.1 string types hold a principal name.
    pub principal_name_type: PrincipalNameType,
    /// Which of several names of one kind counts.
    pub several_names: SeveralNames,
    /// Whether the e-mail address in the subject stands in for a missing rfc822Name.
    pub subject_email: SubjectEmail,
    /// What follows a name that is present but can't be sent.
    pub unusable_name: UnusableName,
}

/// One interpretation: an enum of which the first documented default is the variant marked so.
macro_rules! interpretations {
    ($($(#[$doc:meta])* $name:ident = $id:literal { $($(#[$variant_doc:meta])* $variant:ident = $value:literal,)+ })+) => {
        $(
            $(#[$doc])*
            #[non_exhaustive]
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
            pub enum $name { $($(#[$variant_doc])* $variant,)+ }

            impl $name {
                /// The name of this interpretation, as [`Interpretation::with_named`] takes it.
                pub const NAME: &'static str = $id;

                /// Every value that this interpretation can take.
                pub const ALL: &'static [Self] = &[$(Self::$variant),+];

                /// Stable machine name of this value, as [`Interpretation::with_named`] takes it.
                #[must_use]
                pub const fn code(self) -> &'static str {
                    match self { $(Self::$variant => $value),+ }
                }

                fn from_name(value: &str) -> Option<Self> {
                    Self::ALL.iter().copied().find(|interpretation| interpretation.code() == value)
                }
            }
        )+

        /// Every interpretation with its values, the way [`Interpretation::with_named`] takes them.
        const NAMES: &[(&str, &[&str])] = &[$(($id, &[$($value),+])),+];
    };
}

interpretations! {
    /// The [page][sc] says that a supplied hint is sent "in all cases", and its table says that later sign-ins of a
    /// hybrid joined device send the cached Entra UPN.
    ///
    /// [sc]: https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-smartcard#windows-rules-for-sending-upn-for-microsoft-entra-hybrid-joined-devices
    HintAgainstCache = "hint-against-cache" {
        /// The table's cell: the cached Entra UPN.
        Cache = "cache",
        /// The note's "in all cases": the hint.
        #[default]
        Hint = "hint",
    }

    /// The first revisions of the [page][first] (ms.date 2022-09-23, and the table of 2022-09-30) let a hybrid joined device
    /// pull the name from the certificate; every later one says AD UPN or hint.
    ///
    /// [first]: https://github.com/MicrosoftDocs/azure-docs/blob/main/articles/active-directory/authentication/concept-certificate-based-authentication-smartcard.md
    HybridFirst = "hybrid-first" {
        /// The UPN that the domain controller returned.
        #[default]
        ActiveDirectory = "active-directory",
        /// The names in the certificate, as on an Entra joined device.
        Certificate = "certificate",
    }

    /// The page says that a hint MUST be in UPN form, and no source says what happens to another one: whether it is
    /// refused, left to Active Directory alone, or sent. Sending is not offered, because the device's own check of the
    /// form ([0xC004844C][prt]) stops such a value.
    ///
    /// [prt]: https://learn.microsoft.com/en-us/entra/identity/devices/troubleshoot-primary-refresh-token
    NonUpnHint = "non-upn-hint" {
        /// The Entra leg goes on as if no hint was given.
        Ignore = "ignore",
        /// Nothing is sent.
        #[default]
        Reject = "reject",
    }

    /// The requirement that a UPN "must be ASN.1 UTF8" stands in the [column for Windows XP][cre] only, and the API that
    /// reads it decodes [any string type][cgn].
    ///
    /// [cre]: https://learn.microsoft.com/en-us/windows/security/identity-protection/smart-cards/smart-card-certificate-requirements-and-enumeration
    /// [cgn]: https://learn.microsoft.com/en-us/windows/win32/api/wincrypt/nf-wincrypt-certgetnamestringw
    PrincipalNameType = "principal-name-type" {
        /// Every ASN.1 string type.
        #[default]
        Any = "any",
        /// `UTF8String` only; another type counts as no principal name.
        Utf8 = "utf8",
    }

    /// No source says which of two principal names counts. For e-mail names the API is documented to return the
    /// [first][cgn].
    ///
    /// [cgn]: https://learn.microsoft.com/en-us/windows/win32/api/wincrypt/nf-wincrypt-certgetnamestringw
    SeveralNames = "several-names" {
        /// The first in encoded order.
        #[default]
        First = "first",
        /// The last in encoded order.
        Last = "last",
    }

    /// The page names the rfc822Name of the subject alternative name only, while the [API][cgn] for e-mail names falls back
    /// to the `E=` attribute of the subject.
    ///
    /// [cgn]: https://learn.microsoft.com/en-us/windows/win32/api/wincrypt/nf-wincrypt-certgetnamestringw
    SubjectEmail = "subject-email" {
        /// The subject holds no name for Entra.
        #[default]
        Ignored = "ignored",
        /// Without an rfc822Name, the subject's e-mail address is used.
        Used = "used",
    }

    /// The next name counts when one "is not present"; no source says what follows one that is present and can't be a
    /// user name (no `@`, white space, control or bidirectional characters).
    UnusableName = "unusable-name" {
        /// It hides the names after it: a hint is asked for.
        #[default]
        AskForHint = "ask-for-hint",
        /// The search goes on with the next kind of name.
        NextName = "next-name",
    }
}

impl Interpretation {
    /// The current documentation: the same as [`Interpretation::default`].
    pub const CURRENT: Self = Self {
        hint_against_cache: HintAgainstCache::Hint,
        hybrid_first: HybridFirst::ActiveDirectory,
        non_upn_hint: NonUpnHint::Reject,
        principal_name_type: PrincipalNameType::Any,
        several_names: SeveralNames::First,
        subject_email: SubjectEmail::Ignored,
        unusable_name: UnusableName::AskForHint,
    };

    /// Every interpretation by name, each with the names of its values.
    #[must_use]
    pub const fn names() -> &'static [(&'static str, &'static [&'static str])] {
        NAMES
    }

    /// The same interpretations, but for [`HintAgainstCache`].
    #[must_use]
    pub const fn with_hint_against_cache(self, hint_against_cache: HintAgainstCache) -> Self {
        Self {
            hint_against_cache,
            ..self
        }
    }

    /// The same interpretations, but for [`HybridFirst`].
    #[must_use]
    pub const fn with_hybrid_first(self, hybrid_first: HybridFirst) -> Self {
        Self { hybrid_first, ..self }
    }

    /// The same interpretations, but for [`NonUpnHint`].
    #[must_use]
    pub const fn with_non_upn_hint(self, non_upn_hint: NonUpnHint) -> Self {
        Self { non_upn_hint, ..self }
    }

    /// The same interpretations, but for [`PrincipalNameType`].
    #[must_use]
    pub const fn with_principal_name_type(self, principal_name_type: PrincipalNameType) -> Self {
        Self {
            principal_name_type,
            ..self
        }
    }

    /// The same interpretations, but for [`SeveralNames`].
    #[must_use]
    pub const fn with_several_names(self, several_names: SeveralNames) -> Self {
        Self {
            several_names,
            ..self
        }
    }

    /// The same interpretations, but for [`SubjectEmail`].
    #[must_use]
    pub const fn with_subject_email(self, subject_email: SubjectEmail) -> Self {
        Self {
            subject_email,
            ..self
        }
    }

    /// The same interpretations, but for [`UnusableName`].
    #[must_use]
    pub const fn with_unusable_name(self, unusable_name: UnusableName) -> Self {
        Self {
            unusable_name,
            ..self
        }
    }

    /// The same interpretations, but for the one of this name.
    ///
    /// # Errors
    /// Fails if there is no such interpretation, or it has no such value.
    pub fn with_named(self, name: &str, value: &str) -> Result<Self, UnknownInterpretation> {
        let interpretation = match name {
            HintAgainstCache::NAME => {
                HintAgainstCache::from_name(value).map(|value| self.with_hint_against_cache(value))
            }
            HybridFirst::NAME => HybridFirst::from_name(value).map(|value| self.with_hybrid_first(value)),
            NonUpnHint::NAME => NonUpnHint::from_name(value).map(|value| self.with_non_upn_hint(value)),
            PrincipalNameType::NAME => {
                PrincipalNameType::from_name(value).map(|value| self.with_principal_name_type(value))
            }
            SeveralNames::NAME => SeveralNames::from_name(value).map(|value| self.with_several_names(value)),
            SubjectEmail::NAME => SubjectEmail::from_name(value).map(|value| self.with_subject_email(value)),
            UnusableName::NAME => UnusableName::from_name(value).map(|value| self.with_unusable_name(value)),
            _ => None,
        };
        interpretation.ok_or(UnknownInterpretation)
    }
}

/// There is no interpretation, or no value of one, with the given name; [`Interpretation::names`] lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownInterpretation;

impl fmt::Display for UnknownInterpretation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no such interpretation; there are")?;
        for (name, values) in NAMES {
            write!(f, " {name}=")?;
            for (index, value) in values.iter().enumerate() {
                write!(f, "{}{value}", if index == 0 { "" } else { "|" })?;
            }
        }
        Ok(())
    }
}

impl Error for UnknownInterpretation {}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn every_listed_name_can_be_set_and_only_the_default_value_changes_nothing() {
        for (name, values) in Interpretation::names() {
            let unchanged = values.iter().filter(|value| {
                Interpretation::default().with_named(name, value) == Ok(Interpretation::default())
            });
            assert_eq!(unchanged.count(), 1, "{name}");
        }
        assert_eq!(Interpretation::CURRENT, Interpretation::default());
        assert_eq!(
            Interpretation::default().with_named("several-names", "middle"),
            Err(UnknownInterpretation)
        );
        assert_eq!(
            Interpretation::default().with_named("weather", "first"),
            Err(UnknownInterpretation)
        );
        assert!(
            UnknownInterpretation
                .to_string()
                .contains("several-names=first|last")
        );
    }
}
