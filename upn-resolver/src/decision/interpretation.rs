//! Interpretations, where the published sources are silent or contradict each other.

use core::error::Error;
use core::fmt;

/// The interpretations that a decision uses. The default follows the current documentation; where it is silent, the
/// default sends nothing that is in doubt.
///
/// If an interpretation influenced a decision, the notes of the decision say so.
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
    /// Hybrid joined, later sign-ins: whether the hint or the cached Entra UPN takes precedence.
    pub hint_against_cache: HintAgainstCache,
    /// Hybrid joined, first sign-in: the source of the name.
    pub hybrid_first: HybridFirst,
    /// Handling of a hint that is not a UPN.
    pub non_upn_hint: NonUpnHint,
    /// ASN.1 string types that are accepted for a principal name.
    pub principal_name_type: PrincipalNameType,
    /// Which of several names of the same kind is used.
    pub several_names: SeveralNames,
    /// Whether the e-mail address in the subject replaces a missing rfc822Name.
    pub subject_email: SubjectEmail,
    /// Handling of a name that is present but cannot be sent.
    pub unusable_name: UnusableName,
}

/// Defines one interpretation as an enum; the documented default is the variant marked `#[default]`.
macro_rules! interpretations {
    ($($(#[$doc:meta])* $name:ident = $id:literal { $($(#[$variant_doc:meta])* $variant:ident = $value:literal,)+ })+) => {
        $(
            $(#[$doc])*
            #[non_exhaustive]
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
            pub enum $name { $($(#[$variant_doc])* $variant,)+ }

            impl $name {
                /// Name of this interpretation, as in [`Interpretation::with_named`].
                pub const NAME: &'static str = $id;

                /// All values of this interpretation.
                pub const ALL: &'static [Self] = &[$(Self::$variant),+];

                /// Stable machine name of this value, as in [`Interpretation::with_named`].
                #[must_use]
                pub const fn code(self) -> &'static str {
                    match self { $(Self::$variant => $value),+ }
                }

                fn from_name(value: &str) -> Option<Self> {
                    Self::ALL.iter().copied().find(|interpretation| interpretation.code() == value)
                }
            }
        )+

        /// All interpretations with their values, as in [`Interpretation::with_named`].
        const NAMES: &[(&str, &[&str])] = &[$(($id, &[$($value),+])),+];
    };
}

interpretations! {
    /// Precedence of a hint over a cached Entra UPN.
    ///
    /// The [page][sc] says that a supplied hint is sent "in all cases", but in its table later sign-ins of a hybrid
    /// joined device send the cached Entra UPN.
    ///
    /// [sc]: https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-smartcard#windows-rules-for-sending-upn-for-microsoft-entra-hybrid-joined-devices
    HintAgainstCache = "hint-against-cache" {
        /// The cached Entra UPN, as in the table.
        Cache = "cache",
        /// The hint, as in the note ("in all cases").
        #[default]
        Hint = "hint",
    }

    /// Source of the name at the first sign-in of a hybrid joined device.
    ///
    /// The first revisions of the [page][first] (ms.date 2022-09-23, and the table of 2022-09-30) let a hybrid joined
    /// device pull the name from the certificate; every later one says AD UPN or hint.
    ///
    /// [first]: https://github.com/MicrosoftDocs/azure-docs/blob/main/articles/active-directory/authentication/concept-certificate-based-authentication-smartcard.md
    HybridFirst = "hybrid-first" {
        /// The UPN that the domain controller returned.
        #[default]
        ActiveDirectory = "active-directory",
        /// The names in the certificate, as on an Entra joined device.
        Certificate = "certificate",
    }

    /// Handling of a hint that is not a UPN.
    ///
    /// The page says that a hint MUST be in UPN form. No source says whether another hint is refused, used for Active
    /// Directory only, or sent. Sending is not offered, because the device's own format check ([0xC004844C][prt])
    /// refuses such a value.
    ///
    /// [prt]: https://learn.microsoft.com/en-us/entra/identity/devices/troubleshoot-primary-refresh-token
    NonUpnHint = "non-upn-hint" {
        /// The decision for Entra continues as if no hint had been given.
        Ignore = "ignore",
        /// Nothing is sent.
        #[default]
        Reject = "reject",
    }

    /// String types of a principal name.
    ///
    /// The requirement that a UPN "must be ASN.1 UTF8" is in the [column for Windows XP][cre] only, and the API that
    /// reads it decodes [any string type][cgn].
    ///
    /// [cre]: https://learn.microsoft.com/en-us/windows/security/identity-protection/smart-cards/smart-card-certificate-requirements-and-enumeration
    /// [cgn]: https://learn.microsoft.com/en-us/windows/win32/api/wincrypt/nf-wincrypt-certgetnamestringw
    PrincipalNameType = "principal-name-type" {
        /// Every ASN.1 string type.
        #[default]
        Any = "any",
        /// `UTF8String` only; a principal name of another type counts as absent.
        Utf8 = "utf8",
    }

    /// Selection among several names of the same kind.
    ///
    /// No source says which of two principal names Windows uses. For e-mail names the API is documented to return the
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

    /// Use of the e-mail address in the subject.
    ///
    /// The page names only the rfc822Name of the subject alternative name, while the [API][cgn] for e-mail names
    /// falls back to the `E=` attribute of the subject.
    ///
    /// [cgn]: https://learn.microsoft.com/en-us/windows/win32/api/wincrypt/nf-wincrypt-certgetnamestringw
    SubjectEmail = "subject-email" {
        /// The subject is not used.
        #[default]
        Ignored = "ignored",
        /// The subject's e-mail address is used if there is no rfc822Name.
        Used = "used",
    }

    /// Handling of a name that is present but cannot be sent.
    ///
    /// The next kind of name is used if one "is not present". No source says what happens if one is present but
    /// cannot be a user name (no `@`, white space, control or bidirectional characters).
    UnusableName = "unusable-name" {
        /// The search ends: the user must supply a hint.
        #[default]
        AskForHint = "ask-for-hint",
        /// The search continues with the next kind of name.
        NextName = "next-name",
    }
}

impl Interpretation {
    /// The current documentation; equal to [`Interpretation::default`].
    pub const CURRENT: Self = Self {
        hint_against_cache: HintAgainstCache::Hint,
        hybrid_first: HybridFirst::ActiveDirectory,
        non_upn_hint: NonUpnHint::Reject,
        principal_name_type: PrincipalNameType::Any,
        several_names: SeveralNames::First,
        subject_email: SubjectEmail::Ignored,
        unusable_name: UnusableName::AskForHint,
    };

    /// Names of all interpretations, each with the names of its values.
    #[must_use]
    pub const fn names() -> &'static [(&'static str, &'static [&'static str])] {
        NAMES
    }

    /// Returns a copy with another [`HintAgainstCache`].
    #[must_use]
    pub const fn with_hint_against_cache(self, hint_against_cache: HintAgainstCache) -> Self {
        Self {
            hint_against_cache,
            ..self
        }
    }

    /// Returns a copy with another [`HybridFirst`].
    #[must_use]
    pub const fn with_hybrid_first(self, hybrid_first: HybridFirst) -> Self {
        Self { hybrid_first, ..self }
    }

    /// Returns a copy with another [`NonUpnHint`].
    #[must_use]
    pub const fn with_non_upn_hint(self, non_upn_hint: NonUpnHint) -> Self {
        Self { non_upn_hint, ..self }
    }

    /// Returns a copy with another [`PrincipalNameType`].
    #[must_use]
    pub const fn with_principal_name_type(self, principal_name_type: PrincipalNameType) -> Self {
        Self {
            principal_name_type,
            ..self
        }
    }

    /// Returns a copy with another [`SeveralNames`].
    #[must_use]
    pub const fn with_several_names(self, several_names: SeveralNames) -> Self {
        Self {
            several_names,
            ..self
        }
    }

    /// Returns a copy with another [`SubjectEmail`].
    #[must_use]
    pub const fn with_subject_email(self, subject_email: SubjectEmail) -> Self {
        Self {
            subject_email,
            ..self
        }
    }

    /// Returns a copy with another [`UnusableName`].
    #[must_use]
    pub const fn with_unusable_name(self, unusable_name: UnusableName) -> Self {
        Self {
            unusable_name,
            ..self
        }
    }

    /// Returns a copy with one interpretation set by name.
    ///
    /// # Errors
    /// Fails if the interpretation or its value does not exist.
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

/// Error for an unknown interpretation or value; [`Interpretation::names`] lists all.
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
