//! Realm discovery: does the cloud itself sign this user in?

use upn_resolver::Upn;

use super::context::percent_encode;
use crate::answer::Answer;
use crate::printable::{MAX_NAME, MAX_URL, line};
use crate::{Config, Error, Refusal, wire};

/// The user is not signed in by this cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "kebab-case"))]
#[non_exhaustive]
pub enum NotManaged {
    /// A federation server signs the user in. Certificate sign-in to Entra itself needs a managed domain, or the user in
    /// [staged rollout](https://learn.microsoft.com/entra/identity/hybrid/connect/how-to-connect-staged-rollout).
    Federated(Federation),
    /// The user is at home in another national cloud.
    OtherCloud {
        /// The name that the server gave that cloud, such as `microsoftonline.us`.
        cloud_instance_name: String,
    },
    /// Nobody knows the name: ask for another.
    Unknown {
        /// The domain as the server understood it.
        domain: Option<String>,
    },
}

/// The federation server of a domain, as realm discovery names it. It is never asked by this crate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Federation {
    /// `WSTrust`, `SAML20`, …
    pub protocol: Option<String>,
    /// The metadata exchange document of WS-Trust, which names the certificate endpoint. A URL of more than 2,083 bytes is
    /// left out.
    pub mex: Option<String>,
    /// Where a client signs in actively; the same limit holds.
    pub active_auth: Option<String>,
}

pub(crate) enum Realm {
    Managed,
    NotManaged(NotManaged),
    Refused(Refusal),
}

/// Version 1.0 asks `common`, whatever the tenant. With the whole user name, since a user in staged rollout of a federated
/// domain is managed.
pub(super) fn path(upn: &Upn) -> String {
    let mut path = "/common/userrealm/".to_owned();
    percent_encode(upn.as_str(), &mut path);
    path.push_str("?api-version=1.0");
    path
}

pub(super) fn read(config: &Config, answer: &Answer) -> Result<Realm, Error> {
    if !answer.status.is_success() {
        return answer.refusal(config.limits).map(Realm::Refused);
    }
    let realm: wire::Realm = answer.json(config.limits)?;
    Ok(judge(config, realm).map_or(Realm::Managed, Realm::NotManaged))
}

/// None when the user is managed here.
fn judge(config: &Config, realm: wire::Realm) -> Option<NotManaged> {
    let is = |kind: &str| realm.account_type().eq_ignore_ascii_case(kind);
    if !is("managed") && !is("federated") {
        return Some(NotManaged::Unknown {
            domain: realm.domain_name().map(|domain| line(domain, MAX_DOMAIN)),
        });
    }
    if let Some(name) = realm
        .cloud_instance_name()
        .filter(|name| !config.cloud.is_instance(name))
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

/// Longest domain name that is kept, in characters (RFC 1035, section 2.3.4).
const MAX_DOMAIN: usize = 255;
