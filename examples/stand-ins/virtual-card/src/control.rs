//! Control of the card by its parent process: inserts and removes it, and sets faults.

use std::{
    io::{self, BufRead, Write},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{
    fault::{Fault, Kind, NotAFault},
    vpcd::Reader,
};

/// Shared by the card and the thread that reads commands.
#[derive(Clone)]
pub(crate) struct Hand(Arc<(Mutex<State>, Condvar)>);

struct State {
    /// Whether the card should be inserted.
    held_in: bool,
    reader: Option<Reader>,
    fault: Option<Fault>,
    /// Ordered answers, with the beginnings of their commands.
    rules: Vec<Rule>,
}

/// The answer to a command, or to all commands with this beginning.
struct Rule {
    command: Vec<u8>,
    whole: bool,
    answer: Vec<u8>,
}

impl Hand {
    pub(crate) fn new(held_in: bool, fault: Option<Fault>) -> Self {
        Self(Arc::new((
            Mutex::new(State {
                held_in,
                reader: None,
                fault,
                rules: Vec::new(),
            }),
            Condvar::new(),
        )))
    }

    /// Reads commands until standard input ends, and then ends the process, so that the card ends with its test.
    pub(crate) fn take_orders(&self) -> ! {
        for line in io::stdin().lock().lines() {
            let Ok(line) = line else { break };
            let answer = self.obey(&line).err().unwrap_or_else(|| "ok".into());
            let mut stdout = io::stdout();
            if writeln!(stdout, "{answer}")
                .and_then(|()| stdout.flush())
                .is_err()
            {
                break;
            }
        }
        std::process::exit(0)
    }

    fn obey(&self, order: &str) -> Result<(), String> {
        match order.split_once(' ') {
            None if order == "insert" => self.insert(),
            None if order == "remove" => self.remove(),
            Some(("fault", fault)) => {
                let fault = fault.parse().map_err(|error: NotAFault| error.to_string())?;
                self.state().fault = Some(fault);
            }
            Some(("answer", rule)) => {
                let (command, answer) = rule.split_once(' ').ok_or("answer COMMAND ANSWER")?;
                let (command, whole) = match command.strip_suffix('$') {
                    Some(command) => (command, true),
                    None => (command, false),
                };
                let rule = Rule {
                    command: bytes(command)?,
                    whole,
                    answer: bytes(answer)?,
                };
                self.state().rules.insert(0, rule);
            }
            _ => return Err(format!("unknown order '{order}'")),
        }
        Ok(())
    }

    /// Waits until the card should be inserted.
    pub(crate) fn wait_for_insertion(&self) {
        let mut state = self.state();
        while !state.held_in {
            state = self.0.1.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits before the next attempt to reach the reader, or for a new command.
    pub(crate) fn pause(&self) {
        let _ = self.0.1.wait_timeout(self.state(), Duration::from_millis(50));
    }

    /// Inserts the card; `None` if it was removed in the meantime.
    pub(crate) fn hold(&self, port: u16) -> io::Result<Option<Reader>> {
        let mut state = self.state();
        if !state.held_in {
            return Ok(None);
        }
        let reader = Reader::insert(port)?;
        state.reader = Some(reader.try_clone()?);
        Ok(Some(reader))
    }

    /// Removes the card, also during a command.
    pub(crate) fn remove(&self) {
        let mut state = self.state();
        state.held_in = false;
        if let Some(reader) = state.reader.take() {
            reader.remove();
        }
    }

    /// Counts an APDU and returns its fault.
    pub(crate) fn fault(&self) -> Option<Kind> {
        let mut state = self.state();
        state
            .fault
            .as_mut()?
            .strikes()
            .then(|| state.fault.take())?
            .map(|fault| fault.kind)
    }

    /// The ordered answer to a command; the last order applies.
    pub(crate) fn answer(&self, command: &[u8]) -> Option<Vec<u8>> {
        let state = self.state();
        let fits = |rule: &&Rule| {
            if rule.whole {
                rule.command == command
            } else {
                command.starts_with(&rule.command)
            }
        };
        let rule = state.rules.iter().find(fits);
        rule.map(|rule| rule.answer.clone())
    }

    /// Whether the card should be inserted.
    pub(crate) fn holds_in(&self) -> bool {
        self.state().held_in
    }

    fn insert(&self) {
        self.state().held_in = true;
        self.0.1.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bytes from hexadecimal digits.
fn bytes(hex: &str) -> Result<Vec<u8>, String> {
    let wrong = || format!("'{hex}' is not pairs of hexadecimal digits");
    if !hex.is_ascii() || !hex.len().is_multiple_of(2) {
        return Err(wrong());
    }
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).map_err(|_| wrong()))
        .collect()
}
