//! The channel from the threads to the screen.

use std::sync::mpsc::Sender;
use std::thread;

use super::event::Event;

/// Sends events. Reports if its thread panics.
pub(super) struct EventSender(Sender<Event>);

impl EventSender {
    /// Starts a thread that sends events to the screen.
    pub(super) fn spawn(events: &Sender<Event>, work: impl FnOnce(&Self) + Send + 'static) {
        let event_sender = Self(events.clone());
        // The thread is not joined: it ends when the channel is closed, or with the program.
        thread::spawn(move || work(&event_sender));
    }

    /// Starts another thread.
    pub(super) fn spawn_another(&self, work: impl FnOnce(&Self) + Send + 'static) {
        Self::spawn(&self.0, work);
    }

    /// Sends an event. Fails if the screen is gone.
    pub(super) fn send(&self, event: Event) -> Result<(), ScreenGone> {
        self.0.send(event).map_err(|_| ScreenGone)
    }
}

/// The receiver is gone.
#[derive(Debug)]
pub(super) struct ScreenGone;

impl Drop for EventSender {
    fn drop(&mut self) {
        if thread::panicking() {
            let _ = self.send(Event::ThreadLost);
        }
    }
}
