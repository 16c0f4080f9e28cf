//! Accounts of Active Directory.

use rustls_pki_types::UnixTime;
use upn_resolver::{AccountSid, AdLogon, Upn};
use zeroize::Zeroizing;

use super::credential_cache;
use super::replies::Credential;

/// A signed-in account of Active Directory, with the values that the domain controller sent.
///
/// The keys of its tickets are wiped when it is dropped.
#[derive(Debug)]
#[non_exhaustive]
pub struct AdAccount {
    /// User principal name.
    pub upn: Upn,
    /// Whether the account has no `userPrincipalName`, so that the domain controller formed the UPN from account name and domain.
    pub is_implicit: bool,
    /// Security identifier: that of `UPN_DNS_INFO` (flag S, [MS-PAC] 2.10), otherwise that of `PAC_REQUESTOR` ([MS-PAC] 2.15). `None`
    /// if the domain controller sent neither. Those of Windows add the requestor since the updates of 9 November 2021
    /// ([KB5008380](https://support.microsoft.com/topic/kb5008380-authentication-updates-cve-2021-42287-9dafac11-e0d0-4cb8-959a-143bd0201041)).
    pub sid: Option<AccountSid>,
    /// `sAMAccountName`, if the domain controller sent it.
    pub sam_account_name: Option<String>,
    /// DNS name of the domain, as the domain controller writes it.
    pub dns_domain: String,
    /// Proof that the KDC belongs to the domain.
    pub proof: KdcProof,
    /// How far the clock of this machine is ahead of that of the KDC, in seconds, if the request had to be repeated because of it.
    /// Negative if it is behind.
    pub clock_ahead: Option<i64>,
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

impl AdAccount {
    /// Kerberos principal, such as `ada@CORP.EXAMPLE`. It may be unrelated to the UPN.
    #[must_use]
    pub fn principal(&self) -> String {
        format!("{}@{}", self.tgt.client, self.tgt.client_realm)
    }

    /// End of the ticket-granting ticket.
    #[must_use]
    pub fn valid_until(&self) -> UnixTime {
        self.tgt.part.end_time
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
        credential_cache::write(&self.tgt)
    }
}
