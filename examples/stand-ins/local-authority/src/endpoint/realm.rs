//! Realm discovery: whether a user name is managed, federated, of another cloud, or unknown.
//!
//! None of these endpoints is specified; the fields are those that public clients read. Versions 1.0, 2.0 and 2.1 of `userrealm`
//! and `GetUserRealm.srf` are answered.

use serde_json::{Map, Value, json};

use crate::config::Realm;
use crate::http::{Answer, Request};
use crate::log::SignInNotes;
use crate::state::State;

/// Answers any of the forms.
pub(super) fn answer(state: &State, request: &Request, notes: &mut SignInNotes) -> Answer {
    let query = |name: &str| request.query.get(name).cloned();
    let name = match &request.segments[..] {
        [_, _, name] => name.clone(),
        [_, _] => query("user").unwrap_or_default(),
        _ => query("login").unwrap_or_default(),
    };
    notes.user_name = Some(name.clone());
    let (realm, domain) = state.directory.realm(&name);
    let cloud = match realm {
        Realm::OtherCloud { cloud_instance_name } => cloud_instance_name,
        _ => &state.configuration.tenant.cloud_instance_name,
    };
    let body = if request.segments.len() == 1 {
        srf(&name, realm, &domain, cloud)
    } else if query("api-version").is_some_and(|version| version.starts_with('2')) {
        version_2(&name, realm, &domain, cloud)
    } else {
        version_1(realm, &domain, cloud)
    };
    Answer::json(&Value::Object(body))
}

/// `/odc/v2.1/federationProvider?domain=…`: tenant and cloud of a domain name.
pub(super) fn federation_provider(state: &State, request: &Request) -> Answer {
    let domain = request
        .query
        .get("domain")
        .map(String::as_str)
        .unwrap_or_default();
    if !state.directory.has_domain(domain) {
        return Answer::new(404, "text/plain", "No such domain.\n");
    }
    Answer::json(&json!({
        "tenantId": state.configuration.tenant.id,
        "authority_host": request.header("host").unwrap_or("localhost"),
        "graph": super::DEFAULT_RESOURCE,
    }))
}

/// `api-version=1.0`, the default.
fn version_1(realm: &Realm, domain: &str, cloud: &str) -> Map<String, Value> {
    let mut body = object(&[("ver", json!("1.0"))]);
    let known = match realm {
        Realm::Managed | Realm::OtherCloud { .. } => object(&[("account_type", json!("Managed"))]),
        Realm::Federated {
            protocol,
            metadata_url,
            active_auth_url,
            ..
        } => object(&[
            ("account_type", json!("Federated")),
            ("federation_protocol", json!(protocol)),
            ("federation_metadata_url", json!(metadata_url)),
            ("federation_active_auth_url", json!(active_auth_url)),
        ]),
        Realm::Unknown => {
            body.insert("account_type".to_owned(), json!("Unknown"));
            return body;
        }
    };
    body.extend(known);
    body.extend(object(&[
        ("domain_name", json!(domain)),
        ("cloud_instance_name", json!(cloud)),
        ("cloud_audience_urn", json!("urn:federation:MicrosoftOnline")),
    ]));
    body
}

/// `api-version=2.0` and `2.1`.
fn version_2(name: &str, realm: &Realm, domain: &str, cloud: &str) -> Map<String, Value> {
    let mut body = object(&[("Login", json!(name)), ("cloud_instance_name", json!(cloud))]);
    body.extend(match realm {
        Realm::Managed | Realm::OtherCloud { .. } => {
            object(&[("NameSpaceType", json!("Managed")), ("DomainName", json!(domain))])
        }
        Realm::Federated {
            protocol, auth_url, ..
        } => object(&[
            ("NameSpaceType", json!("Federated")),
            ("DomainName", json!(domain)),
            ("FederationBrandName", json!(domain)),
            ("federation_protocol", json!(protocol)),
            ("AuthURL", json!(auth_url)),
        ]),
        Realm::Unknown => object(&[("NameSpaceType", json!("Unknown"))]),
    });
    body
}

/// `GetUserRealm.srf`: `State` is 4 for managed and 3 for federated.
fn srf(name: &str, realm: &Realm, domain: &str, cloud: &str) -> Map<String, Value> {
    let (state, user_state) = match realm {
        Realm::Federated { .. } => (3, 2),
        _ => (4, 1),
    };
    let mut body = version_2(name, realm, domain, cloud);
    body.remove("cloud_instance_name");
    body.extend(object(&[
        ("State", json!(state)),
        ("UserState", json!(user_state)),
        ("CloudInstanceName", json!(cloud)),
    ]));
    body
}

fn object(fields: &[(&str, Value)]) -> Map<String, Value> {
    fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect()
}
