//! The text for a support ticket, without personal data.

use std::fmt::Write as _;

use explain::{Explanation, Join, Message, Style, Warning, printable, write_text};
use upn_resolver::windows::join_state::JoinReport;
use upn_resolver::windows::platform::WindowsBuild;

use crate::device::join_state;

/// A text that contains no file names, user names, domains and labels: decisions are redacted by the library, and of the output of
/// dsregcmd only states and codes are copied.
pub(crate) struct Ticket(String);

impl Ticket {
    /// Begins with the device. `policy` is the number of its values that cannot be used.
    pub(crate) fn new(join: Option<Join>, report: Option<&JoinReport<'_>>, policy: Option<usize>) -> Self {
        let mut text = format!(
            "explain-upn {} (page). Names are replaced: equal names have equal numbers.\n",
            env!("CARGO_PKG_VERSION")
        );
        let device = match join {
            None => "every case",
            Some(Join::Entra) => "Entra joined",
            Some(Join::Hybrid) => "Entra hybrid joined",
        };
        let _ = writeln!(text, "device: {device}");
        if let Some(report) = report {
            let _ = writeln!(text, "dsregcmd: {}{}", join_state(report), attempt(report));
        }
        let _ = match policy {
            None => writeln!(text, "policy: none"),
            Some(0) => writeln!(text, "policy: given"),
            Some(unused) => writeln!(text, "policy: given; {unused} of its values cannot be used"),
        };
        Self(text)
    }

    /// Adds a file: what `explain-upn --redact --long` prints.
    pub(crate) fn add(
        &mut self,
        place: Option<(usize, usize)>,
        explanation: &Explanation,
        build: Option<WindowsBuild>,
    ) {
        self.0.push('\n');
        if let Some((number, total)) = place {
            let _ = writeln!(self.0, "== file {number} of {total} ==");
        }
        let style = Style {
            long: true,
            redact: true,
            emphasis: false,
        };
        let mut printed = Vec::new();
        // Writing to memory does not fail.
        let _ = write_text(&mut printed, &explanation.certificates, build, style);
        self.0.push_str(&String::from_utf8(printed).unwrap_or_default());
        for message in &explanation.messages {
            let _ = match message {
                Message::Comparison(comparison) => writeln!(self.0, "compared: {}", comparison.text(true)),
                Message::Problem(problem) => writeln!(self.0, "not readable: {}", problem.reason()),
                Message::Warning(Warning::NamesWithoutEffect) => Ok(()),
                Message::Warning(warning) => writeln!(self.0, "warning: {warning}"),
            };
        }
    }

    pub(crate) fn into_text(self) -> String {
        printable(&self.0)
    }
}

/// State and codes of the primary refresh token. The server's description can contain names, so only its code is copied.
fn attempt(report: &JoinReport<'_>) -> String {
    let prt = report.prt();
    let mut text = String::new();
    if let Some(present) = prt.present {
        text += if present {
            "; primary refresh token present"
        } else {
            "; no primary refresh token"
        };
    }
    let Some(failure) = prt.acquire_failure else {
        return text;
    };
    let code = |text: &str| -> Option<String> {
        let is_code = |character: char| character.is_ascii_alphanumeric() || character == '_';
        let code: String = text.chars().take_while(|character| is_code(*character)).collect();
        (!code.is_empty()).then_some(code)
    };
    let description = failure
        .server_error_description
        .filter(|text| text.starts_with("AADSTS"));
    for code in [failure.server_error_code, description]
        .into_iter()
        .flatten()
        .filter_map(code)
    {
        let _ = write!(text, "; {code}");
    }
    text
}
