//! Who was signed in, as the answer tells.

use base64ct::{Base64UrlUnpadded, Encoding};
use serde::{Deserialize, Serialize};

/// The claims of the id token that serve an agent: OpenID Connect Core 1.0 section 2 and what Entra adds.
/// <https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference>
///
/// It may be unsigned, and its signature is not looked at: it came straight from the server, over TLS.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
#[non_exhaustive]
pub struct IdToken {
    /// How the user proved who they are: `rsa` for a certificate, `mfa` when the tenant takes it for more than one factor.
    pub amr: Vec<String>,
    /// An address for mail.
    pub email: Option<String>,
    /// The name for people.
    pub name: Option<String>,
    /// The user's object id.
    pub oid: Option<String>,
    /// The name as the user would type it, normally the Entra UPN.
    pub preferred_username: Option<String>,
    /// The user's id in older services.
    pub puid: Option<String>,
    /// The tenant's region.
    pub tenant_region_scope: Option<String>,
    /// The tenant's id.
    pub tid: Option<String>,
    /// The Entra UPN.
    pub upn: Option<String>,
}

impl IdToken {
    /// The claims of a compact JWT with or without signature; none when it is not one.
    pub(crate) fn read(jwt: &str) -> Option<Self> {
        let claims = jwt.split('.').nth(1)?;
        decode(claims)
    }

    /// The name to remember for the next sign-in: `upn`, or else `preferred_username`.
    #[must_use]
    pub fn entra_upn(&self) -> Option<&str> {
        self.upn.as_deref().or(self.preferred_username.as_deref())
    }

    /// Whether the sign-in counts as multifactor; none when the token does not tell how the user signed in.
    #[must_use]
    pub fn is_multifactor(&self) -> Option<bool> {
        let factors = |method: &String| method == "mfa" || method == "ngcmfa";
        (!self.amr.is_empty()).then(|| self.amr.iter().any(factors))
    }
}

/// `client_info`: the object ids of user and tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ClientInfo {
    /// The user's object id in the home tenant.
    pub uid: Option<String>,
    /// The home tenant's id.
    pub utid: Option<String>,
}

impl ClientInfo {
    /// base64url of JSON.
    pub(crate) fn read(text: &str) -> Option<Self> {
        decode(text)
    }
}

fn decode<T: serde::de::DeserializeOwned>(base64url: &str) -> Option<T> {
    let json = Base64UrlUnpadded::decode_vec(base64url.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&json).ok()
}
