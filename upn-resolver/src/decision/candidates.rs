//! What each candidate of a sign-in comes to: absent, usable, or present and not fit to be sent.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::fmt;

use super::reading::{PrincipalNameType, SeveralNames, SubjectEmail};
use super::trace::Candidate;
use super::{Join, SignIn};
use crate::certificate::{Attribute, NameProblem, NameString, StringType, oid};
use crate::hint::{HintProblem, UserNameHint};
use crate::upn::{CheckedName, UpnError};

/// What looking at a candidate found.
pub(super) enum Finding<'a> {
    Absent,
    BadHint(HintProblem),
    BadName(NameFault),
    Usable(CheckedName<'a>),
}

/// Why a name of the certificate can't be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NameFault {
    Form(UpnError),
    Text(NameProblem),
}

impl fmt::Display for NameFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form(error) => write!(f, "it is no user principal name: {error}"),
            Self::Text(problem) => write!(f, "it {problem}"),
        }
    }
}

impl<'a> SignIn<'a> {
    #[inline]
    pub(super) fn find(&self, candidate: Candidate) -> Finding<'a> {
        match candidate {
            Candidate::ActiveDirectory => match self.join {
                Join::Hybrid { ad, .. } => ad
                    .upn()
                    .map_or(Finding::Absent, |upn| Finding::Usable(upn.into())),
                Join::Entra => Finding::Absent,
            },
            Candidate::CachedEntraUpn => match self.join {
                Join::Hybrid {
                    cached: Some(upn), ..
                } => Finding::Usable(upn.into()),
                _ => Finding::Absent,
            },
            Candidate::Hint => match self.hint.map(judge_hint) {
                None => Finding::Absent,
                Some(Ok(name)) => Finding::Usable(name),
                Some(Err(problem)) => Finding::BadHint(problem),
            },
            Candidate::PrincipalName | Candidate::Rfc822Name | Candidate::SubjectEmail => self
                .selected(candidate)
                .map_or(Finding::Absent, |(_, name)| judge_name(name)),
        }
    }

    /// The name of this kind that counts, with its place among all names of the kind. An empty one counts as absent:
    /// the documented API has no other way to say "none" than an empty string.
    #[inline]
    pub(super) fn selected(&self, candidate: Candidate) -> Option<(usize, NameString<'a>)> {
        match candidate {
            Candidate::PrincipalName => self.select(candidate, self.certificate.principal_names()),
            Candidate::Rfc822Name => self.select(candidate, self.certificate.rfc822_names()),
            Candidate::SubjectEmail if self.reading.subject_email == SubjectEmail::Used => {
                self.select(candidate, self.subject_emails())
            }
            _ => None,
        }
    }

    fn select(
        &self,
        candidate: Candidate,
        names: impl Iterator<Item = NameString<'a>>,
    ) -> Option<(usize, NameString<'a>)> {
        let mut present = names
            .enumerate()
            .filter(|(_, name)| self.is_present(candidate, *name));
        match self.reading.several_names {
            SeveralNames::First => present.next(),
            SeveralNames::Last => present.last(),
        }
    }

    /// Whether a name that is in the certificate also counts as present.
    pub(super) fn is_present(&self, candidate: Candidate, name: NameString<'_>) -> bool {
        let readable = match (candidate, self.reading.principal_name_type) {
            (Candidate::PrincipalName, PrincipalNameType::Utf8) => name.string_type() == StringType::Utf8,
            _ => true,
        };
        readable && !name.as_octets().is_empty()
    }

    /// All names of one kind in the certificate, in encoded order.
    pub(super) fn names(&self, candidate: Candidate) -> Vec<NameString<'a>> {
        match candidate {
            Candidate::PrincipalName => self.certificate.principal_names().collect(),
            Candidate::Rfc822Name => self.certificate.rfc822_names().collect(),
            Candidate::SubjectEmail => self.subject_emails().collect(),
            Candidate::ActiveDirectory | Candidate::CachedEntraUpn | Candidate::Hint => Vec::new(),
        }
    }

    fn subject_emails(&self) -> impl Iterator<Item = NameString<'a>> + use<'a> {
        let attributes = self.certificate.subject().attributes();
        attributes
            .filter(|attribute| attribute.kind() == oid::EMAIL_ADDRESS)
            .map(Attribute::value)
    }
}

fn judge_hint(text: &str) -> Result<CheckedName<'_>, HintProblem> {
    let text = UserNameHint::parse(text)?.for_entra()?;
    CheckedName::new(Cow::Borrowed(text)).map_err(HintProblem::Malformed)
}

fn judge_name(name: NameString<'_>) -> Finding<'_> {
    // Nearly every name is of plain characters and needs no decoding.
    if let Some(name) = name.borrowed().and_then(CheckedName::plain) {
        return Finding::Usable(name);
    }
    match name.text().map(CheckedName::new) {
        Err(problem) => Finding::BadName(NameFault::Text(problem)),
        Ok(Err(error)) => Finding::BadName(NameFault::Form(error)),
        Ok(Ok(name)) => Finding::Usable(name),
    }
}
