//! Third message: the user's certificate in a TLS handshake. Fourth message: its result, back to the sign-in host.

use http::HeaderValue;
use http::header::REFERER;

use super::reply::Reply;
use super::{Browsing, for_page, problem};
use crate::answer::Answer;
use crate::config::Referer;
use crate::error::Error;
use crate::flow::access_token::AccessToken;
use crate::page::HiddenForm;
use crate::secret::Secret;
use crate::state::State;
use crate::step::{Outcome, Step};

impl Browsing {
    /// Its host is not the sign-in host and gets no cookies.
    pub(super) fn present_certificate(
        self,
        url: &str,
        ctx: &Secret,
        flow_token: &Secret,
    ) -> Result<Step<AccessToken>, Error> {
        let form = [("ctx", ctx.expose()), ("flowToken", flow_token.expose())];
        let request = self.context.post_form(State::CertificateSignIn, url, &form)?;
        let (recorder, certificate) = (self.context.recorder.clone(), self.certificate.clone());
        let origin = request
            .uri()
            .authority()
            .and_then(|host| HeaderValue::try_from(format!("https://{host}/")).ok());
        Ok(Step::send_as_user(
            State::CertificateSignIn,
            for_page(request),
            certificate,
            recorder,
            move |answer, _| self.certificate_presented(&answer, origin),
        ))
    }

    fn certificate_presented(
        mut self,
        answer: &Answer,
        origin: Option<HeaderValue>,
    ) -> Result<Step<AccessToken>, Error> {
        match Reply::read(&self.context, answer)? {
            Reply::Form(form) => {
                let referer = origin.filter(|_| self.context.config.web().referer() == Referer::Sent);
                self.post_back(State::CertificateSignIn, &form, referer)
            }
            Reply::Page(page) => {
                self.visit(State::CertificateSignIn, page.pgid.as_deref().unwrap_or_default())?;
                Ok(Step::Done(problem::of_page(State::CertificateSignIn, *page)))
            }
            Reply::Refused(refusal) => Ok(Step::Done(Outcome::refused(refusal))),
            // `Answer::read` lets none pass here
            Reply::Redirect(_) => Err(Error::ProtocolChanged {
                state: State::CertificateSignIn,
                what: "the answer is a redirect",
            }),
        }
    }

    /// Posts a hidden form unchanged. `from` is the request that the form answered.
    pub(super) fn post_back(
        mut self,
        from: State,
        form: &HiddenForm,
        referer: Option<HeaderValue>,
    ) -> Result<Step<AccessToken>, Error> {
        let url = self.own_url(from, &form.action)?;
        let path = url.split('?').next().unwrap_or_default();
        self.visit(from, &format!("form to {path}"))?;
        let request = self.context.post_form(State::Login, &url, &form.fields());
        let mut request = for_page(request?);
        if let Some(referer) = referer {
            request.headers_mut().insert(REFERER, referer);
        }
        Ok(self.send(State::Login, request, |browsing, answer, _| {
            browsing.read_page(State::Login, &answer)
        }))
    }
}
