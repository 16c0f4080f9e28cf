//! Explanation of a decision: each candidate with the rule that accepted or rejected it.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use core::{fmt, slice};

use tinyvec::TinyVec;

use super::candidates::NameFault;
use super::rule::Rule;
use super::trace::{Candidate, Verdict};
use crate::certificate::NameString;
use crate::hint::HintProblem;

/// A candidate in the explanation of a decision.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TraceEntry<'d> {
    record: &'d Record,
    value: Option<&'d str>,
}

impl<'d> TraceEntry<'d> {
    /// The rule that applied.
    #[must_use]
    pub const fn rule(self) -> Rule {
        self.record.rule
    }

    /// The kind of candidate.
    #[must_use]
    pub const fn candidate(self) -> Candidate {
        self.record.candidate
    }

    /// The value, safe to display; `None` if there is none, or if it contains characters that hide or reorder text.
    #[must_use]
    pub const fn value(self) -> Option<&'d str> {
        self.value
    }

    /// The result for this candidate.
    #[must_use]
    pub const fn verdict(self) -> Verdict {
        self.record.verdict
    }

    /// The reason, as one clause. It never repeats the value.
    #[must_use]
    pub fn reason(self) -> Cow<'static, str> {
        match self.record.reason {
            Reason::Hint(problem) => Cow::Owned(format!("{problem}")),
            Reason::Name(fault) => Cow::Owned(format!("{fault}")),
            Reason::Text(text) => Cow::Borrowed(text),
        }
    }
}

impl fmt::Debug for TraceEntry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TraceEntry")
            .field("rule", &self.rule())
            .field("candidate", &self.candidate())
            .field("value", &self.value())
            .field("verdict", &self.verdict())
            .field("reason", &self.reason())
            .finish()
    }
}

/// Iterator over the candidates of a decision, in the order in which they were considered.
#[derive(Clone, Debug)]
pub struct Trace<'d> {
    records: slice::Iter<'d, Record>,
    text: &'d str,
    sent: Option<&'d str>,
}

impl<'d> Iterator for Trace<'d> {
    type Item = TraceEntry<'d>;

    fn next(&mut self) -> Option<TraceEntry<'d>> {
        let record = self.records.next()?;
        let value = match record.value {
            Value::None => None,
            Value::Sent => self.sent,
            Value::Text { start, end } => self.text.get(place(start)..place(end)),
        };
        Some(TraceEntry { record, value })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.records.size_hint()
    }
}

impl ExactSizeIterator for Trace<'_> {}

/// Number of records without allocation: all kinds, and a second name of two of them.
const USUAL_ENTRIES: usize = Candidate::ALL.len() + 2;

/// Usual size of the values that are not sent, in bytes.
const USUAL_TEXT: usize = 96;

/// Compact form of the entries: at most one allocation, unless a certificate has many names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Explanation {
    records: TinyVec<[Record; USUAL_ENTRIES]>,
    /// All values, concatenated.
    text: String,
}

impl Explanation {
    pub(super) fn push(&mut self, record: Record) {
        self.records.push(record);
    }

    /// Stores a text as the value of a record.
    pub(super) fn keep(&mut self, text: &str) -> Value {
        let start = self.text.len();
        if start == 0 {
            // Usually the only allocation.
            self.text = String::with_capacity(text.len().max(USUAL_TEXT));
        }
        self.text.push_str(text);
        // A text that does not fit into 4 GB is dropped.
        match (u32::try_from(start), u32::try_from(self.text.len())) {
            (Ok(start), Ok(end)) => Value::Text { start, end },
            _ => Value::None,
        }
    }

    /// Stores a name, if it can be displayed.
    pub(super) fn keep_name(&mut self, name: NameString<'_>) -> Value {
        name.text().map_or(Value::None, |text| self.keep(&text))
    }

    pub(super) fn records(&self) -> &[Record] {
        &self.records
    }

    /// Returns a copy with other values.
    pub(super) fn with_values(&self, mut other: impl FnMut(&str) -> String) -> Self {
        let mut changed = Self::default();
        for record in &self.records {
            let value = match record.value {
                Value::Text { start, end } => changed.keep(&other(
                    self.text.get(place(start)..place(end)).unwrap_or_default(),
                )),
                value => value,
            };
            changed.push(Record { value, ..*record });
        }
        changed
    }

    /// Returns the entries, given the name that is sent.
    pub(super) fn entries<'d>(&'d self, sent: Option<&'d str>) -> Trace<'d> {
        Trace {
            records: self.records.iter(),
            text: &self.text,
            sent,
        }
    }
}

/// Compact form of a [`TraceEntry`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) rule: Rule,
    pub(super) candidate: Candidate,
    pub(super) value: Value,
    pub(super) verdict: Verdict,
    pub(super) reason: Reason,
}

/// Filler for unused places of a list.
impl Default for Record {
    fn default() -> Self {
        Self {
            rule: Rule::HintFirst,
            candidate: Candidate::Hint,
            value: Value::None,
            verdict: Verdict::Absent,
            reason: Reason::Text(""),
        }
    }
}

/// Location of a candidate's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    None,
    /// The name that is sent.
    Sent,
    /// A range in the text of the explanation.
    Text {
        start: u32,
        end: u32,
    },
}

fn place(place: u32) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}

/// Reason for the verdict of a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    Hint(HintProblem),
    Name(NameFault),
    Text(&'static str),
}
