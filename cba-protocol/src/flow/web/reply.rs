//! Answers to a request of a browser: a redirect, a page, a form, or an error.

use http::header::LOCATION;

use crate::answer::Answer;
use crate::error::Error;
use crate::flow::context::Context;
use crate::page::{HiddenForm, configuration};
use crate::refusal::Refusal;
use crate::wire::Page;
use zeroize::Zeroizing;

pub(super) enum Reply {
    Form(HiddenForm),
    Page(Box<Page>),
    /// Its target, which may contain a code.
    Redirect(Zeroizing<String>),
    Refused(Refusal),
}

impl Reply {
    /// A page with a configuration is a page, whatever forms it has: those are for browsers without scripts.
    pub(super) fn read(context: &Context, answer: &Answer) -> Result<Self, Error> {
        let (state, limits) = (answer.state, context.config.limits());
        let changed = |what| Error::ProtocolChanged { state, what };
        if answer.status.is_redirection() {
            let location = answer.headers().get(LOCATION);
            let location = location.and_then(|location| location.to_str().ok());
            return location
                .map(|location| Self::Redirect(Zeroizing::new(location.to_owned())))
                .ok_or(changed("a redirect without a target"));
        }
        let body = answer.body(limits)?;
        match configuration::<Page>(body, limits) {
            Some(Ok(page)) => return Ok(Self::Page(Box::new(page))),
            Some(Err(what)) => return Err(changed(what)),
            None => {}
        }
        if !answer.status.is_success() {
            return answer.refusal(limits).map(Self::Refused);
        }
        HiddenForm::read(body)
            .map_err(changed)?
            .map(Self::Form)
            .ok_or(changed("the page is not one of the sign-in"))
    }
}
