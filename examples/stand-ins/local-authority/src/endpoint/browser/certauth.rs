//! The host that asks for the user's certificate in TLS. It hands the certificate on to `/login`, which judges it.

use openssl::x509::X509;
use serde::{Deserialize, Serialize};

use super::context::{Pending, Step};
use super::login::name_of;
use super::page;
use crate::config::{CertAuthFailure, LoginPath};
use crate::hosts::login_of;
use crate::http::{Answer, Request};
use crate::jose::base64;
use crate::log::SignInNotes;
use crate::refusal::{Code, Refusal};
use crate::sign_in::judge;
use crate::state::State;

/// A certificate whose key signed a TLS handshake for a sign-in: the `certificatetoken` of the form.
#[derive(Deserialize, Serialize)]
pub(super) struct Shown {
    pub(super) session: String,
    /// DER, in base64.
    pub(super) certificate: String,
}

/// `POST https://certauth.…/{tenant}/certauth` with `ctx` and `flowToken`.
pub(in crate::endpoint) fn answer(
    state: &State,
    request: &Request,
    notes: &mut SignInNotes,
) -> Result<Answer, Refusal> {
    let host = request.header("host").unwrap_or_default().to_owned();
    let named = request.peer.server_name.as_deref().unwrap_or_default();
    if !host.eq_ignore_ascii_case(named) && !host.to_ascii_lowercase().starts_with(&format!("{named}:")) {
        let page = "The request is for another host than the TLS connection.\n";
        return Ok(Answer::new(421, "text/plain", page));
    }
    let pending = Pending::open(state, request)?;
    notes.client_id = Some(pending.context.asked.client_id.clone());
    let Step::Name(_) = &pending.flow.step else {
        return Err(Refusal::new(Code::FLOW_TOKEN_INVALID, "It is of a later page."));
    };
    let Some(certificate) = &request.peer.certificate else {
        return Err(Refusal::new(Code::CERTIFICATE_ABSENT, ""));
    };
    let failure = state.configuration.dialect.certauth_failure;
    if failure != CertAuthFailure::Form
        && let Err(refusal) = judged(state, &pending, certificate, notes)
    {
        if failure == CertAuthFailure::Page {
            return Err(refusal);
        }
        return Ok(Answer::new(
            403,
            "text/html; charset=utf-8",
            "<h1>Forbidden</h1>\n",
        ));
    }
    let shown = Shown {
        session: pending.context.session.clone(),
        certificate: base64(&certificate.to_der()?),
    };
    let token = state.sealer.seal("certificate", &shown)?;
    let [context, flow, canary] = pending
        .context
        .hand_on(state, request, pending.flow.step.clone())?;
    let path = match state.configuration.dialect.login_path {
        LoginPath::Common => "common",
        LoginPath::Tenant => &state.configuration.tenant.id,
    };
    let action = format!("https://{}/{path}/login", login_of(&host.to_ascii_lowercase()));
    Ok(page::forward(
        &action,
        &[
            ("ctx", &context),
            ("flowtoken", &flow),
            ("canary", &canary),
            ("certificatetoken", &token),
        ],
    ))
}

fn judged(
    state: &State,
    pending: &Pending,
    certificate: &X509,
    notes: &mut SignInNotes,
) -> Result<(), Refusal> {
    let name = name_of(pending)?;
    judge(state, &name, &certificate.to_der()?, notes).map(drop)
}
