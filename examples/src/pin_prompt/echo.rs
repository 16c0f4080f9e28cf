//! The terminal's echo, which is restored however the program ends.

use std::io;

/// Restores the terminal while another thread still waits for a PIN, for a program that ends without this thread. Returns whether there
/// was a prompt.
#[must_use]
pub fn restore_echo() -> bool {
    system::restore()
}

/// From now on, a signal that ends the program first restores the terminal. rpassword restores it only after a complete line.
pub(super) fn restore_on_signals() -> io::Result<()> {
    system::restore_on_signals()
}

#[cfg(unix)]
mod system {
    use std::fs::File;
    use std::io;
    use std::sync::{Mutex, PoisonError};
    use std::thread;

    use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
    use signal_hook::consts::{SIGHUP, TERM_SIGNALS};
    use signal_hook::iterator::Signals;
    use signal_hook::low_level::emulate_default_handler;

    /// The state of the terminal before the prompt.
    static BEFORE: Mutex<Option<(File, Termios)>> = Mutex::new(None);

    pub(super) fn restore() -> bool {
        let before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((terminal, modes)) = &*before {
            // A failure cannot be handled here.
            let _ = tcsetattr(terminal, OptionalActions::Now, modes);
        }
        before.is_some()
    }

    pub(super) fn restore_on_signals() -> io::Result<()> {
        let terminal = File::open("/dev/tty")?;
        let modes = tcgetattr(&terminal)?;
        *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = Some((terminal, modes));
        // The end of a session is not among the signals that ask a program to end.
        let mut signals = Signals::new(TERM_SIGNALS.iter().chain([&SIGHUP]))?;
        thread::spawn(move || {
            for signal in signals.forever() {
                // The program ends in any case.
                restore();
                let _ = emulate_default_handler(signal);
            }
        });
        Ok(())
    }
}

/// On Windows, rpassword reads control-C as a key: it turns off [`ENABLE_PROCESSED_INPUT`], restores the console, and then raises the
/// event itself (`windows.rs` of [rpassword 7.5.4]).
///
/// [`ENABLE_PROCESSED_INPUT`]: https://learn.microsoft.com/windows/console/setconsolemode
/// [rpassword 7.5.4]: https://docs.rs/crate/rpassword/7.5.4/source/src/windows.rs
#[cfg(not(unix))]
mod system {
    use std::io;
    use std::sync::atomic::{AtomicBool, Ordering};

    use ratatui::crossterm::terminal::disable_raw_mode;

    /// Whether there was a prompt.
    static PROMPTED: AtomicBool = AtomicBool::new(false);

    pub(super) fn restore() -> bool {
        let prompted = PROMPTED.load(Ordering::Acquire);
        if prompted {
            // This turns on the echo, whole lines and control-C (`NOT_RAW_MODE_MASK` of crossterm). A failure cannot be handled here.
            let _ = disable_raw_mode();
        }
        prompted
    }

    pub(super) fn restore_on_signals() -> io::Result<()> {
        PROMPTED.store(true, Ordering::Release);
        Ok(())
    }
}
