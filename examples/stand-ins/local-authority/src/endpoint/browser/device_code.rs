//! Device codes (RFC 8628): a person types a code in a browser, and the device that showed it gets the tokens.

use std::collections::HashMap;

use serde_json::json;

use super::context::{Context, LoginRequest, Version};
use super::{application, page};
use crate::endpoint::check_application;
use crate::grant::Login;
use crate::http::{Answer, Request};
use crate::log::SignInNotes;
use crate::random;
use crate::refusal::{Code, Refusal};
use crate::state::State;

/// Letters and digits of a user code: none that looks like another one.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// Seconds that a device waits between two requests.
const INTERVAL: i64 = 5;

/// The codes that were given out, by device code.
#[derive(Default)]
pub(crate) struct DeviceCodes(HashMap<String, DeviceCode>);

struct DeviceCode {
    user_code: String,
    asked: LoginRequest,
    issued: i64,
    outcome: Outcome,
}

enum Outcome {
    Approved(Login),
    Blocked,
    Declined,
    Pending,
}

/// `POST /{tenant}/oauth2/devicecode` and `/oauth2/v2.0/devicecode`.
pub(in crate::endpoint) fn begin(
    state: &State,
    request: &Request,
    version: Version,
    notes: &mut SignInNotes,
) -> Result<Answer, Refusal> {
    let client = request.parameter("client_id")?;
    notes.client_id = Some(client.to_owned());
    let scope = match version {
        Version::One => request.form.get("scope").map_or("openid", String::as_str),
        Version::Two => request.parameter("scope")?,
    };
    let named = match version {
        Version::One => Some(request.parameter("resource")?),
        Version::Two => None,
    };
    let resource = application::resource_of(&state.configuration.registration, named, scope);
    let resource = resource.unwrap_or_else(|| crate::endpoint::DEFAULT_RESOURCE.to_owned());
    check_application(state, version, client, &resource)?;
    notes.resource = Some(resource.clone());
    let random: [u8; 9] = random::bytes()?;
    let letters = random.iter().map(|byte| ALPHABET[usize::from(byte % 32)]);
    let user_code: String = letters.map(char::from).collect();
    let device_code = crate::jose::base64url(&random::bytes::<48>()?);
    let asked = LoginRequest {
        version,
        client_id: client.to_owned(),
        redirect_uri: String::new(),
        response_mode: String::new(),
        state: None,
        nonce: None,
        resource,
        scope: scope.to_owned(),
        challenge: None,
        amr_values: request.form.get("amr_values").cloned().unwrap_or_default(),
        login_hint: None,
        user_code: Some(user_code.clone()),
    };
    let now = state.clock.now();
    let lifetime = state.configuration.lifetimes.device_code;
    let mut codes = state.device_codes();
    codes.0.retain(|_, code| code.issued + 2 * lifetime > now);
    codes.0.insert(
        device_code.clone(),
        DeviceCode {
            user_code: user_code.clone(),
            asked,
            issued: now,
            outcome: Outcome::Pending,
        },
    );
    let address = format!("{}/common/oauth2/deviceauth", request.origin());
    let message = format!("To sign in, open the page {address} in a browser and enter the code {user_code}.");
    let mut body = json!({
        "user_code": user_code,
        "device_code": device_code,
        "expires_in": lifetime,
        "interval": INTERVAL,
        "message": message,
    });
    // The older endpoint has another name for the address, and writes numbers as text.
    if version == Version::One {
        body["verification_url"] = json!(address);
        body["expires_in"] = json!(lifetime.to_string());
        body["interval"] = json!(INTERVAL.to_string());
    } else {
        body["verification_uri"] = json!(address);
    }
    Ok(Answer::json(&body))
}

/// The page where a person types the code; its form leads to the sign-in.
pub(in crate::endpoint) fn page(state: &State, request: &Request) -> Result<Answer, Refusal> {
    let form = |alert: &str| {
        let body = format!(
            "{alert}<form method=\"post\" action=\"/common/oauth2/deviceauth\">\
             <p><label for=\"code\">Code that your device shows</label><br>\
             <input id=\"code\" name=\"otc\" autocomplete=\"off\" required autofocus></p>\
             <p><button type=\"submit\">Next</button></p></form>"
        );
        Ok(page::plain("Enter the code", &body))
    };
    let Some(typed) = request.form.get("otc") else {
        return form("");
    };
    let typed: String = typed.to_ascii_uppercase().split_whitespace().collect();
    let now = state.clock.now();
    let lifetime = state.configuration.lifetimes.device_code;
    let asked = {
        let codes = state.device_codes();
        let is_typed = |code: &&DeviceCode| {
            code.user_code == typed
                && code.issued + lifetime >= now
                && matches!(code.outcome, Outcome::Pending)
        };
        codes.0.values().find(is_typed).map(|code| code.asked.clone())
    };
    match asked {
        Some(asked) => page::sign_in(state, request, &Context::new(asked)?, None),
        None => form("<p role=\"alert\">That code did not work. Check it and try again.</p>"),
    }
}

/// The user agreed.
pub(super) fn approve(state: &State, context: &Context, login: &Login) -> Answer {
    settle(state, context, Outcome::Approved(login.clone()));
    let body = "<p>You have signed in on your device. You may close this window.</p>";
    page::plain("Signed in", body)
}

/// The user did not agree.
pub(super) fn decline(state: &State, context: &Context) {
    settle(state, context, Outcome::Declined);
}

/// A policy does not allow it.
pub(super) fn block(state: &State, context: &Context) {
    settle(state, context, Outcome::Blocked);
}

fn settle(state: &State, context: &Context, outcome: Outcome) {
    let mut codes = state.device_codes();
    let typed = context.asked.user_code.as_deref();
    let code = codes
        .0
        .values_mut()
        .find(|code| Some(code.user_code.as_str()) == typed);
    if let Some(code) = code {
        code.outcome = outcome;
    }
}

/// What a device gets that asks with its code: the sign-in, with the resource and scope of the first request. A code is good for
/// one answer.
pub(in crate::endpoint) fn poll(
    state: &State,
    request: &Request,
    version: Version,
    client: &str,
) -> Result<(Login, String, String), Refusal> {
    // The name of the parameter differs between the endpoints.
    let text = request.parameter(match version {
        Version::One => "code",
        Version::Two => "device_code",
    })?;
    let mut codes = state.device_codes();
    let code = codes
        .0
        .get(text)
        .filter(|code| code.asked.version == version && code.asked.client_id.eq_ignore_ascii_case(client));
    let code = code.ok_or_else(|| Refusal::new(Code::DEVICE_CODE_UNKNOWN, ""))?;
    if code.issued + state.configuration.lifetimes.device_code < state.clock.now() {
        return Err(Refusal::new(Code::DEVICE_CODE_EXPIRED, ""));
    }
    let answer = match &code.outcome {
        Outcome::Approved(login) => Ok((
            login.clone(),
            code.asked.resource.clone(),
            code.asked.scope.clone(),
        )),
        // No public source says what a device gets then; the page says the same to the user.
        Outcome::Blocked => Err(Refusal::new(Code::ADMIN_POLICY, "Device code flow is blocked.")),
        Outcome::Declined => Err(Refusal::new(Code::DECLINED, "")),
        Outcome::Pending => return Err(Refusal::new(Code::DEVICE_CODE_PENDING, "")),
    };
    codes.0.remove(text);
    answer
}
