//! Certificates that the Windows sign-in screen offers, and the reasons why others are hidden.
//!
//! Before a PIN is typed, Windows reads the certificates of the card and applies a series of checks ("gates"): the
//! certificate must be readable, valid by the clock, not for a signature-only key, suitable for digital signatures
//! and smart card logon, and contain a principal name. Then elliptic-curve certificates and older duplicates are
//! removed. Each remaining certificate becomes a tile. Most gates can be opened by a [policy](super::logon_policy).
//!
//! Source: [Certificate requirements and enumeration][cre]. The page contradicts itself: the steps of its enumeration
//! require a principal name and the smart card logon purpose, but its table says that neither is required. The table
//! describes relaxations that are off by default ([Windows Vista smart card infrastructure][vista]). Therefore the
//! steps are the default here, and policies enable what the table allows.
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
//!     "smart card logon is not among its purposes; shown with AllowCertificatesWithNoEKU enabled, EnumerateECCCerts enabled"
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

/// A certificate on a token.
///
/// The card's driver determines facts that the certificate does not contain: which container is the default one, and whether
/// the key is the exchange or the signature key of its container. PIV cards have neither concept, so the driver
/// decides.
#[derive(Clone, Copy, Debug)]
pub struct TokenCertificate<'a> {
    certificate: Option<&'a Certificate<'a>>,
    key_spec: KeySpec,
    container: Container,
    retrieval: Retrieval,
}

impl<'a> TokenCertificate<'a> {
    /// Returns a certificate with a key-exchange key, not in the default container, read together with all others.
    #[must_use]
    pub const fn new(certificate: &'a Certificate<'a>) -> Self {
        Self {
            certificate: Some(certificate),
            key_spec: KeySpec::KeyExchange,
            container: Container::Other,
            retrieval: Retrieval::AllAtOnce,
        }
    }

    /// Returns a placeholder for a certificate that could not be read or is not one.
    #[must_use]
    pub const fn unreadable() -> Self {
        Self {
            certificate: None,
            key_spec: KeySpec::KeyExchange,
            container: Container::Other,
            retrieval: Retrieval::AllAtOnce,
        }
    }

    /// Sets the key of the container that the certificate belongs to.
    #[must_use]
    pub const fn with_key_spec(self, key_spec: KeySpec) -> Self {
        Self { key_spec, ..self }
    }

    /// Marks the certificate as the one in the default container.
    #[must_use]
    pub const fn with_default_container(self) -> Self {
        Self {
            container: Container::Default,
            ..self
        }
    }

    /// Marks the certificate as read one by one. From a card whose driver returns certificates in this way, Windows
    /// reads only that of the default container, unless [`PolicySwitch::ForceReadingAllCertificates`] is on.
    #[must_use]
    pub const fn with_one_by_one_reading(self) -> Self {
        Self {
            retrieval: Retrieval::OneByOne,
            ..self
        }
    }
}

/// Key specification: the key of a container.
///
/// Source: step 8 of the enumeration. OpenSC's driver, for example, treats RSA keys that can decipher as exchange
/// keys and others as signature keys.
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

/// Determines what the sign-in screen shows for a token at this time.
///
/// The tiles are in the order of the certificates, for which there is no source.
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

/// Closed gates of all certificates, under the policy and under changes of it.
///
/// Many certificates require the same changes, so the gates are evaluated once for each set of changes instead of
/// once for each certificate.
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

/// Opens one gate after the other until the certificate is shown, and returns the changes.
fn remedy(index: usize, views: &mut Views<'_>, first: &Reason) -> Option<Vec<PolicyChange>> {
    let mut changes = Vec::new();
    let mut closed = Some(first.clone());
    while let Some(reason) = closed {
        let change = reason.remedy()?;
        // A gate that its own policy does not open would cause an infinite loop.
        if changes.contains(&change) {
            return None;
        }
        changes.push(change);
        closed = views.first_closed(&changes).get(index).cloned().flatten();
    }
    Some(changes)
}

/// Content of the sign-in screen: the result of [`assess`].
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

    /// The certificates without a tile, in order.
    #[must_use]
    pub fn hidden(&self) -> &[Hidden] {
        &self.hidden
    }
}

/// A certificate without a tile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hidden {
    index: usize,
    reason: Reason,
    remedy: Option<Vec<PolicyChange>>,
}

impl Hidden {
    /// The index of the certificate in the input of [`assess`].
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// The first gate that it did not pass.
    #[must_use]
    pub fn gate(&self) -> Gate {
        self.reason.gate()
    }

    /// The reason why it did not pass.
    #[must_use]
    pub fn reason(&self) -> &Reason {
        &self.reason
    }

    /// The policy changes that together would show it; `None` if no policy does.
    #[must_use]
    pub fn shown_with(&self) -> Option<&[PolicyChange]> {
        self.remedy.as_deref()
    }

    /// Who has to act: the administrator of the device if a policy would show the certificate, otherwise its issuer.
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

/// Change of a policy switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct PolicyChange {
    /// The switch.
    pub switch: PolicySwitch,
    /// The new state.
    pub state: PolicyState,
}

impl fmt::Display for PolicyChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.switch, self.state)
    }
}
