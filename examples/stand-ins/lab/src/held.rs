//! A card in the transaction of another program.

use std::{
    ffi::CString,
    sync::mpsc::{Sender, channel},
    thread::{self, JoinHandle},
};

use pcsc::{Context, Protocols, Scope, ShareMode};

use crate::{Card, Error};

/// A transaction that lasts until this is dropped, like that of another program that does not release the card.
pub struct Held {
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Card {
    /// Begins a transaction with the card.
    pub fn hold(&self) -> Result<Held, Error> {
        let reader =
            CString::new(self.reader()).map_err(|_| Error::new("a reader's name has no zero byte"))?;
        let (end, ended) = channel();
        let (begun, begins) = channel();
        let thread = thread::spawn(move || {
            let held = hold(&reader, || {
                let _ = begun.send(Ok(()));
                // Dropping the sender ends the transaction.
                let _ = ended.recv();
            });
            if let Err(error) = held {
                let _ = begun.send(Err(error));
            }
        });
        let lost = |_| Error::new("the thread that holds the card is lost");
        begins
            .recv()
            .map_err(lost)?
            .map_err(|error| Error::new(format!("the card cannot be held: {error}")))?;
        Ok(Held {
            end: Some(end),
            thread: Some(thread),
        })
    }
}

fn hold(reader: &CString, wait: impl FnOnce()) -> Result<(), pcsc::Error> {
    let context = Context::establish(Scope::User)?;
    let mut card = context.connect(reader, ShareMode::Shared, Protocols::ANY)?;
    let transaction = card.transaction()?;
    wait();
    drop(transaction);
    Ok(())
}

impl Drop for Held {
    fn drop(&mut self) {
        self.end = None;
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has no transaction.
            let _ = thread.join();
        }
    }
}
