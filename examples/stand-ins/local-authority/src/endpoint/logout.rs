//! The end of a browser's sessions (OpenID Connect RP-Initiated Logout 1.0).

use url::Url;

use crate::http::{Answer, Request};
use crate::refusal::{Code, Refusal};

/// Redirects to `post_logout_redirect_uri` with `state`; without one it shows a page. There is no session to end: the authority keeps
/// none.
pub(super) fn answer(request: &Request) -> Result<Answer, Refusal> {
    let Some(target) = request.query.get("post_logout_redirect_uri") else {
        let page = "<!DOCTYPE html><html><head><title>Signed out</title></head><body>You signed out.</body></html>\n";
        return Ok(Answer::new(200, "text/html; charset=utf-8", page));
    };
    let mut target =
        Url::parse(target).map_err(|_| Refusal::new(Code::MALFORMED, "The redirect URI is not a URL."))?;
    if let Some(state) = request.query.get("state") {
        target.query_pairs_mut().append_pair("state", state);
    }
    Ok(Answer::redirect(target.into()))
}
