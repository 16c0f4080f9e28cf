//! Ordinary OAuth grants, for clients without a primary refresh token: RFC 6749, sections 4.1.3, 4.3.2 and 6.

use serde_json::json;

use super::browser::{Version, poll};
use super::{DEFAULT_RESOURCE, DEVICE_CODE, check_application, check_grant, resource_of, user_of, version};
use crate::grant::{Kind, Login};
use crate::http::{Answer, Request};
use crate::log::SignInNotes;
use crate::refusal::{Code, Refusal};
use crate::sign_in::{by_password, by_refresh_token};
use crate::state::State;
use crate::token::{Application, access, id_token, numbers_as_text, put_client_info};

/// Values of a grant in addition to the user. The request may omit them.
#[derive(Default)]
struct Remembered {
    resource: Option<String>,
    scope: Option<String>,
    nonce: Option<String>,
}

/// Answers the request in plain JSON.
pub(super) fn answer(state: &State, request: &Request, notes: &mut SignInNotes) -> Result<Answer, Refusal> {
    let kind = request.parameter("grant_type")?;
    let client = match kind {
        "authorization_code" | "password" | "refresh_token" | DEVICE_CODE => {
            request.parameter("client_id")?
        }
        other => {
            return Err(Refusal::new(
                Code::GRANT_UNSUPPORTED,
                format!("Grant type: '{other}'."),
            ));
        }
    };
    notes.client_id = Some(client.to_owned());
    let version = version(request);
    let (login, remembered) = match kind {
        "authorization_code" => by_code(state, request, client, notes)?,
        "password" => {
            let (name, password) = (request.parameter("username")?, request.parameter("password")?);
            let login = by_password(state, name, password, None, notes)?;
            (login, Remembered::default())
        }
        DEVICE_CODE => {
            let (login, resource, scope) = poll(state, request, version, client)?;
            let remembered = Remembered {
                resource: Some(resource),
                scope: Some(scope),
                nonce: None,
            };
            (login, remembered)
        }
        _ => {
            let login = by_refresh_token(state, request.parameter("refresh_token")?, client, notes)?;
            (login, Remembered::default())
        }
    };
    let scope = request.form.get("scope").cloned().or(remembered.scope);
    let scope = scope.unwrap_or_else(|| "openid".to_owned());
    let named = request.form.get("resource").map(String::as_str);
    let asked = resource_of(&state.configuration.registration, named, &scope);
    let resource = asked
        .or(remembered.resource)
        .unwrap_or_else(|| DEFAULT_RESOURCE.to_owned());
    check_application(state, version, client, &resource)?;
    notes.resource = Some(resource.clone());
    let user = user_of(state, &login)?;
    notes.user = Some(user.user_principal_name.clone());
    let application = Application {
        client,
        resource: &resource,
        scope: &scope,
    };
    let has = |wanted: &str| scope.split(' ').any(|part| part == wanted);
    let mut body = access(state, user, &login, &application)?;
    if has("openid") || version == Version::One {
        let nonce = remembered.nonce.as_deref();
        body["id_token"] = json!(id_token(state, user, &login, client, nonce));
    }
    if let (Version::Two, false, Some(body)) = (version, has("offline_access"), body.as_object_mut()) {
        body.remove("refresh_token");
        body.remove("refresh_token_expires_in");
    }
    put_client_info(state, request, user, &mut body);
    if version == Version::One {
        numbers_as_text(&mut body);
    }
    Ok(Answer::json(&body))
}

/// Redeems an authorization code, once.
fn by_code(
    state: &State,
    request: &Request,
    client: &str,
    notes: &mut SignInNotes,
) -> Result<(Login, Remembered), Refusal> {
    let grant = state.grants.open(request.parameter("code")?);
    let grant = grant.ok_or_else(|| Refusal::new(Code::GRANT_INVALID, ""))?;
    let Kind::Code {
        client_id,
        redirect_uri,
        resource,
        scope,
        challenge,
        nonce,
    } = &grant.kind
    else {
        return Err(Refusal::new(
            Code::GRANT_INVALID,
            "It is not an authorization code.",
        ));
    };
    if !client_id.eq_ignore_ascii_case(client) {
        return Err(Refusal::new(
            Code::GRANT_INVALID,
            "It was issued to another client.",
        ));
    }
    if request.parameter("redirect_uri")? != redirect_uri {
        return Err(Refusal::new(Code::REDIRECT_MISMATCH, ""));
    }
    if let Some((method, challenge)) = challenge {
        let verifier = request.parameter("code_verifier")?;
        // RFC 7636, section 4.1.
        if !(43..=128).contains(&verifier.len()) || method.challenge(verifier) != *challenge {
            return Err(Refusal::new(Code::CODE_VERIFIER, ""));
        }
    }
    check_grant(state, &grant)?;
    if !state.grants.revoke(&grant) {
        return Err(Refusal::new(Code::CODE_REDEEMED, ""));
    }
    notes.user = Some(user_of(state, &grant.login())?.user_principal_name.clone());
    let remembered = Remembered {
        resource: Some(resource.clone()).filter(|resource| !resource.is_empty()),
        scope: Some(scope.clone()),
        nonce: nonce.clone(),
    };
    Ok((grant.login(), remembered))
}
