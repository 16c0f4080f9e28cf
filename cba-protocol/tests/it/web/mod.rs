//! Web sign-in with a certificate.

mod edges;
mod ends;
mod forms;
mod hosts;
mod requests;
mod secrets;
mod switches;

use cba_protocol::{AccessToken, Config, State, Step, Transcript, WebSignIn};

use crate::peer::{self, CARD, REDIRECT, Run, Script};

pub(crate) fn sign_in(config: &Config) -> WebSignIn {
    WebSignIn::new(config, &peer::upn(), &CARD.der())
}

/// The `state` that the flow with the test's seed sends.
pub(crate) fn sent_state() -> String {
    let step = sign_in(&peer::config()).start(peer::seed()).unwrap();
    let Step::Send(exchange) = step else {
        panic!("{step:?}")
    };
    let query = exchange.request().uri().query().unwrap().to_owned();
    peer::form(query.as_bytes())["state"].clone()
}

/// Where a granted sign-in is sent.
pub(crate) fn granted_at() -> String {
    format!("{REDIRECT}?code=the-code&state={}&session_state=s", sent_state())
}

/// A server that grants everything.
pub(crate) fn granting() -> Script {
    Script::web().redirect(State::Login, &granted_at())
}

pub(crate) fn run_with(config: &Config, script: Script) -> Run<AccessToken> {
    let transcript = Transcript::default();
    let first = sign_in(config).with_transcript(&transcript).start(peer::seed());
    peer::drive(first, script, transcript)
}

pub(crate) fn run(script: Script) -> Run<AccessToken> {
    run_with(&peer::config(), script)
}
