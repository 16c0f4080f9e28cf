//! What a trace says about each candidate: one row a candidate, for everything that can become of it.

use super::candidates::Absence;
use super::rule::Rule;
use super::rules::Choice;
use super::trace::{Candidate, Verdict};

/// The words about a candidate.
pub(super) struct Words {
    /// The rule that sends it.
    pub(super) rule: Rule,
    /// Why it is sent.
    pub(super) taken: &'static str,
    /// What it means that there is none.
    pub(super) absent: &'static str,
    /// Why those after it are not sent, once it is.
    pub(super) first: Reason,
    /// Why an Entra joined device does not look at it, if that does not.
    pub(super) not_by_entra: Reason,
    /// The same of a hybrid joined device.
    pub(super) not_by_hybrid: Reason,
}

/// A rule, and what it means in this place.
pub(super) type Reason = (Rule, &'static str);

const ENTRA: Reason = (
    Rule::EntraReadsCertificate,
    "an Entra joined device reads the certificate each time",
);
const HYBRID: Reason = (
    Rule::HybridIgnoresCertificate,
    "a hybrid joined device sends no name from the certificate",
);
const HYBRID_FIRST: Reason = (
    Rule::HybridFirst,
    "the interpretation hybrid-first=certificate takes the certificate's names",
);

impl Words {
    #[rustfmt::skip] // a table
    pub(super) const fn about(candidate: Candidate) -> &'static Self {
        match candidate {
            Candidate::ActiveDirectory => &Self {
                rule: Rule::AdUpnFirstTime,
                taken: "Active Directory returned it, and nothing comes before it",
                absent: "Active Directory returned none",
                first: (Rule::AdUpnFirstTime, "the AD UPN comes first"),
                not_by_entra: ENTRA, not_by_hybrid: HYBRID_FIRST,
            },
            Candidate::CachedEntraUpn => &Self {
                rule: Rule::CachedUpnLater,
                taken: "kept from an earlier sign-in",
                absent: "none is cached: a first sign-in",
                first: (Rule::CachedUpnLater, "the cached Entra UPN comes first"),
                not_by_entra: ENTRA, not_by_hybrid: HYBRID_FIRST,
            },
            Candidate::Hint => &Self {
                rule: Rule::HintFirst,
                taken: "a supplied hint is sent in all cases",
                absent: "none was supplied",
                first: (Rule::HintFirst, "the hint comes first"),
                not_by_entra: ENTRA, not_by_hybrid: HYBRID_FIRST,
            },
            Candidate::PrincipalName => &Self {
                rule: Rule::PrincipalNameFirst,
                taken: "the subject alternative name has it, and it comes first",
                absent: "the subject alternative name has none",
                first: (Rule::Rfc822NameSecond, "a principal name is present"),
                not_by_entra: ENTRA, not_by_hybrid: HYBRID,
            },
            Candidate::Rfc822Name => &Self {
                rule: Rule::Rfc822NameSecond,
                taken: "the subject alternative name has it, and no principal name",
                absent: "the subject alternative name has none",
                first: (Rule::SubjectEmail, "an rfc822Name is present"),
                not_by_entra: ENTRA, not_by_hybrid: HYBRID,
            },
            Candidate::SubjectEmail => &Self {
                rule: Rule::SubjectEmail,
                taken: "the interpretation subject-email=used takes it for want of an rfc822Name",
                absent: "the subject has none",
                first: (Rule::SubjectEmail, "the subject's e-mail address comes first"),
                not_by_entra: ENTRA, not_by_hybrid: HYBRID,
            },
        }
    }
}

/// Why the walk went no further.
pub(super) const fn end(choice: &Choice<'_>) -> Reason {
    match choice {
        Choice::AskForHint => (
            Rule::HintNeeded,
            "the certificate has no name to send: the user must supply a hint",
        ),
        Choice::RejectHint(_) => (Rule::HintForm, "the hint has to be corrected first"),
        Choice::RequireAdLogon => (Rule::AdLogonFirst, "the Active Directory sign-in comes first"),
        Choice::Send(candidate, _) => Words::about(*candidate).first,
    }
}

/// What becomes of a name of the certificate that is not the one of its kind that counts.
pub(super) const fn not_counted(candidate: Candidate, absence: Option<Absence>) -> (Verdict, Reason) {
    match absence {
        Some(Absence::Empty) => (
            Verdict::Absent,
            (
                Words::about(candidate).rule,
                "it is empty, which counts as not present",
            ),
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
                "the interpretation principal-name-type=utf8 counts a UTF8String only",
            ),
        ),
        None => (
            Verdict::Unused,
            (Rule::SeveralNames, "another name of its kind counts"),
        ),
    }
}
