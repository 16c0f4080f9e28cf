//! State of each candidate: absent, usable, or present but not usable.

use alloc::borrow::Cow;
use core::fmt;

use super::interpretation::{PrincipalNameType, SeveralNames, SubjectEmail};
use super::trace::Candidate;
use super::{Join, NameRequest};
use crate::certificate::{NameProblem, NameString, StringType, oid};
use crate::hint::{HintProblem, UserNameHint};
use crate::upn::{CheckedName, UpnError};

/// Result of looking for a candidate.
pub(super) enum Finding<'a> {
    Absent,
    BadHint(HintProblem),
    BadName(NameFault),
    Usable(CheckedName<'a>),
}

/// Reason why a name in the certificate cannot be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NameFault {
    Form(UpnError),
    Text(NameProblem),
}

impl fmt::Display for NameFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form(error) => write!(f, "not a user principal name: {error}"),
            Self::Text(problem) => write!(f, "the name {problem}"),
        }
    }
}

/// Reason why a name in the certificate counts as absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Absence {
    Empty,
    /// The interpretation excludes names of this kind.
    Ignored,
    /// The interpretation excludes this string type.
    OtherType,
}

impl<'a> NameRequest<'a> {
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
            Candidate::PrincipalName | Candidate::Rfc822Name | Candidate::SubjectEmail => {
                self.selected(candidate).map_or(Finding::Absent, judge_name)
            }
        }
    }

    /// The name of this kind that is used. An empty name counts as absent, because the documented API returns an
    /// empty string for "none".
    #[inline]
    pub(super) fn selected(&self, candidate: Candidate) -> Option<NameString<'a>> {
        match candidate {
            Candidate::PrincipalName => self.select(candidate, self.certificate.principal_names()),
            Candidate::Rfc822Name => self.select(candidate, self.certificate.rfc822_names()),
            // Saves the search where `absence` would exclude all of them.
            Candidate::SubjectEmail if self.interpretation.subject_email == SubjectEmail::Used => {
                self.select(candidate, self.subject_emails())
            }
            _ => None,
        }
    }

    fn select(
        &self,
        candidate: Candidate,
        names: impl Iterator<Item = NameString<'a>>,
    ) -> Option<NameString<'a>> {
        let mut present = names.filter(|name| self.is_present(candidate, *name));
        match self.interpretation.several_names {
            SeveralNames::First => present.next(),
            SeveralNames::Last => present.last(),
        }
    }

    /// The same, for iterating over all names of this kind in encoded order.
    pub(super) fn selection(&self, candidate: Candidate) -> Selection<'_, 'a> {
        let mut candidates_left = 0;
        if self.interpretation.several_names == SeveralNames::Last {
            self.each_name(candidate, |name| {
                candidates_left += usize::from(self.is_present(candidate, name));
            });
        }
        Selection {
            sign_in: self,
            candidate,
            before_it: candidates_left.saturating_sub(1),
            is_open: true,
        }
    }

    /// Reason why a name in the certificate counts as absent; `None` if it counts as present.
    #[inline]
    pub(super) fn absence(&self, candidate: Candidate, name: NameString<'_>) -> Option<Absence> {
        let interpretation = self.interpretation;
        let is_utf8 = || name.string_type() == StringType::Utf8;
        if name.as_bytes().is_empty() {
            return Some(Absence::Empty);
        }
        match candidate {
            Candidate::PrincipalName
                if interpretation.principal_name_type == PrincipalNameType::Utf8 && !is_utf8() =>
            {
                Some(Absence::OtherType)
            }
            Candidate::SubjectEmail if interpretation.subject_email == SubjectEmail::Ignored => {
                Some(Absence::Ignored)
            }
            _ => None,
        }
    }

    fn is_present(&self, candidate: Candidate, name: NameString<'_>) -> bool {
        self.absence(candidate, name).is_none()
    }

    /// Calls `each` for all names of one kind in the certificate, in encoded order.
    pub(super) fn each_name(&self, candidate: Candidate, each: impl FnMut(NameString<'a>)) {
        match candidate {
            Candidate::PrincipalName => self.certificate.principal_names().for_each(each),
            Candidate::Rfc822Name => self.certificate.rfc822_names().for_each(each),
            Candidate::SubjectEmail => self.subject_emails().for_each(each),
            Candidate::ActiveDirectory | Candidate::CachedEntraUpn | Candidate::Hint => {}
        }
    }

    fn subject_emails(&self) -> impl Iterator<Item = NameString<'a>> + use<'a> {
        self.certificate.subject().values_of(oid::EMAIL_ADDRESS)
    }
}

/// Selection of the name of a kind that is used, asked in encoded order.
pub(super) struct Selection<'s, 'a> {
    sign_in: &'s NameRequest<'a>,
    candidate: Candidate,
    /// Number of present names before it.
    before_it: usize,
    is_open: bool,
}

impl Selection<'_, '_> {
    /// Whether the next name is the one that is used.
    pub(super) fn selects(&mut self, name: NameString<'_>) -> bool {
        if !self.is_open || !self.sign_in.is_present(self.candidate, name) {
            return false;
        }
        let is_it = self.before_it == 0;
        self.before_it = self.before_it.saturating_sub(1);
        self.is_open = !is_it;
        is_it
    }
}

fn judge_hint(text: &str) -> Result<CheckedName<'_>, HintProblem> {
    let text = UserNameHint::parse(text)?.for_entra()?;
    CheckedName::new(Cow::Borrowed(text)).map_err(HintProblem::Malformed)
}

fn judge_name(name: NameString<'_>) -> Finding<'_> {
    // Nearly all names consist of plain characters and need no decoding.
    if let Some(name) = name.borrowed().and_then(CheckedName::plain) {
        return Finding::Usable(name);
    }
    match name.text().map(CheckedName::new) {
        Err(problem) => Finding::BadName(NameFault::Text(problem)),
        Ok(Err(error)) => Finding::BadName(NameFault::Form(error)),
        Ok(Ok(name)) => Finding::Usable(name),
    }
}
