//! What each candidate of a sign-in comes to: absent, usable, or present and not fit to be sent.

use alloc::borrow::Cow;
use core::fmt;

use super::reading::{PrincipalNameType, SeveralNames, SubjectEmail};
use super::trace::Candidate;
use super::{AdLogon, Join, SignIn};
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
    pub(super) fn find(&self, candidate: Candidate) -> Finding<'a> {
        match candidate {
            Candidate::ActiveDirectory => match self.join {
                Join::Hybrid {
                    ad: AdLogon::Succeeded(upn),
                    ..
                } => Finding::Usable(upn.into()),
                _ => Finding::Absent,
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
    pub(super) fn selected(&self, candidate: Candidate) -> Option<(usize, NameString<'a>)> {
        let mut present = self
            .names(candidate)
            .enumerate()
            .filter(|&(_, name)| self.is_present(candidate, name));
        match self.reading.several_names {
            SeveralNames::First => present.next(),
            SeveralNames::Last => present.last(),
        }
    }

    /// Whether a name that is in the certificate also counts as present.
    pub(super) fn is_present(&self, candidate: Candidate, name: NameString<'_>) -> bool {
        let readable = match (candidate, self.reading.principal_name_type) {
            (Candidate::PrincipalName, PrincipalNameType::Utf8) => name.string_type() == StringType::Utf8,
            (Candidate::SubjectEmail, _) => self.reading.subject_email == SubjectEmail::Used,
            _ => true,
        };
        readable && !name.as_octets().is_empty()
    }

    /// All names of one kind in the certificate, in encoded order.
    pub(super) fn names(&self, candidate: Candidate) -> impl Iterator<Item = NameString<'a>> + use<'a> {
        let (mut principal, mut rfc822, mut subject) = (None, None, None);
        match candidate {
            Candidate::PrincipalName => principal = Some(self.certificate.principal_names()),
            Candidate::Rfc822Name => rfc822 = Some(self.certificate.rfc822_names()),
            Candidate::SubjectEmail => subject = Some(self.certificate.subject().attributes()),
            Candidate::ActiveDirectory | Candidate::CachedEntraUpn | Candidate::Hint => {}
        }
        let emails = subject.into_iter().flatten();
        let emails = emails.filter(|attribute| attribute.kind() == oid::EMAIL_ADDRESS);
        let emails = emails.map(Attribute::value);
        principal
            .into_iter()
            .flatten()
            .chain(rfc822.into_iter().flatten())
            .chain(emails)
    }
}

fn judge_hint(text: &str) -> Result<CheckedName<'_>, HintProblem> {
    let text = UserNameHint::parse(text)?.for_entra()?;
    CheckedName::new(Cow::Borrowed(text)).map_err(HintProblem::Malformed)
}

fn judge_name(name: NameString<'_>) -> Finding<'_> {
    match name.text().map(CheckedName::new) {
        Err(problem) => Finding::BadName(NameFault::Text(problem)),
        Ok(Err(error)) => Finding::BadName(NameFault::Form(error)),
        Ok(Ok(name)) => Finding::Usable(name),
    }
}
