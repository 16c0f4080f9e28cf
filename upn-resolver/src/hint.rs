//! User name hint: text that the user types in addition to the PIN.
//!
//! The same field is used by two services. Active Directory accepts a UPN, `DOMAIN\user` or a plain user name ([group
//! policy settings][gpr]); Entra accepts only a UPN ([smart card sign-in][sc]).
//!
//! [gpr]: https://learn.microsoft.com/en-us/windows/security/identity-protection/smart-cards/smart-card-group-policy-and-registry-settings#allow-user-name-hint
//! [sc]: https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-smartcard

use core::error::Error;
use core::fmt;

use crate::responsible::Responsible;
use crate::upn::{self, UpnError};

/// A hint, classified by its form. It borrows the typed text.
///
/// ```
/// use upn_resolver::UserNameHint;
///
/// assert_eq!(UserNameHint::parse("bob@contoso.com"), Ok(UserNameHint::Upn("bob@contoso.com")));
/// assert_eq!(UserNameHint::parse(r"CORP\bob"), Ok(UserNameHint::DownLevel { domain: "CORP", user: "bob" }));
/// assert_eq!(UserNameHint::parse("bob"), Ok(UserNameHint::Bare("bob")));
/// assert!(UserNameHint::parse(" bob@contoso.com").is_err());
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserNameHint<'a> {
    /// A user name without a domain.
    Bare(&'a str),
    /// The [down-level form] `DOMAIN\user`.
    ///
    /// [down-level form]: https://learn.microsoft.com/en-us/windows/win32/secauthn/user-name-formats
    DownLevel {
        /// The domain: a `NetBIOS` or DNS name.
        domain: &'a str,
        /// The user name.
        user: &'a str,
    },
    /// A user principal name, as parsed by [`Upn::parse`](crate::Upn::parse).
    Upn(&'a str),
}

impl<'a> UserNameHint<'a> {
    /// Parses a hint exactly as typed. Nothing is trimmed and no suffix is added.
    ///
    /// # Errors
    /// Fails if the text has none of the three forms.
    pub fn parse(text: &'a str) -> Result<Self, HintProblem> {
        if let Some((domain, user)) = text.split_once('\\') {
            return down_level(text, domain, user);
        }
        if text.contains('@') || text.is_empty() {
            upn::check(text).map_err(HintProblem::Malformed)?;
            return Ok(Self::Upn(text));
        }
        check_user(text, 0)?;
        Ok(Self::Bare(text))
    }

    /// The value to send to Entra, which accepts only a UPN.
    ///
    /// # Errors
    /// [`HintProblem::Bare`] or [`HintProblem::DownLevel`]: Active Directory accepts the hint, Entra does not.
    pub const fn for_entra(self) -> Result<&'a str, HintProblem> {
        match self {
            Self::Bare(_) => Err(HintProblem::Bare),
            Self::DownLevel { .. } => Err(HintProblem::DownLevel),
            Self::Upn(text) => Ok(text),
        }
    }

    /// The domain and user name for Active Directory, as in the fields `DomainName` and `UserName` of
    /// [`KERB_CERTIFICATE_LOGON`]. Without a domain, the computer's domain applies.
    ///
    /// [`KERB_CERTIFICATE_LOGON`]: https://learn.microsoft.com/en-us/windows/win32/api/ntsecapi/ns-ntsecapi-kerb_certificate_logon
    #[must_use]
    pub const fn for_active_directory(self) -> (Option<&'a str>, &'a str) {
        match self {
            Self::Bare(user) | Self::Upn(user) => (None, user),
            Self::DownLevel { domain, user } => (Some(domain), user),
        }
    }
}

/// Reason why a hint cannot be sent to Entra.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HintProblem {
    /// A user name without a suffix. The domain is never guessed.
    Bare,
    /// `DOMAIN\user`, which only Active Directory accepts.
    DownLevel,
    /// Not a form that Entra or Active Directory accepts.
    Malformed(UpnError),
}

impl HintProblem {
    /// Who has to act: the user, with another hint.
    #[must_use]
    pub const fn responsible(&self) -> Responsible {
        Responsible::User
    }
}

impl fmt::Display for HintProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bare => f.write_str("the hint is a user name without a suffix; Entra requires user@domain"),
            Self::DownLevel => f.write_str(r"the hint has the form DOMAIN\user; Entra requires user@domain"),
            Self::Malformed(error) => write!(
                f,
                "the hint is not a user name: {error}; Entra requires user@domain"
            ),
        }
    }
}

impl Error for HintProblem {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Malformed(error) => Some(error),
            Self::Bare | Self::DownLevel => None,
        }
    }
}

fn down_level<'a>(text: &str, domain: &'a str, user: &'a str) -> Result<UserNameHint<'a>, HintProblem> {
    let malformed = |error| Err(HintProblem::Malformed(error));
    if domain.is_empty() {
        return malformed(UpnError::Backslash { at: 0 });
    }
    if user.is_empty() || user.contains('\\') {
        return malformed(UpnError::Backslash {
            at: text.rfind('\\').unwrap_or_default(),
        });
    }
    for (at, character) in domain.char_indices() {
        // NetBIOS and DNS names contain no white space.
        if character.is_whitespace() && !upn::is_deceptive(character) {
            return malformed(UpnError::Whitespace { at });
        }
    }
    check_user(domain, 0)?;
    check_user(user, domain.len() + 1)?;
    Ok(UserNameHint::DownLevel { domain, user })
}

/// A `sAMAccountName` can contain spaces, but one at either end is a typing error.
fn check_user(text: &str, offset: usize) -> Result<(), HintProblem> {
    for (at, character) in text.char_indices() {
        let is_at_end = at == 0 || at + character.len_utf8() == text.len();
        let at = offset + at;
        let error = if upn::is_deceptive(character) {
            UpnError::Deceptive { character, at }
        } else if character.is_whitespace() && is_at_end {
            UpnError::Whitespace { at }
        } else {
            continue;
        };
        return Err(HintProblem::Malformed(error));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_upn_is_good_for_entra_and_all_three_are_good_for_active_directory() {
        let upn = UserNameHint::parse("bob@corp").unwrap();
        assert_eq!(
            (upn.for_entra(), upn.for_active_directory()),
            (Ok("bob@corp"), (None, "bob@corp"))
        );
        let down_level = UserNameHint::parse(r"CORP\bob").unwrap();
        assert_eq!(down_level.for_entra(), Err(HintProblem::DownLevel));
        assert_eq!(down_level.for_active_directory(), (Some("CORP"), "bob"));
        let bare = UserNameHint::parse("bob").unwrap();
        assert_eq!(
            (bare.for_entra(), bare.for_active_directory()),
            (Err(HintProblem::Bare), (None, "bob"))
        );
        let with_a_blank = "Bob Smith";
        assert_eq!(
            UserNameHint::parse(with_a_blank),
            Ok(UserNameHint::Bare(with_a_blank))
        );
        assert_eq!(
            UserNameHint::parse(r"CORP\Bob Smith"),
            Ok(UserNameHint::DownLevel {
                domain: "CORP",
                user: with_a_blank
            })
        );
    }

    #[test]
    fn problems_name_the_mistake_and_the_required_form() {
        let malformed = HintProblem::Malformed(UpnError::MissingAt);
        for (problem, wrong) in [
            (HintProblem::Bare, "a user name without a suffix"),
            (HintProblem::DownLevel, r"DOMAIN\user"),
            (malformed, "it has no `@`"),
        ] {
            let text = alloc::string::ToString::to_string(&problem);
            assert!(text.contains(wrong), "{text}");
            assert!(text.ends_with("Entra requires user@domain"), "{text}");
        }
        let source = malformed.source().map(alloc::string::ToString::to_string);
        assert_eq!(source.as_deref(), Some("it has no `@`"));
        assert!(HintProblem::Bare.source().is_none());
    }

    #[test]
    fn nothing_is_trimmed_or_guessed() {
        for (text, error) in [
            ("", UpnError::Empty),
            (" bob@contoso.com", UpnError::Whitespace { at: 0 }),
            ("bob@contoso.com ", UpnError::Whitespace { at: 15 }),
            ("bob@", UpnError::EmptySuffix),
            ("@contoso.com", UpnError::EmptyPrefix),
            ("a@b@c", UpnError::SecondAt { at: 3 }),
            (r"CORP\", UpnError::Backslash { at: 4 }),
            (r"\bob", UpnError::Backslash { at: 0 }),
            (r"CORP\bob\x", UpnError::Backslash { at: 8 }),
            (
                "CORP\\bob\u{202e}",
                UpnError::Deceptive {
                    character: '\u{202e}',
                    at: 8,
                },
            ),
            (r"CORP\ bob", UpnError::Whitespace { at: 5 }),
            (r"CORP\bob ", UpnError::Whitespace { at: 8 }),
            (r"CO RP\bob", UpnError::Whitespace { at: 2 }),
            (" bob", UpnError::Whitespace { at: 0 }),
            ("bob\u{a0}", UpnError::Whitespace { at: 3 }),
            ("bob smith@contoso.com", UpnError::Whitespace { at: 3 }),
            (
                "CORP\u{200b}\\bob",
                UpnError::Deceptive {
                    character: '\u{200b}',
                    at: 4,
                },
            ),
            (
                "b\tob",
                UpnError::Deceptive {
                    character: '\t',
                    at: 1,
                },
            ),
        ] {
            assert_eq!(
                UserNameHint::parse(text),
                Err(HintProblem::Malformed(error)),
                "{text:?}"
            );
        }
    }
}
