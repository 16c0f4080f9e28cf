//! Steps after the sign-in: changes of the cache, and the name to send after a refusal.

use super::explanation::{Explanation, Reason, Record, Value};
use super::note::{Content, DecisionNote};
use super::rule::Rule;
use super::trace::{Candidate, Verdict};
use super::{Decision, NameOutcome, notes};
use crate::upn::Upn;

/// Information about the device that outlives the decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Legs {
    Entra,
    Hybrid {
        /// The name to send instead of a cached Entra UPN that Entra does not know.
        without_cache: Option<Fallback>,
    },
}

/// Name to send instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fallback {
    pub(super) candidate: Candidate,
    pub(super) upn: Upn,
    pub(super) is_implicit: bool,
}

impl Legs {
    pub(super) const fn without_names(&self) -> Self {
        match self {
            Self::Entra => Self::Entra,
            Self::Hybrid { .. } => Self::Hybrid { without_cache: None },
        }
    }
}

/// Cache entry to store after a successful sign-in, returned by [`Decision::cache_update`].
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CacheUpdate {
    /// Nothing to store: an Entra joined device uses the certificate again.
    None,
    /// Store this Entra UPN for the user's Active Directory account.
    Store(Upn),
}

/// Recovery after Entra answered that the user is unknown, returned by [`Decision::after_unknown_user`].
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// Whether the cached Entra UPN is stale and must be removed.
    pub forget_cached: bool,
    /// Decision to send instead, once. The [`after_unknown_user`](Decision::after_unknown_user) of this decision contains
    /// no further decision.
    pub instead: Option<Decision>,
}

impl Decision {
    /// Returns the cache entry to store after a successful sign-in, given the Entra UPN in the answer.
    ///
    /// Windows caches the user's Entra UPN on a hybrid joined device and sends it in later sign-ins
    /// ([smart card sign-in][sc]).
    ///
    /// ```
    /// use upn_resolver::{AdLogon, Certificate, CacheUpdate, NameRequest, Upn};
    ///
    /// # let der = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/certificates/adcs-rsa2048.der"));
    /// let certificate = Certificate::from_der(der)?;
    /// let (ad, entra) = (Upn::parse("bob@woodgrove.local")?, Upn::parse("bob@woodgrove.com")?);
    /// let decision = NameRequest::hybrid_joined(&certificate, AdLogon::Succeeded(&ad), None).decide();
    /// assert_eq!(decision.cache_update(&entra), CacheUpdate::Store(entra));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// [sc]: https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-smartcard#windows-rules-for-sending-upn-for-microsoft-entra-hybrid-joined-devices
    #[must_use]
    pub fn cache_update(&self, entra_upn: &Upn) -> CacheUpdate {
        match (&self.legs, &self.outcome) {
            (Legs::Hybrid { .. }, NameOutcome::Send { .. }) => CacheUpdate::Store(entra_upn.clone()),
            _ => CacheUpdate::None,
        }
    }

    /// Returns the recovery after Entra answered that the user is unknown (AADSTS50034).
    ///
    /// Only a cached Entra UPN can be stale: after a [change of the UPN][change] Entra does not know it any more,
    /// while the AD UPN still leads to the user. How Windows recovers is undocumented. This crate assumes that a
    /// stale cache must not lock out a user, and sends what the same rules select without the cached name. That is
    /// the AD UPN, unless another [`Interpretation`](crate::Interpretation) selects another name. If the name has
    /// another source, there is nothing to remove and nothing better to send.
    ///
    /// ```
    /// use upn_resolver::{AdLogon, Certificate, NameRequest, Candidate, Upn};
    ///
    /// # let der = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/certificates/adcs-rsa2048.der"));
    /// let certificate = Certificate::from_der(der)?;
    /// let (ad, old) = (Upn::parse("bob.new@woodgrove.local")?, Upn::parse("bob.old@woodgrove.com")?);
    /// let decision = NameRequest::hybrid_joined(&certificate, AdLogon::Succeeded(&ad), Some(&old)).decide();
    /// assert_eq!(decision.source(), Some(Candidate::CachedEntraUpn));
    ///
    /// let recovery = decision.after_unknown_user();
    /// assert!(recovery.forget_cached);
    /// let second = recovery.instead.ok_or("nothing to send instead")?;
    /// assert_eq!(second.upn(), Some(&ad));
    /// assert!(second.after_unknown_user().instead.is_none(), "once only");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// [change]: https://learn.microsoft.com/en-us/entra/identity/hybrid/connect/howto-troubleshoot-upn-changes
    #[must_use]
    pub fn after_unknown_user(&self) -> Recovery {
        match (&self.legs, &self.outcome) {
            (
                Legs::Hybrid { without_cache },
                NameOutcome::Send {
                    upn,
                    source: Candidate::CachedEntraUpn,
                },
            ) => Recovery {
                forget_cached: true,
                instead: without_cache
                    .as_ref()
                    .filter(|fallback| !fallback.upn.names_same_account(upn))
                    .map(|fallback| self.sending(fallback)),
            },
            _ => Recovery {
                forget_cached: false,
                instead: None,
            },
        }
    }

    /// The same decision without the cached Entra UPN.
    fn sending(&self, fallback: &Fallback) -> Self {
        let mut second = self.clone();
        second.legs = Legs::Hybrid { without_cache: None };
        second.outcome = NameOutcome::Send {
            upn: fallback.upn.clone(),
            source: fallback.candidate,
        };
        second.explanation = self
            .explanation
            .without_cached(self.upn().map(Upn::as_str), fallback);
        second.notes.retain(|note| {
            !matches!(
                note.rule(),
                Rule::EntraNamePolicy | Rule::UnroutableSuffix | Rule::UpnsDiffer
            )
        });
        let text = "the handling of a cached Entra UPN that Entra does not know is undocumented";
        second
            .notes
            .push(DecisionNote::new(Rule::CachedUpnStale, Content::Text(text)));
        if fallback.is_implicit {
            notes::about_an_implicit_upn(&mut second.notes);
        }
        notes::about_the_name(&fallback.upn, true, &mut second.notes);
        second
    }
}

impl Explanation {
    /// The same explanation after the cached Entra UPN, which was sent, has been removed.
    fn without_cached(&self, sent: Option<&str>, fallback: &Fallback) -> Self {
        let mut second = Self::default();
        let mut is_taken = false;
        for (record, entry) in self.records().iter().zip(self.entries(sent)) {
            let mut record = *record;
            let value = entry.value();
            if record.candidate == Candidate::CachedEntraUpn {
                record.rule = Rule::CachedUpnStale;
                record.verdict = Verdict::Rejected;
                record.reason =
                    Reason::Text("Entra does not know this user any more, so it is removed from the cache");
            } else if !is_taken
                && record.candidate == fallback.candidate
                && value == Some(fallback.upn.as_str())
            {
                record.rule = Rule::CachedUpnStale;
                record.verdict = Verdict::Taken;
                record.reason = Reason::Text("sent once instead of the cached Entra UPN");
                is_taken = true;
            }
            let value = match value {
                Some(_) if record.verdict == Verdict::Taken => Value::Sent,
                Some(text) => second.keep(text),
                None => Value::None,
            };
            second.push(Record { value, ..record });
        }
        second
    }
}
