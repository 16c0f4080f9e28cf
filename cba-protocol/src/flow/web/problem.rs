//! Pages that end the flow.

use http::StatusCode;

use crate::flow::access_token::AccessToken;
use crate::printable::{MAX_NAME, line};
use crate::refusal::{Interaction, Refusal};
use crate::state::State;
use crate::step::Outcome;
use crate::wire::{ErrorBody, Page};

/// Pages that show an error and nothing else to do.
const ERRORS: &[&str] = &["ConvergedError", "ConvergedSignIn"];

/// How the flow ends at a page: refused if it shows an error, otherwise an interaction that names the page.
pub(super) fn of_page(state: State, page: Page) -> Outcome<AccessToken> {
    let name = line(&page.pgid.unwrap_or_default(), MAX_NAME);
    let code = [page.error_code, page.error_number]
        .into_iter()
        .flatten()
        .find_map(|code| {
            u32::try_from(code)
                .ok()
                .filter(|code| *code != 0 && *code != 50_058)
        });
    let text = [page.exception, page.error_text, page.main_message]
        .into_iter()
        .flatten()
        .find(|text| !text.trim().is_empty());
    let is_error = ERRORS.contains(&name.as_str()) && (code.is_some() || text.is_some());
    let body = ErrorBody {
        error: Some(
            if is_error {
                "sign_in_refused"
            } else {
                "interaction_required"
            }
            .to_owned(),
        ),
        error_description: Some(text.unwrap_or_else(|| format!("the service shows the page {name:?}"))),
        error_codes: code.into_iter().collect(),
        ..ErrorBody::default()
    };
    let refusal = Refusal::new(state, StatusCode::OK, None, body);
    let outcome = if is_error {
        Outcome::refused(refusal)
    } else {
        Outcome::Interaction(Box::new(Interaction { refusal, page: None }))
    };
    match outcome {
        Outcome::Interaction(mut interaction) => {
            interaction.page = Some(name);
            Outcome::Interaction(interaction)
        }
        other => other,
    }
}
