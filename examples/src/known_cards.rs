//! The file with the cards of earlier sign-ins. A failure of the file never stops a sign-in.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use card_access::piv::KnownCards;
use rustls_pki_types::UnixTime;

use crate::output::display_path;
use crate::private_file;

/// Folder in the user's cache folder, and file in it.
const PLACE: [&str; 2] = ["smart-card-sign-in", "known-cards"];

/// Whether cards are remembered, and where.
#[derive(clap::Args, Clone, Debug, Default)]
pub(crate) struct KnownCardsOptions {
    /// File with the certificates of cards that have signed in, so that the next sign-in takes fewer card commands. By default
    /// smart-card-sign-in/known-cards in the user's cache folder
    #[arg(long, value_name = "FILE")]
    known_cards: Option<PathBuf>,

    /// Does not read or write this file: every card is read whole
    #[arg(long, conflicts_with = "known_cards")]
    no_known_cards: bool,
}

impl KnownCardsOptions {
    /// The path of the file; `None` if cards are not remembered.
    pub(crate) fn path(&self) -> Option<PathBuf> {
        if self.no_known_cards {
            return None;
        }
        let place = || cache_folder().map(|folder| PLACE.iter().fold(folder, |path, part| path.join(part)));
        self.known_cards.clone().or_else(place)
    }
}

/// The cards of earlier sign-ins, and the file that they are from.
pub(crate) struct KnownCardsFile {
    path: Option<PathBuf>,
    cards: KnownCards,
    /// The content of the file.
    stored: Mutex<Option<Vec<u8>>>,
}

impl KnownCardsFile {
    /// Reads the file. Also returns a warning if it cannot be used; it is then replaced by the next sign-in.
    pub(crate) fn read(options: &KnownCardsOptions) -> (Self, Option<String>) {
        let path = options.path();
        let mut warning = None;
        let mut ignore = |path: &Path, problem: &dyn std::fmt::Display| {
            warning = Some(format!(
                "ignoring the known cards, {}: {problem}",
                display_path(path)
            ));
        };
        let stored = path.as_deref().and_then(|path| {
            let read = private_file::read(path, KnownCards::MAX_BYTES).map_err(|error| ignore(path, &error));
            read.ok().flatten()
        });
        let cards = stored.as_deref().and_then(|bytes| {
            let cards = KnownCards::from_bytes(bytes, UnixTime::now());
            cards
                .map_err(|error| ignore(path.as_deref().unwrap_or(Path::new("")), &error))
                .ok()
        });
        let file = Self {
            path,
            cards: cards.unwrap_or_default(),
            stored: Mutex::new(stored),
        };
        (file, warning)
    }

    /// The cards; clones share them.
    pub(crate) fn cards(&self) -> KnownCards {
        self.cards.clone()
    }

    /// Writes the cards if they have changed. Returns a warning if that fails.
    pub(crate) fn save(&self) -> Option<String> {
        let path = self.path.as_deref()?;
        let bytes = self.cards.to_bytes(UnixTime::now());
        let mut stored = self.stored.lock().unwrap_or_else(PoisonError::into_inner);
        let before = stored
            .clone()
            .unwrap_or_else(|| KnownCards::new().to_bytes(UnixTime::now()));
        if bytes == before {
            return None;
        }
        match private_file::write(path, &bytes) {
            Ok(()) => {
                *stored = Some(bytes);
                None
            }
            Err(error) => Some(format!(
                "the known cards were not kept in {}: {error}",
                display_path(path)
            )),
        }
    }
}

/// The user's cache folder: that of the XDG base directory specification, `Library/Caches` on Apple's systems, `LOCALAPPDATA` on
/// Windows. `None` if the environment does not name it, as for many services.
fn cache_folder() -> Option<PathBuf> {
    let variable = |name| {
        env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    if cfg!(windows) {
        return variable("LOCALAPPDATA");
    }
    let in_home = if cfg!(target_vendor = "apple") {
        "Library/Caches"
    } else {
        ".cache"
    };
    variable("XDG_CACHE_HOME").or_else(|| variable("HOME").map(|home| home.join(in_home)))
}
