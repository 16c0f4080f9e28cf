//! The tenant part of a URL.

use core::fmt;

/// A tenant: its id, one of its domain names, or `common`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tenant(String);

impl Tenant {
    /// Any tenant: the server finds it by the user. Some answers name the tenant only when it was asked for by name, so
    /// prefer the tenant of the device ([`Device::tenant`](crate::Device::tenant)).
    #[must_use]
    pub fn common() -> Self {
        Self("common".to_owned())
    }

    /// A tenant id or a domain name: letters, digits, `-` and `.`, at most 253 characters.
    ///
    /// ```
    /// use cba_protocol::Tenant;
    ///
    /// assert_eq!(Tenant::parse("Contoso.com")?.as_str(), "contoso.com");
    /// assert!(Tenant::parse("contoso.com/../evil").is_err());
    /// # Ok::<(), cba_protocol::TenantError>(())
    /// ```
    ///
    /// # Errors
    /// [`TenantError`] for anything else.
    pub fn parse(text: &str) -> Result<Self, TenantError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        let labels = text.split('.').all(|label| !label.is_empty());
        if text.len() > 253 || !labels || !text.chars().all(plain) {
            return Err(TenantError {
                text: text.to_owned(),
            });
        }
        Ok(Self(text.to_ascii_lowercase()))
    }

    /// As it stands in a URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is neither a tenant id nor a domain name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no tenant: give its id, or a domain name in ASCII")]
pub struct TenantError {
    text: String,
}
