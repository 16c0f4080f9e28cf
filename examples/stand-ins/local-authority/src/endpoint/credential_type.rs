//! What a browser should ask for: the fields of `GetCredentialType` that public clients read.

use serde_json::{Value, json};

use crate::config::{PolicyState, Realm};
use crate::directory::is_target;
use crate::http::{Answer, Request};
use crate::log::SignInNotes;
use crate::refusal::{Code, Refusal};
use crate::state::State;

/// `POST /common/GetCredentialType` with `{"username": …}`.
pub(super) fn answer(state: &State, request: &Request, notes: &mut SignInNotes) -> Result<Answer, Refusal> {
    let asked: Value = serde_json::from_slice(&request.body)
        .map_err(|_| Refusal::new(Code::MALFORMED, "The body is not JSON."))?;
    let name = asked["username"].as_str().unwrap_or_default();
    notes.user_name = Some(name.to_owned());
    let (realm, _) = state.directory.realm(name);
    let located = state.directory.locate(name).map(|(user, _)| user);
    let policy = &state.configuration.certificate_policy;
    let has_certificate = located.is_some_and(|user| {
        policy.state == PolicyState::Enabled
            && is_target(user, &policy.include_targets)
            && !is_target(user, &policy.exclude_targets)
    });
    let tenant = &state.configuration.tenant.id;
    let federated = match realm {
        Realm::Federated { auth_url, .. } => Some(auth_url),
        _ => None,
    };
    Ok(Answer::json(&json!({
        "Username": name,
        "Display": name,
        "IfExistsResult": i32::from(located.is_none() && federated.is_none()),
        "ThrottleStatus": 0,
        "Credentials": {
            "PrefCredential": if federated.is_some() { 4 } else { 1 },
            "HasPassword": true,
            "HasCertAuth": has_certificate,
            "CertAuthParams": has_certificate.then(|| json!({
                "CertAuthUrl": format!("{}/{tenant}/certauth", request.origin()),
            })),
            "FederationRedirectUrl": federated,
        },
        "EstsProperties": {"DomainType": if federated.is_some() { 4 } else { 3 }},
    })))
}
