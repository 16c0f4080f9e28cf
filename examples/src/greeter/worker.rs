//! The thread that works with one card: asks how its PIN stands, and signs in.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::time::Instant;

use card_access::{Error, PinStatus, Token};
use cba_protocol::State;
use upn_resolver::Decision;

use super::event::{Ended, Event, Order, Prepared};
use super::picture::Tile;
use super::post::Post;
use super::shown::sentence;
use super::trouble::Trouble;
use crate::card_list::cards_of_this_machine;
use crate::sign_in::attempt::Ground;
use crate::sign_in::card::{Card, CardProblem};
use crate::sign_in::failure::Failure;
use crate::sign_in::observer::Observer;
use crate::sign_in::report::Report;

/// Something to do with a card.
pub(super) enum Job {
    Prepare(Box<Tile>),
    SignIn(Box<Order>),
}

/// A flag that ends a sign-in before its next step.
#[derive(Clone, Default)]
pub(super) struct BreakOff(Arc<AtomicBool>);

impl BreakOff {
    pub(super) fn ask(&self) {
        self.0.store(true, Ordering::Release);
    }

    fn clear(&self) {
        self.0.store(false, Ordering::Release);
    }

    fn is_asked(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// Does one job after the other, until there are no more.
pub(super) fn work(ground: &Ground, jobs: &Receiver<Job>, break_off: &BreakOff, post: &Post) {
    for job in jobs {
        let event = match job {
            Job::Prepare(tile) => Event::Prepared(Box::new(prepare(*tile, ground, post))),
            Job::SignIn(order) => Event::Ended(Box::new(sign_in(*order, ground, break_off, post))),
        };
        if post.send(event).is_err() {
            return;
        }
    }
}

fn prepare(tile: Tile, ground: &Ground, post: &Post) -> Prepared {
    let pin = open(&tile).and_then(|mut token| token.pin_status());
    let mut watch = Watch::new(post, None);
    let cache = ground.cache(tile.credential.certificate(), &mut watch);
    Prepared {
        pin: pin.as_ref().map(|status| *status).map_err(Trouble::from),
        cached: cache.ok().and_then(|cache| cache.upn(&mut watch)),
        tile,
    }
}

fn sign_in(order: Order, ground: &Ground, break_off: &BreakOff, post: &Post) -> Ended {
    break_off.clear();
    let mut watch = Watch::new(post, Some(break_off));
    let (result, pin) = match open(&order.tile) {
        Ok(token) => {
            let mut card = Card::with(
                token,
                order.tile.credential,
                order.pin,
                order.last_try,
                ground.short_pin(),
            );
            let result = ground.attempt(&mut card, order.hint.as_deref(), &mut watch);
            let pin = status_after(&result, &mut card);
            (result, pin)
        }
        Err(error) => (Err(Failure::Card(CardProblem::Card(error))), None),
    };
    Ended {
        result: result.map_err(|failure| Trouble::from(&failure)),
        pin,
        took: watch.begun.elapsed(),
    }
}

/// After a failure the form comes back, and says how many tries are left.
fn status_after(result: &Result<Report, Failure>, card: &mut Card) -> Option<PinStatus> {
    result.as_ref().err().and_then(|_| card.pin_status().ok())
}

fn open(tile: &Tile) -> Result<Box<dyn Token>, Error> {
    cards_of_this_machine().open(&tile.token)
}

/// Tells the screen how a sign-in goes on.
struct Watch<'a> {
    post: &'a Post,
    break_off: Option<&'a BreakOff>,
    begun: Instant,
}

impl<'a> Watch<'a> {
    fn new(post: &'a Post, break_off: Option<&'a BreakOff>) -> Self {
        Self {
            post,
            break_off,
            begun: Instant::now(),
        }
    }
}

impl Observer for Watch<'_> {
    fn decided(&mut self, decision: &Decision) {
        let _ = self.post.send(Event::Decided(Box::new(decision.clone())));
    }

    fn reached(&mut self, state: State) -> ControlFlow<()> {
        if self.break_off.is_some_and(BreakOff::is_asked) && !state.is_final() {
            return ControlFlow::Break(());
        }
        match self.post.send(Event::Reached(state, self.begun.elapsed())) {
            Ok(()) => ControlFlow::Continue(()),
            // The screen is gone: nobody would see what comes of it.
            Err(_) => ControlFlow::Break(()),
        }
    }

    fn remark(&mut self, text: &str) {
        let _ = self.post.send(Event::Remark(sentence(text)));
    }
}
