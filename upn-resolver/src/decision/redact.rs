//! A decision without personal data, for support tickets.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::{Decision, NameOutcome};
use crate::fold;
use crate::upn::{Upn, is_unroutable};

/// A decision in which every user name is replaced. It can be printed (`{}`, `{:#}`) or serialized.
///
/// Equal names and equal domains get equal replacements, without regard to case, so that matches stay visible. A
/// suffix that no public registry serves keeps its last label, because it explains much.
///
/// ```
/// use upn_resolver::{Certificate, NameRequest};
///
/// # let der = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/certificates/adcs-rsa2048.der"));
/// let certificate = Certificate::from_der(der)?;
/// let decision = NameRequest::entra_joined(&certificate).decide();
/// assert!(decision.to_string().contains("ada.example@contoso.com"));
/// assert!(!decision.redacted().to_string().contains("ada"));
/// assert!(decision.redacted().to_string().starts_with("send user-1@domain-1 "));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(transparent))]
pub struct Redacted(Decision);

impl fmt::Display for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Decision {
    /// Returns this decision with every user name and domain replaced.
    #[must_use]
    pub fn redacted(&self) -> Redacted {
        let mut labels = Labels::default();
        let mut decision = self.clone();
        if let NameOutcome::Send { upn, .. } = &mut decision.outcome {
            *upn = labels.upn(upn);
        }
        decision.explanation = self.explanation.with_values(|value| labels.name(value));
        decision.legs = decision.legs.without_names();
        Redacted(decision)
    }
}

/// Replacements so far, by the original value.
#[derive(Default)]
struct Labels {
    users: Vec<String>,
    domains: Vec<String>,
}

impl Labels {
    fn name(&mut self, text: &str) -> String {
        if let Some((domain, user)) = text.split_once('\\') {
            return format!("{}\\{}", self.domain(domain), self.user(user));
        }
        match text.split_once('@') {
            Some((user, domain)) => format!("{}@{}", self.user(user), self.domain(domain)),
            None => self.user(text),
        }
    }

    fn upn(&mut self, upn: &Upn) -> Upn {
        let domain = place(&mut self.domains, upn.suffix());
        Upn::stand_in(place(&mut self.users, upn.prefix()), domain, kept(upn.suffix()))
    }

    fn user(&mut self, user: &str) -> String {
        format!("user-{}", place(&mut self.users, user))
    }

    fn domain(&mut self, domain: &str) -> String {
        format!("domain-{}{}", place(&mut self.domains, domain), kept(domain))
    }
}

/// The ending of a domain that may be shown: `.local` and similar identify nobody.
fn kept(domain: &str) -> &str {
    match domain.rfind('.') {
        Some(dot) if is_unroutable(domain) => domain.get(dot..).unwrap_or_default(),
        _ => "",
    }
}

fn place(seen: &mut Vec<String>, text: &str) -> usize {
    let folded = fold::key(text);
    if let Some(place) = seen.iter().position(|known| *known == folded) {
        return place + 1;
    }
    seen.push(folded);
    seen.len()
}
