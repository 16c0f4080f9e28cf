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

use pcsc::{Context, Protocols, Scope, ShareMode};

use crate::{
    Apdu, Component, Error, Fault, Readers, Slot,
    process::Process,
    profile::Persona,
    watch::{Content, PATIENCE, wait_for},
};

/// A virtual card. It is removed and deleted on drop.
pub struct Card {
    memory: PathBuf,
    orders: Orders,
    identity: Identity,
    reader: String,
    /// The name in PC/SC's bytes.
    pcsc_name: CString,
    trace: PathBuf,
    /// Length of the trace that [`Card::forget_apdus`] has skipped.
    forgotten: usize,
    _process: Process,
}

/// How the card was set up.
#[derive(Clone)]
pub(crate) enum Identity {
    /// Factory-new.
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
    /// Starts a card with the memory in the file `memory` and inserts it, without waiting for pcscd.
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
            // The firmware's empty metadata would mislead Yubico's program, which sets the card up.
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

    /// Inserts the card and waits until pcscd has seen it.
    pub fn insert(&mut self) -> Result<(), Error> {
        // A swap that is faster than pcscd's polling can block the reader for seconds.
        wait_for(&self.pcsc_name, Content::Nothing, PATIENCE)?;
        self.insert_unseen()?;
        self.settle()
    }

    /// Waits until pcscd sees the card. A swap at a bad moment can block the reader; the card is then removed and inserted
    /// again.
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

    /// Waits until pcscd sees the inserted card, for example after [`Readers::restart`].
    pub fn wait(&self) -> Result<(), Error> {
        wait_for(&self.pcsc_name, Content::Card, PATIENCE)
    }

    /// Removes the card and waits until pcscd has seen it.
    pub fn remove(&mut self) -> Result<(), Error> {
        self.remove_unseen()?;
        wait_for(&self.pcsc_name, Content::Nothing, PATIENCE)
    }

    /// Inserts the card without waiting for pcscd.
    pub fn insert_unseen(&mut self) -> Result<(), Error> {
        self.orders.command("insert")
    }

    /// Removes the card without waiting for pcscd, also during a command.
    pub fn remove_unseen(&mut self) -> Result<(), Error> {
        self.orders.command("remove")
    }

    /// Makes the `nth` APDU from now on fail, counted from 1. A new fault replaces the previous one.
    pub fn fault(&mut self, nth: u32, fault: Fault) -> Result<(), Error> {
        self.orders.command(&format!("fault {nth}:{fault}"))
    }

    /// Replaces the firmware's answer to every command that begins with `command` (both in hexadecimal). With `$` at its end,
    /// `command` is the complete command. If several match, the last one applies.
    pub fn answer(&mut self, command: &str, answer: &str) -> Result<(), Error> {
        self.orders.command(&format!("answer {command} {answer}"))
    }

    /// The APDUs since the card was started or [`Card::forget_apdus`] was called.
    pub fn apdus(&self) -> Result<Vec<Apdu>, Error> {
        let trace = self.read_trace()?;
        Ok(Apdu::of(trace.get(self.forgotten..).unwrap_or_default()))
    }

    /// Restarts the trace.
    pub fn forget_apdus(&mut self) -> Result<(), Error> {
        self.forgotten = self.read_trace()?.len();
        Ok(())
    }

    /// The PIN tries that are left, or `None` while the PIN is verified. Asks with a VERIFY without data, which spends none (SP 800-73-5
    /// part 2, section 3.2.1).
    pub fn pin_tries_left(&self) -> Result<Option<u8>, Error> {
        const SELECT: &[u8] = b"\x00\xA4\x04\x00\x05\xA0\x00\x00\x03\x08";
        const VERIFY: &[u8] = b"\x00\x20\x00\x80";
        let ask = || -> Result<Vec<u8>, pcsc::Error> {
            let context = Context::establish(Scope::User)?;
            let mut card = context.connect(&self.pcsc_name, ShareMode::Shared, Protocols::ANY)?;
            let transaction = card.transaction()?;
            let mut buffer = [0; pcsc::MAX_BUFFER_SIZE];
            transaction.transmit(SELECT, &mut buffer)?;
            transaction.transmit(VERIFY, &mut buffer).map(<[u8]>::to_vec)
        };
        match ask().as_deref() {
            Ok([0x90, 0x00]) => Ok(None),
            Ok([0x63, tries]) => Ok(Some(tries & 0x0F)),
            Ok([0x69, 0x83]) => Ok(Some(0)),
            Ok(other) => Err(Error::new(format!("the card answered {other:02X?} to VERIFY"))),
            Err(error) => Err(Error::new(format!("the card does not answer: {error}"))),
        }
    }

    /// The name of the card's reader.
    #[must_use]
    pub fn reader(&self) -> &str {
        &self.reader
    }

    /// The PIN; for a factory-new card the default PIN.
    #[must_use]
    pub fn pin(&self) -> &str {
        match &self.identity {
            Identity::FactoryNew => "123456",
            Identity::Issued { pin, .. } => pin,
        }
    }

    /// The certificate in `slot`, as a PEM file. A factory-new card has none.
    #[must_use]
    pub fn certificate(&self, slot: Slot) -> PathBuf {
        self.issued(slot, "crt")
    }

    /// The public key of `slot`, as a PEM file. A factory-new card has none.
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
    fn command(&mut self, order: &str) -> Result<(), Error> {
        let mut answer = String::new();
        let given = writeln!(self.orders, "{order}").and_then(|()| self.answers.read_line(&mut answer));
        match (given, answer.trim_end()) {
            (Ok(_), "ok") => Ok(()),
            (Ok(0) | Err(_), _) => Err(Error::new(format!(
                "the virtual card ended before the command '{order}'"
            ))),
            (Ok(_), complaint) => Err(Error::new(format!("the virtual card: {complaint}"))),
        }
    }
}
