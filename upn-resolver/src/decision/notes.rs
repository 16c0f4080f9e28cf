//! Selection of the notes: what is unusual, and which interpretations were used.

use super::explanation::Record;
use super::interpretation::{HybridFirst, PrincipalNameType, UnusableName};
use super::note::{Content, DecisionNote, Notes, TakenInterpretation};
use super::rule::Rule;
use super::trace::{Candidate, Verdict};
use super::{AdLogon, Join, NameOutcome, NameRequest};
use crate::certificate::StringType;
use crate::hint::UserNameHint;
use crate::upn::Upn;

pub(super) fn collect(sign_in: &NameRequest<'_>, outcome: &NameOutcome, trace: &[Record]) -> Notes {
    let mut notes = Notes::default();
    about_the_certificate(sign_in, trace, &mut notes);
    about_the_hint(sign_in, outcome, &mut notes);
    about_the_cache(sign_in, outcome, &mut notes);
    if let NameOutcome::Send { upn, source } = outcome {
        if *source == Candidate::PrincipalName {
            about_the_string_type(sign_in, &mut notes);
        }
        let is_implicit = matches!(
            sign_in.join,
            Join::Hybrid {
                ad: AdLogon::SucceededImplicitly(_),
                ..
            }
        );
        if is_implicit && *source == Candidate::ActiveDirectory {
            about_an_implicit_upn(&mut notes);
        }
        about_the_name(upn, matches!(sign_in.join, Join::Hybrid { .. }), &mut notes);
    }
    notes
}

pub(super) fn about_an_implicit_upn(notes: &mut Notes) {
    note(
        notes,
        Rule::AdUpnImplicit,
        "the account has no userPrincipalName; whether Entra finds a user by this implicit name is undocumented",
    );
}

/// Notes about a name that Entra may not accept.
pub(super) fn about_the_name(upn: &Upn, hybrid: bool, notes: &mut Notes) {
    upn.each_entra_policy_advice(|advice| {
        notes.push(DecisionNote::new(Rule::EntraNamePolicy, Content::Advice(advice)));
    });
    if upn.has_unroutable_suffix() {
        note(
            notes,
            Rule::UnroutableSuffix,
            if hybrid {
                "no tenant can verify this suffix; Entra can find the user only by onPremisesUserPrincipalName"
            } else {
                "no tenant can verify this suffix; the lookup in onPremisesUserPrincipalName is documented for hybrid \
                 joined devices only, and the first revision of the page told cloud-only users to supply a hint"
            },
        );
    }
}

fn about_the_certificate(sign_in: &NameRequest<'_>, trace: &[Record], notes: &mut Notes) {
    let interpretation = sign_in.interpretation;
    if let Some(at) = sign_in.at {
        let validity = sign_in.certificate.validity();
        if validity.not_before().is_after(at) {
            let content = Content::NotValidBefore(validity.not_before());
            notes.push(DecisionNote::new(Rule::CertificateTime, content));
        } else if !validity.contains(at) {
            let content = Content::ExpiredAt(validity.not_after());
            notes.push(DecisionNote::new(Rule::CertificateTime, content));
        }
    }
    let mut hint_needed = false;
    let mut subject_email = None;
    let mut unusable_name = false;
    let (mut several_names, mut other_string_type) = (false, false);
    for record in trace {
        match (record.rule, record.verdict) {
            (Rule::HintNeeded, Verdict::Absent) => hint_needed = true,
            (Rule::PrincipalNameType, Verdict::Absent) => other_string_type = true,
            (Rule::SeveralNames, Verdict::Unused) => several_names = true,
            (Rule::SubjectEmail, Verdict::NotConsulted | Verdict::Taken) => {
                subject_email = Some(record.verdict);
            }
            (Rule::UnusableName, Verdict::Rejected) => unusable_name = true,
            _ => {}
        }
    }
    if several_names {
        let taken = TakenInterpretation::SeveralNames(interpretation.several_names);
        note_reading(notes, Rule::SeveralNames, taken);
    }
    if other_string_type {
        let taken = TakenInterpretation::PrincipalNameType(PrincipalNameType::Utf8);
        note_reading(notes, Rule::PrincipalNameType, taken);
    }
    if unusable_name {
        let taken = TakenInterpretation::UnusableName(interpretation.unusable_name);
        note_reading(notes, Rule::UnusableName, taken);
    }
    // An unusable name that ends the search would also hide the subject's address.
    let is_hidden = unusable_name && interpretation.unusable_name == UnusableName::AskForHint;
    let matters = match subject_email {
        Some(Verdict::Taken) => true,
        Some(_) => hint_needed && !is_hidden,
        None => false,
    };
    if matters {
        let taken = TakenInterpretation::SubjectEmail(interpretation.subject_email);
        note_reading(notes, Rule::SubjectEmail, taken);
    }
}

fn about_the_string_type(sign_in: &NameRequest<'_>, notes: &mut Notes) {
    let Some(name) = sign_in.selected(Candidate::PrincipalName) else {
        return;
    };
    let string_type = name.string_type();
    if string_type != StringType::Utf8 {
        let content = Content::StringType(string_type);
        notes.push(DecisionNote::new(Rule::PrincipalNameType, content));
    }
}

fn about_the_hint(sign_in: &NameRequest<'_>, outcome: &NameOutcome, notes: &mut Notes) {
    let Some(text) = sign_in.hint else { return };
    let hint = UserNameHint::parse(text);
    let good_for_entra = hint.is_ok_and(|hint| hint.for_entra().is_ok());
    if matches!(sign_in.join, Join::Hybrid { .. }) {
        let text = match hint {
            Ok(UserNameHint::Upn(_)) => "Active Directory accepts this hint as a user principal name",
            Ok(UserNameHint::DownLevel { .. }) => {
                "Active Directory accepts this hint as a domain and a user name; Entra does not"
            }
            Ok(UserNameHint::Bare(_)) => {
                "Active Directory accepts this hint as a user of the computer's domain; Entra does not"
            }
            Err(_) => "neither Active Directory nor Entra accepts this hint",
        };
        note(notes, Rule::HintAdLeg, text);
    }
    if !good_for_entra && !matches!(outcome, NameOutcome::RequireAdLogon) {
        let taken = TakenInterpretation::NonUpnHint(sign_in.interpretation.non_upn_hint);
        note_reading(notes, Rule::HintForm, taken);
    }
}

fn about_the_cache(sign_in: &NameRequest<'_>, outcome: &NameOutcome, notes: &mut Notes) {
    let Join::Hybrid { ad, cached } = sign_in.join else {
        return;
    };
    let Some(ad) = ad.upn() else { return };
    let interpretation = sign_in.interpretation;
    if let (Some(cached), NameOutcome::Send { source, .. }) = (cached, outcome) {
        if sign_in
            .hint
            .is_some_and(|text| UserNameHint::parse(text).is_ok_and(|hint| hint.for_entra().is_ok()))
        {
            let taken = TakenInterpretation::HintAgainstCache(interpretation.hint_against_cache);
            note_reading(notes, Rule::HintAgainstCache, taken);
        }
        if *source == Candidate::CachedEntraUpn && !cached.names_same_account(ad) {
            note(
                notes,
                Rule::UpnsDiffer,
                "the AD UPN differs; if Entra does not know the user, the cached name is stale",
            );
        }
    }
    if interpretation.hybrid_first == HybridFirst::Certificate && cached.is_none() {
        let taken = TakenInterpretation::HybridFirst(HybridFirst::Certificate);
        note_reading(notes, Rule::HybridFirst, taken);
    }
}

fn note_reading(notes: &mut Notes, rule: Rule, taken: TakenInterpretation) {
    notes.push(DecisionNote::new(rule, Content::Interpretation(taken)));
}

fn note(notes: &mut Notes, rule: Rule, text: &'static str) {
    notes.push(DecisionNote::new(rule, Content::Text(text)));
}
