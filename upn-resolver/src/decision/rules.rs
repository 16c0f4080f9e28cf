//! Rules of the decision: the published table, and the search along one of its rows.

use super::candidates::Finding;
use super::interpretation::{HintAgainstCache, HybridFirst, Interpretation, NonUpnHint, UnusableName};
use super::trace::Candidate::{
    self, ActiveDirectory, CachedEntraUpn, Hint, PrincipalName, Rfc822Name, SubjectEmail,
};
use super::{AdLogon, Join, NameRequest};
use crate::hint::HintProblem;
use crate::upn::CheckedName;

/// The row of the table for a device: the first candidate that is present is sent.
///
/// |                     | Entra joined          | hybrid joined         |
/// |---------------------|-----------------------|-----------------------|
/// | first sign-in       | pull from certificate | AD UPN or X509 hint   |
/// | subsequent sign-ins | pull from certificate | cached Entra UPN      |
///
/// If the user supplied a hint, it is sent in all cases
/// (<https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-smartcard>).
pub(super) const fn row(join: &Join<'_>, interpretation: Interpretation) -> &'static [Candidate] {
    match (
        join,
        interpretation.hint_against_cache,
        interpretation.hybrid_first,
    ) {
        (Join::Entra, _, _) => &[Hint, PrincipalName, Rfc822Name, SubjectEmail],
        (Join::Hybrid { .. }, HintAgainstCache::Hint, HybridFirst::ActiveDirectory) => {
            &[Hint, CachedEntraUpn, ActiveDirectory]
        }
        (Join::Hybrid { .. }, HintAgainstCache::Cache, HybridFirst::ActiveDirectory) => {
            &[CachedEntraUpn, Hint, ActiveDirectory]
        }
        (Join::Hybrid { .. }, HintAgainstCache::Hint, HybridFirst::Certificate) => {
            &[Hint, CachedEntraUpn, PrincipalName, Rfc822Name, SubjectEmail]
        }
        (Join::Hybrid { .. }, HintAgainstCache::Cache, HybridFirst::Certificate) => {
            &[CachedEntraUpn, Hint, PrincipalName, Rfc822Name, SubjectEmail]
        }
    }
}

/// Result of the search, before anything is allocated.
pub(super) enum Choice<'a> {
    AskForHint,
    RejectHint(HintProblem),
    RequireAdLogon,
    Send(Candidate, CheckedName<'a>),
}

/// Searches the row, and reports each considered candidate and its finding to `passed`.
pub(super) fn choose<'a>(
    sign_in: &NameRequest<'a>,
    mut passed: impl FnMut(Candidate, &Finding<'a>),
) -> Choice<'a> {
    let interpretation = sign_in.interpretation;
    if let Join::Hybrid {
        ad: AdLogon::Failed | AdLogon::NotAttempted,
        ..
    } = sign_in.join
    {
        return Choice::RequireAdLogon;
    }
    for &candidate in row(&sign_in.join, interpretation) {
        let finding = sign_in.find(candidate);
        passed(candidate, &finding);
        match finding {
            Finding::Absent => {}
            Finding::BadHint(_) if interpretation.non_upn_hint == NonUpnHint::Ignore => {}
            Finding::BadHint(problem) => return Choice::RejectHint(problem),
            Finding::BadName(_) if interpretation.unusable_name == UnusableName::NextName => {}
            Finding::BadName(_) => return Choice::AskForHint,
            Finding::Usable(name) => return Choice::Send(candidate, name),
        }
    }
    Choice::AskForHint
}
