//! `/login`: takes the name that a person typed, and the certificate that the certauth host saw.

use super::certauth::Shown;
use super::context::{LoginRequest, Pending, Step};
use super::{interrupt, page};
use crate::config::{LoginPath, PolicyState, Realm};
use crate::grant::Login;
use crate::hosts::{Role, login_of};
use crate::http::{Answer, Request};
use crate::jose::from_base64;
use crate::log::SignInNotes;
use crate::refusal::{Code, Refusal};
use crate::sign_in::judge;
use crate::state::State;

/// Answers a form: of the page that asks for a name, or of the certauth host.
pub(in crate::endpoint) fn answer(
    state: &State,
    request: &Request,
    notes: &mut SignInNotes,
) -> Result<Answer, Refusal> {
    let pending = Pending::open(state, request)?;
    notes.client_id = Some(pending.context.asked.client_id.clone());
    match request.form.get("certificatetoken") {
        Some(token) => by_certificate(state, request, &pending, token, notes),
        None => by_name(state, request, &pending, notes),
    }
}

/// The name that the certificate must belong to.
pub(super) fn name_of(pending: &Pending) -> Result<String, Refusal> {
    let typed = match &pending.flow.step {
        Step::Name(name) => name.clone(),
        Step::Pages { .. } => return Err(Refusal::new(Code::FLOW_TOKEN_INVALID, "It is of a later page.")),
    };
    let name = typed.or_else(|| pending.context.asked.login_hint.clone());
    name.ok_or_else(|| Refusal::new(Code::USER_NAME_MISSING, "The certificate names no account."))
}

fn by_certificate(
    state: &State,
    request: &Request,
    pending: &Pending,
    token: &str,
    notes: &mut SignInNotes,
) -> Result<Answer, Refusal> {
    check_dialect(state, request, pending)?;
    let name = name_of(pending)?;
    let shown: Option<Shown> = state.sealer.open("certificate", token);
    let shown = shown.filter(|shown| shown.session == pending.context.session);
    let der = shown.and_then(|shown| from_base64(&shown.certificate));
    let der = der.ok_or_else(|| Refusal::new(Code::CERTIFICATE_ABSENT, "The token is of no certificate."))?;
    pending.take(state)?;
    let (user, methods) = judge(state, &name, &der, notes)?;
    let mut methods = methods;
    if pending.context.asked.wants_fresh_multifactor() && methods.iter().any(|method| method == "mfa") {
        methods.push("ngcmfa".to_owned());
    }
    let login = Login {
        user: user.id.clone(),
        device: None,
        methods,
        authenticated: state.clock.now(),
    };
    notes.resource = Some(pending.context.asked.resource.clone());
    match check_access(state, &login, &pending.context.asked) {
        Ok(()) => interrupt::begin(state, request, &pending.context, login),
        Err(refusal) if refusal.code == Code::MFA_REQUIRED => {
            page::dead_end(state, request, &pending.context, "ConvergedTFA", refusal.code)
        }
        Err(refusal) => Err(refusal),
    }
}

/// Refuses a user who may not have the resource, or not with one factor.
fn check_access(state: &State, login: &Login, asked: &LoginRequest) -> Result<(), Refusal> {
    if asked.wants_multifactor() && !login.is_multifactor() {
        return Err(Refusal::new(Code::MFA_REQUIRED, "Asked for by 'amr_values'."));
    }
    crate::token::check_access(state, login, &asked.resource)
}

/// Points of `/login` that no public source settles.
fn check_dialect(state: &State, request: &Request, pending: &Pending) -> Result<(), Refusal> {
    let dialect = &state.configuration.dialect;
    let refuse = |what: &str| Err(Refusal::new(Code::MALFORMED, format!("At /login: {what}.")));
    let tenant = request.segments.first().map(String::as_str).unwrap_or_default();
    let right = match dialect.login_path {
        LoginPath::Common => tenant.eq_ignore_ascii_case("common"),
        LoginPath::Tenant => tenant.eq_ignore_ascii_case(&state.configuration.tenant.id),
    };
    if !right {
        return refuse("the path");
    }
    if !dialect
        .login_cookie
        .accepts(pending.cookie_matches(state, request))
    {
        return refuse("the cookie");
    }
    let referer = request.header("referer").and_then(|url| url.split('/').nth(2));
    let own = request.header("host").unwrap_or_default();
    let from_certauth =
        referer.is_some_and(|host| matches!(Role::of(host), Role::CertAuth(_)) && login_of(host) == own);
    if !dialect.login_referer.accepts(from_certauth) {
        return refuse("the header 'Referer'");
    }
    Ok(())
}

fn by_name(
    state: &State,
    request: &Request,
    pending: &Pending,
    notes: &mut SignInNotes,
) -> Result<Answer, Refusal> {
    pending.check_form(state, request)?;
    let typed = request.form.get("loginfmt").or(request.form.get("login"));
    let name = typed.map(|name| name.trim()).unwrap_or_default();
    let again = |code| page::sign_in(state, request, &pending.context, Some(Refusal::new(code, "")));
    if name.is_empty() {
        return page::sign_in(state, request, &pending.context, None);
    }
    notes.user_name = Some(name.to_owned());
    match state.directory.realm(name) {
        (Realm::Federated { auth_url, .. }, _) => return Ok(Answer::redirect(auth_url.clone())),
        (Realm::Managed, _) if state.directory.locate(name).is_some() => {}
        _ => return again(Code::USER_NOT_FOUND),
    }
    if state.configuration.certificate_policy.state == PolicyState::Disabled {
        return again(Code::CBA_NOT_CONFIGURED);
    }
    page::certificate(state, request, &pending.context, name)
}
