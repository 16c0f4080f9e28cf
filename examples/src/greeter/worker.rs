//! The threads that work with a card: read the state of its PIN, and sign in.

use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use card_access::{Backend, Error, ErrorKind, PinStatus, Slot, Token, TokenId};
use cba_protocol::State;
use upn_resolver::Decision;

use super::event::{Ended, Event, Joined, Order, Prepared};
use super::event_sender::EventSender;
use super::home::Home;
use super::overview::Tile;
use super::ready::{Ready, ReadyCard};
use super::shown::sentence;
use super::shown_failure::ShownFailure;
use crate::backends::Backends;
use crate::joining::out_of_box::Joining;
use crate::sign_in::attempt::Setup;
use crate::sign_in::card::{Card, CardProblem, HOLD, Prefetching};
use crate::sign_in::drive::Interrupted;
use crate::sign_in::failure::Failure;
use crate::sign_in::observer::Observer;
use crate::sign_in::report::Report;
use crate::sign_in::waiting::{Leaving, Wait, Waiting};

/// A job for a card.
pub(super) enum Job {
    Prepare(Box<Tile>),
    Release,
    SignIn(Box<Order>),
}

/// Cancels the running sign-in before its next step.
#[derive(Clone, Default)]
pub(super) struct BreakOff(Arc<Mutex<Option<Waiting>>>);

impl BreakOff {
    /// Returns when the sign-in ends, if there is one.
    pub(super) fn ask(&self) -> Leaving {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.as_ref().map_or(Leaving::Now, Waiting::leave)
    }

    fn begin(&self) -> Waiting {
        let waiting = Waiting::new();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(waiting.clone());
        waiting
    }
}

/// Runs each job in its own thread until the channel is closed, so that a card that hangs does not delay the others.
pub(super) fn work(
    home: &Arc<Home>,
    jobs: &Receiver<Job>,
    break_off: &BreakOff,
    ready: &ReadyCard,
    event_sender: &EventSender,
) {
    for job in jobs {
        let home = Arc::clone(home);
        match job {
            Job::Prepare(tile) => {
                let (form, place) = (ready.next_form(), ready.clone());
                event_sender.spawn_another(move |event_sender| {
                    let (prepared, ready) = prepare(*tile, &home, event_sender);
                    if let Some(ready) = ready {
                        place.put(form, ready);
                    }
                    let _ = event_sender.send(Event::Prepared(Box::new(prepared)));
                });
            }
            Job::Release => ready.release(),
            Job::SignIn(order) => {
                let waiting = break_off.begin();
                let ready = ready.take(&order.tile);
                event_sender.spawn_another(move |event_sender| {
                    let ended = sign_in_within_limit(*order, ready, &home, &waiting, event_sender);
                    let _ = event_sender.send(Event::Ended(Box::new(ended)));
                });
            }
        }
    }
}

/// Sends the requests that need no PIN, and prepares the card. If that is switched off, only the state of the PIN is read.
fn prepare(tile: Tile, home: &Home, event_sender: &EventSender) -> (Prepared, Option<Ready>) {
    let Some(setup) = home.setup() else {
        let pin = pin_status(&tile).map_err(|error| ShownFailure::from(&error));
        let cached = None;
        return (Prepared { tile, pin, cached }, None);
    };
    let mut watch = Watch::new(event_sender, None);
    // The form shows the state of the PIN in any case; a sign-in that cannot begin reports its error later.
    let begun = setup.begin(&tile.credential, None, &mut watch).ok();
    let prepared = open_prepared(&tile, &setup);
    let cached = begun.as_ref().and_then(|begun| begun.cached().cloned());
    let pin = prepared
        .as_ref()
        .map(|(_, status)| *status)
        .map_err(ShownFailure::from);
    let ready = match (prepared, begun) {
        (Ok((token, _)), Some(begun)) if setup.prefetch() == Prefetching::On => Some(Ready {
            tile: tile.clone(),
            token,
            begun,
        }),
        _ => None,
    };
    (Prepared { tile, pin, cached }, ready)
}

/// Signs in, in another thread. After the time limit it is cancelled before its next step, and not joined.
fn sign_in_within_limit(
    order: Order,
    ready: Option<Ready>,
    home: &Arc<Home>,
    waiting: &Waiting,
    event_sender: &EventSender,
) -> Ended {
    let begun = Instant::now();
    let limit = home.time_limit();
    let (sender, receiver) = channel();
    let (own_home, own_waiting) = (Arc::clone(home), waiting.clone());
    event_sender.spawn_another(move |event_sender| {
        let _ = sender.send(match own_home.setup() {
            Some(setup) => sign_in(order, ready, &setup, &own_waiting, event_sender),
            None => join_and_sign_in(order, &own_home, &own_waiting, event_sender),
        });
    });
    let ended = match receiver.recv_timeout(limit) {
        Ok(ended) => return ended,
        Err(RecvTimeoutError::Timeout) => match waiting.abandon() {
            Some(wait) => Failure::TimeLimit { limit, wait },
            None => match receiver.recv() {
                Ok(ended) => return ended,
                Err(_) => Failure::Interrupted(Interrupted::Cancelled),
            },
        },
        // The thread has reported its panic, and the program ends.
        Err(RecvTimeoutError::Disconnected) => Failure::Interrupted(Interrupted::Cancelled),
    };
    Ended {
        result: Err(ShownFailure::from(&ended)),
        pin: None,
        took: begun.elapsed(),
    }
}

fn sign_in(
    order: Order,
    ready: Option<Ready>,
    setup: &Setup,
    waiting: &Waiting,
    event_sender: &EventSender,
) -> Ended {
    let mut watch = Watch::new(event_sender, Some(waiting));
    watch.waiting_for(Wait::token(&order.tile.token));
    let (token, begun) = match ready {
        Some(ready) => (Ok(ready.token), Some(ready.begun)),
        None => (open(&order.tile, setup), None),
    };
    let (result, pin) = match token {
        Ok(token) => {
            let hint = order.hint.as_deref();
            let begun = match begun.filter(|_| hint.is_none()) {
                Some(begun) => Ok(begun),
                None => setup.begin(&order.tile.credential, hint, &mut watch),
            };
            let (pin, last_try) = (order.pin, order.last_try);
            let mut card = Card::with(
                token,
                order.tile.credential,
                pin,
                last_try,
                setup.short_pin(),
                waiting,
            );
            let result = begun.and_then(|begun| setup.attempt(begun, &mut card, &mut watch));
            let pin = status_after(&result, &mut card);
            (result, pin)
        }
        Err(error) => (Err(Failure::Card(CardProblem::Card(error))), None),
    };
    Ended {
        result: result.map_err(|failure| ShownFailure::from(&failure)),
        pin,
        took: watch.begun.elapsed(),
    }
}

/// Joins the machine, and signs in with the same card and PIN.
fn join_and_sign_in(order: Order, home: &Home, waiting: &Waiting, event_sender: &EventSender) -> Ended {
    let mut watch = Watch::new(event_sender, Some(waiting));
    watch.waiting_for(Wait::token(&order.tile.token));
    let tile = order.tile.clone();
    let result = joined_and_signed_in(order, home, waiting, &mut watch);
    // The card was closed with the failed handshake.
    let pin = result.as_ref().err().and_then(|_| pin_status(&tile).ok());
    Ended {
        result: result.map_err(|failure| ShownFailure::from(&failure)),
        pin,
        took: watch.begun.elapsed(),
    }
}

fn joined_and_signed_in(
    order: Order,
    home: &Home,
    waiting: &Waiting,
    watch: &mut Watch<'_>,
) -> Result<Report, Failure> {
    let out_of_box = home
        .out_of_box()
        .ok_or(Failure::Interrupted(Interrupted::Cancelled))?;
    let token = Backends::default()
        .cards()
        .open(&order.tile.token)
        .map_err(CardProblem::Card)?;
    let hint = order.hint.as_deref();
    let (pin, last_try, short_pin) = (order.pin, order.last_try, home.joined().short_pin());
    let card = Card::with(token, order.tile.credential, pin, last_try, short_pin, waiting);
    let joining = out_of_box.join(card, hint, waiting, watch);
    waiting.end_commitment();
    match joining? {
        Joining::NotJoined(report) => Ok(*report),
        Joining::Joined(mut card) => {
            let setup = home.move_in()?;
            let _ = watch.send(Event::Joined(Box::new(Joined {
                tenant: setup.device().tenant_id().to_owned(),
                options: setup.joined().clone(),
            })));
            let begun = setup.begin(card.credential(), hint, watch)?;
            setup.attempt(begun, &mut card, watch)
        }
    }
}

fn pin_status(tile: &Tile) -> Result<PinStatus, Error> {
    Backends::default().cards().open(&tile.token)?.pin_status()
}

/// After a failure, the form shows the number of tries that are left.
fn status_after(result: &Result<Report, Failure>, card: &mut Card) -> Option<PinStatus> {
    result.as_ref().err().and_then(|_| card.pin_status().ok())
}

fn open(tile: &Tile, setup: &Setup) -> Result<Box<dyn Token>, Error> {
    setup.backends().cards().open(&tile.token)
}

/// Opens the card and prepares it for the signature.
///
/// Over PC/SC, the certificate of the tile is read again. It identifies the card, so that its other identifiers are not needed.
fn open_prepared(tile: &Tile, setup: &Setup) -> Result<(Box<dyn Token>, PinStatus), Error> {
    let (id, slot) = (&tile.token, tile.credential.slot());
    match (setup.prefetch(), id.backend(), slot) {
        (Prefetching::On, Backend::PcSc, Slot::Piv(_)) => {
            let place = TokenId::any_at(id.backend(), id.place());
            let mut token = setup.backends().cards().open(&place)?;
            let (credential, status) = token.prepare_slot(slot, HOLD)?;
            if credential != tile.credential {
                return Err(Error::from(ErrorKind::OtherCard).with_location(id.place()));
            }
            Ok((token, status))
        }
        (prefetch, ..) => {
            let mut token = open(tile, setup)?;
            let status = match prefetch {
                Prefetching::On => token.prepare(&tile.credential, HOLD)?,
                Prefetching::Off => token.pin_status()?,
            };
            Ok((token, status))
        }
    }
}

/// Reports the progress of a sign-in to the screen until it is abandoned.
struct Watch<'a> {
    event_sender: &'a EventSender,
    waiting: Option<&'a Waiting>,
    begun: Instant,
}

impl<'a> Watch<'a> {
    fn new(event_sender: &'a EventSender, waiting: Option<&'a Waiting>) -> Self {
        Self {
            event_sender,
            waiting,
            begun: Instant::now(),
        }
    }

    fn is_abandoned(&self) -> bool {
        self.waiting.is_some_and(Waiting::is_abandoned)
    }

    fn send(&self, event: Event) -> ControlFlow<()> {
        match self.event_sender.send(event) {
            Ok(()) => ControlFlow::Continue(()),
            // The screen is gone, so that the result would not be shown.
            Err(_) => ControlFlow::Break(()),
        }
    }
}

impl Observer for Watch<'_> {
    fn decided(&mut self, decision: &Decision) {
        if !self.is_abandoned() {
            let _ = self.send(Event::Decided(Box::new(decision.clone())));
        }
    }

    fn reached(&mut self, state: State) -> ControlFlow<()> {
        if self.is_abandoned() && !state.is_final() {
            return ControlFlow::Break(());
        }
        self.send(Event::Reached(state, self.begun.elapsed()))
    }

    fn is_cancelled(&self) -> bool {
        self.is_abandoned()
    }

    fn waiting_for(&mut self, wait: Wait) {
        if let Some(waiting) = self.waiting {
            waiting.set(wait);
        }
    }

    fn warn(&mut self, text: &str) {
        if !self.is_abandoned() {
            let _ = self.send(Event::Remark(sentence(text)));
        }
    }
}
