//! pcscd's drivers of the virtual readers, and its list of readers.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use crate::{Component, Error};

/// Port of the first reader; the others follow. It is below the range that Linux uses for outgoing connections (32768 to 60999). Such
/// a connection, even a closed one, would prevent pcscd from listening.
const FIRST_PORT: u16 = 27963;
/// vpcd's driver has two slots, and each is a reader.
pub(crate) const SLOTS: usize = 2;
const PIN_PAD: &str = "pin-pad";

/// Features of the readers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Extended APDUs.
    Extended,
    /// Extended APDUs and a PIN pad.
    PinPad,
    Plain,
}

/// Input at a reader's PIN pad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Keypad<'a> {
    /// Presses the cancel key.
    Cancel,
    /// Types these digits and confirms them.
    Digits(&'a str),
    /// Nothing, until the reader's time limit ends.
    TimeOut,
}

impl Keypad<'_> {
    /// The form that the PIN pad's driver reads.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Cancel => "cancel",
            Self::Digits(digits) => digits,
            Self::TimeOut => "time-out",
        }
    }
}

/// The drivers as files. Two entries with one library would share one card, so each reader pair has a copy.
pub(crate) struct Drivers {
    folder: PathBuf,
}

/// Common beginning of the names of the readers, in PC/SC's bytes, which may not be UTF-8.
#[derive(Clone, Debug)]
pub(crate) struct Names(pub(crate) Vec<u8>);

impl Default for Names {
    fn default() -> Self {
        Self(b"Virtual PCD".to_vec())
    }
}

impl Names {
    /// The name of the reader `index`. pcscd adds the number of the device and of the slot.
    pub(crate) fn reader(&self, index: usize) -> Vec<u8> {
        let mut name = self.driver(index / SLOTS);
        name.extend(format!(" 00 {:02X}", index % SLOTS).into_bytes());
        name
    }

    /// Each driver has another name, so that its readers have different names.
    fn driver(&self, number: usize) -> Vec<u8> {
        [&self.0[..], format!(" {number}").as_bytes()].concat()
    }
}

impl Drivers {
    /// Copies the drivers for `count` readers, an even number, into `folder`, and writes the list.
    pub(crate) fn install(folder: PathBuf, kind: Kind, names: &Names, count: usize) -> Result<Self, Error> {
        let virtual_reader = Component::VirtualReaderDriver.find()?;
        // The name of the copy tells the driver which features to add.
        let added = match kind {
            Kind::Extended => Some("extended"),
            Kind::PinPad => Some(PIN_PAD),
            Kind::Plain => None,
        };
        let added = added.map(|name| Component::PinPadDriver.find().map(|driver| (name, driver)));
        let added = added.transpose()?;
        let drivers = Self { folder };
        let write = || {
            fs::create_dir_all(drivers.list())?;
            let mut list = Vec::new();
            for (number, port) in (FIRST_PORT..).step_by(SLOTS).take(count / SLOTS).enumerate() {
                let mut library = drivers.library("libifdvpcd", number);
                fs::copy(&virtual_reader, &library)?;
                if let Some((name, driver)) = &added {
                    library = drivers.library(name, number);
                    fs::copy(driver, &library)?;
                }
                list.extend(b"FRIENDLYNAME \"");
                list.extend(names.driver(number));
                write!(
                    list,
                    "\"\nDEVICENAME /dev/null:{port:#X}\nLIBPATH {}\nCHANNELID {port:#X}\n\n",
                    library.display(),
                )?;
            }
            fs::write(drivers.list().join("virtual"), list)
        };
        write().map_err(|error| Error::io("preparing pcscd in", &drivers.folder, &error))?;
        Ok(drivers)
    }

    /// The folder with the list, for pcscd's option --config.
    pub(crate) fn list(&self) -> PathBuf {
        self.folder.join("reader.conf.d")
    }

    /// Sets the input at the pad of reader `index`, which the driver reads when it asks for a PIN.
    pub(crate) fn press(&self, index: usize, keys: Keypad<'_>) -> Result<(), Error> {
        let pad = format!(
            "{}.{}",
            self.library(PIN_PAD, index / SLOTS).display(),
            index % SLOTS
        );
        let whole = format!("{pad}.new");
        // Renamed, so that the driver never reads half of it.
        let press = fs::write(&whole, keys.text()).and_then(|()| fs::rename(&whole, &pad));
        press.map_err(|error| Error::io("pressing keys on", Path::new(&pad), &error))
    }

    fn library(&self, name: &str, number: usize) -> PathBuf {
        self.folder.join(format!("{name}-{number}.so"))
    }
}

/// The port of the reader `index`.
pub(crate) fn port(index: usize) -> Option<u16> {
    u16::try_from(index).ok()?.checked_add(FIRST_PORT)
}
