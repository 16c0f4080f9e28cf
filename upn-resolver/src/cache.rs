//! Cached Entra UPNs and their keys.
//!
//! Windows caches the user's Entra UPN on a hybrid joined device after the first successful sign-in and sends it in
//! later sign-ins ([smart card sign-in][sc]). The key, location and lifetime of that cache are undocumented. This
//! crate uses the tenant of the device and the SID of the Active Directory account as the key: both survive a rename
//! of the user, and a name from one tenant is never sent to another.
//!
//! [`Decision::cache_update`](crate::Decision::cache_update) and
//! [`Decision::after_unknown_user`](crate::Decision::after_unknown_user) say what to store and what to remove. The
//! feature `store` provides a cache in a file.
//!
//! [sc]: https://learn.microsoft.com/en-us/entra/identity/authentication/concept-certificate-based-authentication-smartcard#windows-rules-for-sending-upn-for-microsoft-entra-hybrid-joined-devices

use alloc::string::String;
use core::error::Error;
use core::fmt;
use core::str::FromStr;

use rustls_pki_types::UnixTime;

use crate::upn::Upn;

/// Key of a cached Entra UPN: the tenant of the device and the SID of the Active Directory account.
///
/// ```
/// use upn_resolver::CacheKey;
///
/// let key = CacheKey::new(
///     "8c5d1f4e-0c5b-4c0e-9a53-2f1f0d4f7a11".parse()?,
///     "S-1-5-21-1111111111-2222222222-333333333-1104".parse()?,
/// );
/// assert_eq!(key.account().as_str(), "S-1-5-21-1111111111-2222222222-333333333-1104");
/// # Ok::<(), upn_resolver::CacheKeyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CacheKey {
    tenant: TenantId,
    account: AccountSid,
}

impl CacheKey {
    /// Returns the key of an account on a device in this tenant.
    #[must_use]
    pub const fn new(tenant: TenantId, account: AccountSid) -> Self {
        Self { tenant, account }
    }

    /// The tenant that the device is joined to.
    #[must_use]
    pub const fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// The Active Directory account.
    #[must_use]
    pub const fn account(&self) -> &AccountSid {
        &self.account
    }
}

/// A cached Entra UPN and the time at which it was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CachedUpn {
    upn: Upn,
    remembered_at: UnixTime,
}

impl CachedUpn {
    /// Returns a cache entry with this name and time.
    #[must_use]
    pub const fn new(upn: Upn, remembered_at: UnixTime) -> Self {
        Self { upn, remembered_at }
    }

    /// The Entra UPN.
    #[must_use]
    pub const fn upn(&self) -> &Upn {
        &self.upn
    }

    /// The time at which it was stored.
    #[must_use]
    pub const fn remembered_at(&self) -> UnixTime {
        self.remembered_at
    }
}

/// ID of an Entra tenant: a GUID in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TenantId(String);

impl TenantId {
    /// The GUID in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Parses the 36 characters of RFC 9562, section 4, in either case.
impl FromStr for TenantId {
    type Err = CacheKeyError;

    fn from_str(text: &str) -> Result<Self, CacheKeyError> {
        let is_guid = text.len() == 36
            && text.bytes().enumerate().all(|(at, byte)| match at {
                8 | 13 | 18 | 23 => byte == b'-',
                _ => byte.is_ascii_hexdigit(),
            });
        if is_guid {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(CacheKeyError::Tenant)
        }
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Security identifier (SID) of an Active Directory account, such as `S-1-5-21-1111111111-2222222222-333333333-1104`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountSid(String);

impl AccountSid {
    /// The SID in its string form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Parses the string form of a domain account: `S-1-5-21`, three numbers of the domain and one of the account, each
/// below 2³² ([MS-DTYP] sections 2.4.2.1 and 2.4.2.4).
///
/// [MS-DTYP]: https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-dtyp/c92a27b1-c772-4fa7-a432-15df5f1b66a1
impl FromStr for AccountSid {
    type Err = CacheKeyError;

    fn from_str(text: &str) -> Result<Self, CacheKeyError> {
        let numbers = text.strip_prefix("S-1-5-21-").ok_or(CacheKeyError::Account)?;
        let is_number =
            |part: &str| part.bytes().all(|byte| byte.is_ascii_digit()) && part.parse::<u32>().is_ok();
        if numbers.split('-').count() == 4 && numbers.split('-').all(is_number) {
            Ok(Self(text.into()))
        } else {
            Err(CacheKeyError::Account)
        }
    }
}

impl fmt::Display for AccountSid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Error for a text that cannot be part of a [`CacheKey`].
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheKeyError {
    /// Not the SID of a domain account.
    Account,
    /// Not a GUID.
    Tenant,
}

impl fmt::Display for CacheKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Account => "not the SID of a domain account; expected S-1-5-21-a-b-c-d",
            Self::Tenant => "not a tenant ID; expected a GUID such as 8c5d1f4e-0c5b-4c0e-9a53-2f1f0d4f7a11",
        })
    }
}

impl Error for CacheKeyError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenants_are_guids_in_one_case() {
        let tenant: TenantId = "8C5D1F4E-0c5b-4c0e-9a53-2f1f0d4f7a11".parse().unwrap();
        assert_eq!(tenant.as_str(), "8c5d1f4e-0c5b-4c0e-9a53-2f1f0d4f7a11");
        for text in [
            "",
            "contoso.com",
            "8c5d1f4e-0c5b-4c0e-9a53-2f1f0d4f7a1",
            "8c5d1f4e_0c5b-4c0e-9a53-2f1f0d4f7a11",
        ] {
            assert_eq!(text.parse::<TenantId>(), Err(CacheKeyError::Tenant), "{text}");
        }
    }

    #[test]
    fn accounts_are_sids_of_a_domain() {
        assert!("S-1-5-21-1-2-3-1104".parse::<AccountSid>().is_ok());
        for text in [
            "",
            "bob",
            "S-1-5-18",
            "S-1-5-21-1-2-3",
            "S-1-5-21-1-2-3-4-5",
            "S-1-5-21-1-2-3-4294967296",
            "S-1-5-21-1-2-+3-4",
        ] {
            assert_eq!(text.parse::<AccountSid>(), Err(CacheKeyError::Account), "{text}");
        }
    }
}
