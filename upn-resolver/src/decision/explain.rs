//! Construction of the explanation: the candidates that were considered, then the remaining ones.

use super::after::{Fallback, Legs};
use super::candidates::Finding;
use super::explanation::{Explanation, Reason, Record, Value};
use super::rule::Rule;
use super::rules::{self, Choice};
use super::trace::{Candidate, Verdict};
use super::words::{self, Words};
use super::{AdLogon, Decision, Join, NameOutcome, NameRequest, notes};
use crate::upn::is_deceptive;

pub(super) fn decide(sign_in: &NameRequest<'_>) -> Decision {
    let mut explanation = Explanation::default();
    let mut writer = Writer {
        sign_in,
        explanation: &mut explanation,
        written: Candidates::NONE,
    };
    let choice = rules::choose(sign_in, |candidate, finding| writer.reached(candidate, finding));
    writer.conclude(&choice);

    let outcome = match choice {
        Choice::AskForHint => NameOutcome::AskForHint,
        Choice::RejectHint(problem) => NameOutcome::RejectHint(problem),
        Choice::RequireAdLogon => NameOutcome::RequireAdLogon,
        Choice::Send(candidate, name) => NameOutcome::Send {
            upn: name.into_upn(),
            source: candidate,
        },
    };
    let legs = match sign_in.join {
        Join::Entra => Legs::Entra,
        Join::Hybrid { ad, .. } => Legs::Hybrid {
            without_cache: without_cache(sign_in, &outcome, ad),
        },
    };
    let notes = notes::collect(sign_in, &outcome, explanation.records());
    Decision {
        outcome,
        explanation,
        notes,
        legs,
    }
}

/// The result of the same rules without the cached Entra UPN.
fn without_cache(sign_in: &NameRequest<'_>, outcome: &NameOutcome, ad: AdLogon<'_>) -> Option<Fallback> {
    let NameOutcome::Send {
        source: Candidate::CachedEntraUpn,
        ..
    } = outcome
    else {
        return None;
    };
    let mut without = sign_in.clone();
    without.join = Join::Hybrid { ad, cached: None };
    match rules::choose(&without, |_, _| {}) {
        Choice::Send(candidate, name) => Some(Fallback {
            candidate,
            upn: name.into_upn(),
            is_implicit: candidate == Candidate::ActiveDirectory
                && matches!(ad, AdLogon::SucceededImplicitly(_)),
        }),
        _ => None,
    }
}

struct Writer<'s, 'a> {
    sign_in: &'s NameRequest<'a>,
    explanation: &'s mut Explanation,
    /// The candidates that have been recorded.
    written: Candidates,
}

/// A set of candidate kinds.
#[derive(Clone, Copy)]
struct Candidates(u8);

impl Candidates {
    const NONE: Self = Self(0);

    const fn with(self, candidate: Candidate) -> Self {
        Self(
            self.0
                | match candidate {
                    Candidate::ActiveDirectory => 1,
                    Candidate::CachedEntraUpn => 2,
                    Candidate::Hint => 4,
                    Candidate::PrincipalName => 8,
                    Candidate::Rfc822Name => 16,
                    Candidate::SubjectEmail => 32,
                },
        )
    }

    const fn contains(self, candidate: Candidate) -> bool {
        self.0 == self.with(candidate).0
    }
}

impl<'a> Writer<'_, 'a> {
    /// Records a candidate that was considered.
    fn reached(&mut self, candidate: Candidate, finding: &Finding<'a>) {
        let &Words {
            rule, taken, absent, ..
        } = Words::about(candidate);
        match *finding {
            Finding::BadName(fault) => {
                let reason = Reason::Name(fault);
                self.names(candidate, (Rule::UnusableName, Verdict::Rejected, reason));
            }
            Finding::Usable(_) if is_of_certificate(candidate) => {
                self.names(candidate, (rule, Verdict::Taken, Reason::Text(taken)));
            }
            // The certificate can contain names that do not count; other candidates have no name to show.
            Finding::Absent => self.names(candidate, (rule, Verdict::Absent, Reason::Text(absent))),
            Finding::BadHint(problem) => {
                let (rule, reason) = (Rule::HintForm, Reason::Hint(problem));
                self.push(rule, candidate, self.sign_in.hint, Verdict::Rejected, reason);
            }
            // Usable and not from the certificate, therefore sent.
            Finding::Usable(_) => self.push_record(Record {
                rule,
                candidate,
                value: Value::Sent,
                verdict: Verdict::Taken,
                reason: Reason::Text(taken),
            }),
        }
    }

    /// Records the candidates that were not considered, with the reason.
    fn conclude(&mut self, choice: &Choice<'a>) {
        let row = rules::row(&self.sign_in.join, self.sign_in.interpretation);
        let (mut rule, mut why) = words::end(choice);
        if matches!(choice, Choice::AskForHint) {
            self.push(
                Rule::HintNeeded,
                Candidate::Hint,
                None,
                Verdict::Absent,
                Reason::Text(why),
            );
            (rule, why) = (Rule::UnusableName, "an unusable name takes precedence");
        }
        if matches!(choice, Choice::RequireAdLogon) {
            let (verdict, why) = match self.sign_in.join {
                Join::Hybrid {
                    ad: AdLogon::Failed, ..
                } => (Verdict::Rejected, "the Active Directory sign-in failed"),
                _ => (Verdict::Absent, "the Active Directory sign-in was not attempted"),
            };
            self.push(rule, Candidate::ActiveDirectory, None, verdict, Reason::Text(why));
        }
        for &candidate in row {
            if !self.written.contains(candidate) {
                self.not_reached(candidate, rule, why);
            }
        }
        let in_row = row
            .iter()
            .fold(Candidates::NONE, |set, candidate| set.with(*candidate));
        for &candidate in Candidate::ALL {
            if !in_row.contains(candidate) {
                self.not_in_row(candidate);
            }
        }
    }

    /// Records a candidate of the row after the one that decided.
    fn not_reached(&mut self, candidate: Candidate, rule: Rule, why: &'static str) {
        let &Words {
            rule: own_rule,
            absent,
            ..
        } = Words::about(candidate);
        if is_of_certificate(candidate) {
            self.names(candidate, (rule, Verdict::Unused, Reason::Text(why)));
            return;
        }
        match self.sign_in.find(candidate) {
            Finding::Absent => {
                self.push(own_rule, candidate, None, Verdict::Absent, Reason::Text(absent));
            }
            Finding::Usable(name) => {
                let value = Some(name.as_str());
                self.push(rule, candidate, value, Verdict::Unused, Reason::Text(why));
            }
            Finding::BadHint(_) | Finding::BadName(_) => {
                let value = self.sign_in.hint;
                self.push(rule, candidate, value, Verdict::Unused, Reason::Text(why));
            }
        }
    }

    /// Records a candidate that this kind of device does not use. Its value is shown too, if there is one.
    fn not_in_row(&mut self, candidate: Candidate) {
        let words = Words::about(candidate);
        let (rule, why) = match self.sign_in.join {
            Join::Entra => words.not_by_entra,
            Join::Hybrid { .. } => words.not_by_hybrid,
        };
        let before = self.explanation.records().len();
        self.sign_in.each_name(candidate, |name| {
            let value = self.explanation.keep_name(name);
            self.push_record(Record {
                rule,
                candidate,
                value,
                verdict: Verdict::NotConsulted,
                reason: Reason::Text(why),
            });
        });
        if self.explanation.records().len() == before {
            self.push(rule, candidate, None, Verdict::NotConsulted, Reason::Text(why));
        }
    }

    /// Records all names of one kind: the one that is used with the given rule, verdict and reason, the others with
    /// their own.
    fn names(&mut self, candidate: Candidate, counting: (Rule, Verdict, Reason)) {
        let sign_in = self.sign_in;
        let mut selection = sign_in.selection(candidate);
        let before = self.explanation.records().len();
        sign_in.each_name(candidate, |name| {
            let (rule, verdict, reason) = if selection.selects(name) {
                counting
            } else {
                let (verdict, (rule, text)) = words::not_counted(candidate, sign_in.absence(candidate, name));
                (rule, verdict, Reason::Text(text))
            };
            let value = if verdict == Verdict::Taken {
                Value::Sent
            } else {
                self.explanation.keep_name(name)
            };
            self.push_record(Record {
                rule,
                candidate,
                value,
                verdict,
                reason,
            });
        });
        if self.explanation.records().len() == before {
            let &Words { rule, absent, .. } = Words::about(candidate);
            self.push(rule, candidate, None, Verdict::Absent, Reason::Text(absent));
        }
    }

    fn push(
        &mut self,
        rule: Rule,
        candidate: Candidate,
        value: Option<&str>,
        verdict: Verdict,
        reason: Reason,
    ) {
        let value = match value {
            Some(text) if !text.contains(is_deceptive) => self.explanation.keep(text),
            _ => Value::None,
        };
        self.push_record(Record {
            rule,
            candidate,
            value,
            verdict,
            reason,
        });
    }

    fn push_record(&mut self, record: Record) {
        self.written = self.written.with(record.candidate);
        self.explanation.push(record);
    }
}

const fn is_of_certificate(candidate: Candidate) -> bool {
    matches!(
        candidate,
        Candidate::PrincipalName | Candidate::Rfc822Name | Candidate::SubjectEmail
    )
}
