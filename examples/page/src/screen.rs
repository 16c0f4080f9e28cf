//! The sign-in screen of Windows, for all certificates as one card.

use explain::{Case, Found, FoundError, printable_line};
use serde::Serialize;
use upn_resolver::windows::eligibility::{TokenCertificate, assess};
use upn_resolver::windows::logon_policy::LogonPolicy;

/// Tiles and hidden certificates.
#[derive(Serialize)]
pub(crate) struct Screen {
    tiles: Vec<TileReport>,
    hidden: Vec<HiddenReport>,
}

#[derive(Serialize)]
struct TileReport {
    number: usize,
    certificate: String,
    title: String,
    principal_name: Option<String>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct HiddenReport {
    number: usize,
    certificate: String,
    gate: &'static str,
    text: String,
}

impl Screen {
    /// Assesses all certificates that are not issuers of others; `None` if there is none.
    pub(crate) fn of(files: &[(String, Vec<Result<Found, FoundError>>)], case: &Case<'_>) -> Option<Self> {
        let found: Vec<&Found> = files
            .iter()
            .flat_map(|(_, found)| found.iter().flatten())
            .filter(|found| !found.is_issuer)
            .collect();
        let (names, certificates): (Vec<_>, Vec<_>) = found
            .iter()
            .filter_map(|found| Some((found.name.as_str(), found.certificate().ok()?)))
            .unzip();
        if certificates.is_empty() {
            return None;
        }
        let token: Vec<_> = certificates.iter().map(TokenCertificate::new).collect();
        let default = LogonPolicy::new();
        let assessment = assess(&token, case.policy.unwrap_or(&default), case.now);
        let name = |index: usize| names.get(index).copied().unwrap_or_default().to_owned();
        let tiles = assessment.tiles().iter().map(|tile| TileReport {
            number: tile.index() + 1,
            certificate: name(tile.index()),
            title: printable_line(tile.title()),
            principal_name: tile.principal_name().map(printable_line),
            notes: tile.notes().iter().map(ToString::to_string).collect(),
        });
        let hidden = assessment.hidden().iter().map(|hidden| HiddenReport {
            number: hidden.index() + 1,
            certificate: name(hidden.index()),
            gate: hidden.gate().code(),
            text: printable_line(&hidden.to_string()),
        });
        Some(Self {
            tiles: tiles.collect(),
            hidden: hidden.collect(),
        })
    }
}
