//! pcscd with virtual readers.

use std::{
    fmt::Write as _,
    fs::{self, File},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Condvar, Mutex, PoisonError},
    time::{Duration, Instant},
};

use pcsc::{Context, ReaderState, Scope, State};
use tempfile::TempDir;

use crate::{
    Card, Component, Error, Profile,
    image::Image,
    process::{Process, wait_until},
};

const SOCKET: &str = "/run/pcscd/pcscd.comm";
/// Where the first reader listens for its card; the others follow.
const FIRST_PORT: u16 = 35963;
/// vpcd's driver has two slots, each a reader of its own.
const SLOTS: usize = 2;
/// `PCSCLITE_MAX_READERS_CONTEXTS`
const MOST: usize = 16;
/// pcscd looks at its readers every 0.4 s.
const PATIENCE: Duration = Duration::from_secs(10);

/// A running pcscd with virtual readers, ended on drop.
///
/// While it is alive, another [`Readers::start`] in this process waits: a second one in the same thread waits for ever.
pub struct Readers {
    daemon: Option<Process>,
    scratch: TempDir,
    count: usize,
    _turn: Turn,
}

impl Readers {
    /// Starts pcscd with `count` readers, at least. They come in pairs that share a driver: an odd number is rounded up.
    /// pcscd takes 16 at most.
    pub fn start(count: usize) -> Result<Self, Error> {
        let turn = Turn::wait();
        if UnixStream::connect(SOCKET).is_ok() {
            return Err(Error::new(format!(
                "another pcscd already serves {SOCKET}: run the tests with `make test`, or through \
                 examples/lab/in-namespace, where they have a place of their own"
            )));
        }
        let scratch =
            tempfile::tempdir().map_err(|error| Error::new(format!("no temporary folder: {error}")))?;
        let mut readers = Self {
            daemon: None,
            scratch,
            count: 0,
            _turn: turn,
        };
        readers.restart(count)?;
        Ok(readers)
    }

    /// Ends pcscd if it runs and starts it with `count` readers. Cards that are in come back by themselves.
    pub fn restart(&mut self, count: usize) -> Result<(), Error> {
        self.stop();
        self.count = count.next_multiple_of(SLOTS).max(SLOTS);
        if self.count > MOST {
            return Err(Error::new(format!("pcscd takes {MOST} readers, not {count}")));
        }
        let config = self.configure()?;
        let log = self.scratch.path().join("pcscd.log");
        let writer = File::create(&log).map_err(|error| Error::io("writing", &log, &error))?;
        let errors = writer
            .try_clone()
            .map_err(|error| Error::io("writing", &log, &error))?;
        let mut command = Command::new("pcscd");
        command
            .arg("--foreground")
            .arg("--config")
            .arg(config)
            .args(without_polkit()?);
        let mut daemon = Process::start_with(&command, |command| {
            command.stdout(writer).stderr(errors);
        })?;

        let mut ended = None;
        let up = wait_until(PATIENCE, || {
            ended = daemon.still_runs().err();
            ended.is_some() || self.all_listed()
        });
        let why = match (up, ended) {
            (Some(()), None) => {
                self.daemon = Some(daemon);
                return Ok(());
            }
            (_, Some(error)) => error.to_string(),
            (None, None) => "pcscd does not show its virtual readers".into(),
        };
        Err(Error::new(format!(
            "{why}\n{}",
            fs::read_to_string(&log).unwrap_or_default()
        )))
    }

    /// Ends pcscd; the readers are gone.
    pub fn stop(&mut self) {
        if let Some(mut daemon) = self.daemon.take() {
            daemon.end();
        }
        // What a pcscd leaves that had to be killed; the next one would believe that it still runs.
        for left in [SOCKET, "/run/pcscd/pcscd.pid"] {
            let _ = fs::remove_file(left);
        }
    }

    /// The number of readers.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// The name of the reader `index`, as PC/SC shows it.
    #[must_use]
    pub fn name(&self, index: usize) -> String {
        format!("Virtual PCD {:02X} {:02X}", index / SLOTS, index % SLOTS)
    }

    /// Puts a card set up as `profile` says into the reader `index`, and waits until pcscd has seen it.
    pub fn insert(&self, index: usize, profile: &Profile) -> Result<Card, Error> {
        let image = Image::of(profile, self, index)?;
        let memory = self.copy(&image.memory())?;
        Card::start(self, index, &memory, Some((image.folder, profile.pin.clone())))
    }

    /// Puts a copy of a card, with the same keys, into another reader.
    pub fn insert_copy(&self, index: usize, original: &Card) -> Result<Card, Error> {
        Card::start(self, index, &self.copy(original.memory())?, original.profile())
    }

    /// Puts a factory-new card into the reader `index`: no keys, PIN 123456. It refuses Yubico's GET METADATA, which the
    /// firmware answers with nothing, so that Yubico's program can set it up.
    pub fn insert_new(&self, index: usize) -> Result<Card, Error> {
        Card::start(self, index, &self.file("card")?, None)
    }

    pub(crate) fn port(&self, index: usize) -> Result<u16, Error> {
        let port = u16::try_from(index)
            .ok()
            .filter(|_| index < self.count)
            .map(|index| FIRST_PORT + index);
        port.ok_or_else(|| Error::new(format!("there is no reader {index}: {} were started", self.count)))
    }

    /// A new name in the temporary folder.
    pub(crate) fn file(&self, name: &str) -> Result<PathBuf, Error> {
        let folder = self.scratch.path();
        let folder = tempfile::Builder::new()
            .prefix(name)
            .tempdir_in(folder)
            .map(TempDir::keep);
        folder
            .map(|folder| folder.join(name))
            .map_err(|error| Error::new(format!("no temporary folder: {error}")))
    }

    fn copy(&self, memory: &Path) -> Result<PathBuf, Error> {
        let copy = self.file("card")?;
        fs::copy(memory, &copy).map_err(|error| Error::io("copying the card", memory, &error))?;
        Ok(copy)
    }

    /// Writes pcscd's list of drivers. Two entries with one library would silently share one card, so that each entry
    /// has a copy of its own.
    fn configure(&self) -> Result<PathBuf, Error> {
        let driver = Component::VirtualReaderDriver.find()?;
        let folder = self.file("readers")?;
        let write = || {
            fs::create_dir_all(&folder)?;
            fs::create_dir_all("/run/pcscd")?;
            let mut entries = String::new();
            for (number, port) in (FIRST_PORT..).step_by(SLOTS).take(self.count / SLOTS).enumerate() {
                let library = folder.with_file_name(format!("libifdvpcd-{number}.so"));
                fs::copy(&driver, &library)?;
                // Writing to a string cannot fail.
                let _ = write!(
                    entries,
                    "FRIENDLYNAME \"Virtual PCD\"\nDEVICENAME /dev/null:{port:#X}\nLIBPATH {}\nCHANNELID {port:#X}\n\n",
                    library.display(),
                );
            }
            fs::write(folder.join("virtual"), entries)
        };
        write().map_err(|error| Error::io("preparing pcscd in", &folder, &error))?;
        Ok(folder)
    }

    fn all_listed(&self) -> bool {
        let listed = || Context::establish(Scope::User)?.list_readers_owned();
        let Ok(listed) = listed() else { return false };
        (0..self.count).all(|index| {
            listed
                .iter()
                .any(|name| name.to_bytes() == self.name(index).as_bytes())
        })
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What pcscd sees in a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Card,
    Nothing,
}

/// Waits until pcscd has seen that the card is in or out.
pub(crate) fn wait_for(reader: &str, content: Content) -> Result<(), Error> {
    let wait = || -> Result<bool, pcsc::Error> {
        let pcsc = Context::establish(Scope::User)?;
        let name = std::ffi::CString::new(reader).map_err(|_| pcsc::Error::InvalidParameter)?;
        let mut states = [ReaderState::new(name, State::UNAWARE)];
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            match pcsc.get_status_change(Duration::from_millis(500), &mut states) {
                Ok(()) | Err(pcsc::Error::Timeout) => {}
                Err(error) => return Err(error),
            }
            let state = states[0].event_state();
            let seen = match content {
                Content::Card => state.contains(State::PRESENT) && !states[0].atr().is_empty(),
                Content::Nothing => state.contains(State::EMPTY),
            };
            if seen {
                return Ok(true);
            }
            states[0].sync_current_state();
        }
        Ok(false)
    };
    match wait() {
        Ok(true) => Ok(()),
        Ok(false) => Err(Error::new(format!(
            "pcscd does not see this in {reader}: {content:?}"
        ))),
        Err(error) => Err(Error::new(format!(
            "pcscd does not say what is in {reader}: {error}"
        ))),
    }
}

/// pcscd 2 asks polkit about each client, and there is no polkit to ask where tests run.
fn without_polkit() -> Result<Option<&'static str>, Error> {
    const OPTION: &str = "--disable-polkit";
    let help = Command::new("pcscd").arg("--help").stdin(Stdio::null()).output();
    let help = help.map_err(|_| Error::missing("the program pcscd (is /usr/sbin on PATH?)"))?;
    let text = [help.stdout, help.stderr].concat();
    Ok(String::from_utf8_lossy(&text).contains(OPTION).then_some(OPTION))
}

/// The right to the one place of pcscd's socket, within this process.
struct Turn;

static TAKEN: Mutex<bool> = Mutex::new(false);
static GIVEN_BACK: Condvar = Condvar::new();

impl Turn {
    fn wait() -> Self {
        let taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        *GIVEN_BACK
            .wait_while(taken, |taken| *taken)
            .unwrap_or_else(PoisonError::into_inner) = true;
        Self
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *TAKEN.lock().unwrap_or_else(PoisonError::into_inner) = false;
        GIVEN_BACK.notify_one();
    }
}
