//! The way from the threads to the screen.

use std::sync::mpsc::Sender;
use std::thread;

use super::event::Event;

/// Sends events; tells when its thread ends by a panic.
pub(super) struct EventSender(Sender<Event>);

impl EventSender {
    /// Starts a thread that sends to the screen.
    pub(super) fn spawn(events: &Sender<Event>, work: impl FnOnce(&Self) + Send + 'static) {
        let event_sender = Self(events.clone());
        // Nobody waits for it: it ends when nobody listens any more, or with the program.
        thread::spawn(move || work(&event_sender));
    }

    /// Starts one more.
    pub(super) fn spawn_another(&self, work: impl FnOnce(&Self) + Send + 'static) {
        Self::spawn(&self.0, work);
    }

    /// Fails when the screen is gone.
    pub(super) fn send(&self, event: Event) -> Result<(), ScreenGone> {
        self.0.send(event).map_err(|_| ScreenGone)
    }
}

/// Nobody takes events any more.
#[derive(Debug)]
pub(super) struct ScreenGone;

impl Drop for EventSender {
    fn drop(&mut self) {
        if thread::panicking() {
            let _ = self.send(Event::ThreadLost);
        }
    }
}
