//! Gates that a certificate must pass, in the order in which Windows checks them.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use super::super::logon_policy::{LogonPolicy, PolicyState, PolicySwitch};
use super::{Container, KeySpec, PolicyChange, Retrieval, TokenCertificate};
use rustls_pki_types::UnixTime;

use crate::certificate::{Certificate, Curve, KeyKind, KeyUsage, Time, oid};
use crate::fold;

/// A check that a certificate must pass to become a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Gate {
    /// Only one certificate of the same template and user is shown.
    DuplicateFilter,
    /// Elliptic-curve certificates require a policy.
    EllipticCurve,
    /// The extended key usage must allow smart card logon.
    ExtendedKeyUsage,
    /// The key must not be for signatures only.
    KeyType,
    /// The key usage must include digital signatures.
    KeyUsage,
    /// There must be a principal name, or a field to type a hint.
    Name,
    /// The certificate must be readable, and must have been read.
    Readable,
    /// The certificate must be valid by the local clock.
    Time,
}

impl Gate {
    /// Stable machine name, as in JSON.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::DuplicateFilter => "duplicate-filter",
            Self::EllipticCurve => "elliptic-curve",
            Self::ExtendedKeyUsage => "extended-key-usage",
            Self::KeyType => "key-type",
            Self::KeyUsage => "key-usage",
            Self::Name => "name",
            Self::Readable => "readable",
            Self::Time => "time",
        }
    }
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Reason why a certificate did not pass a gate.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// Another certificate of the same template, template version and user is shown.
    Duplicate {
        /// The index of that certificate.
        of: usize,
    },
    /// The key is on an elliptic curve.
    EllipticCurve,
    /// The key is on a curve, or of a kind, that Windows never uses for sign-in. It supports RSA, P-256, P-384 and
    /// P-521.
    KeyKind,
    /// The certificate has expired.
    Expired {
        /// The last valid second.
        not_after: Time,
    },
    /// The key usage does not include digital signatures. No policy changes this.
    NoDigitalSignature,
    /// There is no extended key usage.
    NoExtendedKeyUsage,
    /// There is no principal name.
    NoPrincipalName,
    /// The purposes include client authentication or any purpose, but not smart card logon.
    NoSmartCardLogon,
    /// The certificate is not valid yet.
    NotYetValid {
        /// The first valid second.
        not_before: Time,
    },
    /// The card's driver returns certificates one by one, and this one is not in the default container.
    NotRead,
    /// All purposes are unrelated, such as secure e-mail. No policy shows the certificate.
    OtherPurposes {
        /// The purposes, as dotted object identifiers.
        purposes: Vec<String>,
    },
    /// The key is for signatures only.
    SignatureKey,
    /// The card or its driver did not return a certificate.
    Unreadable,
}

impl Reason {
    /// The gate that this reason belongs to.
    #[must_use]
    pub const fn gate(&self) -> Gate {
        match self {
            Self::Duplicate { .. } => Gate::DuplicateFilter,
            Self::EllipticCurve | Self::KeyKind => Gate::EllipticCurve,
            Self::Expired { .. } | Self::NotYetValid { .. } => Gate::Time,
            Self::NoDigitalSignature => Gate::KeyUsage,
            Self::NoExtendedKeyUsage | Self::NoSmartCardLogon | Self::OtherPurposes { .. } => {
                Gate::ExtendedKeyUsage
            }
            Self::NoPrincipalName => Gate::Name,
            Self::NotRead | Self::Unreadable => Gate::Readable,
            Self::SignatureKey => Gate::KeyType,
        }
    }

    pub(super) fn remedy(&self) -> Option<PolicyChange> {
        let enabled = |switch| {
            Some(PolicyChange {
                switch,
                state: PolicyState::Enabled,
            })
        };
        match self {
            Self::Duplicate { .. } => Some(PolicyChange {
                switch: PolicySwitch::FilterDuplicateCerts,
                state: PolicyState::Disabled,
            }),
            Self::EllipticCurve => enabled(PolicySwitch::EnumerateEccCerts),
            Self::Expired { .. } | Self::NotYetValid { .. } => {
                enabled(PolicySwitch::AllowTimeInvalidCertificates)
            }
            Self::NoExtendedKeyUsage | Self::NoSmartCardLogon => {
                enabled(PolicySwitch::AllowCertificatesWithNoEku)
            }
            Self::NoPrincipalName => enabled(PolicySwitch::X509HintsNeeded),
            Self::NotRead => enabled(PolicySwitch::ForceReadingAllCertificates),
            Self::SignatureKey => enabled(PolicySwitch::AllowSignatureOnlyKeys),
            Self::KeyKind | Self::NoDigitalSignature | Self::OtherPurposes { .. } | Self::Unreadable => None,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Duplicate { of } => {
                write!(
                    f,
                    "certificate {} with the same template and user is shown instead",
                    of + 1
                )
            }
            Self::EllipticCurve => f.write_str("an elliptic-curve key"),
            Self::Expired { .. } => f.write_str("expired"),
            Self::KeyKind => f.write_str("a kind of key that Windows does not support for sign-in"),
            Self::NoDigitalSignature => f.write_str("the key usage does not include digital signatures"),
            Self::NoExtendedKeyUsage => f.write_str("no extended key usage"),
            Self::NoPrincipalName => f.write_str("no principal name"),
            Self::NoSmartCardLogon => f.write_str("smart card logon is not among its purposes"),
            Self::NotRead => {
                f.write_str("not in the default container, and the driver reads one certificate only")
            }
            Self::NotYetValid { .. } => f.write_str("not valid yet"),
            Self::OtherPurposes { purposes } => {
                write!(f, "all purposes are unrelated ({})", purposes.join(", "))
            }
            Self::SignatureKey => f.write_str("a signature-only key"),
            Self::Unreadable => f.write_str("unreadable"),
        }
    }
}

/// A certificate on its way through the gates.
pub(super) struct Entrant<'a> {
    token: TokenCertificate<'a>,
    now: UnixTime,
}

impl<'a> Entrant<'a> {
    pub(super) const fn new(token: &TokenCertificate<'a>, now: UnixTime) -> Self {
        Self { token: *token, now }
    }

    pub(super) const fn certificate(&self) -> Option<&'a Certificate<'a>> {
        self.token.certificate
    }

    /// The first gate that the certificate does not pass on its own, without regard to duplicates.
    fn first_closed_alone(&self, policy: &LogonPolicy) -> Option<Reason> {
        let Some(certificate) = self.token.certificate else {
            return Some(Reason::Unreadable);
        };
        self.read(policy)
            .or_else(|| self.time(certificate, policy))
            .or_else(|| self.key_type(policy))
            .or_else(|| key_usage(certificate))
            .or_else(|| extended_key_usage(certificate, policy))
            .or_else(|| name(certificate, policy))
            .or_else(|| elliptic_curve(certificate, policy))
    }

    fn read(&self, policy: &LogonPolicy) -> Option<Reason> {
        let passed_over =
            self.token.retrieval == Retrieval::OneByOne && self.token.container == Container::Other;
        (passed_over && !policy.is_on(PolicySwitch::ForceReadingAllCertificates)).then_some(Reason::NotRead)
    }

    fn time(&self, certificate: &Certificate<'_>, policy: &LogonPolicy) -> Option<Reason> {
        let validity = certificate.validity();
        let (not_before, not_after) = (validity.not_before(), validity.not_after());
        if policy.is_on(PolicySwitch::AllowTimeInvalidCertificates) {
            None
        } else if not_before.is_after(self.now) {
            Some(Reason::NotYetValid { not_before })
        } else {
            not_after
                .is_before(self.now)
                .then_some(Reason::Expired { not_after })
        }
    }

    fn key_type(&self, policy: &LogonPolicy) -> Option<Reason> {
        let signature = self.token.key_spec == KeySpec::Signature;
        (signature && !policy.is_on(PolicySwitch::AllowSignatureOnlyKeys)).then_some(Reason::SignatureKey)
    }

    /// Identity for the duplicate filter: template, its major version, principal name. A certificate that lacks one
    /// of them has no duplicates, which the description leaves open.
    fn duplicate_key(&self) -> Option<(&'a [u8], u32, String)> {
        let certificate = self.certificate()?;
        let template = certificate.template()?;
        let name = certificate.principal_name()?.text().ok()?;
        Some((
            template.id().as_bytes(),
            template.major_version()?,
            fold::key(&name),
        ))
    }

    /// Whether Windows 2000 and XP would have used this certificate: the key-exchange certificate of the default
    /// container.
    fn is_classic(&self) -> bool {
        self.token.container == Container::Default && self.token.key_spec == KeySpec::KeyExchange
    }

    fn not_after(&self) -> i64 {
        self.certificate().map_or(i64::MIN, |certificate| {
            certificate.validity().not_after().unix_seconds()
        })
    }
}

/// Groups of certificates with the same template, template version and user.
pub(super) struct Groups {
    /// The group of each certificate; `None` for one without duplicates.
    of: Vec<Option<usize>>,
    count: usize,
}

impl Groups {
    pub(super) fn new(entrants: &[Entrant<'_>]) -> Self {
        let mut known = BTreeMap::new();
        let of = entrants.iter().map(|entrant| {
            let next = known.len();
            entrant
                .duplicate_key()
                .map(|key| *known.entry(key).or_insert(next))
        });
        let of = of.collect();
        Self {
            of,
            count: known.len(),
        }
    }
}

/// The reason why each certificate is not shown, in linear time.
pub(super) fn first_closed(
    entrants: &[Entrant<'_>],
    groups: &Groups,
    policy: &LogonPolicy,
) -> Vec<Option<Reason>> {
    let mut closed: Vec<_> = entrants
        .iter()
        .map(|entrant| entrant.first_closed_alone(policy))
        .collect();
    if policy.is_on(PolicySwitch::FilterDuplicateCerts) {
        let kept = kept(entrants, groups, &closed);
        for (at, (reason, group)) in closed.iter_mut().zip(&groups.of).enumerate() {
            let kept = group.and_then(|group| kept.get(group).copied().flatten());
            if let (None, Some(of)) = (&reason, kept.filter(|kept| *kept != at)) {
                *reason = Some(Reason::Duplicate { of });
            }
        }
    }
    closed
}

/// The certificate of each group that is shown. Among those that passed all other gates it is the classic one,
/// otherwise the one that expires last; if several expire together, the first.
fn kept(entrants: &[Entrant<'_>], groups: &Groups, closed: &[Option<Reason>]) -> Vec<Option<usize>> {
    let rank = |entrant: &Entrant<'_>| (entrant.is_classic(), entrant.not_after());
    let mut kept: Vec<Option<usize>> = vec![None; groups.count];
    for (at, (entrant, reason)) in entrants.iter().zip(closed).enumerate() {
        let group = groups.of.get(at).copied().flatten();
        if let (None, Some(best)) = (reason, group.and_then(|group| kept.get_mut(group))) {
            let earlier = best.and_then(|best| entrants.get(best));
            if earlier.is_none_or(|earlier| rank(entrant) > rank(earlier)) {
                *best = Some(at);
            }
        }
    }
    kept
}

/// Without the extension, a key is valid for everything (RFC 5280, section 4.2.1.3). What Windows does here is not
/// published, and the tile says so.
fn key_usage(certificate: &Certificate<'_>) -> Option<Reason> {
    let signs = certificate.key_usage().is_none_or(KeyUsage::digital_signature);
    (!signs).then_some(Reason::NoDigitalSignature)
}

fn extended_key_usage(certificate: &Certificate<'_>, policy: &LogonPolicy) -> Option<Reason> {
    let relaxed = policy.is_on(PolicySwitch::AllowCertificatesWithNoEku);
    if !certificate.has_extended_key_usage() {
        return (!relaxed).then_some(Reason::NoExtendedKeyUsage);
    }
    if certificate
        .extended_key_usage()
        .any(|purpose| purpose == oid::SMART_CARD_LOGON)
    {
        return None;
    }
    let reachable = [oid::ANY_EXTENDED_KEY_USAGE, oid::CLIENT_AUTH];
    if certificate
        .extended_key_usage()
        .any(|purpose| reachable.contains(&purpose))
    {
        return (!relaxed).then_some(Reason::NoSmartCardLogon);
    }
    let purposes = certificate
        .extended_key_usage()
        .map(|purpose| purpose.to_string())
        .collect();
    Some(Reason::OtherPurposes { purposes })
}

/// That the hint field replaces a missing principal name is inferred: the page says that Windows can be enabled for
/// such certificates, and the field is the policy that makes them usable.
fn name(certificate: &Certificate<'_>, policy: &LogonPolicy) -> Option<Reason> {
    let usable = certificate
        .principal_name()
        .is_some_and(|name| name.text().is_ok());
    (!usable && !policy.is_on(PolicySwitch::X509HintsNeeded)).then_some(Reason::NoPrincipalName)
}

fn elliptic_curve(certificate: &Certificate<'_>, policy: &LogonPolicy) -> Option<Reason> {
    match certificate.public_key().kind() {
        KeyKind::Rsa { .. } => None,
        KeyKind::EllipticCurve(Curve::P256 | Curve::P384 | Curve::P521) => {
            (!policy.is_on(PolicySwitch::EnumerateEccCerts)).then_some(Reason::EllipticCurve)
        }
        _ => Some(Reason::KeyKind),
    }
}
