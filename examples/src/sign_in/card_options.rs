//! The options that choose a card, its certificate, and the source of its PIN.

use std::path::PathBuf;

#[cfg(windows)]
use card_access::on_device::WindowsStoreProvider;
use card_access::{Cards, Slot};
use clap::Args;

/// The card, its certificate, and the source of its PIN.
#[derive(Args, Clone, Debug)]
pub(crate) struct CardOptions {
    /// The PC/SC reader, or a part of its name; required only if there are several cards
    #[arg(long, value_name = "NAME", conflicts_with_all = ["module", "token"])]
    pub reader: Option<String>,

    /// The PKCS#11 module to use instead of PC/SC
    #[arg(long, value_name = "PATH")]
    pub module: Option<PathBuf>,

    /// The label of the PKCS#11 token; required only if the module has several
    #[arg(long, value_name = "LABEL", requires = "module")]
    pub token: Option<String>,

    /// A key file instead of a card: PKCS#12, or PEM with the certificate and its key. Its password takes the place of the PIN
    #[arg(long, value_name = "FILE", conflicts_with_all = ["reader", "module", "token", "pin_pad"])]
    pub key_file: Option<PathBuf>,

    /// The user's certificate store instead of a card. Windows asks for the PIN in its own window
    #[cfg(windows)]
    #[arg(long, conflicts_with_all = ["reader", "module", "token", "key_file", "pin_pad", "pin_stdin"])]
    pub windows_store: bool,

    // Not a doc comment: Clippy wants backticks around the attribute's name, and they would be printed.
    #[arg(
        long,
        value_name = "SLOT",
        help = "The key slot: 9a, 9c, 9d, 9e, 82 to 95, or id: and the hexadecimal CKA_ID of a PKCS#11 object. By default 9a of \
                a PIV card, or the best of its other slots if 9a has no suitable certificate"
    )]
    pub slot: Option<Slot>,

    /// The certificate, if a slot or token has several: its label, or the first 8 or more digits of its SHA-256 hash
    #[arg(long, value_name = "HASH|LABEL", conflicts_with = "slot")]
    pub certificate: Option<String>,

    /// Reads the PIN from the first line of standard input
    #[arg(long)]
    pub pin_stdin: bool,

    /// The PIN is typed on the reader or the token
    #[arg(long, conflicts_with = "pin_stdin")]
    pub pin_pad: bool,

    /// Allows a PIN try that is the last one, or that may be the last one because the card does not show its counter. A wrong PIN then
    /// blocks the card
    #[arg(long)]
    pub last_try: bool,
}

impl CardOptions {
    /// The certificate store of Windows, if it takes the place of a card.
    #[cfg(windows)]
    pub(super) fn windows_store(&self) -> Option<Cards> {
        self.windows_store
            .then(|| Cards::new().with_provider(WindowsStoreProvider::new()))
    }

    /// Other systems have no such store.
    #[cfg(not(windows))]
    #[expect(clippy::unused_self, reason = "as on Windows")]
    pub(super) fn windows_store(&self) -> Option<Cards> {
        None
    }

    /// Whether the card is reached over PC/SC.
    pub(super) fn is_over_pcsc(&self) -> bool {
        self.module.is_none() && self.windows_store().is_none()
    }

    /// Whether the PIN is typed outside this program: on the reader, or in a window of Windows.
    pub(super) fn asks_elsewhere(&self) -> bool {
        self.pin_pad || self.windows_store().is_some()
    }
}
