//! The two discovery requests: who signs the user in, and the OpenID metadata of the tenant.

use upn_resolver::Upn;

use crate::answer::Answer;
use crate::cloud::Tenant;
use crate::config::Config;
use crate::device::Device;
use crate::discovery::{Federation, IssuerMetadata, NotManaged};
use crate::error::Error;
use crate::percent::percent_encode;
use crate::printable::{MAX_MESSAGE, MAX_NAME, MAX_URL, line};
use crate::refusal::Refusal;
use crate::state::State;
use crate::wire;

/// Longest domain name that is kept, in characters (RFC 1035 section 2.3.4).
const MAX_DOMAIN: usize = 255;

pub(super) enum Realm {
    Managed,
    NotManaged(NotManaged),
    Refused(Refusal),
}

/// Path of realm discovery. Version 1.0 uses `common`, whatever the tenant. It needs the whole user name, because a user of a
/// federated domain may be in staged rollout, and managed.
pub(super) fn realm_path(upn: &Upn) -> String {
    let mut path = "/common/userrealm/".to_owned();
    percent_encode(upn.as_str(), &mut path);
    path.push_str("?api-version=1.0");
    path
}

pub(super) fn read_realm(config: &Config, answer: &Answer) -> Result<Realm, Error> {
    if !answer.status.is_success() {
        return answer.refusal(config.limits()).map(Realm::Refused);
    }
    let realm: wire::Realm = answer.json(config.limits())?;
    Ok(not_managed(config, realm).map_or(Realm::Managed, Realm::NotManaged))
}

/// None if the cloud itself signs the user in.
fn not_managed(config: &Config, realm: wire::Realm) -> Option<NotManaged> {
    let is = |kind: &str| realm.account_type().eq_ignore_ascii_case(kind);
    if !is("managed") && !is("federated") {
        return Some(NotManaged::Unknown {
            domain: realm.domain_name().map(|domain| line(domain, MAX_DOMAIN)),
        });
    }
    if let Some(name) = realm
        .cloud_instance_name()
        .filter(|name| !config.cloud().is_instance(name))
    {
        return Some(NotManaged::OtherCloud {
            cloud_instance_name: line(name, MAX_DOMAIN),
        });
    }
    is("federated").then(|| {
        NotManaged::Federated(Federation {
            active_auth: realm
                .active_auth_url()
                .filter(|url| url.len() <= MAX_URL)
                .map(str::to_owned),
            protocol: realm
                .federation_protocol
                .map(|protocol| line(&protocol, MAX_NAME)),
            mex: realm.federation_metadata_url.filter(|url| url.len() <= MAX_URL),
        })
    })
}

/// Path of the metadata: OpenID Connect Discovery 1.0 section 4. If the configured tenant is `common`, it is that of the device's
/// tenant, because the metadata of `common` contains a template instead of the issuer.
pub(super) fn metadata_path(config: &Config, device: &Device) -> String {
    let tenant = match device.tenant() {
        Some(tenant) if *config.tenant() == Tenant::common() => tenant,
        _ => config.tenant(),
    };
    format!("/{tenant}/.well-known/openid-configuration")
}

pub(super) fn read_metadata(
    config: &Config,
    device: &Device,
    answer: &Answer,
) -> Result<Result<IssuerMetadata, Refusal>, Error> {
    const STATE: State = State::Metadata;
    if !answer.status.is_success() {
        return answer.refusal(config.limits()).map(Err);
    }
    let metadata: wire::Metadata = answer.json(config.limits())?;
    if let Some(url) = metadata
        .token_endpoint
        .filter(|url| !config.cloud().contains(url))
    {
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
    let kdf_ver2 = metadata.capabilities.iter().any(|name| name == "kdf_ver2");
    Ok(Ok(IssuerMetadata::new(issuer).with_kdf_ver2(kdf_ver2)))
}
