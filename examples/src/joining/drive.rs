//! The loop over the steps of joining and leaving.

use std::thread;

use cba_protocol::{AuthenticatedExchange, Error, Outcome, Step};
use rustls::ALL_VERSIONS;
use rustls_pki_types::UnixTime;

use super::new_keys::{KeyStore, NewKeys};
use crate::device::SoftwareDevice;
use crate::http_client::HttpClient;
use crate::output::{print_message, printable_line};
use crate::sign_in::card::Card;
use crate::sign_in::drive::Interrupted;
use crate::sign_in::failure::Failure;

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
    /// Where new keys are made.
    pub(super) store: Option<&'a KeyStore>,
    /// The new keys.
    pub(super) keys: Option<NewKeys>,
    pub(super) requests: usize,
}

impl<'a> Machine<'a> {
    pub(super) fn new(program: &'static str, http: &'a HttpClient) -> Self {
        Self {
            program,
            http,
            card: None,
            keep_card: false,
            device: None,
            store: None,
            keys: None,
            requests: 0,
        }
    }

    /// Runs a flow to its end.
    pub(super) fn drive<T: 'static>(&mut self, first: Result<Step<T>, Error>) -> Result<Outcome<T>, Failure> {
        let mut step = first.map_err(Interrupted::from)?;
        loop {
            step = match step {
                Step::Done(outcome) => return Ok(outcome),
                Step::Send(exchange) => {
                    self.requests += 1;
                    let answer = self.http.send(exchange.request())?;
                    exchange.respond(answer, UnixTime::now())
                }
                Step::SendAsUser(exchange) => self.send_as_user(exchange)?,
                Step::SendAsDevice(exchange) => self.send_as_device(exchange)?,
                Step::MakeKeys(task) => {
                    let store = self.store.unwrap_or(&KeyStore::File);
                    let keys = self.keys.insert(store.make()?);
                    let [device, transport] = keys.public()?;
                    task.complete(&device, &transport)
                }
                Step::SignAsDevice(task) => {
                    let keys = self.keys.as_ref().ok_or(Failure::KeyCannotSign)?;
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

    /// The PIN is asked for here, once: a tenant that does not offer the certificate asks for none.
    fn send_as_user<T: 'static>(
        &mut self,
        exchange: AuthenticatedExchange<T>,
    ) -> Result<Result<Step<T>, Error>, Failure> {
        let Some(card) = self.card.take() else {
            return Err(Failure::KeyCannotSign);
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
        let device = self.device.ok_or(Failure::KeyCannotSign)?;
        let identity = device.tls_identity().map_err(Interrupted::from)?;
        self.requests += 1;
        let (answer, asked) = self.http.send_with(exchange.request(), identity, ALL_VERSIONS)?;
        Ok(if asked {
            exchange.respond(answer, UnixTime::now())
        } else {
            exchange.not_requested()
        })
    }
}
