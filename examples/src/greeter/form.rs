//! The form of a tile: the PIN, and a user name hint if one is needed.

use card_access::{FinalTryPolicy, PinPad, PinStatus};
use upn_resolver::{Certificate, Decision, NameOutcome, Upn};

use super::event::{Key, Order, Prepared};
use super::overview::Tile;
use super::pin_field::PinField;
use super::shown::{is_unfit, sentence};
use super::shown_failure::ShownFailure;
use crate::sign_in::card::{Given, LastTry};
use crate::sign_in::joined::Joined;

/// More than the longest name that Entra accepts (113 characters).
const LONGEST_HINT: usize = 256;

/// The form of one tile.
pub(super) struct Form {
    pub(super) tile: Tile,
    pub(super) pin: PinField,
    pub(super) hint: String,
    pub(super) hint_field: HintField,
    pub(super) focus: Focus,
    pub(super) card: Card,
    /// The decision for the present content of the form.
    pub(super) decision: Option<Decision>,
    pub(super) message: Option<Message>,
    pub(super) last_try: LastTryQuestion,
    cached: Option<Upn>,
    /// Whether the sign-in begins with Active Directory.
    has_domain: bool,
}

/// Whether there is a field for a user name hint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HintField {
    /// No hint is needed.
    Absent,
    /// The policy `X509HintsNeeded` shows the field, which may stay empty.
    Optional,
    /// No other source has a name.
    Wanted,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Focus {
    Hint,
    Pin,
}

/// State of the PIN, as far as the card reported it.
#[derive(Clone, Debug)]
pub(super) enum Card {
    Asked,
    Failed(ShownFailure),
    Known(PinStatus),
}

/// The question before a try that is the last one, or may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LastTryQuestion {
    Asked,
    NotAsked,
}

/// A message next to the fields.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) what: String,
    pub(super) help: Option<&'static str>,
}

/// The result of a key.
pub(super) enum Verdict {
    Back,
    Stay,
    Submit(Box<Order>),
}

impl Form {
    /// An empty form, while the card is being read.
    pub(super) fn new(tile: Tile, hint_field: HintField, joined: &Joined) -> Self {
        let mut form = Self {
            tile,
            pin: PinField::new(),
            hint: String::new(),
            hint_field,
            focus: Focus::Pin,
            card: Card::Asked,
            decision: None,
            message: None,
            last_try: LastTryQuestion::NotAsked,
            cached: None,
            has_domain: joined.domain.realm.is_some(),
        };
        form.decide(joined);
        form
    }

    /// The card and the cache have answered.
    pub(super) fn prepared(&mut self, prepared: Prepared, joined: &Joined) {
        self.card = match prepared.pin {
            Ok(status) => Card::Known(status),
            Err(failure) => Card::Failed(failure),
        };
        self.cached = prepared.cached;
        self.decide(joined);
        if self.hint_field == HintField::Wanted && !self.needs_pin() {
            self.focus = Focus::Hint;
        }
    }

    pub(super) fn key(&mut self, key: Key, joined: &Joined) -> Verdict {
        if self.last_try == LastTryQuestion::Asked {
            return self.answer(key);
        }
        match (key, self.focus) {
            (Key::Escape, _) => return Verdict::Back,
            (Key::Enter, _) => return self.submit(),
            (Key::Tab | Key::Up | Key::Down, _) => self.focus_other_field(),
            (Key::Backspace, Focus::Pin) => self.pin.pop(),
            (Key::Character(character), Focus::Pin) if self.needs_pin() => self.pin.push(character),
            (Key::Backspace, Focus::Hint) => {
                self.hint.pop();
                self.decide(joined);
            }
            (Key::Character(character), Focus::Hint)
                if self.hint.len() < LONGEST_HINT && !is_unfit(character) =>
            {
                self.hint.push(character);
                self.decide(joined);
            }
            _ => return Verdict::Stay,
        }
        self.message = None;
        Verdict::Stay
    }

    /// The sign-in failed because of the PIN.
    pub(super) fn pin_refused(&mut self, failure: &ShownFailure, status: Option<PinStatus>) {
        let blocked = failure.code == ShownFailure::pin_blocked().code;
        // The error has the same information as the card's status.
        if let Some(status) = status.or(blocked.then_some(PinStatus::Blocked)) {
            self.card = Card::Known(status);
        }
        self.focus = Focus::Pin;
        // A blocked PIN is shown instead of the field.
        let is_explained = blocked && !self.can_submit();
        self.message = (!is_explained).then(|| Message {
            what: failure.what.clone(),
            help: failure.help,
        });
    }

    /// The sign-in failed because of the name.
    pub(super) fn name_refused(&mut self, decision: Decision) {
        let message = sentence(&decision.outcome().to_string());
        self.decision = Some(decision);
        self.want_hint(message);
    }

    /// Whether a PIN can be typed.
    pub(super) fn needs_pin(&self) -> bool {
        !matches!(self.card, Card::Known(PinStatus::NotNeeded | PinStatus::Blocked))
    }

    /// Whether the form can start a sign-in.
    pub(super) fn can_submit(&self) -> bool {
        !matches!(self.card, Card::Known(PinStatus::Blocked) | Card::Failed(_))
    }

    fn decide(&mut self, joined: &Joined) {
        let hint = Some(self.hint.as_str()).filter(|hint| !hint.is_empty());
        let at = Some(self.tile.seen_at);
        let certificate = Certificate::from_der(self.tile.credential.certificate());
        self.decision = certificate
            .ok()
            .map(|certificate| joined.decide(&certificate, self.cached.as_ref(), hint, at));
        let asks = |decision: &Decision| *decision.outcome() == NameOutcome::AskForHint;
        if self.decision.as_ref().is_some_and(asks) {
            self.hint_field = HintField::Wanted;
        }
    }

    fn focus_other_field(&mut self) {
        self.focus = match self.focus {
            Focus::Pin if self.hint_field != HintField::Absent => Focus::Hint,
            _ => Focus::Pin,
        };
    }

    fn submit(&mut self) -> Verdict {
        let status = match &self.card {
            Card::Known(PinStatus::Blocked) | Card::Failed(_) => return Verdict::Stay,
            Card::Asked => return self.show_message("The card is still being read."),
            Card::Known(status) => *status,
        };
        match self.decision.as_ref().map(Decision::outcome) {
            Some(NameOutcome::Send { .. }) => {}
            // The sign-in begins with it.
            Some(NameOutcome::RequireAdLogon) if self.has_domain => {}
            Some(outcome @ (NameOutcome::AskForHint | NameOutcome::RejectHint(_))) => {
                let message = sentence(&outcome.to_string());
                return self.want_hint(message);
            }
            Some(outcome) => {
                let message = sentence(&outcome.to_string());
                return self.show_message(&message);
            }
            None => return self.show_message("The certificate cannot be read."),
        }
        if status != PinStatus::NotNeeded && self.pin.is_empty() && self.tile.pin_pad == PinPad::Absent {
            self.focus = Focus::Pin;
            return self.show_message("Type the PIN.");
        }
        if status.check_try(FinalTryPolicy::Refuse).is_err() {
            self.last_try = LastTryQuestion::Asked;
            return Verdict::Stay;
        }
        self.order(status, LastTry::Refused)
    }

    /// Only an explicit yes uses the last try.
    fn answer(&mut self, key: Key) -> Verdict {
        match key {
            Key::Character('y' | 'Y') => {
                let Card::Known(status) = self.card else {
                    return Verdict::Stay;
                };
                self.last_try = LastTryQuestion::NotAsked;
                self.order(status, LastTry::Allowed)
            }
            Key::Escape | Key::Character('n' | 'N') => {
                self.last_try = LastTryQuestion::NotAsked;
                Verdict::Stay
            }
            _ => Verdict::Stay,
        }
    }

    fn order(&mut self, status: PinStatus, last_try: LastTry) -> Verdict {
        let pin = match status {
            PinStatus::NotNeeded => Given::Nothing,
            _ if self.pin.is_empty() => Given::OnReader,
            _ => Given::Typed(self.pin.take()),
        };
        self.message = None;
        Verdict::Submit(Box::new(Order {
            tile: self.tile.clone(),
            hint: Some(self.hint.clone()).filter(|hint| !hint.is_empty()),
            pin,
            last_try,
        }))
    }

    fn want_hint(&mut self, message: String) -> Verdict {
        self.hint_field = HintField::Wanted;
        self.focus = Focus::Hint;
        self.message = Some(Message {
            what: message,
            help: None,
        });
        Verdict::Stay
    }

    fn show_message(&mut self, what: &str) -> Verdict {
        self.message = Some(Message {
            what: what.to_owned(),
            help: None,
        });
        Verdict::Stay
    }
}
