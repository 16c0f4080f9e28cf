//! Tiles of the sign-in screen.

use alloc::collections::{BTreeMap, btree_map::Entry};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use super::super::logon_policy::{LogonPolicy, PolicySwitch};
use crate::certificate::{Certificate, KeyKind};
use crate::entra::{NameOrder, WindowsName};

/// A certificate that the sign-in screen offers. It prints as its label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tile {
    index: usize,
    title: String,
    principal_name: Option<String>,
    account: AccountName,
    cache_key: CredentialCacheKey,
    notes: Vec<TileNote>,
}

impl Tile {
    pub(super) fn new(index: usize, certificate: &Certificate<'_>, policy: &LogonPolicy) -> Self {
        let first = |name: Option<crate::certificate::NameString<'_>>| {
            name.and_then(|name| name.text().ok())
                .filter(|name| !name.is_empty())
                .map(String::from)
        };
        let order = if policy.is_on(PolicySwitch::ReverseSubject) {
            NameOrder::Reversed
        } else {
            NameOrder::Encoded
        };
        let subject = WindowsName::for_display(certificate.subject())
            .with_order(order)
            .to_string();
        let principal_name = first(certificate.principal_name());
        let address = first(certificate.rfc822_name());
        // The last common name is the most specific one.
        let common_name = || {
            let name = certificate
                .subject()
                .attributes()
                .filter(|attribute| attribute.kind() == "2.5.4.3")
                .last();
            name.and_then(|name| name.value().windows_text().ok())
                .map(|name| name.text.into_owned())
        };
        let mut notes = Vec::new();
        if matches!(certificate.public_key().kind(), KeyKind::EllipticCurve(_)) {
            notes.push(TileNote::EllipticCurve);
        }
        if certificate.key_usage().is_none() {
            notes.push(TileNote::NoKeyUsage);
        }
        Self {
            index,
            title: match principal_name {
                Some(_) => common_name().unwrap_or_default(),
                None => subject.clone(),
            },
            account: match (&principal_name, address) {
                (Some(name), _) => AccountName::PrincipalName(name.clone()),
                (None, Some(address)) => AccountName::EmailAddress(address),
                (None, None) => AccountName::Subject(subject),
            },
            principal_name,
            cache_key: CredentialCacheKey::of(certificate),
            notes,
        }
    }

    /// The index of the certificate in the input of [`assess`](super::assess).
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// The first line of the label: the common name or, if there is no principal name, the whole subject.
    ///
    /// Source: [Reverse the subject name stored in a certificate when displaying][gpr].
    /// [`PolicySwitch::ReverseSubject`] determines whether the subject is reversed.
    ///
    /// [gpr]: https://learn.microsoft.com/en-us/windows/security/identity-protection/smart-cards/smart-card-group-policy-and-registry-settings
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The second line of the label: the principal name.
    #[must_use]
    pub fn principal_name(&self) -> Option<&str> {
        self.principal_name.as_deref()
    }

    /// The name that identifies the account, from another page than the [label](Self::title): principal name,
    /// otherwise e-mail address, otherwise subject.
    #[must_use]
    pub fn account_name(&self) -> &AccountName {
        &self.account
    }

    /// The key of the cached credential.
    #[must_use]
    pub fn cache_key(&self) -> &CredentialCacheKey {
        &self.cache_key
    }

    /// Remarks about the tile.
    #[must_use]
    pub fn notes(&self) -> &[TileNote] {
        &self.notes
    }
}

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.title)?;
        match &self.principal_name {
            Some(name) if self.title.is_empty() => f.write_str(name),
            Some(name) => write!(f, " ({name})"),
            None => Ok(()),
        }
    }
}

/// Name that identifies the account of a tile.
///
/// Source: [Certificate requirements and enumeration](https://learn.microsoft.com/en-us/windows/security/identity-protection/smart-cards/smart-card-certificate-requirements-and-enumeration).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AccountName {
    /// The first rfc822Name.
    EmailAddress(String),
    /// The first principal name.
    PrincipalName(String),
    /// The subject.
    Subject(String),
}

impl fmt::Display for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmailAddress(name) | Self::PrincipalName(name) | Self::Subject(name) => f.write_str(name),
        }
    }
}

/// Key by which Windows finds the cached credential of a smart card sign-in. A second certificate with the same key
/// replaces the first.
///
/// Source: [Certificate requirements and enumeration](https://learn.microsoft.com/en-us/windows/security/identity-protection/smart-cards/smart-card-certificate-requirements-and-enumeration).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum CredentialCacheKey {
    /// The subject key identifier and the issuer, because there is no subject.
    KeyIdentifierAndIssuer {
        /// The subject key identifier.
        key_identifier: Vec<u8>,
        /// The issuer, in DER.
        issuer: Vec<u8>,
    },
    /// Neither subject nor key identifier: nothing is cached, and offline sign-in is not possible.
    None,
    /// The subject and the issuer.
    SubjectAndIssuer {
        /// The subject, in DER.
        subject: Vec<u8>,
        /// The issuer, in DER.
        issuer: Vec<u8>,
    },
}

impl CredentialCacheKey {
    fn of(certificate: &Certificate<'_>) -> Self {
        let issuer = certificate.issuer().as_der().to_vec();
        match certificate.subject_key_identifier() {
            _ if !certificate.subject().is_empty() => Self::SubjectAndIssuer {
                subject: certificate.subject().as_der().to_vec(),
                issuer,
            },
            Some(identifier) => Self::KeyIdentifierAndIssuer {
                key_identifier: identifier.to_vec(),
                issuer,
            },
            None => Self::None,
        }
    }
}

/// Remark about a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TileNote {
    /// An ECDSA key can sign in offline only if the card also contains an ECDH key.
    ///
    /// Source: [Allow ECC certificates to be used for logon and authentication](https://learn.microsoft.com/en-us/windows/security/identity-protection/smart-cards/smart-card-group-policy-and-registry-settings).
    EllipticCurve,
    /// There is no key usage extension, which permits every use according to RFC 5280. What Windows does is not
    /// published.
    NoKeyUsage,
    /// No subject and no key identifier: no credential is cached, and offline sign-in is not possible.
    NotCached,
    /// Another tile has the same cache key: only the one that signed in last can sign in offline.
    SharesCacheKey {
        /// The index of the other certificate.
        with: usize,
    },
}

impl fmt::Display for TileNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EllipticCurve => f.write_str(
                "an elliptic-curve key; for an ECDSA key, offline sign-in requires an additional ECDH key on the card",
            ),
            Self::NoKeyUsage => f.write_str("no key usage, which permits every use according to RFC 5280"),
            Self::NotCached => f.write_str("no subject and no key identifier; offline sign-in is not possible"),
            Self::SharesCacheKey { with } => {
                write!(
                    f,
                    "same subject and issuer as certificate {}; only one of them can sign in offline",
                    with + 1
                )
            }
        }
    }
}

pub(super) fn mark_shared_cache_keys(tiles: &mut [Tile]) {
    let mut first_with = BTreeMap::new();
    for tile in tiles {
        if tile.cache_key == CredentialCacheKey::None {
            tile.notes.push(TileNote::NotCached);
            continue;
        }
        match first_with.entry(&tile.cache_key) {
            Entry::Occupied(other) => tile.notes.push(TileNote::SharesCacheKey { with: *other.get() }),
            Entry::Vacant(place) => {
                place.insert(tile.index);
            }
        }
    }
}
