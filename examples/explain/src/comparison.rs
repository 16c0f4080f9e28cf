//! Comparison of a decision with the name that Windows sent last.

use upn_resolver::Upn;
use upn_resolver::windows::join_state::PrtAttempt;

use crate::{Place, Row};

/// The result of a comparison of a decision with the last failed attempt that `dsregcmd /status` shows.
#[derive(Clone, Debug)]
pub struct Comparison {
    certificate: Option<usize>,
    verdict: &'static str,
    sent: Option<Upn>,
    status: String,
}

impl Comparison {
    pub(crate) fn of(failure: &PrtAttempt<'_>, rows: &[Row], place: Option<&Place>) -> Self {
        let sent = failure.user_identity.and_then(|name| Upn::parse(name).ok());
        let decided = rows.first().and_then(Row::upn);
        let verdict = match (&sent, decided) {
            (Some(sent), Some(decided)) if sent.names_same_account(decided) => "the same name",
            (Some(_), Some(_)) => "another name",
            _ => "no name to compare",
        };
        let status = match failure.status.map(|status| (status, status.meaning())) {
            Some((status, Some((_, cause)))) => format!("; status {status}: {cause}"),
            Some((status, None)) => format!("; status {status}"),
            None => String::new(),
        };
        Self {
            certificate: place.map(|place| place.number),
            verdict,
            sent,
            status,
        }
    }

    /// The comparison as text, with or without the name that was sent.
    #[must_use]
    pub fn text(&self, redact: bool) -> String {
        let name = self
            .sent
            .as_ref()
            .filter(|_| !redact)
            .map(|name| format!(" ({name})"))
            .unwrap_or_default();
        let about = self
            .certificate
            .map(|number| format!("certificate {number}: "))
            .unwrap_or_default();
        format!(
            "{about}the last failed attempt that dsregcmd shows sent {}{name}{}",
            self.verdict, self.status
        )
    }
}
