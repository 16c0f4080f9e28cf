//! The loop over the steps of joining and leaving.

use std::path::Path;
use std::thread;

use cba_protocol::{AuthenticatedExchange, Error, Outcome, State, Step};
use rustls::ALL_VERSIONS;
use rustls_pki_types::UnixTime;

use super::new_keys::{KeyStore, NewKeys};
use super::signals::Deferred;
use crate::device::SoftwareDevice;
use crate::http_client::HttpClient;
use crate::output::{print_message, printable_line};
use crate::sign_in::card::Card;
use crate::sign_in::drive::Interrupted;
use crate::sign_in::failure::Failure;
use crate::sign_in::waiting::{Wait, Waiting};

/// The parts of this program that answer the steps.
pub(super) struct Machine<'a> {
    pub(super) program: &'static str,
    pub(super) http: &'a HttpClient,
    /// The card; none without one, and after its handshake.
    pub(super) card: Option<Card>,
    /// Whether the card is needed after its handshake.
    pub(super) keep_card: bool,
    /// The joined device that leaves.
    pub(super) device: Option<&'a SoftwareDevice>,
    /// Whether the device key is the transport key too.
    pub(super) one_key: bool,
    /// Where new keys are made.
    pub(super) store: Option<&'a KeyStore>,
    /// The new keys.
    pub(super) keys: Option<NewKeys>,
    pub(super) requests: usize,
    /// What it waits for, and whether the time limit has ended.
    pub(super) waiting: Waiting,
    /// Signals during and after a registration; none if the program has its own way with signals.
    pub(super) signals: Option<Deferred>,
    /// Called with each state that a flow reaches.
    pub(super) reached: Box<dyn FnMut(State) + 'a>,
    /// Called with a problem that does not stop the flow.
    pub(super) remark: Box<dyn FnMut(&str) + 'a>,
}

impl<'a> Machine<'a> {
    pub(super) fn new(program: &'static str, http: &'a HttpClient) -> Self {
        Self {
            program,
            http,
            card: None,
            keep_card: false,
            device: None,
            one_key: false,
            store: None,
            keys: None,
            requests: 0,
            waiting: Waiting::new(),
            signals: None,
            reached: Box::new(|_| {}),
            remark: Box::new(move |text| print_message(program, text)),
        }
    }

    /// Runs a flow to its end.
    pub(super) fn drive<T: 'static>(&mut self, first: Result<Step<T>, Error>) -> Result<Outcome<T>, Failure> {
        let mut step = first.map_err(Interrupted::from)?;
        loop {
            if self.waiting.is_abandoned() {
                return Err(Interrupted::Cancelled.into());
            }
            (self.reached)(step.state());
            step = match step {
                Step::Done(outcome) => return Ok(outcome),
                Step::Send(exchange) => {
                    let state = exchange.state();
                    self.waiting.set(Wait::request(state, exchange.request()));
                    if state == State::Registration {
                        self.commit()?;
                    }
                    self.requests += 1;
                    let answer = self.http.send(exchange.request())?;
                    exchange.respond(answer, UnixTime::now())
                }
                Step::SendAsUser(exchange) => self.send_as_user(exchange)?,
                Step::SendAsDevice(exchange) => self.send_as_device(exchange)?,
                Step::MakeKeys(task) => {
                    let keys = self.make_keys()?;
                    let [device, transport] = keys.public()?;
                    task.complete(&device, &transport)
                }
                Step::SignAsDevice(task) => {
                    self.wait_for_module(self.store.and_then(KeyStore::module));
                    let keys = self.keys.as_ref().ok_or(Failure::UnknownStep)?;
                    let signature = keys.sign(task.input())?;
                    task.complete(&signature)
                }
                Step::ShowCode(task) => {
                    print_message(
                        self.program,
                        format_args!(
                            "open {} on another machine and enter the code {}",
                            printable_line(task.address()),
                            printable_line(task.code())
                        ),
                    );
                    task.shown()
                }
                Step::Wait(task) => {
                    self.waiting.set(Wait::OtherMachine);
                    thread::sleep(task.duration());
                    task.waited()
                }
                Step::SignAsUser(_) | Step::Unwrap(_) => {
                    unreachable!("joining and leaving have no such steps")
                }
            }
            .map_err(Interrupted::from)?;
        }
    }

    /// A registration that is sent is finished, whatever happens here meanwhile.
    fn commit(&self) -> Result<(), Failure> {
        if !self.waiting.commit() {
            return Err(Interrupted::Cancelled.into());
        }
        if let Some(signals) = &self.signals {
            signals.begin();
        }
        Ok(())
    }

    /// New keys, or those of an attempt before that did not register them.
    fn make_keys(&mut self) -> Result<&NewKeys, Failure> {
        let store = self.store.unwrap_or(&KeyStore::File);
        self.wait_for_module(store.module());
        let keys = match self.keys.take() {
            Some(keys) if keys.are_one()? == self.one_key => keys,
            _ if self.one_key => store.make()?.into_one()?,
            _ => store.make()?,
        };
        Ok(self.keys.insert(keys))
    }

    fn wait_for_module(&self, module: Option<&Path>) {
        if let Some(module) = module {
            let place = module.display().to_string();
            self.waiting.set(Wait::Module { place });
        }
    }

    /// The PIN is asked for here, once: a tenant that does not offer the certificate asks for none.
    fn send_as_user<T: 'static>(
        &mut self,
        exchange: AuthenticatedExchange<T>,
    ) -> Result<Result<Step<T>, Error>, Failure> {
        let Some(card) = self.card.take() else {
            return Err(Failure::UnknownStep);
        };
        let card = card.into_tls()?;
        self.requests += 1;
        let identity = card.identity().clone();
        let versions = identity.protocol_versions();
        let sent = self.http.send_with(exchange.request(), identity, versions);
        let problem = card.finish();
        if problem.is_none() && self.keep_card {
            self.card = Some(card.reopen()?);
        }
        match (sent, problem) {
            (Ok((_, false)), _) => Ok(exchange.not_requested()),
            (Ok((answer, true)), _) => Ok(exchange.respond(answer, UnixTime::now())),
            (Err(_), Some(problem)) => Err(problem.into()),
            (Err(error), None) => Err(error.into()),
        }
    }

    fn send_as_device<T: 'static>(
        &mut self,
        exchange: AuthenticatedExchange<T>,
    ) -> Result<Result<Step<T>, Error>, Failure> {
        let device = self.device.ok_or(Failure::UnknownStep)?;
        let identity = device.tls_identity().map_err(Interrupted::from)?;
        self.requests += 1;
        self.waiting
            .set(Wait::request(exchange.state(), exchange.request()));
        let (answer, asked) = self.http.send_with(exchange.request(), identity, ALL_VERSIONS)?;
        Ok(if asked {
            exchange.respond(answer, UnixTime::now())
        } else {
            exchange.not_requested()
        })
    }
}
