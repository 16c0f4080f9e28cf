//! The OpenID metadata: the issuer that `aud` names, and whether key derivation version 2 is offered.

use serde::{Deserialize, Serialize};

use super::State;
use crate::answer::Answer;
use crate::printable::{MAX_MESSAGE, line};
use crate::{Config, Device, Error, Refusal, Tenant, wire};

/// What a sign-in needs of the OpenID metadata. Keep it with the tenant, and the next sign-in has one request less
/// ([`SignIn::metadata`](crate::SignIn::metadata)).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct IssuerMetadata {
    /// The issuer identifier.
    pub issuer: String,
    /// Whether `capabilities` holds `kdf_ver2` ([MS-OIDCE] 2.2.3.2).
    pub kdf_ver2: bool,
}

/// OpenID Connect Discovery 1.0 section 4. Of the device's own tenant where the configuration says `common`, since the metadata of
/// `common` has a template in the place of the issuer.
pub(super) fn path(config: &Config, device: &Device) -> String {
    let tenant = match device.tenant() {
        Some(tenant) if config.tenant == Tenant::common() => tenant,
        _ => &config.tenant,
    };
    format!("/{tenant}/.well-known/openid-configuration")
}

pub(super) fn read(
    config: &Config,
    device: &Device,
    answer: &Answer,
) -> Result<Result<IssuerMetadata, Refusal>, Error> {
    const STATE: State = State::Metadata;
    if !answer.status.is_success() {
        return answer.refusal(config.limits).map(Err);
    }
    let metadata: wire::Metadata = answer.json(config.limits)?;
    if let Some(url) = metadata.token_endpoint.filter(|url| !config.cloud.contains(url)) {
        return Err(Error::ForeignHost {
            state: STATE,
            url: line(&url, MAX_MESSAGE),
        });
    }
    let missing = Error::ProtocolChanged {
        state: STATE,
        what: "the OpenID metadata has no issuer",
    };
    let mut issuer = metadata
        .issuer
        .filter(|issuer| !issuer.is_empty())
        .ok_or(missing)?;
    if let Some(tenant) = device.tenant() {
        issuer = issuer.replace("{tenantid}", tenant.as_str());
    }
    Ok(Ok(IssuerMetadata {
        issuer,
        kdf_ver2: metadata.capabilities.iter().any(|name| name == "kdf_ver2"),
    }))
}
