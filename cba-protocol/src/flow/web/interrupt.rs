//! Pages after the certificate: interrupts that ask whether to go on are answered, every other page ends the flow.

use super::reply::Reply;
use super::{Browsing, for_page, problem};
use crate::answer::Answer;
use crate::config::{InterruptForm, KeepSignedIn};
use crate::error::Error;
use crate::flow::access_token::AccessToken;
use crate::state::State;
use crate::step::{Outcome, Step};
use crate::wire::Page;

/// "Stay signed in?" (AADSTS50140).
const KEEP: &str = "KmsiInterrupt";

/// "Is this the application that you want to sign in to?" (AADSTS50199). The user has started this program, so it is.
const APPLICATION: &str = "CmsiInterrupt";

impl Browsing {
    /// Reads what answers a form.
    pub(super) fn read_page(self, state: State, answer: &Answer) -> Result<Step<AccessToken>, Error> {
        match Reply::read(&self.context, answer)? {
            Reply::Redirect(location) => self.redirected(state, &location),
            Reply::Refused(refusal) => Ok(Step::Done(Outcome::refused(refusal))),
            Reply::Form(form) if form.action == self.context.config.web().redirect_uri() => {
                self.form_for_client(state, &form)
            }
            Reply::Form(form) => self.post_back(state, &form, None),
            Reply::Page(page) => self.shown(state, *page),
        }
    }

    fn shown(mut self, state: State, page: Page) -> Result<Step<AccessToken>, Error> {
        let name = page.pgid.clone().unwrap_or_default();
        match name.as_str() {
            KEEP | APPLICATION => {
                self.visit(state, &name)?;
                self.go_on(state, &name, page)
            }
            _ => Ok(Step::Done(problem::of_page(state, page))),
        }
    }

    fn go_on(self, state: State, name: &str, page: Page) -> Result<Step<AccessToken>, Error> {
        let changed = |what| Error::ProtocolChanged { state, what };
        let missing = "the page has no sCtx, sFT or canary";
        let (Some(ctx), Some(flow_token), Some(canary)) = (page.ctx, page.flow_token, page.canary) else {
            return Err(changed(missing));
        };
        let field_name = |name: Option<String>, usual: &str| {
            let name = name.unwrap_or_else(|| usual.to_owned());
            let plain = (1..=32).contains(&name.len()) && name.bytes().all(|c| c.is_ascii_alphanumeric());
            plain
                .then_some(name)
                .ok_or(changed("the page has an unusual field name"))
        };
        let flow_token_name = field_name(page.flow_token_name, "flowToken")?;
        let canary_name = field_name(page.canary_name, "canary")?;
        let web = self.context.config.web();
        let choice: &[(&str, &str)] = match (name, web.interrupt(), web.keep_signed_in()) {
            (APPLICATION, _, _) => &[("ContinueAuth", "true"), ("iscsrfspeedbump", "false")],
            (_, InterruptForm::Short, KeepSignedIn::No) => &[("LoginOptions", "3")],
            (_, InterruptForm::Short, KeepSignedIn::Yes) => &[("LoginOptions", "1")],
            (_, _, KeepSignedIn::No) => &[("LoginOptions", "3"), ("type", "28")],
            (_, _, KeepSignedIn::Yes) => &[("LoginOptions", "1"), ("type", "28")],
        };
        let request_id = match web.interrupt() {
            InterruptForm::Short => None,
            InterruptForm::SessionId => page.session_id,
            InterruptForm::CorrelationId => page.correlation_id,
        };
        let mut form = choice.to_vec();
        form.extend([
            ("ctx", ctx.expose()),
            (flow_token_name.as_str(), flow_token.expose()),
            (canary_name.as_str(), canary.expose()),
        ]);
        if web.interrupt() != InterruptForm::Short {
            form.extend(request_id.as_deref().map(|id| ("hpgrequestid", id)));
            // how long the user looked at the page, in milliseconds; any number
            form.push(("i19", "1000"));
        }
        let usual = if name == KEEP { "/kmsi" } else { "/appverify" };
        let url = self.own_url(state, page.url_post.as_deref().unwrap_or(usual))?;
        let request = for_page(self.context.post_form(State::Interrupt, &url, &form)?);
        Ok(self.send(State::Interrupt, request, |browsing, answer, _| {
            browsing.read_page(State::Interrupt, &answer)
        }))
    }
}
