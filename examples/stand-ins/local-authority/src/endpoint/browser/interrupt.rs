//! The pages between a certificate and a code.

use super::context::{Context, Pending, Step};
use super::{device_code, finish, page};
use crate::config::{AppCheck, DeviceCode};
use crate::grant::Login;
use crate::http::{Answer, Request};
use crate::log::SignInNotes;
use crate::refusal::{Code, Refusal};
use crate::state::State;

/// "Is this the app that you meant": page id, and error code of the reference.
pub(super) const APP_CHECK: &str = "CmsiInterrupt";
/// "Stay signed in?"
pub(super) const KEEP_ME_SIGNED_IN: &str = "KmsiInterrupt";

/// Schemes of redirect URIs that the check is not for (AADSTS50199 of
/// <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>).
const EXEMPT: [&str; 5] = ["http", "https", "msauth", "msauthv2", "chrome-extension"];

/// Shows the first page that the sign-in needs, or ends it.
pub(super) fn begin(
    state: &State,
    request: &Request,
    context: &Context,
    login: Login,
) -> Result<Answer, Refusal> {
    let configuration = &state.configuration;
    if context.asked.user_code.is_some() && configuration.pages.device_code == DeviceCode::Blocked {
        device_code::block(state, context);
        return Err(Refusal::new(Code::ADMIN_POLICY, "Device code flow is blocked."));
    }
    let is_native = context
        .asked
        .redirect_uri
        .split_once(':')
        .is_none_or(|(scheme, _)| !EXEMPT.contains(&scheme));
    let app_check = match configuration.dialect.app_check {
        AppCheck::Always => true,
        AppCheck::NativeRedirects => is_native,
        AppCheck::Never => false,
    };
    let mut pages = configuration.pages.dead_ends.clone();
    if app_check {
        pages.push(APP_CHECK.to_owned());
    }
    if configuration.pages.keep_me_signed_in {
        pages.push(KEEP_ME_SIGNED_IN.to_owned());
    }
    next(state, request, context, login, pages)
}

/// Shows the first of the pages, or ends the sign-in.
fn next(
    state: &State,
    request: &Request,
    context: &Context,
    login: Login,
    pages: Vec<String>,
) -> Result<Answer, Refusal> {
    match pages.first().map(String::as_str) {
        None => finish::end(state, context, &login),
        Some(APP_CHECK | KEEP_ME_SIGNED_IN) => page::interrupt(state, request, context, login, pages),
        Some(other) => page::dead_end(state, request, context, other, Code::INTERACTION_REQUIRED),
    }
}

/// `POST /kmsi`.
pub(in crate::endpoint) fn keep_me_signed_in(
    state: &State,
    request: &Request,
    notes: &mut SignInNotes,
) -> Result<Answer, Refusal> {
    let (context, login, pages) = answered(state, request, KEEP_ME_SIGNED_IN, notes)?;
    let option = request.parameter("LoginOptions")?;
    if !state
        .configuration
        .dialect
        .login_options
        .iter()
        .any(|known| known == option)
    {
        return Err(Refusal::new(Code::MALFORMED, "Parameter: 'LoginOptions'."));
    }
    next(state, request, &context, login, pages)
}

/// `POST /appverify`.
pub(in crate::endpoint) fn app_check(
    state: &State,
    request: &Request,
    notes: &mut SignInNotes,
) -> Result<Answer, Refusal> {
    let (context, login, pages) = answered(state, request, APP_CHECK, notes)?;
    match request.parameter("ContinueAuth")? {
        "true" => next(state, request, &context, login, pages),
        "false" => finish::decline(state, &context),
        _ => Err(Refusal::new(Code::MALFORMED, "Parameter: 'ContinueAuth'.")),
    }
}

/// The sign-in of a page that was answered, with the pages that are left.
fn answered(
    state: &State,
    request: &Request,
    page: &str,
    notes: &mut SignInNotes,
) -> Result<(Context, Login, Vec<String>), Refusal> {
    let pending = Pending::open(state, request)?;
    pending.check_form(state, request)?;
    pending.check_fields(state, request)?;
    let Step::Pages { login, mut pages } = pending.flow.step.clone() else {
        return Err(Refusal::new(
            Code::FLOW_TOKEN_INVALID,
            "It is of an earlier page.",
        ));
    };
    if pages.first().map(String::as_str) != Some(page) {
        return Err(Refusal::new(Code::FLOW_TOKEN_INVALID, "It is of another page."));
    }
    pending.take(state)?;
    notes.client_id = Some(pending.context.asked.client_id.clone());
    notes.user = state
        .directory
        .user(&login.user)
        .map(|user| user.user_principal_name.clone());
    pages.remove(0);
    Ok((pending.context, login, pages))
}
