//! Notes of a decision.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;

use tinyvec::TinyVec;

use super::interpretation::{
    HintAgainstCache, HybridFirst, Interpretation, NonUpnHint, PrincipalNameType, SeveralNames, SubjectEmail,
    UnusableName,
};
use super::rule::Rule;
use crate::certificate::{StringType, Time};
use crate::upn::PolicyAdvice;

/// A remark about a decision: something unusual, or an interpretation that influenced it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecisionNote {
    rule: Rule,
    content: Content,
}

impl DecisionNote {
    pub(super) const fn new(rule: Rule, content: Content) -> Self {
        Self { rule, content }
    }

    /// The rule that the note is about.
    #[must_use]
    pub const fn rule(&self) -> Rule {
        self.rule
    }

    /// The text of the note. It never contains a user name.
    #[must_use]
    pub fn text(&self) -> Cow<'static, str> {
        match self.content {
            Content::Advice(advice) => Cow::Owned(format!("{advice}")),
            Content::ExpiredAt(time) => Cow::Owned(format!("the certificate expired at {time}")),
            Content::NotValidBefore(time) => {
                Cow::Owned(format!("the certificate is not valid before {time}"))
            }
            Content::Interpretation(interpretation) => Cow::Owned(interpretation.text()),
            Content::StringType(string_type) => {
                let interpretation = TakenInterpretation::PrincipalNameType(PrincipalNameType::Any).text();
                Cow::Owned(format!(
                    "the principal name is a {string_type}, not a UTF8String; {interpretation}"
                ))
            }
            Content::Text(text) => Cow::Borrowed(text),
        }
    }
}

/// Filler for unused places of a list.
impl Default for DecisionNote {
    fn default() -> Self {
        Self::new(Rule::HintFirst, Content::Text(""))
    }
}

/// Number of notes without allocation.
const USUAL_NOTES: usize = 4;

pub(super) type Notes = TinyVec<[DecisionNote; USUAL_NOTES]>;

/// Content of a note. The text is built on demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Advice(PolicyAdvice),
    ExpiredAt(Time),
    NotValidBefore(Time),
    Interpretation(TakenInterpretation),
    StringType(StringType),
    Text(&'static str),
}

/// An interpretation that was used where the sources leave something open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TakenInterpretation {
    HintAgainstCache(HintAgainstCache),
    HybridFirst(HybridFirst),
    NonUpnHint(NonUpnHint),
    PrincipalNameType(PrincipalNameType),
    SeveralNames(SeveralNames),
    SubjectEmail(SubjectEmail),
    UnusableName(UnusableName),
}

impl TakenInterpretation {
    fn text(self) -> String {
        let (name, taken) = self.name_and_value();
        let values = Interpretation::names()
            .iter()
            .find(|(known, _)| *known == name)
            .map_or(&[][..], |(_, values)| *values);
        let mut text = format!(
            "the sources leave this open; interpretation {name}={taken} was used, the alternative is "
        );
        for other in values.iter().filter(|value| **value != taken) {
            text.push_str(name);
            text.push('=');
            text.push_str(other);
        }
        text
    }

    const fn name_and_value(self) -> (&'static str, &'static str) {
        match self {
            Self::HintAgainstCache(taken) => (HintAgainstCache::NAME, taken.code()),
            Self::HybridFirst(taken) => (HybridFirst::NAME, taken.code()),
            Self::NonUpnHint(taken) => (NonUpnHint::NAME, taken.code()),
            Self::PrincipalNameType(taken) => (PrincipalNameType::NAME, taken.code()),
            Self::SeveralNames(taken) => (SeveralNames::NAME, taken.code()),
            Self::SubjectEmail(taken) => (SubjectEmail::NAME, taken.code()),
            Self::UnusableName(taken) => (UnusableName::NAME, taken.code()),
        }
    }
}
