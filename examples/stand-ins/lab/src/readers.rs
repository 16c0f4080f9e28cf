//! pcscd with virtual readers.

use std::{
    ffi::CString,
    fs::{self, File},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Condvar, Mutex, PoisonError},
    time::Duration,
};

use pcsc::{Context, Scope};
use rustix::process::Signal;
use tempfile::TempDir;

use crate::{
    Card, Error, Keypad, Profile,
    card::Identity,
    drivers::{Drivers, Kind, Names, SLOTS, port},
    image::Image,
    process::{Process, wait_until},
};

const SOCKET: &str = "/run/pcscd/pcscd.comm";
/// `PCSCLITE_MAX_READERS_CONTEXTS`
const MOST: usize = 16;
const PATIENCE: Duration = Duration::from_secs(60);

/// A running pcscd with virtual readers, ended on drop.
///
/// Another [`Readers::start`] in this process waits until then; in the same thread it would wait forever.
pub struct Readers {
    daemon: Option<Process>,
    drivers: Option<Drivers>,
    kind: Kind,
    names: Names,
    scratch: TempDir,
    count: usize,
    _turn: Turn,
}

impl Readers {
    /// Starts pcscd with at least `count` readers. They come in pairs that share a driver, so an odd number is rounded up. The
    /// maximum of pcscd is 16.
    pub fn start(count: usize) -> Result<Self, Error> {
        Self::start_kind(Kind::Plain, count)
    }

    /// The same, with readers that announce extended APDUs (PC/SC part 10, section 2.6.14). Plain readers announce nothing.
    pub fn with_extended_lengths(count: usize) -> Result<Self, Error> {
        Self::start_kind(Kind::Extended, count)
    }

    /// The same, with readers that also have a PIN pad. [`Readers::press`] presses its keys.
    pub fn with_pin_pads(count: usize) -> Result<Self, Error> {
        Self::start_kind(Kind::PinPad, count)
    }

    /// The same as [`Readers::start`], with another beginning of the names. They are bytes to PC/SC, and not always UTF-8.
    pub fn with_names(name: &[u8], count: usize) -> Result<Self, Error> {
        Self::start_with(Kind::Plain, Names(name.to_vec()), count)
    }

    fn start_kind(kind: Kind, count: usize) -> Result<Self, Error> {
        Self::start_with(kind, Names::default(), count)
    }

    fn start_with(kind: Kind, names: Names, count: usize) -> Result<Self, Error> {
        let turn = Turn::wait();
        // A pcscd that was killed with its test program may not have ended yet.
        if wait_until(Duration::from_secs(2), || UnixStream::connect(SOCKET).is_err()).is_none() {
            return Err(Error::new(format!(
                "another pcscd already serves {SOCKET}: run the tests with `make test`, or through \
                 examples/stand-ins/lab/in-namespace, which starts them in a namespace"
            )));
        }
        let scratch =
            tempfile::tempdir().map_err(|error| Error::new(format!("no temporary folder: {error}")))?;
        let mut readers = Self {
            daemon: None,
            drivers: None,
            kind,
            names,
            scratch,
            count: 0,
            _turn: turn,
        };
        readers.restart(count)?;
        Ok(readers)
    }

    /// Restarts pcscd with `count` readers. Inserted cards return by themselves: see [`Card::wait`].
    pub fn restart(&mut self, count: usize) -> Result<(), Error> {
        self.stop();
        self.count = count.next_multiple_of(SLOTS).max(SLOTS);
        if self.count > MOST {
            return Err(Error::new(format!("pcscd supports {MOST} readers, not {count}")));
        }
        let drivers = Drivers::install(self.folder("drivers")?, self.kind, &self.names, self.count)?;
        let list = drivers.list();
        self.drivers = Some(drivers);
        let sockets = Path::new(SOCKET).parent().unwrap_or(Path::new("/"));
        fs::create_dir_all(sockets).map_err(|error| Error::io("making", sockets, &error))?;
        let log = self.scratch.path().join("pcscd.log");
        let writer = File::create(&log).map_err(|error| Error::io("writing", &log, &error))?;
        let errors = writer
            .try_clone()
            .map_err(|error| Error::io("writing", &log, &error))?;
        let mut command = Command::new("pcscd");
        command
            .arg("--foreground")
            .arg("--config")
            .arg(list)
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

    /// Ends pcscd, and with it the readers.
    pub fn stop(&mut self) {
        if let Some(mut daemon) = self.daemon.take() {
            daemon.end();
        }
        // Files of a killed pcscd, because of which the next one would believe that it still runs.
        for left in [SOCKET, "/run/pcscd/pcscd.pid"] {
            let _ = fs::remove_file(left);
        }
    }

    /// Stops the process pcscd: every call to it blocks until [`Readers::resume`].
    pub fn pause(&self) -> Result<(), Error> {
        self.signal(Signal::STOP)
    }

    /// Continues pcscd after [`Readers::pause`].
    pub fn resume(&self) -> Result<(), Error> {
        self.signal(Signal::CONT)
    }

    fn signal(&self, signal: Signal) -> Result<(), Error> {
        match &self.daemon {
            Some(daemon) => daemon.signal(signal),
            None => Err(Error::new("pcscd does not run")),
        }
    }

    /// The number of readers.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// The name of the reader `index` as PC/SC shows it, with U+FFFD for bytes that are not UTF-8.
    #[must_use]
    pub fn name(&self, index: usize) -> String {
        String::from_utf8_lossy(&self.names.reader(index)).into_owned()
    }

    pub(crate) fn pcsc_name(&self, index: usize) -> Result<CString, Error> {
        CString::new(self.names.reader(index)).map_err(|_| Error::new("a reader's name with a zero"))
    }

    /// Inserts a card with `profile` into the reader `index` and waits until pcscd has seen it.
    pub fn insert(&self, index: usize, profile: &Profile) -> Result<Card, Error> {
        let image = Image::of(profile, self, index)?;
        seen(self.start_card(index, image, profile)?)
    }

    /// The same for several cards at once, from reader 0 on.
    pub fn insert_all<'p>(
        &self,
        profiles: impl IntoIterator<Item = &'p Profile>,
    ) -> Result<Vec<Card>, Error> {
        let image = |(index, profile)| Ok((index, Image::of(profile, self, index)?, profile));
        let images: Vec<_> = profiles
            .into_iter()
            .enumerate()
            .map(image)
            .collect::<Result<_, Error>>()?;
        let start = |(index, image, profile)| self.start_card(index, image, profile);
        let mut cards: Vec<_> = images.into_iter().map(start).collect::<Result<_, _>>()?;
        cards.iter_mut().try_for_each(Card::settle)?;
        Ok(cards)
    }

    /// Inserts a copy of a card, with the same keys, into another reader.
    pub fn insert_copy(&self, index: usize, original: &Card) -> Result<Card, Error> {
        seen(Card::start(
            self,
            index,
            &self.copy(original.memory())?,
            original.identity(),
        )?)
    }

    /// Inserts a factory-new card into the reader `index`: no keys, PIN 123456. It refuses Yubico's GET METADATA, which the firmware
    /// answers with no data, so that Yubico's program can set it up.
    pub fn insert_new(&self, index: usize) -> Result<Card, Error> {
        seen(Card::start(
            self,
            index,
            &self.file("card")?,
            Identity::FactoryNew,
        )?)
    }

    /// Sets the input at the PIN pad of the reader `index`, for the present or next request of a PIN, once. The pad waits 30 seconds
    /// for input.
    pub fn press(&self, index: usize, keys: Keypad<'_>) -> Result<(), Error> {
        match (&self.drivers, self.kind) {
            (Some(drivers), Kind::PinPad) => drivers.press(index, keys),
            _ => Err(Error::new(
                "these readers have no PIN pad: start them with `Readers::with_pin_pads`",
            )),
        }
    }

    pub(crate) fn port(&self, index: usize) -> Result<u16, Error> {
        let port = port(index).filter(|_| index < self.count);
        port.ok_or_else(|| Error::new(format!("there is no reader {index}: {} were started", self.count)))
    }

    /// A new file name in the temporary folder.
    pub(crate) fn file(&self, name: &str) -> Result<PathBuf, Error> {
        self.folder(name).map(|folder| folder.join(name))
    }

    fn folder(&self, name: &str) -> Result<PathBuf, Error> {
        let folder = tempfile::Builder::new()
            .prefix(name)
            .tempdir_in(self.scratch.path());
        let folder = folder.map_err(|error| Error::new(format!("no temporary folder: {error}")))?;
        // Removed with the folder.
        Ok(folder.keep())
    }

    fn start_card(&self, index: usize, image: Image, profile: &Profile) -> Result<Card, Error> {
        let memory = self.copy(&image.memory())?;
        let identity = Identity::Issued {
            folder: image.folder,
            pin: profile.pin.clone(),
            persona: profile.persona,
        };
        Card::start(self, index, &memory, identity)
    }

    fn copy(&self, memory: &Path) -> Result<PathBuf, Error> {
        let copy = self.file("card")?;
        fs::copy(memory, &copy).map_err(|error| Error::io("copying the card", memory, &error))?;
        Ok(copy)
    }

    fn all_listed(&self) -> bool {
        let listed = || Context::establish(Scope::User)?.list_readers_owned();
        let Ok(listed) = listed() else { return false };
        (0..self.count).all(|index| {
            listed
                .iter()
                .any(|name| name.to_bytes() == self.names.reader(index))
        })
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.stop();
    }
}

fn seen(mut card: Card) -> Result<Card, Error> {
    card.settle()?;
    Ok(card)
}

/// pcscd 2 asks polkit about each client, and the tests run without polkit.
fn without_polkit() -> Result<Option<&'static str>, Error> {
    const OPTION: &str = "--disable-polkit";
    let help = Command::new("pcscd").arg("--help").stdin(Stdio::null()).output();
    let help = help.map_err(|_| Error::missing("the program pcscd (is /usr/sbin on PATH?)"))?;
    let text = [help.stdout, help.stderr].concat();
    Ok(String::from_utf8_lossy(&text).contains(OPTION).then_some(OPTION))
}

/// The right to use pcscd's socket within this process.
///
/// [`Readers`] hold it. A test that starts readers in another process holds it as well, so that no other test of this process
/// starts readers.
pub struct Turn(());

static TAKEN: Mutex<bool> = Mutex::new(false);
static GIVEN_BACK: Condvar = Condvar::new();

impl Turn {
    /// Waits until the right is free.
    #[must_use]
    pub fn wait() -> Self {
        let taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        *GIVEN_BACK
            .wait_while(taken, |taken| *taken)
            .unwrap_or_else(PoisonError::into_inner) = true;
        Self(())
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *TAKEN.lock().unwrap_or_else(PoisonError::into_inner) = false;
        GIVEN_BACK.notify_one();
    }
}
