//! Would Windows offer this certificate? The tiles of the sign-in screen, and why the other certificates have none.
//!
//! Before a PIN is typed, Windows reads the certificates of the card and passes each through a row of gates: it must be
//! readable, valid by the clock, not that of a signature-only key, good for digital signatures and smart card logon,
//! and have a principal name; then elliptic-curve certificates and older duplicates are taken out. What is left becomes
//! a tile. Most gates can be opened by a [policy](super::logon_policy).
//!
//! Source: [Certificate requirements and enumeration][cre]. The page contradicts itself: the steps of its enumeration
//! demand a principal name and the smart card logon purpose, its table says that neither is required. The relaxations of
//! the table are there and off by default ([Windows Vista smart card infrastructure][vista]), which makes the steps the
//! default and the table what policy can reach.
//!
//! ```
//! use core::time::Duration;
//! use upn_resolver::{Certificate, UnixTime};
//! use upn_resolver::windows::eligibility::{TokenCertificate, assess};
//! use upn_resolver::windows::logon_policy::LogonPolicy;
//!
//! # let der: &[u8] = include_bytes!("../../../tests/certificates/entra-powershell.der");
//! // A certificate for TLS client authentication, in the year in which it was valid.
//! let certificate = Certificate::from_der(der)?;
//! let card = [TokenCertificate::new(&certificate)];
//! let june_2025 = UnixTime::since_unix_epoch(Duration::from_secs(1_750_000_000));
//! let assessment = assess(&card, &LogonPolicy::new(), june_2025);
//!
//! assert!(assessment.tiles().is_empty());
//! assert_eq!(
//!     assessment.hidden()[0].to_string(),
//!     "no purpose of smart card logon; shown with AllowCertificatesWithNoEKU enabled, EnumerateECCCerts enabled"
//! );
//! # Ok::<(), upn_resolver::CertificateError>(())
//! ```
//!
//! [cre]: https://learn.microsoft.com/en-us/windows/security/identity-protection/smart-cards/smart-card-certificate-requirements-and-enumeration
//! [vista]: https://learn.microsoft.com/en-us/previous-versions/windows/it-pro/windows-vista/cc721959(v=ws.10)

mod gates;
mod tile;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt;

use rustls_pki_types::UnixTime;

use super::logon_policy::{LogonPolicy, PolicyState, PolicySwitch};
use crate::certificate::Certificate;
use crate::responsible::Responsible;
use gates::{Entrant, Groups};

pub use gates::{Gate, Reason};
pub use tile::{AccountName, CredentialCacheKey, Tile, TileNote};

/// A certificate as it lies on a token.
///
/// What the certificate itself does not say has to come from the card's driver: which container is the default one, and
/// whether the key is in the container's exchange or signature half. PIV cards know neither, so that the driver decides.
#[derive(Clone, Copy, Debug)]
pub struct TokenCertificate<'a> {
    certificate: Option<&'a Certificate<'a>>,
    key_spec: KeySpec,
    container: Container,
    retrieval: Retrieval,
}

impl<'a> TokenCertificate<'a> {
    /// A certificate of a key-exchange key, in a container that is not the default one, read together with all others.
    #[must_use]
    pub const fn new(certificate: &'a Certificate<'a>) -> Self {
        Self {
            certificate: Some(certificate),
            key_spec: KeySpec::KeyExchange,
            container: Container::Other,
            retrieval: Retrieval::AllAtOnce,
        }
    }

    /// A certificate that could not be read from the card, or is none.
    #[must_use]
    pub const fn unreadable() -> Self {
        Self {
            certificate: None,
            key_spec: KeySpec::KeyExchange,
            container: Container::Other,
            retrieval: Retrieval::AllAtOnce,
        }
    }

    /// The same certificate with another half of its container.
    #[must_use]
    pub const fn with_key_spec(self, key_spec: KeySpec) -> Self {
        Self { key_spec, ..self }
    }

    /// The same certificate in the default container.
    #[must_use]
    pub const fn with_default_container(self) -> Self {
        Self {
            container: Container::Default,
            ..self
        }
    }

    /// The same certificate on a card whose driver hands certificates out one by one. Windows then reads that of the
    /// default container only, unless [`PolicySwitch::ForceReadingAllCertificates`] is on.
    #[must_use]
    pub const fn with_one_by_one_reading(self) -> Self {
        Self {
            retrieval: Retrieval::OneByOne,
            ..self
        }
    }
}

/// The half of a container that a key is in.
///
/// Source: step 8 of the enumeration; OpenSC's driver, for one, takes RSA keys that can decipher for exchange keys and
/// sign-only ones for signature keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeySpec {
    /// `AT_KEYEXCHANGE`.
    #[default]
    KeyExchange,
    /// `AT_SIGNATURE`.
    Signature,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Container {
    Default,
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Retrieval {
    AllAtOnce,
    OneByOne,
}

/// What the sign-in screen shows for a token at this time.
///
/// The tiles keep the order of the certificates, which no source says anything about.
#[must_use]
pub fn assess(certificates: &[TokenCertificate<'_>], policy: &LogonPolicy, now: UnixTime) -> Assessment {
    let entrants: Vec<Entrant<'_>> = certificates
        .iter()
        .map(|certificate| Entrant::new(certificate, now))
        .collect();
    let mut views = Views::new(&entrants, policy);
    let first = views.first_closed(&[]).to_vec();
    let mut assessment = Assessment {
        tiles: Vec::new(),
        hidden: Vec::new(),
    };
    for (index, (entrant, reason)) in entrants.iter().zip(first).enumerate() {
        match (entrant.certificate(), reason) {
            (Some(certificate), None) => assessment.tiles.push(Tile::new(index, certificate, policy)),
            (_, Some(reason)) => {
                let remedy = remedy(index, &mut views, &reason);
                assessment.hidden.push(Hidden {
                    index,
                    reason,
                    remedy,
                });
            }
            (None, None) => {}
        }
    }
    tile::mark_shared_cache_keys(&mut assessment.tiles);
    assessment
}

/// The closed gates of all certificates, under the policy and under the changes of it that were asked for.
///
/// Many certificates need the same changes, so the gates are evaluated once for each set of changes and not once for each
/// certificate.
struct Views<'a> {
    entrants: &'a [Entrant<'a>],
    groups: Groups,
    policy: &'a LogonPolicy,
    known: BTreeMap<Vec<PolicyChange>, Vec<Option<Reason>>>,
}

impl<'a> Views<'a> {
    fn new(entrants: &'a [Entrant<'a>], policy: &'a LogonPolicy) -> Self {
        Self {
            entrants,
            groups: Groups::new(entrants),
            policy,
            known: BTreeMap::new(),
        }
    }

    /// The first closed gate of each certificate, with these changes of the policy.
    fn first_closed(&mut self, changes: &[PolicyChange]) -> &[Option<Reason>] {
        self.known.entry(changes.to_vec()).or_insert_with(|| {
            let policy = changes.iter().fold(self.policy.clone(), |policy, change| {
                policy.with_state(change.switch, change.state)
            });
            gates::first_closed(self.entrants, &self.groups, &policy)
        })
    }
}

/// Opens one gate after the other until the certificate is shown, and says which policies that took.
fn remedy(index: usize, views: &mut Views<'_>, first: &Reason) -> Option<Vec<PolicyChange>> {
    let mut changes = Vec::new();
    let mut closed = Some(first.clone());
    while let Some(reason) = closed {
        let change = reason.remedy()?;
        // A gate that its own policy does not open would never end the loop.
        if changes.contains(&change) {
            return None;
        }
        changes.push(change);
        closed = views.first_closed(&changes).get(index).cloned().flatten();
    }
    Some(changes)
}

/// What the sign-in screen shows: see [`assess`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessment {
    tiles: Vec<Tile>,
    hidden: Vec<Hidden>,
}

impl Assessment {
    /// The tiles, in order.
    #[must_use]
    pub fn tiles(&self) -> &[Tile] {
        &self.tiles
    }

    /// The certificates that have no tile, in order.
    #[must_use]
    pub fn hidden(&self) -> &[Hidden] {
        &self.hidden
    }
}

/// A certificate that has no tile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hidden {
    index: usize,
    reason: Reason,
    remedy: Option<Vec<PolicyChange>>,
}

impl Hidden {
    /// Which certificate it is, counted from 0 in what was assessed.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// The first gate that it did not pass.
    #[must_use]
    pub fn gate(&self) -> Gate {
        self.reason.gate()
    }

    /// Why it did not pass that gate.
    #[must_use]
    pub fn reason(&self) -> &Reason {
        &self.reason
    }

    /// The changes of policy that would show it, all of them together; `None` when no policy does.
    #[must_use]
    pub fn shown_with(&self) -> Option<&[PolicyChange]> {
        self.remedy.as_deref()
    }

    /// Who has to act: the administrator of the device if a policy would show the certificate, else its issuer.
    #[must_use]
    pub const fn responsible(&self) -> Responsible {
        if self.remedy.is_some() {
            Responsible::Administrator
        } else {
            Responsible::Issuer
        }
    }
}

impl fmt::Display for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; ", self.reason)?;
        let Some(changes) = &self.remedy else {
            return f.write_str("no policy shows it");
        };
        f.write_str("shown with ")?;
        for (index, change) in changes.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{change}")?;
        }
        Ok(())
    }
}

/// A change of one switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct PolicyChange {
    /// The switch.
    pub switch: PolicySwitch,
    /// What to set it to.
    pub state: PolicyState,
}

impl fmt::Display for PolicyChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.switch, self.state)
    }
}
