//! What a page hands on to the next request: the request that the sign-in serves (`sCtx`), how far it has come (`sFT`), and a
//! proof that a form came from a page (`canary`).

use serde::{Deserialize, Serialize};

use crate::config::{Agent, Demand, RequestId};
use crate::grant::{ChallengeMethod, Login};
use crate::http::Request;
use crate::random;
use crate::refusal::{Code, Refusal};
use crate::state::State;

/// The version of an endpoint.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(in crate::endpoint) enum Version {
    One,
    Two,
}

/// Result that the client gets at the end.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(in crate::endpoint) struct LoginRequest {
    pub(in crate::endpoint) version: Version,
    pub(in crate::endpoint) client_id: String,
    pub(in crate::endpoint) redirect_uri: String,
    pub(in crate::endpoint) response_mode: String,
    pub(in crate::endpoint) state: Option<String>,
    pub(in crate::endpoint) nonce: Option<String>,
    pub(in crate::endpoint) resource: String,
    pub(in crate::endpoint) scope: String,
    pub(in crate::endpoint) challenge: Option<(ChallengeMethod, String)>,
    pub(in crate::endpoint) amr_values: String,
    pub(in crate::endpoint) login_hint: Option<String>,
    /// The code that a person types for a device (RFC 8628), in place of a redirect URI.
    pub(in crate::endpoint) user_code: Option<String>,
}

impl LoginRequest {
    /// Whether `amr_values` asks for two factors.
    pub(super) fn wants_multifactor(&self) -> bool {
        let mut values = self.amr_values.split([' ', ',']);
        values.any(|value| ["mfa", "ngcmfa"].contains(&value))
    }

    /// Whether `amr_values` asks for two factors again.
    pub(super) fn wants_fresh_multifactor(&self) -> bool {
        self.amr_values.split([' ', ',']).any(|value| value == "ngcmfa")
    }
}

/// A sign-in: the `sCtx` of its pages.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(in crate::endpoint) struct Context {
    /// The page's `sessionId`.
    pub(super) session: String,
    pub(in crate::endpoint) asked: LoginRequest,
}

/// How far a sign-in has come.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) enum Step {
    /// No certificate was shown. The name is the one that was typed.
    Name(Option<String>),
    /// The user is known; these pages are still to come, the present one first.
    Pages { login: Login, pages: Vec<String> },
}

/// A step, with what makes it good for one page only: the `sFT` of the page.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct FlowToken {
    id: String,
    session: String,
    /// The page's `correlationId`.
    correlation: String,
    issued: i64,
    pub(super) step: Step,
}

/// A sign-in that waits for the next request.
pub(super) struct Pending {
    pub(super) context: Context,
    pub(super) flow: FlowToken,
}

impl Context {
    /// A new sign-in.
    pub(in crate::endpoint) fn new(asked: LoginRequest) -> Result<Self, Refusal> {
        Ok(Self {
            session: random::guid()?,
            asked,
        })
    }

    /// The cookie that a browser keeps for the sign-in.
    pub(super) fn set_cookie(&self, state: &State) -> Result<String, Refusal> {
        let (name, value) = (self.cookie(), state.sealer.seal("cookie", &self.session)?);
        Ok(format!("{name}={value}; path=/; secure; HttpOnly; SameSite=None"))
    }

    /// The name of the cookie: a browser may have several sign-ins open.
    fn cookie(&self) -> String {
        format!("esctx-{}", self.session.split('-').next().unwrap_or_default())
    }

    /// The context, flow token and canary of a page that shows this step.
    pub(super) fn hand_on(
        &self,
        state: &State,
        request: &Request,
        step: Step,
    ) -> Result<[String; 3], Refusal> {
        let flow = FlowToken {
            id: random::hex(&random::bytes::<12>()?),
            session: self.session.clone(),
            correlation: request.ids.correlation.clone(),
            issued: state.clock.now(),
            step,
        };
        Ok([
            state.sealer.seal("context", self)?,
            state.sealer.seal("flow", &flow)?,
            state.sealer.seal("canary", &self.session)?,
        ])
    }
}

impl Pending {
    /// Opens what a form hands on. Names of fields differ in case between pages, as Entra's do.
    pub(super) fn open(state: &State, request: &Request) -> Result<Self, Refusal> {
        check_agent(state, request)?;
        let flow = request.form.get("flowToken").or(request.form.get("flowtoken"));
        let flow = flow.ok_or_else(|| Refusal::new(Code::FLOW_TOKEN_INVALID, "Parameter: 'flowToken'."))?;
        Self::of(state, request.parameter("ctx")?, flow)
    }

    /// Opens a context and a flow token.
    pub(super) fn of(state: &State, context: &str, flow: &str) -> Result<Self, Refusal> {
        let context: Option<Context> = state.sealer.open("context", context);
        let context =
            context.ok_or_else(|| Refusal::new(Code::MALFORMED, "The value of 'ctx' is not of a page."))?;
        let flow = open_flow(state, flow)?;
        if flow.session != context.session {
            return Err(Refusal::new(
                Code::FLOW_TOKEN_INVALID,
                "It belongs to another sign-in.",
            ));
        }
        Ok(Self { context, flow })
    }

    /// Takes the flow token, once.
    pub(super) fn take(&self, state: &State) -> Result<(), Refusal> {
        if state.use_once(&self.flow.id) {
            return Ok(());
        }
        Err(Refusal::new(Code::FLOW_TOKEN_INVALID, "It has been used."))
    }

    /// Refuses a form that did not come from a page of this sign-in, in this browser.
    pub(super) fn check_form(&self, state: &State, request: &Request) -> Result<(), Refusal> {
        let canary: Option<String> = state.sealer.open("canary", request.parameter("canary")?);
        if canary.as_ref() != Some(&self.context.session) {
            return Err(Refusal::new(
                Code::MALFORMED,
                "The value of 'canary' is not of this page.",
            ));
        }
        if self.cookie_matches(state, request) {
            return Ok(());
        }
        Err(Refusal::new(
            Code::COOKIES_MISSING,
            format!("Cookie: '{}'.", self.context.cookie()),
        ))
    }

    /// Whether the browser that began the sign-in sent the request.
    pub(super) fn cookie_matches(&self, state: &State, request: &Request) -> bool {
        let sealed = request.cookie(&self.context.cookie());
        let session: Option<String> = sealed.and_then(|sealed| state.sealer.open("cookie", sealed));
        session.as_ref() == Some(&self.context.session)
    }

    /// Refuses a form whose further fields are not those of the dialect.
    pub(super) fn check_fields(&self, state: &State, request: &Request) -> Result<(), Refusal> {
        let dialect = &state.configuration.dialect;
        let names = ["i19", "hpgrequestid"];
        let present = names.iter().all(|name| request.form.contains_key(*name));
        let absent = names.iter().all(|name| !request.form.contains_key(*name));
        let accepted = match dialect.interrupt_fields {
            Demand::Optional => true,
            Demand::Refused => absent,
            Demand::Required => present,
        };
        if !accepted {
            return Err(Refusal::new(
                Code::MALFORMED,
                "Parameters: 'i19', 'hpgrequestid'.",
            ));
        }
        let Some(id) = request.form.get("hpgrequestid") else {
            return Ok(());
        };
        let accepted = match dialect.request_id {
            RequestId::Any => [&self.context.session, &self.flow.correlation].contains(&id),
            RequestId::CorrelationId => *id == self.flow.correlation,
            RequestId::SessionId => *id == self.context.session,
        };
        if accepted {
            return Ok(());
        }
        Err(Refusal::new(Code::MALFORMED, "Parameter: 'hpgrequestid'."))
    }
}

/// A flow token for the same sign-in, after a name was looked up.
pub(in crate::endpoint) fn renamed(
    state: &State,
    request: &Request,
    token: &str,
    name: &str,
) -> Result<String, Refusal> {
    let flow = open_flow(state, token)?;
    let flow = FlowToken {
        id: random::hex(&random::bytes::<12>()?),
        correlation: request.ids.correlation.clone(),
        step: Step::Name(Some(name.to_owned())),
        ..flow
    };
    Ok(state.sealer.seal("flow", &flow)?)
}

fn open_flow(state: &State, token: &str) -> Result<FlowToken, Refusal> {
    let flow: Option<FlowToken> = state.sealer.open("flow", token);
    let flow = flow.ok_or_else(|| Refusal::new(Code::FLOW_TOKEN_INVALID, "It was not issued here."))?;
    if flow.issued + state.configuration.lifetimes.sign_in_page < state.clock.now() {
        return Err(Refusal::new(Code::FLOW_TOKEN_EXPIRED, ""));
    }
    Ok(flow)
}

/// Refuses a `User-Agent` that is not of the dialect.
pub(in crate::endpoint) fn check_agent(state: &State, request: &Request) -> Result<(), Refusal> {
    if is_agent(state.configuration.dialect.login_agent, request) {
        return Ok(());
    }
    Err(Refusal::new(Code::MALFORMED, "Header: 'User-Agent'."))
}

/// Whether the request has such a `User-Agent`.
pub(in crate::endpoint) fn is_agent(agent: Agent, request: &Request) -> bool {
    let sent = request.header("user-agent").unwrap_or_default();
    match agent {
        Agent::Any => true,
        Agent::Browser => sent.starts_with("Mozilla/"),
        Agent::Windows => sent.starts_with("Dsreg/"),
    }
}
