//! Credentials of a user name: the fields of `GetCredentialType` that public clients read.

use serde_json::{Value, json};

use super::browser::{certauth_url, renamed};
use crate::config::{PolicyState, Realm};
use crate::http::{Answer, Request};
use crate::log::SignInNotes;
use crate::refusal::{Code, Refusal};
use crate::state::State;

/// `POST /common/GetCredentialType` with `{"username": …}`, and the `flowToken` of a page, which the answer replaces.
///
/// A certificate is offered to all users of a tenant that has it enabled. Whether the policy lets this user have it is known at
/// `/login` only:
/// <https://learn.microsoft.com/entra/identity/authentication/concept-certificate-based-authentication-technical-deep-dive>.
pub(super) fn answer(state: &State, request: &Request, notes: &mut SignInNotes) -> Result<Answer, Refusal> {
    let asked: Value = serde_json::from_slice(&request.body)
        .map_err(|_| Refusal::new(Code::MALFORMED, "The body is not JSON."))?;
    let name = asked["username"].as_str().unwrap_or_default();
    notes.user_name = Some(name.to_owned());
    let has_flags = asked.get("originalRequest").is_some();
    if !state.configuration.dialect.credential_flags.accepts(has_flags) {
        return Err(Refusal::new(Code::MALFORMED, "Member: 'originalRequest'."));
    }
    let (realm, _) = state.directory.realm(name);
    let is_known = state.directory.locate(name).is_some();
    let is_enabled = state.configuration.certificate_policy.state == PolicyState::Enabled;
    let has_certificate = is_enabled && matches!(realm, Realm::Managed);
    let federated = match realm {
        Realm::Federated { auth_url, .. } => Some(auth_url),
        _ => None,
    };
    let mut body = json!({
        "Username": name,
        "Display": name,
        "IfExistsResult": i32::from(!is_known && federated.is_none()),
        "IsUnmanaged": false,
        "ThrottleStatus": 0,
        "Credentials": {
            "PrefCredential": if federated.is_some() { 4 } else { 1 },
            "HasPassword": true,
            "HasCertAuth": has_certificate,
            "CertAuthParams": has_certificate.then(|| json!({"CertAuthUrl": certauth_url(state, request)})),
            "FederationRedirectUrl": federated,
        },
        "EstsProperties": {"DomainType": if federated.is_some() { 4 } else { 3 }},
    });
    if let Some(token) = asked["flowToken"].as_str() {
        body["FlowToken"] = json!(renamed(state, request, token, name)?);
        body["apiCanary"] = json!(state.sealer.seal("api canary", &name)?);
    }
    Ok(Answer::json(&body))
}
