//! `DELETE /EnrollmentServer/device/{id}`: a device leaves, with its certificate in TLS ([MS-DVRJ] 3.1.5.1.3).

use super::error::ServiceError;
use super::request::check_headers;
use crate::config::LeaveHost;
use crate::hosts::{Names, Role};
use crate::http::{Answer, Request};
use crate::log::SignInNotes;
use crate::state::State;

/// Removes the device. A second request is refused: the certificate is then of no device.
pub(super) fn answer(
    state: &State,
    request: &Request,
    notes: &mut SignInNotes,
) -> Result<Answer, ServiceError> {
    check_headers(state, request)?;
    let dialect = &state.configuration.dialect;
    let names = match Role::of(request.peer.server_name.as_deref().unwrap_or_default()) {
        Role::Registration(names) => names,
        // The certificate was not asked for on this connection.
        Role::CertAuth(_) | Role::Login => {
            return Err(ServiceError::unauthenticated(
                "The connection is for another host.",
            ));
        }
    };
    let accepted = match dialect.leave_host {
        LeaveHost::Any => true,
        LeaveHost::CertAuth => names == Names::Special,
        LeaveHost::Plain => names == Names::Common,
    };
    if !accepted {
        return Err(ServiceError::unauthenticated("Devices leave at another host."));
    }
    if !dialect
        .leave_version
        .accepts(request.query.contains_key("api-version"))
    {
        return Err(ServiceError::invalid("Parameter: 'api-version'."));
    }
    if !request.body.is_empty() {
        return Err(ServiceError::invalid("The request has a body."));
    }
    let certificate = request.peer.certificate.as_ref();
    let certificate =
        certificate.ok_or_else(|| ServiceError::unauthenticated("No certificate was shown."))?;
    let device = state.directory.known(&certificate.to_der()?, state.clock.now())?;
    let id = request.segments.get(2).map(String::as_str).unwrap_or_default();
    if !device.id.eq_ignore_ascii_case(id) {
        return Err(ServiceError::unauthenticated(
            "The certificate is of another device than the path.",
        ));
    }
    notes.device = Some(device.id.clone());
    state.directory.remove(&device.id);
    Ok(Answer::new(200, "application/json", ""))
}
