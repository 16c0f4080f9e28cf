//! The signed-in user, according to the answer.

use base64ct::{Base64UrlUnpadded, Encoding};
use serde::{Deserialize, Serialize};

/// Claims of the id token that an agent uses: those of OpenID Connect Core 1.0 section 2 and those that Entra adds.
/// <https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference>
///
/// The token may be unsigned, and its signature is not verified: it came from the server over TLS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Deserialize, Serialize), serde(transparent))]
pub struct IdToken(Claims);

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct Claims {
    amr: Vec<String>,
    email: Option<String>,
    name: Option<String>,
    oid: Option<String>,
    preferred_username: Option<String>,
    puid: Option<String>,
    tenant_region_scope: Option<String>,
    tid: Option<String>,
    upn: Option<String>,
}

impl IdToken {
    /// The claims of a compact JWT with or without a signature; none if it is not one.
    pub(crate) fn read(jwt: &str) -> Option<Self> {
        jwt.split('.').nth(1).and_then(decode).map(Self)
    }

    pub(super) fn claims(&self) -> &Claims {
        &self.0
    }

    /// User name to remember for the next sign-in: `upn`, or else `preferred_username`.
    #[must_use]
    pub fn entra_upn(&self) -> Option<&str> {
        self.upn().or(self.preferred_username())
    }

    /// Whether the sign-in counts as multifactor; `None` if the token does not say how the user signed in.
    #[must_use]
    pub fn is_multifactor(&self) -> Option<bool> {
        let multifactor = |method: &String| method == "mfa" || method == "ngcmfa";
        let methods = self.amr();
        (!methods.is_empty()).then(|| methods.iter().any(multifactor))
    }

    /// Authentication methods: `amr`. `rsa` is a certificate; `mfa` is there if the tenant counts it as more than one factor.
    #[must_use]
    pub fn amr(&self) -> &[String] {
        &self.0.amr
    }

    /// Mail address: `email`.
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        self.0.email.as_deref()
    }

    /// Display name: `name`.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.0.name.as_deref()
    }

    /// Object id of the user: `oid`.
    #[must_use]
    pub fn oid(&self) -> Option<&str> {
        self.0.oid.as_deref()
    }

    /// Name that the user would type, normally the Entra UPN: `preferred_username`.
    #[must_use]
    pub fn preferred_username(&self) -> Option<&str> {
        self.0.preferred_username.as_deref()
    }

    /// Id of the user in older services: `puid`.
    #[must_use]
    pub fn puid(&self) -> Option<&str> {
        self.0.puid.as_deref()
    }

    /// Region of the tenant: `tenant_region_scope`.
    #[must_use]
    pub fn tenant_region_scope(&self) -> Option<&str> {
        self.0.tenant_region_scope.as_deref()
    }

    /// Id of the tenant: `tid`.
    #[must_use]
    pub fn tid(&self) -> Option<&str> {
        self.0.tid.as_deref()
    }

    /// Entra UPN: `upn`.
    #[must_use]
    pub fn upn(&self) -> Option<&str> {
        self.0.upn.as_deref()
    }
}

impl From<Claims> for IdToken {
    fn from(claims: Claims) -> Self {
        Self(claims)
    }
}

/// Object ids of user and tenant: `client_info`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(Deserialize, Serialize), serde(transparent))]
pub struct ClientInfo(Ids);

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct Ids {
    uid: Option<String>,
    utid: Option<String>,
}

impl ClientInfo {
    /// Reads base64url of JSON.
    pub(crate) fn read(text: &str) -> Option<Self> {
        decode(text).map(Self)
    }

    pub(super) fn ids(&self) -> &Ids {
        &self.0
    }

    /// Object id of the user in the home tenant.
    #[must_use]
    pub fn uid(&self) -> Option<&str> {
        self.0.uid.as_deref()
    }

    /// Id of the home tenant.
    #[must_use]
    pub fn utid(&self) -> Option<&str> {
        self.0.utid.as_deref()
    }
}

impl From<Ids> for ClientInfo {
    fn from(ids: Ids) -> Self {
        Self(ids)
    }
}

fn decode<T: serde::de::DeserializeOwned>(base64url: &str) -> Option<T> {
    let json = Base64UrlUnpadded::decode_vec(base64url.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&json).ok()
}
