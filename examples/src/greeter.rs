//! The program `greeter`: the sign-in screen as a state machine, its drawing, and its worker threads.
//!
//! Threads block and send events (`event.rs`) over a channel. The state (`state.rs`) processes them one by one and returns
//! effects. The frame (`draw.rs`) is drawn from the state alone. Only these threads access cards and the terminal.

mod args;
mod draw;
mod event;
mod event_sender;
mod form;
mod home;
mod overview;
mod pin_field;
mod progress;
mod ready;
mod screens;
mod shown;
mod shown_failure;
mod signals;
mod state;
pub mod terminal;
mod watcher;
mod worker;

#[cfg(test)]
mod tests;

use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use clap::Parser;
use upn_resolver::windows::logon_policy::LogonPolicy;

use self::args::Args;
use self::draw::Theme;
use self::event::{Effect, Event, Leave};
use self::event_sender::EventSender;
use self::home::Home;
use self::ready::ReadyCard;
use self::shown::sentence;
use self::state::{Setting, State};
use self::terminal::Screen;
use self::worker::{BreakOff, Job};
use crate::backends::Backends;
use crate::joining::NewKeysArgs;
use crate::output::print_message;
use crate::sign_in::joined::Joined;
use crate::sign_in::waiting::Leaving;

/// Interval between frames while something moves.
const TICK: Duration = Duration::from_millis(120);

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    let args = Args::parse();
    let policy = match args.policy.read("greeter") {
        Ok(policy) => policy,
        Err(code) => return code,
    };
    run(&args.joined, &args.new_keys, policy, None)
}

/// The cards of a demonstration, which the user can insert and remove.
pub(crate) struct Demonstration {
    /// The text that the screen shows about it.
    pub(crate) words: String,
    /// Inserts or removes the card of this number; may block.
    pub(crate) move_card: Box<dyn FnMut(usize) -> Result<(), String> + Send>,
}

/// Runs the screen until the user leaves.
pub(crate) fn run(
    joined: &Joined,
    new_keys: &NewKeysArgs,
    policy: LogonPolicy,
    demonstration: Option<Demonstration>,
) -> ExitCode {
    let usage = |error: &dyn std::fmt::Display| {
        print_message("greeter", error);
        ExitCode::from(2)
    };
    let home = match Home::read(joined, new_keys) {
        Ok(home) => home,
        Err(failure) => return usage(&failure),
    };
    let setup = home.setup();
    let setting = Setting {
        joined: setup
            .as_ref()
            .map_or(home.joined(), |setup| setup.joined())
            .clone(),
        policy,
        tenant: setup.as_ref().map(|setup| setup.device().tenant_id().to_owned()),
        demonstration: demonstration.as_ref().map(|it| it.words.clone()),
    };
    let warnings = setup.map_or_else(Vec::new, |setup| setup.warnings());
    match Greeter::start(setting, home, &warnings, demonstration).and_then(Greeter::show) {
        Ok(Leave::SignedIn) => ExitCode::SUCCESS,
        Ok(Leave::NotSignedIn) => ExitCode::FAILURE,
        Ok(Leave::Signal(signal)) => ExitCode::from(u8::try_from(128 + signal).unwrap_or(u8::MAX)),
        Ok(Leave::ThreadLost) => ExitCode::from(101),
        Err(error) => usage(&error),
    }
}

struct Greeter {
    screen: Screen,
    state: State,
    events: Receiver<Event>,
    jobs: Sender<Job>,
    moves: Sender<usize>,
    break_off: BreakOff,
    ready: ReadyCard,
    /// How the program ends as soon as the device that is being registered has its file.
    leave: Option<Leave>,
}

impl Greeter {
    /// Opens the terminal and starts the threads.
    fn start(
        setting: Setting,
        home: Home,
        warnings: &[String],
        demonstration: Option<Demonstration>,
    ) -> io::Result<Self> {
        let (sender, events) = mpsc::channel();
        let (jobs, job_list) = mpsc::channel();
        let (moves, move_list) = mpsc::channel();
        let break_off = BreakOff::default();
        signals::catch(&sender)?;
        let screen = Screen::open()?;
        terminal::read_keys(&sender);
        let policy = setting.policy.clone();
        let backends = home
            .setup()
            .map_or_else(Backends::default, |setup| setup.backends());
        EventSender::spawn(&sender, move |event_sender| {
            watcher::watch(&policy, &backends, event_sender);
        });
        let ready = ReadyCard::default();
        let own_ready = ready.clone();
        let (asked, home) = (break_off.clone(), Arc::new(home));
        EventSender::spawn(&sender, move |event_sender| {
            worker::work(&home, &job_list, &asked, &own_ready, event_sender);
        });
        if let Some(demonstration) = demonstration {
            EventSender::spawn(&sender, move |event_sender| {
                move_cards(demonstration, &move_list, event_sender);
            });
        }
        let mut state = State::new(setting);
        for warning in warnings {
            state.update(Event::Remark(sentence(warning)));
        }
        Ok(Self {
            screen,
            state,
            events,
            jobs,
            moves,
            break_off,
            ready,
            leave: None,
        })
    }

    /// Draws frames and processes events until the program ends.
    fn show(mut self) -> io::Result<Leave> {
        let theme = Theme::of_environment();
        loop {
            let mut limit = None;
            let drawn = self
                .screen
                .draw(|frame| limit = draw::draw(&self.state, theme, frame));
            match drawn {
                Ok(true) => {}
                Ok(false) => return Ok(Leave::ThreadLost),
                // The terminal may be gone, but the registration is finished.
                Err(_) if self.leave.is_some() => {}
                Err(error) => return Err(error),
            }
            self.state.drawn(limit);
            let Some(first) = self.next() else {
                return Ok(Leave::ThreadLost);
            };
            // Events that arrive together are drawn together.
            let mut event = Some(first);
            while let Some(one) = event {
                if let Some(leave) = self.handle(one) {
                    return Ok(leave);
                }
                event = self.events.try_recv().ok();
            }
        }
    }

    fn next(&self) -> Option<Event> {
        if !self.state.is_moving() {
            return self.events.recv().ok();
        }
        match self.events.recv_timeout(TICK) {
            Ok(event) => Some(event),
            Err(RecvTimeoutError::Timeout) => Some(Event::Tick),
            Err(RecvTimeoutError::Disconnected) => None,
        }
    }

    fn handle(&mut self, event: Event) -> Option<Leave> {
        let is_registered = matches!(event, Event::Ended(_) | Event::Joined(_));
        let effect = self.state.update(event);
        if is_registered && self.leave.is_some() {
            return self.leave;
        }
        // A thread that does not take its job has reported its end.
        match effect? {
            Effect::BreakOff => {
                self.break_off.ask();
            }
            Effect::Leave(leave) => {
                if self.break_off.ask() == Leaving::AfterCommitment && leave != Leave::ThreadLost {
                    self.leave.get_or_insert(leave);
                    self.state.leave_after_registration();
                    return None;
                }
                self.ready.release();
                return Some(leave);
            }
            Effect::MoveCard(card) => drop(self.moves.send(card)),
            Effect::Release => drop(self.jobs.send(Job::Release)),
            Effect::Prepare(tile) => drop(self.jobs.send(Job::Prepare(tile))),
            Effect::SignIn(order) => drop(self.jobs.send(Job::SignIn(order))),
        }
        None
    }
}

fn move_cards(mut demonstration: Demonstration, moves: &Receiver<usize>, event_sender: &EventSender) {
    for card in moves {
        if let Err(problem) = (demonstration.move_card)(card)
            && event_sender.send(Event::Remark(sentence(&problem))).is_err()
        {
            return;
        }
    }
}
