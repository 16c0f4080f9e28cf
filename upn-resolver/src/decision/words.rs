//! Texts of the explanation: one row for each candidate.

use super::candidates::Absence;
use super::rule::Rule;
use super::rules::Choice;
use super::trace::{Candidate, Verdict};

/// Texts about a candidate.
pub(super) struct Words {
    /// The rule by which it is sent.
    pub(super) rule: Rule,
    /// Why it is sent.
    pub(super) taken: &'static str,
    /// Why it is absent.
    pub(super) absent: &'static str,
    /// Why later candidates are not sent if it is.
    pub(super) first: Reason,
    /// Why an Entra joined device does not use it.
    pub(super) not_by_entra: Reason,
    /// Why a hybrid joined device does not use it.
    pub(super) not_by_hybrid: Reason,
}

/// A rule with the reason text for this case.
pub(super) type Reason = (Rule, &'static str);

const ENTRA: Reason = (
    Rule::EntraReadsCertificate,
    "an Entra joined device uses the certificate at every sign-in",
);
const HYBRID: Reason = (
    Rule::HybridIgnoresCertificate,
    "a hybrid joined device never sends a name from the certificate",
);
const HYBRID_FIRST: Reason = (
    Rule::HybridFirst,
    "interpretation hybrid-first=certificate uses the certificate's names",
);

impl Words {
    #[rustfmt::skip] // a table
    pub(super) const fn about(candidate: Candidate) -> &'static Self {
        match candidate {
            Candidate::ActiveDirectory => &Self {
                rule: Rule::AdUpnFirstTime,
                taken: "Active Directory returned it, and no other name takes precedence",
                absent: "Active Directory returned none",
                first: (Rule::AdUpnFirstTime, "the AD UPN takes precedence"),
                not_by_entra: ENTRA, not_by_hybrid: HYBRID_FIRST,
            },
            Candidate::CachedEntraUpn => &Self {
                rule: Rule::CachedUpnLater,
                taken: "cached by an earlier sign-in",
                absent: "nothing is cached: this is a first sign-in",
                first: (Rule::CachedUpnLater, "the cached Entra UPN takes precedence"),
                not_by_entra: ENTRA, not_by_hybrid: HYBRID_FIRST,
            },
            Candidate::Hint => &Self {
                rule: Rule::HintFirst,
                taken: "a supplied hint is sent in all cases",
                absent: "none was supplied",
                first: (Rule::HintFirst, "the hint takes precedence"),
                not_by_entra: ENTRA, not_by_hybrid: HYBRID_FIRST,
            },
            Candidate::PrincipalName => &Self {
                rule: Rule::PrincipalNameFirst,
                taken: "found in the subject alternative name, and takes precedence",
                absent: "not in the subject alternative name",
                first: (Rule::Rfc822NameSecond, "a principal name is present"),
                not_by_entra: ENTRA, not_by_hybrid: HYBRID,
            },
            Candidate::Rfc822Name => &Self {
                rule: Rule::Rfc822NameSecond,
                taken: "found in the subject alternative name, which has no principal name",
                absent: "not in the subject alternative name",
                first: (Rule::SubjectEmail, "an rfc822Name is present"),
                not_by_entra: ENTRA, not_by_hybrid: HYBRID,
            },
            Candidate::SubjectEmail => &Self {
                rule: Rule::SubjectEmail,
                taken: "interpretation subject-email=used replaces the missing rfc822Name with it",
                absent: "not in the subject",
                first: (Rule::SubjectEmail, "the subject's e-mail address takes precedence"),
                not_by_entra: ENTRA, not_by_hybrid: HYBRID,
            },
        }
    }
}

/// The reason why the search ended.
pub(super) const fn end(choice: &Choice<'_>) -> Reason {
    match choice {
        Choice::AskForHint => (
            Rule::HintNeeded,
            "the certificate contains no name to send; the user must supply a hint",
        ),
        Choice::RejectHint(_) => (Rule::HintForm, "the hint must be corrected first"),
        Choice::RequireAdLogon => (
            Rule::AdLogonFirst,
            "the Active Directory sign-in must succeed first",
        ),
        Choice::Send(candidate, _) => Words::about(*candidate).first,
    }
}

/// The verdict on a name in the certificate that is not used although its kind is.
pub(super) const fn not_counted(candidate: Candidate, absence: Option<Absence>) -> (Verdict, Reason) {
    match absence {
        Some(Absence::Empty) => (
            Verdict::Absent,
            (Words::about(candidate).rule, "empty, which counts as absent"),
        ),
        Some(Absence::Ignored) => (
            Verdict::NotConsulted,
            (
                Words::about(candidate).rule,
                "only the subject alternative name is searched",
            ),
        ),
        Some(Absence::OtherType) => (
            Verdict::Absent,
            (
                Rule::PrincipalNameType,
                "interpretation principal-name-type=utf8 accepts only a UTF8String",
            ),
        ),
        None => (
            Verdict::Unused,
            (Rule::SeveralNames, "another name of the same kind is used"),
        ),
    }
}
