//! The decision: which user name Windows would send to Entra for a certificate, and why.
//!
//! [`SignIn`] gathers what the device knows, with one constructor for each kind of join. [`SignIn::decide`] never fails:
//! that a hint is needed, or that Active Directory comes first, is an [`Outcome`] like any other. The [`Decision`] carries
//! its explanation: every candidate, taken or not, with the rule that decided about it.

mod after;
mod candidates;
mod entry;
mod explain;
mod note;
mod notes;
mod reading;
mod redact;
mod render;
mod rule;
mod rules;
mod trace;

#[cfg(feature = "serde")]
mod json;

use alloc::borrow::Cow;
use core::fmt;

pub use after::{Remember, UserNotFound};
pub use entry::{Entries, Entry};
pub use note::Note;
pub use reading::{
    HintAgainstCache, HybridFirst, NonUpnHint, PrincipalNameType, Reading, SeveralNames, SubjectEmail,
    UnknownReading, UnusableName,
};
pub use redact::Redacted;
pub use rule::Rule;
pub use trace::{Candidate, Verdict};

use crate::certificate::Certificate;
use crate::hint::HintProblem;
use crate::upn::Upn;
use entry::Explanation;
use note::Notes;
use rules::Choice;

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
/// use upn_resolver::{AdLogon, Certificate, Outcome, SignIn, Source, Upn};
///
/// # let der = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/certificates/adcs-rsa2048.der"));
/// let certificate = Certificate::from_der(der)?;
/// let ad = Upn::parse("bob@woodgrove.local")?;
///
/// // The first sign-in on a hybrid joined device sends what Active Directory returned.
/// let decision = SignIn::hybrid_joined(&certificate, AdLogon::Succeeded(&ad), None).decide();
/// assert_eq!(decision.outcome(), &Outcome::Send { upn: ad, source: Source::ActiveDirectory });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct SignIn<'a> {
    certificate: &'a Certificate<'a>,
    join: Join<'a>,
    hint: Option<&'a str>,
    reading: Reading,
    at: Option<i64>,
}

#[derive(Clone, Copy, Debug)]
enum Join<'a> {
    Entra,
    Hybrid {
        ad: AdLogon<'a>,
        cached: Option<&'a Upn>,
    },
}

impl<'a> SignIn<'a> {
    /// A sign-in on a device that is joined to Entra only. It reads the certificate, at the first sign-in and at every
    /// later one ([rules][sc]).
    ///
    /// [sc]: https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-smartcard#windows-rules-for-sending-upn-for-microsoft-entra-joined-devices
    #[must_use]
    pub const fn entra_joined(certificate: &'a Certificate<'a>) -> Self {
        Self::new(certificate, Join::Entra)
    }

    /// A sign-in on a device that is joined to Active Directory and to Entra ([rules][sc]). `cached` is the Entra UPN that an
    /// earlier sign-in [remembered](Decision::remember), if there was one.
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
    pub const fn hint(mut self, text: &'a str) -> Self {
        self.hint = if text.is_empty() { None } else { Some(text) };
        self
    }

    /// The readings to take where the sources leave something open.
    #[must_use]
    pub const fn reading(mut self, reading: Reading) -> Self {
        self.reading = reading;
        self
    }

    /// The time now, in seconds since 1970-01-01T00:00:00Z, so that the decision can note an expired certificate.
    /// Without it, nothing is said about time.
    #[must_use]
    pub const fn at(mut self, unix_seconds: i64) -> Self {
        self.at = Some(unix_seconds);
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
    /// use upn_resolver::{Certificate, SignIn, Source};
    ///
    /// # let der = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/certificates/adcs-rsa2048.der"));
    /// let certificate = Certificate::from_der(der)?;
    /// let (name, source) = SignIn::entra_joined(&certificate).sent_name().ok_or("a hint is needed")?;
    /// assert_eq!((&*name, source), ("ada.example@contoso.com", Source::PrincipalName));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn sent_name(&self) -> Option<(Cow<'a, str>, Source)> {
        match rules::choose(self, |_, _| {}) {
            Choice::Send(candidate, name) => Some((name.into_text(), Source::of(candidate))),
            _ => None,
        }
    }

    const fn new(certificate: &'a Certificate<'a>, join: Join<'a>) -> Self {
        Self {
            certificate,
            join,
            hint: None,
            reading: Reading::CURRENT,
            at: None,
        }
    }
}

/// What the device does next. The [trace](Decision::trace) names the rule that says so, and its page.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
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
        source: Source,
    },
}

impl Outcome {
    /// The name in JSON output.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::AskForHint => "ask-for-hint",
            Self::RejectHint(_) => "reject-hint",
            Self::RequireAdLogon => "require-ad-logon",
            Self::Send { .. } => "send",
        }
    }
}

/// Where a user name that is sent came from: the places that [Windows looks at][sc].
///
/// [sc]: https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-smartcard
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// The UPN that the domain controller returned.
    ActiveDirectory,
    /// The Entra UPN kept from an earlier sign-in.
    CachedEntraUpn,
    /// What the user typed.
    Hint,
    /// A principal name of the certificate.
    PrincipalName,
    /// An rfc822Name of the certificate.
    Rfc822Name,
    /// The e-mail address in the certificate's subject; only with [`SubjectEmail::Used`].
    SubjectEmail,
}

impl Source {
    /// The name in JSON output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.candidate().as_str()
    }

    const fn of(candidate: Candidate) -> Self {
        match candidate {
            Candidate::ActiveDirectory => Self::ActiveDirectory,
            Candidate::CachedEntraUpn => Self::CachedEntraUpn,
            Candidate::Hint => Self::Hint,
            Candidate::PrincipalName => Self::PrincipalName,
            Candidate::Rfc822Name => Self::Rfc822Name,
            Candidate::SubjectEmail => Self::SubjectEmail,
        }
    }

    const fn candidate(self) -> Candidate {
        match self {
            Self::ActiveDirectory => Candidate::ActiveDirectory,
            Self::CachedEntraUpn => Candidate::CachedEntraUpn,
            Self::Hint => Candidate::Hint,
            Self::PrincipalName => Candidate::PrincipalName,
            Self::Rfc822Name => Candidate::Rfc822Name,
            Self::SubjectEmail => Candidate::SubjectEmail,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.candidate().fmt(f)
    }
}

/// A decision with its explanation.
///
/// `{}` prints it short, `{:#}` with the rules and their references. With feature `serde` it serialises as
/// `{"outcome", "upn", "source", "trace": [{"rule", "candidate", "value", "verdict", "reason"}…], "notes": […]}`.
/// The page [Reading a decision](crate::manual::reading_a_decision) explains both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    outcome: Outcome,
    explanation: Explanation,
    notes: Notes,
    legs: after::Legs,
}

impl Decision {
    /// What the device does next.
    #[must_use]
    pub const fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// The user name that is sent, if one is.
    #[must_use]
    pub const fn upn(&self) -> Option<&Upn> {
        match &self.outcome {
            Outcome::Send { upn, .. } => Some(upn),
            _ => None,
        }
    }

    /// Where the user name that is sent came from, if one is.
    #[must_use]
    pub const fn source(&self) -> Option<Source> {
        match self.outcome {
            Outcome::Send { source, .. } => Some(source),
            _ => None,
        }
    }

    /// Every candidate, in the order in which they were considered; those that were not consulted last.
    #[must_use]
    pub fn trace(&self) -> Entries<'_> {
        self.explanation.entries(self.upn().map(Upn::as_str))
    }

    /// What is worth knowing beside, such as readings that were taken and names that Entra may not like.
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }
}
