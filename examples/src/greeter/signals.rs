//! Signals that ask the program to end.

use std::io;
use std::sync::mpsc::Sender;

use super::event::Event;

/// Number of the signal of a closed terminal.
pub(super) const HANG_UP: i32 = 1;

/// Number of the signal of control-C.
pub(super) const INTERRUPT: i32 = 2;

/// Starts to send the signals that ask a program to end. Before this call, they end the program.
pub(super) fn catch(events: &Sender<Event>) -> io::Result<()> {
    system::catch(events)
}

/// Reports the end of the terminal as a signal.
pub(super) fn watch_for_hang_up(events: &Sender<Event>) {
    system::watch_for_hang_up(events.clone());
}

#[cfg(unix)]
mod system {
    use std::io;
    use std::sync::mpsc::Sender;
    use std::thread;

    use rustix::event::{PollFd, PollFlags, poll};
    use rustix::io::retry_on_intr;
    use signal_hook::consts::SIGTERM;
    use signal_hook::iterator::Signals;

    use super::{Event, HANG_UP, INTERRUPT};

    pub(super) fn catch(events: &Sender<Event>) -> io::Result<()> {
        let mut signals = Signals::new([HANG_UP, INTERRUPT, SIGTERM])?;
        let events = events.clone();
        thread::spawn(move || {
            for signal in signals.forever() {
                if events.send(Event::Signal(signal)).is_err() {
                    return;
                }
            }
        });
        Ok(())
    }

    /// A closed terminal sends its signal only to its controlling processes, and crossterm reads its end again and again without
    /// pause.
    pub(super) fn watch_for_hang_up(events: Sender<Event>) {
        thread::spawn(move || {
            let input = io::stdin();
            // Events are not requested; a hang-up is always reported.
            let mut terminal = [PollFd::new(&input, PollFlags::empty())];
            if retry_on_intr(|| poll(&mut terminal, None)).is_ok() {
                let _ = events.send(Event::Signal(HANG_UP));
            }
        });
    }
}

/// On Windows, control-C is a key while the screen is open, because crossterm's raw mode turns off [`ENABLE_PROCESSED_INPUT`], and
/// Windows ends the programs of a console that is closed ([HandlerRoutine], `CTRL_CLOSE_EVENT`).
///
/// [`ENABLE_PROCESSED_INPUT`]: https://learn.microsoft.com/windows/console/setconsolemode
/// [HandlerRoutine]: https://learn.microsoft.com/windows/console/handlerroutine
#[cfg(not(unix))]
mod system {
    use std::io;
    use std::sync::mpsc::Sender;

    use super::Event;

    pub(super) fn catch(_: &Sender<Event>) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn watch_for_hang_up(_: Sender<Event>) {}
}
