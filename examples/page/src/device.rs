//! The device, from the output of `dsregcmd /status`.

use explain::printable_line;
use serde::Serialize;
use upn_resolver::windows::join_state::{JoinReport, JoinState};

/// The facts that matter for a sign-in.
#[derive(Serialize)]
pub(crate) struct Device {
    facts: Vec<Fact>,
}

#[derive(Serialize)]
struct Fact {
    label: &'static str,
    value: String,
}

impl Device {
    pub(crate) fn of(report: &JoinReport<'_>) -> Self {
        let mut device = Self { facts: Vec::new() };
        device.add("Join state", Some(join_state(report)));
        device.add("Domain", report.domain_name());
        device.add("Tenant", report.tenant_name());
        device.add("Device authentication", report.device_auth_status());
        let prt = report.prt();
        device.add(
            "Primary refresh token",
            prt.present
                .map(|present| if present { "present" } else { "absent" }),
        );
        device.add("Token updated", prt.updated);
        let Some(failure) = prt.acquire_failure else {
            return device;
        };
        device.add("Last failed attempt", failure.time);
        device.add("User name sent", failure.user_identity);
        let status = failure.status.map(|status| status.to_string());
        device.add("Status", status.as_deref());
        device.add(
            "Meaning",
            failure.status.and_then(|status| Some(status.meaning()?.1)),
        );
        device.add("Server error", failure.server_error_code);
        device.add("Description", failure.server_error_description);
        device.add("Correlation ID", failure.correlation_id);
        device
    }

    fn add(&mut self, label: &'static str, value: Option<&str>) {
        self.facts.extend(value.map(|value| Fact {
            label,
            value: printable_line(value),
        }));
    }
}

/// The name of the join state, as on the page about dsregcmd.
pub(crate) fn join_state(report: &JoinReport<'_>) -> &'static str {
    match report.join_state() {
        JoinState::Unknown => "not stated in the text",
        known => known.as_str(),
    }
}
