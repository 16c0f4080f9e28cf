//! Fifth message: the return of the code. Sixth message: the code is redeemed.

use http::StatusCode;
use percent_encoding::percent_decode_str;
use zeroize::Zeroizing;

use super::{Browsing, foreign};
use crate::config::Pkce;
use crate::error::Error;
use crate::flow::access_token::AccessToken;
use crate::flow::target;
use crate::page::HiddenForm;
use crate::refusal::Refusal;
use crate::state::State;
use crate::step::{Outcome, Step};
use crate::wire::ErrorBody;

/// What comes back to the client: RFC 6749 sections 4.1.2 and 4.1.2.1.
#[derive(Default)]
struct Returned {
    code: Option<Zeroizing<String>>,
    state: Option<Zeroizing<String>>,
    error: Option<String>,
    error_description: Option<String>,
}

impl Browsing {
    /// A redirect to the client's own address is read; any other is not followed.
    pub(super) fn redirected(self, state: State, location: &str) -> Result<Step<AccessToken>, Error> {
        let rest = location.strip_prefix(self.context.config.web().redirect_uri());
        let Some(parameters) = rest.and_then(|rest| rest.strip_prefix(['?', '#'])) else {
            return Err(foreign(state, location));
        };
        let mut returned = Returned::default();
        for (name, value) in parameters
            .split(['&', '#'])
            .filter_map(|pair| pair.split_once('='))
        {
            let value = value.replace('+', " ");
            let value = String::from_utf8(percent_decode_str(&value).collect()).map(Zeroizing::new);
            let value = value.map_err(|_| Error::ProtocolChanged {
                state,
                what: "a parameter of the redirect is not UTF-8",
            })?;
            returned.set(state, name, &value)?;
        }
        self.returned(state, returned)
    }

    /// The form that a browser would post to the client's own address.
    pub(super) fn form_for_client(self, state: State, form: &HiddenForm) -> Result<Step<AccessToken>, Error> {
        let mut returned = Returned::default();
        for (name, value) in form.fields() {
            returned.set(state, name, value)?;
        }
        self.returned(state, returned)
    }

    fn returned(self, state: State, returned: Returned) -> Result<Step<AccessToken>, Error> {
        let changed = |what| Error::ProtocolChanged { state, what };
        if returned.state.as_deref() != Some(&self.state) {
            return Err(changed("the state that came back is another one"));
        }
        if let Some(error) = returned.error {
            let body = ErrorBody {
                error: Some(error),
                error_description: returned.error_description,
                ..ErrorBody::default()
            };
            let refusal = Refusal::new(state, StatusCode::FOUND, None, body);
            return Ok(Step::Done(Outcome::refused(refusal)));
        }
        if state == State::Authorize {
            return Err(changed("a code came before the certificate"));
        }
        let code = returned.code.filter(|code| !code.is_empty());
        self.redeem(&code.ok_or(changed("no code came back"))?)
    }

    fn redeem(self, code: &str) -> Result<Step<AccessToken>, Error> {
        let web = self.context.config.web();
        let target = self.target.fields(&self.context);
        let mut form = vec![
            ("client_id", web.client_id()),
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", web.redirect_uri()),
            ("client_info", "1"),
        ];
        if web.pkce() == Pkce::S256 {
            form.push(("code_verifier", self.verifier.as_str()));
        }
        form.extend(target.iter().map(|(name, value)| (*name, value.as_str())));
        let url = target::endpoint(&self.context, "token");
        let request = self.context.post_form(State::Token, &url, &form)?;
        let (recorder, context) = (self.context.recorder.clone(), self.context);
        Ok(Step::send(State::Token, request, recorder, move |answer, now| {
            if answer.status.is_success() {
                return target::granted(&context, &answer, now);
            }
            let refusal = answer.refusal(context.config.limits())?;
            Ok(Step::Done(Outcome::refused(refusal)))
        }))
    }
}

impl Returned {
    /// A parameter that is there twice has no value (RFC 6749 section 3.1).
    fn set(&mut self, state: State, name: &str, value: &str) -> Result<(), Error> {
        let secret = || Zeroizing::new(value.to_owned());
        let twice = match name {
            "code" => self.code.replace(secret()).is_some(),
            "state" => self.state.replace(secret()).is_some(),
            "error" => self.error.replace(value.to_owned()).is_some(),
            "error_description" => self.error_description.replace(value.to_owned()).is_some(),
            _ => false,
        };
        if twice {
            return Err(Error::ProtocolChanged {
                state,
                what: "a parameter came back twice",
            });
        }
        Ok(())
    }
}
