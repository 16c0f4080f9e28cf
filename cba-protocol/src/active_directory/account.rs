//! Accounts of Active Directory.

use core::fmt;
use core::time::Duration;

use rustls_pki_types::UnixTime;
use upn_resolver::{AccountSid, AdLogon, Upn};
use zeroize::Zeroizing;

use super::messages::Credential;
use super::{credential_cache, time};

/// A signed-in account of Active Directory, with the values that the domain controller sent.
///
/// The keys of its tickets are wiped when it is dropped.
pub struct AdAccount {
    pub(super) upn: Upn,
    pub(super) is_implicit: bool,
    pub(super) sid: Option<AccountSid>,
    pub(super) sam_account_name: Option<String>,
    pub(super) dns_domain: String,
    pub(super) proof: KdcProof,
    pub(super) clock_skew: Option<ClockSkew>,
    pub(super) tgt: Credential,
}

/// Proof that the KDC belongs to the domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KdcProof {
    /// The KDC knows the key of the device's account.
    HostKey,
    /// Its certificate leads to a trusted CA, is for KDCs, and names the realm.
    Certificate,
    /// Both.
    HostKeyAndCertificate,
}

impl KdcProof {
    /// Stable name for programs: `host-key`, `certificate`, `host-key-and-certificate`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::HostKey => "host-key",
            Self::Certificate => "certificate",
            Self::HostKeyAndCertificate => "host-key-and-certificate",
        }
    }
}

/// Difference between the clock of this machine and that of the KDC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClockSkew {
    /// The clock of this machine is ahead by this time.
    Ahead(Duration),
    /// The clock of this machine is behind by this time.
    Behind(Duration),
}

impl AdAccount {
    /// User principal name.
    #[must_use]
    pub fn upn(&self) -> &Upn {
        &self.upn
    }

    /// Whether the account has no `userPrincipalName`, so that the domain controller formed the UPN from account name and domain.
    #[must_use]
    pub fn is_implicit(&self) -> bool {
        self.is_implicit
    }

    /// Security identifier. `None` if the domain controller sent none: those of Windows do since November 2021.
    #[must_use]
    pub fn sid(&self) -> Option<&AccountSid> {
        self.sid.as_ref()
    }

    /// `sAMAccountName`, if the domain controller sent it.
    #[must_use]
    pub fn sam_account_name(&self) -> Option<&str> {
        self.sam_account_name.as_deref()
    }

    /// DNS name of the domain, as the domain controller writes it.
    #[must_use]
    pub fn dns_domain(&self) -> &str {
        &self.dns_domain
    }

    /// Kerberos principal, such as `ada@CORP.EXAMPLE`. It may be unrelated to the UPN.
    #[must_use]
    pub fn principal(&self) -> String {
        format!("{}@{}", self.tgt.client, self.tgt.client_realm)
    }

    /// Proof that the KDC belongs to the domain.
    #[must_use]
    pub fn proof(&self) -> KdcProof {
        self.proof
    }

    /// Difference of the clocks, if the request had to be repeated because of it.
    #[must_use]
    pub fn clock_skew(&self) -> Option<ClockSkew> {
        self.clock_skew
    }

    /// End of the ticket-granting ticket.
    #[must_use]
    pub fn valid_until(&self) -> UnixTime {
        time::unix(self.tgt.end_time)
    }

    /// Result of the sign-in, for the decision which name to send to Entra.
    #[must_use]
    pub fn logon(&self) -> AdLogon<'_> {
        if self.is_implicit {
            AdLogon::SucceededImplicitly(&self.upn)
        } else {
            AdLogon::Succeeded(&self.upn)
        }
    }

    /// Content of a credential cache file in MIT's format, with the ticket-granting ticket.
    ///
    /// Whoever has it is the user until [`valid_until`](Self::valid_until): write it into a new file that only the user can read (mode 0600).
    #[must_use]
    pub fn credential_cache(&self) -> Zeroizing<Vec<u8>> {
        credential_cache::write(&[&self.tgt])
    }
}

impl fmt::Debug for AdAccount {
    /// Without the ticket and its key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdAccount")
            .field("upn", &self.upn)
            .field("is_implicit", &self.is_implicit)
            .field("sid", &self.sid)
            .field("principal", &self.principal())
            .field("proof", &self.proof)
            .finish_non_exhaustive()
    }
}
