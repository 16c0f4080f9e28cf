//! A virtual card in a virtual reader.

use std::{
    ffi::CString,
    fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{ChildStdin, ChildStdout, Command, Stdio},
    thread,
    time::Duration,
};

use crate::{
    Apdu, Component, Error, Fault, Readers, Slot,
    process::Process,
    profile::Persona,
    watch::{Content, PATIENCE, wait_for},
};

/// A virtual card; out of its reader and gone on drop.
pub struct Card {
    memory: PathBuf,
    orders: Orders,
    identity: Identity,
    reader: String,
    /// The same in PC/SC's bytes.
    pcsc_name: CString,
    trace: PathBuf,
    /// How much of the trace [`Card::forget_apdus`] has put aside.
    forgotten: usize,
    _process: Process,
}

/// What was put on a card when it was set up.
#[derive(Clone)]
pub(crate) enum Identity {
    /// Nothing.
    FactoryNew,
    Issued {
        /// The folder with its public keys and certificates.
        folder: PathBuf,
        pin: String,
        persona: Persona,
    },
}

struct Orders {
    answers: BufReader<ChildStdout>,
    orders: ChildStdin,
}

impl Card {
    /// Starts the card whose memory is the file `memory` and puts it in, without waiting until pcscd has seen it.
    pub(crate) fn start(
        readers: &Readers,
        index: usize,
        memory: &Path,
        identity: Identity,
    ) -> Result<Self, Error> {
        let trace = readers.file("trace")?;
        let port = readers.port(index)?.to_string();
        let mut command = Command::new(Component::VirtualCard.find()?);
        command
            .args(["--control", "--port", &port, "--state"])
            .arg(memory)
            .arg("--trace")
            .arg(&trace);
        match &identity {
            // Yubico's program, which sets it up, would be led astray by the firmware's empty metadata.
            Identity::FactoryNew => {
                command.arg("--no-metadata");
            }
            Identity::Issued { persona, .. } => {
                command.args(persona.extended_lengths.then_some("--extended"));
                command.args(["--delay", &persona.delay.as_millis().to_string()]);
                if let Some(serial) = persona.yubikey {
                    command.args(["--yubikey", &serial.to_string()]);
                }
            }
        }
        let mut process = Process::start_with(&command, |command| {
            command.stdin(Stdio::piped()).stdout(Stdio::piped());
        })?;
        let (orders, answers) = process
            .pipes()
            .ok_or_else(|| Error::new("the virtual card has no pipes"))?;
        let orders = Orders {
            orders,
            answers: BufReader::new(answers),
        };
        let (memory, reader) = (memory.to_owned(), readers.name(index));
        let pcsc_name = readers.pcsc_name(index)?;
        let mut card = Self {
            memory,
            orders,
            identity,
            reader,
            pcsc_name,
            trace,
            forgotten: 0,
            _process: process,
        };
        wait_for(&card.pcsc_name, Content::Nothing, PATIENCE)?;
        card.insert_unseen()?;
        Ok(card)
    }

    /// Puts the card in and waits until pcscd has seen it.
    pub fn insert(&mut self) -> Result<(), Error> {
        // Quicker than pcscd looks, a swap can leave the reader stuck for seconds.
        wait_for(&self.pcsc_name, Content::Nothing, PATIENCE)?;
        self.insert_unseen()?;
        self.settle()
    }

    /// Waits until pcscd sees the card. When a swap met pcscd at a bad moment, the reader is stuck: the card is taken out
    /// and put in again then, as a person would.
    pub(crate) fn settle(&mut self) -> Result<(), Error> {
        for _ in 0..2 {
            if wait_for(&self.pcsc_name, Content::Card, PATIENCE / 3).is_ok() {
                return Ok(());
            }
            self.remove()?;
            thread::sleep(Duration::from_secs(1));
            self.insert_unseen()?;
        }
        self.wait()
    }

    /// Waits until pcscd sees the card that is in, say after [`Readers::restart`].
    pub fn wait(&self) -> Result<(), Error> {
        wait_for(&self.pcsc_name, Content::Card, PATIENCE)
    }

    /// Takes the card out and waits until pcscd has seen it.
    pub fn remove(&mut self) -> Result<(), Error> {
        self.remove_unseen()?;
        wait_for(&self.pcsc_name, Content::Nothing, PATIENCE)
    }

    /// Puts the card in, whether pcscd notices or not.
    pub fn insert_unseen(&mut self) -> Result<(), Error> {
        self.orders.give("insert")
    }

    /// Takes the card out, also in the middle of a command, whether pcscd notices or not.
    pub fn remove_unseen(&mut self) -> Result<(), Error> {
        self.orders.give("remove")
    }

    /// Lets the `nth` APDU from now on go wrong, counted from 1. One fault waits at a time; the last one given counts.
    pub fn fault(&mut self, nth: u32, fault: Fault) -> Result<(), Error> {
        self.orders.give(&format!("fault {nth}:{fault}"))
    }

    /// Gives every command that begins with `command` this answer, both in hexadecimal, instead of the firmware's. With `$` at its
    /// end, `command` is the whole one. Of several that fit, the last one given counts.
    pub fn answer(&mut self, command: &str, answer: &str) -> Result<(), Error> {
        self.orders.give(&format!("answer {command} {answer}"))
    }

    /// What went over the wire since the card was started or [`Card::forget_apdus`] was called.
    pub fn apdus(&self) -> Result<Vec<Apdu>, Error> {
        let trace = self.read_trace()?;
        Ok(Apdu::of(trace.get(self.forgotten..).unwrap_or_default()))
    }

    /// Starts counting APDUs afresh.
    pub fn forget_apdus(&mut self) -> Result<(), Error> {
        self.forgotten = self.read_trace()?.len();
        Ok(())
    }

    /// The reader that the card is for.
    #[must_use]
    pub fn reader(&self) -> &str {
        &self.reader
    }

    /// The PIN; that of a factory-new card if the card is one.
    #[must_use]
    pub fn pin(&self) -> &str {
        match &self.identity {
            Identity::FactoryNew => "123456",
            Identity::Issued { pin, .. } => pin,
        }
    }

    /// The certificate that was put into `slot`, in a PEM file. A factory-new card has none.
    #[must_use]
    pub fn certificate(&self, slot: Slot) -> PathBuf {
        self.issued(slot, "crt")
    }

    /// The public key that the card made in `slot`, in a PEM file. A factory-new card has none.
    #[must_use]
    pub fn public_key(&self, slot: Slot) -> PathBuf {
        self.issued(slot, "pub")
    }

    pub(crate) fn memory(&self) -> &Path {
        &self.memory
    }

    pub(crate) fn identity(&self) -> Identity {
        self.identity.clone()
    }

    fn issued(&self, slot: Slot, kind: &str) -> PathBuf {
        let folder = match &self.identity {
            Identity::FactoryNew => Path::new(""),
            Identity::Issued { folder, .. } => folder,
        };
        folder.join(slot.name()).with_extension(kind)
    }

    fn read_trace(&self) -> Result<String, Error> {
        fs::read_to_string(&self.trace).map_err(|error| Error::io("reading", &self.trace, &error))
    }
}

impl Orders {
    fn give(&mut self, order: &str) -> Result<(), Error> {
        let mut answer = String::new();
        let given = writeln!(self.orders, "{order}").and_then(|()| self.answers.read_line(&mut answer));
        match (given, answer.trim_end()) {
            (Ok(_), "ok") => Ok(()),
            (Ok(0) | Err(_), _) => Err(Error::new(format!("the virtual card has ended before '{order}'"))),
            (Ok(_), complaint) => Err(Error::new(format!("the virtual card: {complaint}"))),
        }
    }
}
