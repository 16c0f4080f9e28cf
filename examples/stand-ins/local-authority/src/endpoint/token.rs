//! Ordinary OAuth grants, for clients that start with a browser or a password: RFC 6749, sections 4.1.3, 4.3.2 and 6.

use serde_json::json;

use super::{DEFAULT_RESOURCE, check_grant, resource, user_of};
use crate::grant::{Kind, Login};
use crate::http::{Answer, Request};
use crate::log::SignInNotes;
use crate::refusal::{Code, Refusal};
use crate::sign_in::{by_password, by_refresh_token};
use crate::state::State;
use crate::token::{Application, access, id_token, numbers_as_text, put_client_info};

/// Answers the request in plain JSON.
pub(super) fn answer(state: &State, request: &Request, notes: &mut SignInNotes) -> Result<Answer, Refusal> {
    let kind = request.parameter("grant_type")?;
    let client = match kind {
        "authorization_code" | "password" | "refresh_token" => request.parameter("client_id")?,
        other => {
            return Err(Refusal::new(
                Code::GRANT_UNSUPPORTED,
                format!("Grant type: '{other}'."),
            ));
        }
    };
    notes.client_id = Some(client.to_owned());
    let mut asked = request.form.get("resource").cloned();
    let login = match kind {
        "authorization_code" => {
            let (login, resource) = by_code(state, request, client, notes)?;
            asked = asked.or(resource);
            login
        }
        "password" => {
            let (name, password) = (request.parameter("username")?, request.parameter("password")?);
            by_password(state, name, password, None, notes)?
        }
        _ => by_refresh_token(state, request.parameter("refresh_token")?, client, notes)?,
    };
    let scope = request.form.get("scope").map_or("openid", String::as_str);
    let resource = resource(asked.as_deref(), scope).unwrap_or_else(|| DEFAULT_RESOURCE.to_owned());
    notes.resource = Some(resource.clone());
    let user = user_of(state, &login)?;
    let application = Application {
        client,
        resource: &resource,
        scope,
    };
    let mut body = access(state, user, &login, &application)?;
    if scope.split(' ').any(|part| part == "openid") {
        body["id_token"] = json!(id_token(state, user, &login, client));
    }
    put_client_info(state, request, user, &mut body);
    if request.segments.len() == 3 {
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
) -> Result<(Login, Option<String>), Refusal> {
    let grant = state.grants.open(request.parameter("code")?);
    let grant = grant.ok_or_else(|| Refusal::new(Code::GRANT_INVALID, ""))?;
    let Kind::Code {
        client_id,
        redirect_uri,
        resource,
        challenge,
    } = &grant.kind
    else {
        return Err(Refusal::new(Code::GRANT_INVALID, "It is no authorization code."));
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
    if let Some(challenge) = challenge {
        let verifier = request.parameter("code_verifier")?;
        if crate::jose::base64url(&openssl::sha::sha256(verifier.as_bytes())) != *challenge {
            return Err(Refusal::new(
                Code::GRANT_INVALID,
                "The code verifier is another one (PKCE).",
            ));
        }
    }
    check_grant(state, &grant)?;
    if !state.grants.revoke(&grant) {
        return Err(Refusal::new(Code::CODE_REDEEMED, ""));
    }
    notes.user = Some(user_of(state, &grant.login())?.user_principal_name.clone());
    Ok((
        grant.login(),
        Some(resource.clone()).filter(|resource| !resource.is_empty()),
    ))
}
