//! The decision: which user name Windows would send to Entra for a certificate, and why.
//!
//! [`NameRequest`] gathers what the device knows, with one constructor for each kind of join. [`NameRequest::decide`] never fails:
//! that a hint is needed, or that Active Directory comes first, is an [`NameOutcome`] like any other. The [`Decision`] carries
//! its explanation: every candidate, taken or not, with the rule that decided about it.

mod after;
mod candidates;
mod explain;
mod explanation;
pub mod interpretation;
mod note;
mod notes;
mod redact;
mod render;
mod rule;
mod rules;
mod trace;
mod words;

#[cfg(feature = "serde")]
mod json;

use alloc::borrow::Cow;

pub use after::{CacheUpdate, Recovery};
pub use explanation::{Trace, TraceEntry};
pub use interpretation::Interpretation;
pub use note::DecisionNote;
pub use redact::Redacted;
pub use rule::Rule;
pub use trace::{Candidate, Verdict};

use crate::certificate::Certificate;
use crate::hint::HintProblem;
use crate::upn::Upn;
use explanation::Explanation;
use note::Notes;
use rules::Choice;
use rustls_pki_types::UnixTime;

/// What came of the sign-in to Active Directory, the first leg on a [hybrid joined device][sc].
///
/// [sc]: https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-smartcard#windows-rules-for-sending-upn-for-microsoft-entra-hybrid-joined-devices
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdLogon<'a> {
    /// The domain controller refused, or none was reached and no cached logon was possible.
    Failed,
    /// It was not tried yet.
    NotAttempted,
    /// It succeeded, and the domain controller returned this UPN (which [`whoami /upn`][whoami] shows on Windows).
    ///
    /// [whoami]: https://learn.microsoft.com/en-us/windows-server/administration/windows-commands/whoami
    Succeeded(&'a Upn),
    /// It succeeded for an account without a `userPrincipalName`. The domain controller returned the implicit one,
    /// `sAMAccountName@domain`, and said so: the flag U of [UPN_DNS_INFO][pac].
    ///
    /// [pac]: https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-pac/1c0d6e11-6443-4846-b744-f9f810a504eb
    SucceededImplicitly(&'a Upn),
}

impl<'a> AdLogon<'a> {
    /// The UPN that the domain controller returned.
    ///
    /// ```
    /// use upn_resolver::{AdLogon, Upn};
    ///
    /// let upn = Upn::parse("bob@woodgrove.local")?;
    /// assert_eq!(AdLogon::Succeeded(&upn).upn(), Some(&upn));
    /// assert_eq!(AdLogon::Failed.upn(), None);
    /// # Ok::<(), upn_resolver::UpnError>(())
    /// ```
    #[must_use]
    pub const fn upn(self) -> Option<&'a Upn> {
        match self {
            Self::Failed | Self::NotAttempted => None,
            Self::Succeeded(upn) | Self::SucceededImplicitly(upn) => Some(upn),
        }
    }
}

/// What the device knows when the user presents a card.
///
/// ```
/// use upn_resolver::{AdLogon, Candidate, Certificate, NameOutcome, NameRequest, Upn};
///
/// # let der = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/certificates/adcs-rsa2048.der"));
/// let certificate = Certificate::from_der(der)?;
/// let ad = Upn::parse("bob@woodgrove.local")?;
///
/// // The first sign-in on a hybrid joined device sends what Active Directory returned.
/// let decision = NameRequest::hybrid_joined(&certificate, AdLogon::Succeeded(&ad), None).decide();
/// assert_eq!(decision.outcome(), &NameOutcome::Send { upn: ad, source: Candidate::ActiveDirectory });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct NameRequest<'a> {
    certificate: &'a Certificate<'a>,
    join: Join<'a>,
    hint: Option<&'a str>,
    interpretation: Interpretation,
    at: Option<UnixTime>,
}

#[derive(Clone, Copy, Debug)]
enum Join<'a> {
    Entra,
    Hybrid {
        ad: AdLogon<'a>,
        cached: Option<&'a Upn>,
    },
}

impl<'a> NameRequest<'a> {
    /// A sign-in on a device that is joined to Entra only. It reads the certificate, at the first sign-in and at every
    /// later one ([rules][sc]).
    ///
    /// [sc]: https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-smartcard#windows-rules-for-sending-upn-for-microsoft-entra-joined-devices
    #[must_use]
    pub const fn entra_joined(certificate: &'a Certificate<'a>) -> Self {
        Self::new(certificate, Join::Entra)
    }

    /// A sign-in on a device that is joined to Active Directory and to Entra ([rules][sc]). `cached` is the Entra UPN that an
    /// earlier sign-in [remembered](Decision::cache_update), if there was one.
    ///
    /// [sc]: https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-smartcard#windows-rules-for-sending-upn-for-microsoft-entra-hybrid-joined-devices
    #[must_use]
    pub const fn hybrid_joined(
        certificate: &'a Certificate<'a>,
        ad: AdLogon<'a>,
        cached: Option<&'a Upn>,
    ) -> Self {
        Self::new(certificate, Join::Hybrid { ad, cached })
    }

    /// The user name hint as it was typed. An empty text is a field left empty: no hint.
    #[must_use]
    pub const fn with_hint(mut self, text: &'a str) -> Self {
        self.hint = if text.is_empty() { None } else { Some(text) };
        self
    }

    /// The interpretations to take where the sources leave something open.
    #[must_use]
    pub const fn with_interpretation(mut self, interpretation: Interpretation) -> Self {
        self.interpretation = interpretation;
        self
    }

    /// The time of the sign-in, so that the decision can note an expired certificate. Without it, nothing is said about time.
    #[must_use]
    pub const fn with_time(mut self, now: UnixTime) -> Self {
        self.at = Some(now);
        self
    }

    /// Decides, with the explanation. Total: it never fails and never panics.
    #[must_use]
    pub fn decide(&self) -> Decision {
        explain::decide(self)
    }

    /// The name that would be sent, and nothing else: the same rules as [`decide`](Self::decide), without allocating
    /// for a name that is UTF-8, IA5 or printable already.
    ///
    /// ```
    /// use upn_resolver::{Candidate, Certificate, NameRequest};
    ///
    /// # let der = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/certificates/adcs-rsa2048.der"));
    /// let certificate = Certificate::from_der(der)?;
    /// let (name, source) = NameRequest::entra_joined(&certificate).sent_name().ok_or("a hint is needed")?;
    /// assert_eq!((&*name, source), ("ada.example@contoso.com", Candidate::PrincipalName));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn sent_name(&self) -> Option<(Cow<'a, str>, Candidate)> {
        match rules::choose(self, |_, _| {}) {
            Choice::Send(candidate, name) => Some((name.into_text(), candidate)),
            _ => None,
        }
    }

    const fn new(certificate: &'a Certificate<'a>, join: Join<'a>) -> Self {
        Self {
            certificate,
            join,
            hint: None,
            interpretation: Interpretation::CURRENT,
            at: None,
        }
    }
}

/// What the device does next. The [trace](Decision::trace) names the rule that says so, and its page.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameOutcome {
    /// The user must supply a user name hint: the certificate names nobody.
    AskForHint,
    /// The hint can't be sent, and nothing is.
    RejectHint(HintProblem),
    /// The sign-in to Active Directory must succeed first.
    RequireAdLogon,
    /// This user name is sent, byte for byte as it was found.
    Send {
        /// The user name.
        upn: Upn,
        /// Where it came from.
        source: Candidate,
    },
}

impl NameOutcome {
    /// Stable machine name, as in JSON.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::AskForHint => "ask-for-hint",
            Self::RejectHint(_) => "reject-hint",
            Self::RequireAdLogon => "require-ad-logon",
            Self::Send { .. } => "send",
        }
    }
}

/// A decision with its explanation.
///
/// `{}` prints it short, `{:#}` with the rules and their references. With feature `serde` it serialises as
/// `{"outcome", "upn", "source", "trace": [{"rule", "candidate", "value", "verdict", "reason"}…], "notes": […]}`.
/// The page [Reading a decision](crate::manual::reading_a_decision) explains both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    outcome: NameOutcome,
    explanation: Explanation,
    notes: Notes,
    legs: after::Legs,
}

impl Decision {
    /// What the device does next.
    #[must_use]
    pub const fn outcome(&self) -> &NameOutcome {
        &self.outcome
    }

    /// The user name that is sent, if one is.
    #[must_use]
    pub const fn upn(&self) -> Option<&Upn> {
        match &self.outcome {
            NameOutcome::Send { upn, .. } => Some(upn),
            _ => None,
        }
    }

    /// Where the user name that is sent came from, if one is.
    #[must_use]
    pub const fn source(&self) -> Option<Candidate> {
        match self.outcome {
            NameOutcome::Send { source, .. } => Some(source),
            _ => None,
        }
    }

    /// Every candidate, in the order in which they were considered; those that were not consulted last.
    #[must_use]
    pub fn trace(&self) -> Trace<'_> {
        self.explanation.entries(self.upn().map(Upn::as_str))
    }

    /// What is worth knowing beside, such as interpretations that were taken and names that Entra may not like.
    #[must_use]
    pub fn notes(&self) -> &[DecisionNote] {
        &self.notes
    }
}
