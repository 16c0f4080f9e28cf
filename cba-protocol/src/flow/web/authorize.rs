//! First message: the authorization request, and the page that answers it.

use base64ct::{Base64UrlUnpadded, Encoding};
use http::Method;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::reply::Reply;
use super::{Browsing, for_page, problem};
use crate::config::Pkce;
use crate::error::Error;
use crate::flow::access_token::AccessToken;
use crate::flow::context::Context;
use crate::flow::target;
use crate::percent;
use crate::state::State;
use crate::step::{Outcome, Step};

/// The page for signing in.
const SIGN_IN: &str = "ConvergedSignIn";

/// "Not signed in": the first page has this code, and it is not a failure.
const NOT_SIGNED_IN: u64 = 50_058;

impl Browsing {
    /// <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow>. The challenge is that of RFC 7636.
    pub(super) fn authorize(self) -> Result<Step<AccessToken>, Error> {
        let web = self.context.config.web();
        let challenge = Base64UrlUnpadded::encode_string(&Sha256::digest(self.verifier.as_bytes()));
        let target = self.target.fields(&self.context);
        let mut fields = vec![
            ("client_id", web.client_id()),
            ("response_type", "code"),
            ("redirect_uri", web.redirect_uri()),
            ("response_mode", web.response_mode().code()),
            ("state", self.state.as_str()),
        ];
        if web.pkce() == Pkce::S256 {
            fields.push(("code_challenge", challenge.as_str()));
            fields.push(("code_challenge_method", "S256"));
        }
        fields.extend(target.iter().map(|(name, value)| (*name, value.as_str())));
        fields.extend(web.prompt().map(|prompt| ("prompt", prompt)));
        fields.extend(web.amr_values().map(|values| ("amr_values", values)));
        let url = format!(
            "{}?{}",
            target::endpoint(&self.context, "authorize"),
            percent::form(&fields)
        );
        let request = self
            .context
            .request(State::Authorize, Method::GET, &url, Vec::new())?;
        Ok(self.send(
            State::Authorize,
            for_page(request),
            |browsing, answer, _| match Reply::read(&browsing.context, &answer)? {
                Reply::Page(page) => browsing.first_page(*page),
                Reply::Redirect(location) => browsing.redirected(State::Authorize, &location),
                Reply::Refused(refusal) => Ok(Step::Done(Outcome::refused(refusal))),
                Reply::Form(_) => Err(Error::ProtocolChanged {
                    state: State::Authorize,
                    what: "the first page is a form",
                }),
            },
        ))
    }

    fn first_page(mut self, page: crate::wire::Page) -> Result<Step<AccessToken>, Error> {
        let name = page.pgid.clone().unwrap_or_default();
        self.visit(State::Authorize, &name)?;
        let failed = page
            .main_message
            .as_ref()
            .is_some_and(|message| !message.is_empty())
            || page
                .error_code
                .is_some_and(|code| code != NOT_SIGNED_IN && code != 0);
        if name != SIGN_IN || failed {
            return Ok(Step::Done(problem::of_page(State::Authorize, page)));
        }
        self.ask_credential_type(page)
    }
}

/// 32 random bytes in base64url: 43 characters.
pub(super) fn random_text(context: &mut Context) -> Zeroizing<String> {
    Zeroizing::new(Base64UrlUnpadded::encode_string(&context.random.draw()))
}
