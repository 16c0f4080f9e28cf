//! Decision about the user name that Windows would send to Entra for a certificate.
//!
//! [`NameRequest`] describes the sign-in, with one constructor for each kind of join. [`NameRequest::decide`] never
//! fails: if a hint is needed or Active Directory comes first, that is the [`NameOutcome`]. The [`Decision`] contains
//! its explanation: every candidate with the rule that accepted or rejected it.

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

/// Result of the Active Directory sign-in, the first step on a [hybrid joined device][sc].
///
/// [sc]: https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-smartcard#windows-rules-for-sending-upn-for-microsoft-entra-hybrid-joined-devices
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdLogon<'a> {
    /// The domain controller refused it, or was unreachable and no cached logon was possible.
    Failed,
    /// Not attempted yet.
    NotAttempted,
    /// Succeeded. The domain controller returned this UPN (on Windows, [`whoami /upn`][whoami] shows it).
    ///
    /// [whoami]: https://learn.microsoft.com/en-us/windows-server/administration/windows-commands/whoami
    Succeeded(&'a Upn),
    /// Succeeded for an account without a `userPrincipalName`. The domain controller returned the implicit name,
    /// `sAMAccountName@domain`, and marked it as such with the flag U of [UPN_DNS_INFO][pac].
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

/// A smart card sign-in, as input of the decision.
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
    /// Returns a request for a device that is joined to Entra only. Such a device uses the certificate at every
    /// sign-in ([rules][sc]).
    ///
    /// [sc]: https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-smartcard#windows-rules-for-sending-upn-for-microsoft-entra-joined-devices
    #[must_use]
    pub const fn entra_joined(certificate: &'a Certificate<'a>) -> Self {
        Self::new(certificate, Join::Entra)
    }

    /// Returns a request for a device that is joined to Active Directory and Entra ([rules][sc]). `cached` is the
    /// Entra UPN from an earlier sign-in, if there is one ([`Decision::cache_update`]).
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

    /// Sets the user name hint as typed. An empty string means no hint.
    #[must_use]
    pub const fn with_hint(mut self, text: &'a str) -> Self {
        self.hint = if text.is_empty() { None } else { Some(text) };
        self
    }

    /// Sets the interpretations to use where the sources are silent or contradict each other.
    #[must_use]
    pub const fn with_interpretation(mut self, interpretation: Interpretation) -> Self {
        self.interpretation = interpretation;
        self
    }

    /// Sets the time of the sign-in, so that an expired certificate is noted. Without it, validity is not checked.
    #[must_use]
    pub const fn with_time(mut self, now: UnixTime) -> Self {
        self.at = Some(now);
        self
    }

    /// Returns the decision with its explanation. It never fails and never panics.
    #[must_use]
    pub fn decide(&self) -> Decision {
        explain::decide(self)
    }

    /// Returns only the name that would be sent, and its source. It applies the same rules as
    /// [`decide`](Self::decide), without allocating for a name that is UTF-8, IA5 or printable.
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

/// Next action of the device. The [trace](Decision::trace) names the rule and its reference.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameOutcome {
    /// Ask the user for a user name hint: the certificate contains no usable name.
    AskForHint,
    /// Reject the hint. Nothing is sent.
    RejectHint(HintProblem),
    /// Sign in to Active Directory first.
    RequireAdLogon,
    /// Send this user name, byte for byte as it was found.
    Send {
        /// The user name.
        upn: Upn,
        /// The source of the name.
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

/// A decision and its explanation.
///
/// `{}` prints a short form, `{:#}` adds the rules and their references. With the feature `serde` it serializes as
/// `{"outcome", "upn", "source", "trace": [{"rule", "candidate", "value", "verdict", "reason"}…], "notes": […]}`. The
/// page [Reading a decision](crate::manual::reading_a_decision) explains both forms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    outcome: NameOutcome,
    explanation: Explanation,
    notes: Notes,
    legs: after::Legs,
}

impl Decision {
    /// The next action of the device.
    #[must_use]
    pub const fn outcome(&self) -> &NameOutcome {
        &self.outcome
    }

    /// The user name to send, if there is one.
    #[must_use]
    pub const fn upn(&self) -> Option<&Upn> {
        match &self.outcome {
            NameOutcome::Send { upn, .. } => Some(upn),
            _ => None,
        }
    }

    /// The source of the user name, if one is sent.
    #[must_use]
    pub const fn source(&self) -> Option<Candidate> {
        match self.outcome {
            NameOutcome::Send { source, .. } => Some(source),
            _ => None,
        }
    }

    /// All candidates, in the order in which they were considered, then those that were not considered.
    #[must_use]
    pub fn trace(&self) -> Trace<'_> {
        self.explanation.entries(self.upn().map(Upn::as_str))
    }

    /// Warnings and remarks, such as interpretations that were used and names that Entra may not accept.
    #[must_use]
    pub fn notes(&self) -> &[DecisionNote] {
        &self.notes
    }
}
