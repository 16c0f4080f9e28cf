//! The proof: the walk along the row written down, then the candidates that it did not reach.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::after::{Fallback, Legs};
use super::candidates::{Finding, NameFault};
use super::reading::SubjectEmail;
use super::rule::Rule;
use super::rules::{self, Choice};
use super::trace::{Candidate, Entry, Verdict};
use super::{AdLogon, Decision, Join, Outcome, SignIn, Source, notes};
use crate::certificate::NameString;
use crate::upn::is_deceptive;

pub(super) fn decide(sign_in: &SignIn<'_>) -> Decision {
    let mut proof = Proof {
        sign_in,
        trace: Vec::with_capacity(8),
    };
    let choice = rules::choose(sign_in, |candidate, finding| proof.reached(candidate, finding));
    proof.conclude(&choice);

    let outcome = match choice {
        Choice::AskForHint => Outcome::AskForHint,
        Choice::RejectHint(problem) => Outcome::RejectHint(problem),
        Choice::RequireAdLogon => Outcome::RequireAdLogon,
        Choice::Send(candidate, name) => Outcome::Send {
            upn: name.into_upn(),
            source: Source::of(candidate),
        },
    };
    let legs = match sign_in.join {
        Join::Entra => Legs::Entra,
        Join::Hybrid { ad, .. } => Legs::Hybrid {
            without_cache: without_cache(sign_in, &outcome, ad),
        },
    };
    let notes = notes::collect(sign_in, &outcome, &proof.trace);
    Decision {
        outcome,
        trace: proof.trace,
        notes,
        legs,
    }
}

/// What the same rules come to once the cached Entra UPN that is sent is forgotten.
fn without_cache(sign_in: &SignIn<'_>, outcome: &Outcome, ad: AdLogon<'_>) -> Option<Fallback> {
    let Outcome::Send {
        source: Source::CachedEntraUpn,
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

struct Proof<'s, 'a> {
    sign_in: &'s SignIn<'a>,
    trace: Vec<Entry>,
}

impl<'a> Proof<'_, 'a> {
    /// Writes down a candidate that the walk looked at.
    fn reached(&mut self, candidate: Candidate, finding: &Finding<'a>) {
        let (rule, taken, absent) = wording(candidate);
        match finding {
            Finding::BadName(fault) => {
                self.names(candidate, Rule::UnusableName, Verdict::Rejected, reason(*fault));
            }
            Finding::Usable(_) if is_of_certificate(candidate) => {
                self.names(candidate, rule, Verdict::Taken, Cow::Borrowed(taken));
            }
            // Names of the certificate may be there and not count; of another candidate there is none to show.
            Finding::Absent => self.names(candidate, rule, Verdict::Absent, Cow::Borrowed(absent)),
            Finding::BadHint(problem) => {
                let reason = Cow::Owned(format!("{problem}"));
                self.push(
                    Rule::HintForm,
                    candidate,
                    self.sign_in.hint,
                    Verdict::Rejected,
                    reason,
                );
            }
            Finding::Usable(name) => {
                self.push(
                    rule,
                    candidate,
                    Some(name.as_str()),
                    Verdict::Taken,
                    Cow::Borrowed(taken),
                );
            }
        }
    }

    /// Writes down what the walk did not look at, and why.
    fn conclude(&mut self, choice: &Choice<'a>) {
        let row = rules::row(&self.sign_in.join, self.sign_in.reading);
        let (mut rule, mut why) = stop(choice);
        if matches!(choice, Choice::AskForHint) {
            self.push(
                Rule::HintNeeded,
                Candidate::Hint,
                None,
                Verdict::Absent,
                Cow::Borrowed(why),
            );
            (rule, why) = (Rule::UnusableName, "a name that can't be sent stands before it");
        }
        if matches!(choice, Choice::RequireAdLogon) {
            let (verdict, why) = match self.sign_in.join {
                Join::Hybrid {
                    ad: AdLogon::Failed, ..
                } => (Verdict::Rejected, "the Active Directory sign-in failed"),
                _ => (Verdict::Absent, "the Active Directory sign-in was not attempted"),
            };
            self.push(
                rule,
                Candidate::ActiveDirectory,
                None,
                verdict,
                Cow::Borrowed(why),
            );
        }
        let seen = self.trace.len();
        for &candidate in row {
            if self
                .trace
                .iter()
                .take(seen)
                .all(|entry| entry.candidate != candidate)
            {
                self.not_reached(candidate, rule, why);
            }
        }
        for candidate in Candidate::ALL {
            if !row.contains(&candidate) {
                self.not_in_row(candidate);
            }
        }
    }

    /// A candidate of the row that comes after the one that settled it.
    fn not_reached(&mut self, candidate: Candidate, rule: Rule, why: &'static str) {
        let (own_rule, _, absent) = wording(candidate);
        match (self.sign_in.find(candidate), is_of_certificate(candidate)) {
            (Finding::Absent, true) => {
                self.names(candidate, own_rule, Verdict::Absent, Cow::Borrowed(absent));
            }
            (_, true) => self.names(candidate, rule, Verdict::Unused, Cow::Borrowed(why)),
            (Finding::Absent, false) => {
                self.push(own_rule, candidate, None, Verdict::Absent, Cow::Borrowed(absent));
            }
            (Finding::Usable(name), false) => {
                self.push(
                    rule,
                    candidate,
                    Some(name.as_str()),
                    Verdict::Unused,
                    Cow::Borrowed(why),
                );
            }
            (_, false) => self.push(
                rule,
                candidate,
                self.sign_in.hint,
                Verdict::Unused,
                Cow::Borrowed(why),
            ),
        }
    }

    /// A candidate that this kind of device does not look at. Its value is shown all the same, if there is one.
    fn not_in_row(&mut self, candidate: Candidate) {
        let (rule, why) = match self.sign_in.join {
            Join::Entra => (
                Rule::EntraReadsCertificate,
                "an Entra joined device reads the certificate each time",
            ),
            Join::Hybrid { .. } if is_of_certificate(candidate) => (
                Rule::HybridIgnoresCertificate,
                "a hybrid joined device sends no name from the certificate",
            ),
            Join::Hybrid { .. } => (
                Rule::HybridFirst,
                "the reading hybrid-first=certificate takes the certificate's names",
            ),
        };
        let mut values: Vec<Option<String>> = self.sign_in.names(candidate).into_iter().map(shown).collect();
        if values.is_empty() {
            values.push(None);
        }
        for value in values {
            self.trace.push(Entry {
                rule,
                candidate,
                value,
                verdict: Verdict::NotConsulted,
                reason: Cow::Borrowed(why),
            });
        }
    }

    /// Writes down all names of one kind: the one that counts with the verdict and reason given, the others with their own.
    fn names(&mut self, candidate: Candidate, rule: Rule, verdict: Verdict, reason: Cow<'static, str>) {
        let selected = self.sign_in.selected(candidate).map(|(place, _)| place);
        let before = self.trace.len();
        for (place, name) in self.sign_in.names(candidate).into_iter().enumerate() {
            let (rule, verdict, reason) = if Some(place) == selected {
                (rule, verdict, reason.clone())
            } else {
                let (rule, verdict, reason) = self.passed_by(candidate, name);
                (rule, verdict, Cow::Borrowed(reason))
            };
            self.trace.push(Entry {
                rule,
                candidate,
                value: shown(name),
                verdict,
                reason,
            });
        }
        if self.trace.len() == before {
            self.push(rule, candidate, None, verdict, reason);
        }
    }

    /// Why a name of the certificate is not the one of its kind that counts.
    fn passed_by(&self, candidate: Candidate, name: NameString<'_>) -> (Rule, Verdict, &'static str) {
        if name.as_octets().is_empty() {
            (
                wording(candidate).0,
                Verdict::Absent,
                "it is empty, which counts as not present",
            )
        } else if candidate == Candidate::SubjectEmail
            && self.sign_in.reading.subject_email == SubjectEmail::Ignored
        {
            (
                Rule::SubjectEmail,
                Verdict::NotConsulted,
                "only the subject alternative name is searched",
            )
        } else if self.sign_in.is_present(candidate, name) {
            (
                Rule::SeveralNames,
                Verdict::Unused,
                "another name of its kind counts",
            )
        } else {
            (
                Rule::PrincipalNameType,
                Verdict::Absent,
                "the reading principal-name-type=utf8 counts a UTF8String only",
            )
        }
    }

    fn push(
        &mut self,
        rule: Rule,
        candidate: Candidate,
        value: Option<&str>,
        verdict: Verdict,
        reason: Cow<'static, str>,
    ) {
        let value = value
            .filter(|text| !text.chars().any(is_deceptive))
            .map(String::from);
        self.trace.push(Entry {
            rule,
            candidate,
            value,
            verdict,
            reason,
        });
    }
}

/// The rule about a candidate, and the reason for taking it and for finding none.
const fn wording(candidate: Candidate) -> (Rule, &'static str, &'static str) {
    match candidate {
        Candidate::ActiveDirectory => (
            Rule::AdUpnFirstTime,
            "Active Directory returned it, and nothing comes before it",
            "Active Directory returned none",
        ),
        Candidate::CachedEntraUpn => (
            Rule::CachedUpnLater,
            "kept from an earlier sign-in",
            "none is cached: a first sign-in",
        ),
        Candidate::Hint => (
            Rule::HintFirst,
            "a supplied hint is sent in all cases",
            "none was supplied",
        ),
        Candidate::PrincipalName => (
            Rule::PrincipalNameFirst,
            "the subject alternative name has it, and it comes first",
            "the subject alternative name has none",
        ),
        Candidate::Rfc822Name => (
            Rule::Rfc822NameSecond,
            "the subject alternative name has it, and no principal name",
            "the subject alternative name has none",
        ),
        Candidate::SubjectEmail => (
            Rule::SubjectEmail,
            "the reading subject-email=used takes it for want of an rfc822Name",
            "the subject has none",
        ),
    }
}

/// Why the walk went no further.
const fn stop(choice: &Choice<'_>) -> (Rule, &'static str) {
    match choice {
        Choice::AskForHint => (
            Rule::HintNeeded,
            "the certificate has no name to send: the user must supply a hint",
        ),
        Choice::RejectHint(_) => (Rule::HintForm, "the hint has to be corrected first"),
        Choice::RequireAdLogon => (Rule::AdLogonFirst, "the Active Directory sign-in comes first"),
        Choice::Send(Candidate::Hint, _) => (Rule::HintFirst, "the hint comes first"),
        Choice::Send(Candidate::CachedEntraUpn, _) => {
            (Rule::CachedUpnLater, "the cached Entra UPN comes first")
        }
        Choice::Send(Candidate::PrincipalName, _) => (Rule::Rfc822NameSecond, "a principal name is present"),
        Choice::Send(Candidate::Rfc822Name, _) => (Rule::SubjectEmail, "an rfc822Name is present"),
        // Nothing comes after these in their rows.
        Choice::Send(Candidate::ActiveDirectory, _) => (Rule::AdUpnFirstTime, "the AD UPN comes first"),
        Choice::Send(Candidate::SubjectEmail, _) => {
            (Rule::SubjectEmail, "the subject's e-mail address comes first")
        }
    }
}

const fn is_of_certificate(candidate: Candidate) -> bool {
    matches!(
        candidate,
        Candidate::PrincipalName | Candidate::Rfc822Name | Candidate::SubjectEmail
    )
}

fn reason(fault: NameFault) -> Cow<'static, str> {
    Cow::Owned(format!("{fault}"))
}

/// The text of a name, when it can be shown.
fn shown(name: NameString<'_>) -> Option<String> {
    name.text().ok().map(Cow::into_owned)
}
