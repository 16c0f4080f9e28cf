//! The terminal, which is restored in all cases.

use std::io::{self, IsTerminal};
use std::mem::ManuallyDrop;
use std::sync::mpsc::Sender;
use std::thread;

use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::crossterm::terminal::is_raw_mode_enabled;

use super::event::{Event, Key};
use super::signals::{HANG_UP, watch_for_hang_up};

/// The terminal as a screen. It is restored when this is dropped, and after a panic in any thread.
pub struct Screen {
    /// Not dropped: ratatui would report on standard error that the cursor cannot be shown on a closed terminal, and panic if
    /// standard error is closed too.
    terminal: ManuallyDrop<DefaultTerminal>,
}

impl Screen {
    /// Opens the terminal.
    ///
    /// # Errors
    /// Standard input or output is not a terminal, or it cannot be set up.
    pub fn open() -> io::Result<Self> {
        for (name, is_terminal) in [
            ("standard input", io::stdin().is_terminal()),
            ("standard output", io::stdout().is_terminal()),
        ] {
            if !is_terminal {
                return Err(io::Error::new(
                    io::ErrorKind::NotConnected,
                    format!(
                        "{name} is not a terminal, which the sign-in screen requires; `sign-in` works without one"
                    ),
                ));
            }
        }
        match ratatui::try_init() {
            Ok(terminal) => Ok(Self {
                terminal: ManuallyDrop::new(terminal),
            }),
            Err(error) => {
                let _ = ratatui::try_restore();
                Err(error)
            }
        }
    }

    /// Draws a frame. Draws nothing and returns false after a panic has restored the terminal.
    ///
    /// # Errors
    /// The terminal cannot be written.
    pub fn draw(&mut self, draw: impl FnOnce(&mut ratatui::Frame<'_>)) -> io::Result<bool> {
        let is_ours = is_raw_mode_enabled()?;
        if is_ours {
            self.terminal.draw(draw)?;
        }
        Ok(is_ours)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // Restoring it a second time would move the cursor over the message of the panic.
        if is_raw_mode_enabled().unwrap_or(true) {
            let _ = ratatui::try_restore();
        }
        let _ = self.terminal.show_cursor();
    }
}

/// Sends keys and new sizes, and reports the end of the terminal as a signal.
pub(super) fn read_keys(events: &Sender<Event>) {
    watch_for_hang_up(events);
    let events = events.clone();
    thread::spawn(move || {
        loop {
            let event = match event::read() {
                Ok(event::Event::Key(pressed)) => key(pressed).map(Event::Key),
                Ok(event::Event::Resize(..)) => Some(Event::Resized),
                Ok(_) => None,
                // The terminal is closed.
                Err(_) => Some(Event::Signal(HANG_UP)),
            };
            let Some(event) = event else { continue };
            let is_last = matches!(event, Event::Signal(_));
            if events.send(event).is_err() || is_last {
                return;
            }
        }
    });
}

/// The meaning of a key. Characters with control or alt have none, so that a shortcut does not become part of a PIN.
fn key(pressed: KeyEvent) -> Option<Key> {
    if pressed.kind == KeyEventKind::Release {
        return None;
    }
    let control = pressed.modifiers.contains(KeyModifiers::CONTROL);
    let alt = pressed.modifiers.contains(KeyModifiers::ALT);
    Some(match pressed.code {
        KeyCode::Char('c') if control => Key::Interrupt,
        // Many terminals send control-H for the backspace key.
        KeyCode::Char('h') if control => Key::Backspace,
        KeyCode::Char(character) if !control && !alt => Key::Character(character),
        KeyCode::Backspace => Key::Backspace,
        KeyCode::Down => Key::Down,
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Escape,
        KeyCode::F(number) => Key::Function(number),
        KeyCode::Left => Key::Left,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::Right => Key::Right,
        KeyCode::Tab | KeyCode::BackTab => Key::Tab,
        KeyCode::Up => Key::Up,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

    use super::{Key, key};

    #[test]
    fn shortcuts_are_not_typed_characters() {
        let pressed = |code, modifiers| key(KeyEvent::new(code, modifiers));
        let character = KeyCode::Char('c');
        assert_eq!(pressed(character, KeyModifiers::NONE), Some(Key::Character('c')));
        assert_eq!(pressed(character, KeyModifiers::CONTROL), Some(Key::Interrupt));
        assert_eq!(pressed(character, KeyModifiers::ALT), None);
        assert_eq!(pressed(KeyCode::Char('x'), KeyModifiers::CONTROL), None);
        assert_eq!(
            pressed(KeyCode::Char('@'), KeyModifiers::CONTROL | KeyModifiers::ALT),
            None
        );
    }
}
