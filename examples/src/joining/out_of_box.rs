//! Joining from the sign-in screen of a machine that is not joined: with the card and the PIN of the sign-in that follows.

use std::cell::RefCell;
use std::path::PathBuf;

use cba_protocol::{Config, JoinType, Outcome, Tenant, WebSignIn};
use upn_resolver::Certificate;

use super::drive::Machine;
use super::join::{Place, register, reserve, save};
use super::new_keys::{KeyStore, NewKeysArgs};
use super::result::without_result;
use super::seed;
use crate::http_client::HttpClient;
use crate::sign_in::attempt::now;
use crate::sign_in::card::Card;
use crate::sign_in::failure::Failure;
use crate::sign_in::joined::Joined;
use crate::sign_in::observer::Observer;
use crate::sign_in::report::Report;
use crate::sign_in::waiting::Waiting;
use crate::this_machine::host_name;

/// What a machine needs to join.
pub(crate) struct OutOfBox {
    joined: Joined,
    config: Config,
    http: HttpClient,
    store: KeyStore,
    pin_file: Option<PathBuf>,
}

/// How a join ended.
pub(crate) enum Joining {
    /// The device file is written. The card has the PIN for the sign-in.
    Joined(Box<Card>),
    /// The service or the decision about the name did not permit it.
    NotJoined(Box<Report>),
}

impl OutOfBox {
    /// Reads the files of the command line.
    pub(crate) fn read(joined: &Joined, new_keys: &NewKeysArgs) -> Result<Self, Failure> {
        let config = Config::new(joined.cloud()?, Tenant::common());
        let limit = config.limits().max_answer();
        let http = match &joined.ca {
            Some(ca) => HttpClient::trusting(ca, limit)?,
            None => HttpClient::trusting_the_system(limit)?,
        };
        // A file that cannot be written is reported at once.
        drop(reserve(&joined.device)?);
        Ok(Self {
            joined: joined.clone(),
            config,
            http,
            store: new_keys.open()?,
            pin_file: new_keys.pin_file().map(ToOwned::to_owned),
        })
    }

    /// Joins with the card, and writes the device file.
    pub(crate) fn join(
        &self,
        card: Card,
        hint: Option<&str>,
        waiting: &Waiting,
        observer: &mut dyn Observer,
    ) -> Result<Joining, Failure> {
        let der = card.credential().certificate().clone();
        let certificate = Certificate::from_der(&der).map_err(Failure::Certificate)?;
        let decision = self.joined.decide(&certificate, None, hint, now());
        observer.decided(&decision);
        let Some(upn) = decision.upn().cloned() else {
            return Ok(Joining::NotJoined(Box::new(Report::not_sent(decision))));
        };
        let file = reserve(&self.joined.device)?;
        let observer = RefCell::new(observer);
        let mut machine = Machine::new("greeter", &self.http);
        machine.card = Some(card);
        machine.keep_card = true;
        machine.store = Some(&self.store);
        machine.waiting = waiting.clone();
        machine.reached = Box::new(|state| {
            if !state.is_final() {
                // A cancelled flow ends by what it waits for.
                let _ = observer.borrow_mut().reached(state);
            }
        });
        machine.remark = Box::new(|text| observer.borrow_mut().warn(text));
        let web = WebSignIn::new(&self.config, &upn, &der);
        let not_joined = |decision, outcome, requests| {
            let report = Report::ended(decision, outcome, requests, None);
            Ok(Joining::NotJoined(Box::new(report)))
        };
        let token = match machine.drive(web.start(seed()?))? {
            Outcome::Granted(token) => token,
            other => return not_joined(decision, without_result(other)?, machine.requests),
        };
        let kind = JoinType::Joined;
        match register(&self.config, &mut machine, &upn, &token, kind, &host_name())? {
            Outcome::Granted(registration) => {
                let place = Place {
                    out: &self.joined.device,
                    file,
                    pin_file: self.pin_file.as_deref(),
                };
                save(place, &self.config, &mut machine, &registration)?;
            }
            other => return not_joined(decision, without_result(other)?, machine.requests),
        }
        let card = machine.card.take().ok_or(Failure::UnknownStep)?;
        Ok(Joining::Joined(Box::new(card)))
    }
}
