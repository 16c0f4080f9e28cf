//! Notes: what is odd but usable, and which reading was taken where the sources leave something open.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::reading::{
    HintAgainstCache, HybridFirst, NonUpnHint, PrincipalNameType, SeveralNames, SubjectEmail, UnusableName,
};
use super::rule::Rule;
use super::trace::{Candidate, Entry, Note, Verdict};
use super::{AdLogon, Join, Outcome, SignIn, Source};
use crate::certificate::StringType;
use crate::hint::UserNameHint;
use crate::upn::Upn;

pub(super) fn collect(sign_in: &SignIn<'_>, outcome: &Outcome, trace: &[Entry]) -> Vec<Note> {
    let mut notes = Vec::new();
    about_the_certificate(sign_in, trace, &mut notes);
    about_the_hint(sign_in, outcome, &mut notes);
    about_the_cache(sign_in, outcome, &mut notes);
    if let Outcome::Send { upn, source } = outcome {
        if *source == Source::PrincipalName {
            about_the_string_type(sign_in, &mut notes);
        }
        let is_implicit = matches!(
            sign_in.join,
            Join::Hybrid {
                ad: AdLogon::SucceededImplicitly(_),
                ..
            }
        );
        if is_implicit && *source == Source::ActiveDirectory {
            about_an_implicit_upn(&mut notes);
        }
        about_the_name(upn, matches!(sign_in.join, Join::Hybrid { .. }), &mut notes);
    }
    notes
}

pub(super) fn about_an_implicit_upn(notes: &mut Vec<Note>) {
    note(
        notes,
        Rule::AdUpnImplicit,
        "the account has no userPrincipalName of its own; what Entra finds by this name is not documented",
    );
}

/// What Entra may say about the name that is sent.
pub(super) fn about_the_name(upn: &Upn, hybrid: bool, notes: &mut Vec<Note>) {
    for advice in upn.check_entra_policy() {
        note(notes, Rule::EntraNamePolicy, advice.to_string());
    }
    if upn.has_unroutable_suffix() {
        note(
            notes,
            Rule::UnroutableSuffix,
            if hybrid {
                "no tenant can verify this suffix; Entra finds the user by onPremisesUserPrincipalName only"
            } else {
                "no tenant can verify this suffix; the look-up in onPremisesUserPrincipalName is documented for hybrid \
                 joined devices only, and the first revision of the page told cloud-only users to supply a hint"
            },
        );
    }
}

fn about_the_certificate(sign_in: &SignIn<'_>, trace: &[Entry], notes: &mut Vec<Note>) {
    let reading = sign_in.reading;
    let has = |rule: Rule, verdict: Verdict| {
        trace
            .iter()
            .any(|entry| entry.rule == rule && entry.verdict == verdict)
    };
    if let Some(at) = sign_in.at {
        let validity = sign_in.certificate.validity();
        if at < validity.not_before().unix_seconds() {
            note(
                notes,
                Rule::CertificateTime,
                format!("the certificate is not valid before {}", validity.not_before()),
            );
        } else if !validity.contains(at) {
            note(
                notes,
                Rule::CertificateTime,
                format!("the certificate expired at {}", validity.not_after()),
            );
        }
    }
    if has(Rule::SeveralNames, Verdict::Unused) {
        let (taken, other) = match reading.several_names {
            SeveralNames::First => (SeveralNames::First, SeveralNames::Last),
            SeveralNames::Last => (SeveralNames::Last, SeveralNames::First),
        };
        note(
            notes,
            Rule::SeveralNames,
            taken_reading(SeveralNames::NAME, taken.as_str(), other.as_str()),
        );
    }
    if has(Rule::PrincipalNameType, Verdict::Absent) {
        let (taken, other) = (PrincipalNameType::Utf8.as_str(), PrincipalNameType::Any.as_str());
        note(
            notes,
            Rule::PrincipalNameType,
            taken_reading(PrincipalNameType::NAME, taken, other),
        );
    }
    if has(Rule::UnusableName, Verdict::Rejected) {
        let (taken, other) = match reading.unusable_name {
            UnusableName::AskForHint => (UnusableName::AskForHint, UnusableName::NextName),
            UnusableName::NextName => (UnusableName::NextName, UnusableName::AskForHint),
        };
        note(
            notes,
            Rule::UnusableName,
            taken_reading(UnusableName::NAME, taken.as_str(), other.as_str()),
        );
    }
    // A name that can't be sent and ends the search would hide the subject's address too.
    let is_hidden =
        has(Rule::UnusableName, Verdict::Rejected) && reading.unusable_name == UnusableName::AskForHint;
    if has(Rule::SubjectEmail, Verdict::NotConsulted) && has(Rule::HintNeeded, Verdict::Absent) && !is_hidden
    {
        let (taken, other) = (SubjectEmail::Ignored.as_str(), SubjectEmail::Used.as_str());
        note(
            notes,
            Rule::SubjectEmail,
            taken_reading(SubjectEmail::NAME, taken, other),
        );
    }
    if has(Rule::SubjectEmail, Verdict::Taken) {
        let (taken, other) = (SubjectEmail::Used.as_str(), SubjectEmail::Ignored.as_str());
        note(
            notes,
            Rule::SubjectEmail,
            taken_reading(SubjectEmail::NAME, taken, other),
        );
    }
}

fn about_the_string_type(sign_in: &SignIn<'_>, notes: &mut Vec<Note>) {
    let Some((_, name)) = sign_in.selected(Candidate::PrincipalName) else {
        return;
    };
    let string_type = name.string_type();
    if string_type != StringType::Utf8 {
        note(
            notes,
            Rule::PrincipalNameType,
            format!(
                "the principal name is a {string_type}, not a UTF8String; {}",
                taken_reading(
                    PrincipalNameType::NAME,
                    PrincipalNameType::Any.as_str(),
                    PrincipalNameType::Utf8.as_str()
                )
            ),
        );
    }
}

fn about_the_hint(sign_in: &SignIn<'_>, outcome: &Outcome, notes: &mut Vec<Note>) {
    let Some(text) = sign_in.hint else { return };
    let hint = UserNameHint::parse(text);
    let good_for_entra = hint.is_ok_and(|hint| hint.for_entra().is_ok());
    if matches!(sign_in.join, Join::Hybrid { .. }) {
        let text = match hint {
            Ok(UserNameHint::Upn(_)) => "Active Directory takes this hint as a user principal name",
            Ok(UserNameHint::DownLevel { .. }) => {
                "Active Directory takes this hint as a domain and a user name; Entra does not"
            }
            Ok(UserNameHint::Bare(_)) => {
                "Active Directory takes this hint as a user of the computer's domain; Entra does not"
            }
            Err(_) => "neither Active Directory nor Entra can take this hint",
        };
        note(notes, Rule::HintAdLeg, text);
    }
    if !good_for_entra && !matches!(outcome, Outcome::RequireAdLogon) {
        let (taken, other) = match sign_in.reading.non_upn_hint {
            NonUpnHint::Ignore => (NonUpnHint::Ignore, NonUpnHint::Reject),
            NonUpnHint::Reject => (NonUpnHint::Reject, NonUpnHint::Ignore),
        };
        note(
            notes,
            Rule::HintForm,
            taken_reading(NonUpnHint::NAME, taken.as_str(), other.as_str()),
        );
    }
}

fn about_the_cache(sign_in: &SignIn<'_>, outcome: &Outcome, notes: &mut Vec<Note>) {
    let Join::Hybrid { ad, cached } = sign_in.join else {
        return;
    };
    let Some(ad) = ad.upn() else { return };
    let reading = sign_in.reading;
    if let (Some(cached), Outcome::Send { source, .. }) = (cached, outcome) {
        if sign_in
            .hint
            .is_some_and(|text| UserNameHint::parse(text).is_ok_and(|hint| hint.for_entra().is_ok()))
        {
            let (taken, other) = match reading.hint_against_cache {
                HintAgainstCache::Cache => (HintAgainstCache::Cache, HintAgainstCache::Hint),
                HintAgainstCache::Hint => (HintAgainstCache::Hint, HintAgainstCache::Cache),
            };
            note(
                notes,
                Rule::HintAgainstCache,
                taken_reading(HintAgainstCache::NAME, taken.as_str(), other.as_str()),
            );
        }
        if *source == Source::CachedEntraUpn && !cached.names_same_account(ad) {
            note(
                notes,
                Rule::UpnsDiffer,
                "the AD UPN differs; if Entra knows no such user, the cached one is stale",
            );
        }
    }
    if reading.hybrid_first == HybridFirst::Certificate && cached.is_none() {
        let (taken, other) = (
            HybridFirst::Certificate.as_str(),
            HybridFirst::ActiveDirectory.as_str(),
        );
        note(
            notes,
            Rule::HybridFirst,
            taken_reading(HybridFirst::NAME, taken, other),
        );
    }
}

fn taken_reading(name: &str, taken: &str, other: &str) -> alloc::string::String {
    format!("the sources leave this open; the reading {name}={taken} was taken, the other is {name}={other}")
}

fn note(notes: &mut Vec<Note>, rule: Rule, text: impl Into<Cow<'static, str>>) {
    notes.push(Note {
        rule,
        text: text.into(),
    });
}
