//! Device code: the user signs in with the browser of another machine (RFC 8628).

use core::time::Duration;

use rustls_pki_types::UnixTime;

use super::access_token::AccessToken;
use super::context::Context;
use super::target::{self, Target};
use crate::answer::Answer;
use crate::config::{Config, Endpoint};
use crate::error::Error;
use crate::printable::{MAX_NAME, MAX_URL, printable};
use crate::recorder::Kind;
use crate::refusal::Refusal;
use crate::secret::Secret;
use crate::seed::Seed;
use crate::state::State;
use crate::step::{Outcome, Shown, Step};
use crate::transcript::Transcript;
use crate::wire::DeviceCodeAnswer;

/// RFC 8628 section 3.4.
const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// Longest time that is waited in all, in seconds. The service gives 15 minutes.
const MAX_LIFETIME: u64 = 60 * 60;

/// Most questions to the token endpoint.
const MAX_POLLS: u64 = 720;

/// Interval without one in the answer, and what `slow_down` adds, in seconds (RFC 8628 sections 3.2 and 3.5).
const INTERVAL: u64 = 5;

/// A sign-in with the browser of another machine: the user enters a code there. It ends with tokens for one service, by default for
/// the registration service.
///
/// Many tenants block this flow with a Conditional Access policy, as [Microsoft recommends]. The refusal says so.
///
/// ```
/// use cba_protocol::{Config, DeviceCode, Error, Seed, State};
/// # fn example(config: &Config, seed: Seed) -> Result<(), Error> {
/// let step = DeviceCode::new(config).start(seed)?;
/// assert_eq!(step.state(), State::DeviceCode);
/// # Ok(()) }
/// ```
///
/// [Microsoft recommends]: https://learn.microsoft.com/entra/identity/conditional-access/policy-block-authentication-flows
#[must_use = "call start() to begin"]
pub struct DeviceCode {
    config: Config,
    target: Target,
    transcript: Option<Transcript>,
}

impl DeviceCode {
    /// Creates a sign-in of the client that [`config::Web`](crate::config::Web) names.
    pub fn new(config: &Config) -> Self {
        Self {
            config: config.clone(),
            target: Target::registration(),
            transcript: None,
        }
    }

    target::setters!(DeviceCode);

    /// Returns the first step: the request for a code.
    ///
    /// # Errors
    /// [`Error::UnwritableRequest`] if the configuration makes no URL.
    pub fn start(self, seed: Seed) -> Result<Step<AccessToken>, Error> {
        let context = Context::new(Kind::DeviceCode, self.config, seed, self.transcript);
        let web = context.config.web();
        let target = self.target.fields(&context);
        let mut form = vec![("client_id", web.client_id())];
        form.extend(target.iter().map(|(name, value)| (*name, value.as_str())));
        form.extend(web.amr_values().map(|values| ("amr_values", values)));
        let url = target::endpoint(&context, "devicecode");
        let request = context.post_form(State::DeviceCode, &url, &form)?;
        let recorder = context.recorder.clone();
        Ok(Step::send(State::DeviceCode, request, recorder, |answer, now| {
            read(context, &answer, now)
        }))
    }
}

fn read(context: Context, answer: &Answer, now: UnixTime) -> Result<Step<AccessToken>, Error> {
    let limits = context.config.limits();
    if !answer.status.is_success() {
        return answer
            .refusal(limits)
            .map(|refusal| Step::Done(Outcome::refused(refusal)));
    }
    let answer: DeviceCodeAnswer = answer.json(limits)?;
    let missing = || Error::ProtocolChanged {
        state: State::DeviceCode,
        what: "the answer has no usable device_code, user_code, verification_uri or expires_in",
    };
    let shown = |text: Option<String>, max: usize| {
        text.filter(|text| {
            !text.is_empty() && text.len() <= max && printable(text) == *text && !text.contains('\n')
        })
        .ok_or_else(missing)
    };
    let code = shown(answer.user_code, MAX_NAME)?;
    let address = shown(answer.verification_uri.or(answer.verification_url), MAX_URL)?;
    if !address.starts_with("https://") {
        return Err(missing());
    }
    let device_code = answer
        .device_code
        .filter(|code| !code.expose().is_empty())
        .ok_or_else(missing)?;
    let lifetime = answer
        .expires_in
        .filter(|seconds| *seconds > 0)
        .ok_or_else(missing)?
        .min(MAX_LIFETIME);
    let expires_at = crate::prt::later(now, Duration::from_secs(lifetime));
    let polling = Polling {
        context,
        device_code,
        interval: answer.interval.unwrap_or(INTERVAL).clamp(1, MAX_LIFETIME),
        expires_at,
        polls: 0,
    };
    let recorder = polling.context.recorder.clone();
    let shown = Shown {
        code,
        address,
        expires_at,
    };
    Ok(Step::show_code(shown, recorder, || Ok(polling.wait())))
}

/// Asking until the user has signed in.
struct Polling {
    context: Context,
    device_code: Secret,
    interval: u64,
    expires_at: UnixTime,
    polls: u64,
}

impl Polling {
    fn wait(self) -> Step<AccessToken> {
        let recorder = self.context.recorder.clone();
        Step::wait(Duration::from_secs(self.interval), recorder, || self.ask())
    }

    /// Version 1 calls the code `code`.
    fn ask(self) -> Result<Step<AccessToken>, Error> {
        let web = self.context.config.web();
        let name = match web.endpoint() {
            Endpoint::V1 => "code",
            Endpoint::V2 => "device_code",
        };
        let form = [
            ("client_id", web.client_id()),
            ("grant_type", GRANT),
            (name, self.device_code.expose()),
        ];
        let url = target::endpoint(&self.context, "token");
        let request = self.context.post_form(State::Token, &url, &form)?;
        let recorder = self.context.recorder.clone();
        Ok(Step::send(State::Token, request, recorder, |answer, now| {
            self.answered(&answer, now)
        }))
    }

    fn answered(mut self, answer: &Answer, now: UnixTime) -> Result<Step<AccessToken>, Error> {
        if answer.status.is_success() {
            return target::granted(&self.context, answer, now);
        }
        let refusal = answer.refusal(self.context.config.limits())?;
        match refusal.error.as_str() {
            "authorization_pending" => {}
            "slow_down" => self.interval = (self.interval + INTERVAL).min(MAX_LIFETIME),
            _ => return Ok(Step::Done(ended(refusal))),
        }
        self.polls += 1;
        let next = crate::prt::later(now, Duration::from_secs(self.interval));
        if self.polls == MAX_POLLS || next > self.expires_at {
            let expired = Refusal {
                error: "expired_token".to_owned(),
                codes: Vec::new(),
                message: "the user did not sign in in time".to_owned(),
                ..refusal
            };
            return Ok(Step::Done(Outcome::Refused(Box::new(expired))));
        }
        Ok(self.wait())
    }
}

/// A refusal that requires a browser is an ordinary refusal here, because the user has used a browser.
fn ended(refusal: Refusal) -> Outcome<AccessToken> {
    Outcome::Refused(Box::new(refusal))
}
