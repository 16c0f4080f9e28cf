//! The screen as a state machine: events in, effects out, no I/O.

use upn_resolver::windows::logon_policy::{LogonPolicy, PolicySwitch};
use upn_resolver::{Decision, NameOutcome};

use super::event::{Effect, Ended, Event, Key, Leave};
use super::form::{Form, HintField, Verdict};
use super::overview::CardOverview;
use super::progress::Progress;
use super::screens::{Ending, Page, Running, Screen};
use super::shown_failure::NextScreen;
use super::signals;
use crate::sign_in::joined::Joined;
use crate::sign_in::report;

/// Settings that do not change while the program runs.
pub(super) struct Setting {
    pub(super) joined: Joined,
    pub(super) policy: LogonPolicy,
    /// The tenant that the device is joined to; `None` if it is not joined.
    pub(super) tenant: Option<String>,
    /// The text of the demonstration; without it, the cards cannot be moved.
    pub(super) demonstration: Option<String>,
}

/// The content of the screen.
pub(super) struct State {
    pub(super) setting: Setting,
    /// `None` until the readers have been listed.
    pub(super) overview: Option<CardOverview>,
    pub(super) chosen: usize,
    pub(super) screen: Screen,
    pub(super) page: Page,
    /// Number of lines above the window.
    pub(super) scroll: usize,
    /// The message above the tiles.
    pub(super) notice: Option<String>,
    pub(super) ticks: usize,
    last_ended: Leave,
    /// Maximum of `scroll`, as determined by the drawing.
    scroll_limit: usize,
    /// The window shows only that it is too small.
    is_too_small: bool,
}

impl State {
    pub(super) fn new(setting: Setting) -> Self {
        Self {
            setting,
            overview: None,
            chosen: 0,
            screen: Screen::Tiles,
            page: Page::Main,
            scroll: 0,
            notice: None,
            ticks: 0,
            last_ended: Leave::NotSignedIn,
            scroll_limit: 0,
            is_too_small: false,
        }
    }

    /// Whether something on the screen moves without an event.
    pub(super) fn is_moving(&self) -> bool {
        self.overview.is_none() || matches!(self.screen, Screen::Running(_))
    }

    /// Takes the result of drawing: the maximum number of lines above the window, or `None` if the window is too small.
    pub(super) fn drawn(&mut self, limit: Option<usize>) {
        self.is_too_small = limit.is_none();
        if let Some(limit) = limit {
            self.scroll_limit = limit;
            self.scroll = self.scroll.min(limit);
        }
    }

    /// Processes an event and returns its effects.
    pub(super) fn update(&mut self, event: Event) -> Option<Effect> {
        match event {
            Event::Key(Key::Interrupt) => Some(Effect::Leave(Leave::Signal(signals::INTERRUPT))),
            Event::Signal(signal) => Some(Effect::Leave(Leave::Signal(signal))),
            Event::ThreadLost => Some(Effect::Leave(Leave::ThreadLost)),
            // Keys whose effect nobody sees, such as digits of a PIN, have none.
            Event::Key(key) if self.is_too_small => {
                (key == Key::Character('q')).then_some(Effect::Leave(self.last_ended))
            }
            Event::Key(key) => self.key(key),
            Event::CardOverview(overview) => self.see(overview),
            Event::Prepared(prepared) => {
                if let Screen::Form(form) = &mut self.screen
                    && form.tile.is(&prepared.tile)
                {
                    form.prepared(*prepared, &self.setting.joined);
                }
                None
            }
            Event::Reached(state, at) => {
                if let Screen::Running(running) = &mut self.screen {
                    running.progress.reach(state, at);
                }
                None
            }
            Event::Decided(decision) => {
                if let Screen::Running(running) = &mut self.screen {
                    running.form.decision = Some(*decision);
                }
                None
            }
            Event::Remark(text) => {
                match &mut self.screen {
                    Screen::Running(running) => running.warnings.push(text),
                    _ => self.notice = Some(text),
                }
                None
            }
            Event::Joined(joined) => {
                self.setting.joined = joined.options;
                self.setting.tenant = Some(joined.tenant);
                if let Screen::Running(running) = &mut self.screen {
                    running.progress = Progress::default();
                    running.has_joined = true;
                }
                None
            }
            Event::Ended(ended) => {
                self.end(*ended);
                None
            }
            Event::Resized => None,
            Event::Tick => {
                self.ticks = self.ticks.wrapping_add(1);
                None
            }
        }
    }

    /// The program ends as soon as the device that is being registered has its file.
    pub(super) fn leave_after_registration(&mut self) {
        if let Screen::Running(running) = &mut self.screen {
            running.is_leaving = true;
        }
    }

    fn key(&mut self, key: Key) -> Option<Effect> {
        if let (Some(_), Key::Function(number @ (5 | 6))) = (&self.setting.demonstration, key) {
            return Some(Effect::MoveCard(usize::from(number - 5)));
        }
        if self.page != Page::Main {
            self.key_on_page(key);
            return None;
        }
        match &mut self.screen {
            Screen::Tiles => self.key_on_tiles(key),
            Screen::Ended(_) | Screen::Form(_) if key == Key::Function(1) => {
                self.open_page(Page::Explanation);
                None
            }
            Screen::Form(form) => match form.key(key, &self.setting.joined) {
                Verdict::Stay => None,
                Verdict::Back => {
                    self.screen = Screen::Tiles;
                    Some(Effect::Release)
                }
                Verdict::Submit(order) => {
                    self.run();
                    Some(Effect::SignIn(order))
                }
            },
            Screen::Running(running) => {
                if key != Key::Escape || running.breaking_off {
                    return None;
                }
                running.breaking_off = true;
                Some(Effect::BreakOff)
            }
            Screen::Ended(_) => match key {
                Key::Character('q') => Some(Effect::Leave(self.last_ended)),
                Key::Enter | Key::Escape => {
                    self.screen = Screen::Tiles;
                    self.scroll = 0;
                    None
                }
                _ => {
                    self.scroll_by(key);
                    None
                }
            },
        }
    }

    fn key_on_page(&mut self, key: Key) {
        match key {
            Key::Escape | Key::Enter | Key::Function(1) | Key::Character('h' | 'q') => {
                self.open_page(Page::Main);
            }
            _ => self.scroll_by(key),
        }
    }

    fn key_on_tiles(&mut self, key: Key) -> Option<Effect> {
        self.notice = None;
        let tiles = self.overview.as_ref().map_or(&[][..], |overview| &overview.tiles);
        match key {
            Key::Character('q') => return Some(Effect::Leave(self.last_ended)),
            Key::Character('h') => self.open_page(Page::Hidden),
            Key::Down | Key::Right | Key::Tab => {
                self.chosen = (self.chosen + 1).min(tiles.len().saturating_sub(1));
            }
            Key::Up | Key::Left => self.chosen = self.chosen.saturating_sub(1),
            Key::Enter => {
                let tile = tiles.get(self.chosen)?.clone();
                let field = if self.setting.policy.is_on(PolicySwitch::X509HintsNeeded) {
                    HintField::Optional
                } else {
                    HintField::Absent
                };
                let form = Form::new(tile.clone(), field, &self.setting.joined);
                self.screen = Screen::Form(Box::new(form));
                return Some(Effect::Prepare(Box::new(tile)));
            }
            _ => {}
        }
        None
    }

    fn open_page(&mut self, page: Page) {
        self.page = page;
        self.scroll = 0;
    }

    fn scroll_by(&mut self, key: Key) {
        const PAGE: usize = 8;
        let to = match key {
            Key::Up => self.scroll.saturating_sub(1),
            Key::PageUp => self.scroll.saturating_sub(PAGE),
            Key::Down => self.scroll + 1,
            Key::PageDown => self.scroll + PAGE,
            _ => self.scroll,
        };
        self.scroll = to.min(self.scroll_limit);
    }

    /// The cards have changed. A selection is kept; a form whose card is gone is closed.
    fn see(&mut self, overview: CardOverview) -> Option<Effect> {
        let chosen = self
            .overview
            .as_ref()
            .and_then(|before| before.tiles.get(self.chosen))
            .and_then(|tile| overview.tile_like(tile));
        let mut effect = None;
        self.chosen = chosen.unwrap_or(self.chosen.min(overview.tiles.len().saturating_sub(1)));
        if let Screen::Form(form) = &self.screen
            && overview.tile_like(&form.tile).is_none()
        {
            self.notice = Some("The card was removed.".to_owned());
            self.screen = Screen::Tiles;
            self.open_page(Page::Main);
            effect = Some(Effect::Release);
        } else if let Some(before) = &self.overview
            && overview.tiles.iter().any(|tile| before.tile_like(tile).is_none())
        {
            // The new card replaces the message.
            self.notice = None;
        }
        self.overview = Some(overview);
        effect
    }

    fn run(&mut self) {
        if let Screen::Form(form) = std::mem::replace(&mut self.screen, Screen::Tiles) {
            self.screen = Screen::Running(Box::new(Running {
                form: *form,
                progress: match self.setting.tenant {
                    Some(_) => Progress::default(),
                    None => Progress::of_join(),
                },
                has_joined: false,
                breaking_off: false,
                is_leaving: false,
                warnings: Vec::new(),
            }));
        }
    }

    fn end(&mut self, ended: Ended) {
        let Screen::Running(running) = std::mem::replace(&mut self.screen, Screen::Tiles) else {
            return;
        };
        let Running {
            mut form,
            mut progress,
            warnings,
            has_joined,
            ..
        } = *running;
        progress.end(ended.took);
        self.last_ended = Leave::NotSignedIn;
        match &ended.result {
            Err(failure) if failure.next == NextScreen::Cancelled => {
                self.notice = Some("The sign-in was cancelled.".to_owned());
                return;
            }
            Err(failure) if failure.next == NextScreen::Pin => {
                form.pin_refused(failure, ended.pin);
                self.screen = Screen::Form(Box::new(form));
                return;
            }
            Ok(report) if needs_another_hint(&report.decision) => {
                form.name_refused(report.decision.clone());
                self.screen = Screen::Form(Box::new(form));
                return;
            }
            Ok(report) if report.outcome == report::Outcome::Granted => self.last_ended = Leave::SignedIn,
            _ => {}
        }
        self.scroll = 0;
        self.screen = Screen::Ended(Box::new(Ending {
            tile: form.tile,
            result: ended.result,
            decision: form.decision,
            progress,
            has_joined,
            warnings,
        }));
    }
}

fn needs_another_hint(decision: &Decision) -> bool {
    matches!(
        decision.outcome(),
        NameOutcome::AskForHint | NameOutcome::RejectHint(_)
    )
}
