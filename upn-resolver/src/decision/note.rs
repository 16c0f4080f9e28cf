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

/// Something worth knowing that does not change what is sent, or a interpretation that did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecisionNote {
    rule: Rule,
    content: Content,
}

impl DecisionNote {
    pub(super) const fn new(rule: Rule, content: Content) -> Self {
        Self { rule, content }
    }

    /// What the note is about.
    #[must_use]
    pub const fn rule(&self) -> Rule {
        self.rule
    }

    /// The note itself. It never repeats a user name.
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

/// What an unused place of a list holds.
impl Default for DecisionNote {
    fn default() -> Self {
        Self::new(Rule::HintFirst, Content::Text(""))
    }
}

/// How many notes a decision holds without an allocation.
const USUAL_NOTES: usize = 4;

pub(super) type Notes = TinyVec<[DecisionNote; USUAL_NOTES]>;

/// What a note says; it is put into words when somebody asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Advice(PolicyAdvice),
    ExpiredAt(Time),
    NotValidBefore(Time),
    Interpretation(TakenInterpretation),
    StringType(StringType),
    Text(&'static str),
}

/// A interpretation that was taken where the sources leave something open.
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
            "the sources leave this open; the interpretation {name}={taken} was taken, the other is "
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
