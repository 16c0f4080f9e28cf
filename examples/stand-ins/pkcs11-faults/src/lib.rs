//! A PKCS#11 module that forwards to another one and fails as ordered by a test.
//!
//! The module reads its orders from a folder and records each call there. A test gives the orders with [`Faults`], in the process that
//! has loaded the module or in another one.
//!
//! ```no_run
//! use pkcs11_faults::{Fault, Faults, Order};
//!
//! let faults = Faults::in_folder("/tmp/faults");
//! // Set for the process: PKCS11_FAULTS and PKCS11_FAULTS_MODULE.
//! let environment = faults.environment("/usr/lib/softhsm/libsofthsm2.so");
//! // CKR_DEVICE_REMOVED instead of the third call from now on.
//! faults.at_call(3, Fault::Answer(0x32));
//! // No flag for the user's PIN, and a vendor's error for the label of one object.
//! faults.order(&[
//!     Order::ClearTokenFlags(0x8),
//!     Order::Attribute { label: "alice".to_owned(), attribute: 0x3, answer: 0x8000_0001 },
//! ]);
//! # let _ = environment;
//! ```

mod bare;
mod order;
mod shim;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

pub use order::{Fault, Order, TextField};

/// The label of the token of the built-in module.
pub const BARE_TOKEN: &str = bare::LABEL;

/// The folder with the orders of a test and the recorded calls.
#[derive(Clone, Debug)]
pub struct Faults {
    folder: PathBuf,
}

impl Faults {
    /// An existing folder.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// The environment variables that the process needs before it loads the module: the folder, and the module behind the shim.
    #[must_use]
    pub fn environment(&self, module: impl AsRef<Path>) -> Vec<(&'static str, String)> {
        vec![
            (shim::FOLDER, self.folder.display().to_string()),
            (shim::MODULE, module.as_ref().display().to_string()),
        ]
    }

    /// The same for a module behind the shim that is built in: it has one slot and one empty token, [`BARE_TOKEN`].
    #[must_use]
    pub fn bare_environment(&self) -> Vec<(&'static str, String)> {
        vec![(shim::FOLDER, self.folder.display().to_string())]
    }

    /// Makes only the `nth` call from now on fail, counted from 1.
    pub fn at_call(&self, nth: usize, fault: Fault) {
        self.order(&[Order::AtCall(nth, fault)]);
    }

    /// Pretends that the token has its own keypad for the PIN (`CKF_PROTECTED_AUTHENTICATION_PATH`), on which the user types
    /// this one.
    pub fn pin_pad(&self, pin: &str) {
        self.order(&[Order::PinPad(pin.to_owned())]);
    }

    /// Removes all faults.
    pub fn none(&self) {
        self.order(&[]);
    }

    /// Replaces all orders. Calls are counted and recorded from the beginning.
    ///
    /// # Panics
    ///
    /// If the folder cannot be written.
    pub fn order(&self, orders: &[Order]) {
        // A number, so that the same orders, given twice, count from 1 twice.
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let new = self.folder.join("order.new");
        let _ = fs::remove_file(self.folder.join(shim::LOG));
        fs::write(&new, order::write(number, orders)).expect("the folder can be written to");
        // Renamed, so that the module never reads half of it.
        fs::rename(&new, self.folder.join(shim::ORDER)).expect("the folder can be written to");
    }

    /// The functions that were called since the last order, including failed calls. `C_Initialize` is recorded in
    /// [`initializations`](Self::initializations).
    #[must_use]
    pub fn calls(&self) -> Vec<String> {
        self.lines(shim::LOG)
    }

    /// The arguments of each `C_Initialize` up to now: `NULL`, or the flags as a number.
    #[must_use]
    pub fn initializations(&self) -> Vec<String> {
        self.lines(shim::INITIALIZATIONS)
    }

    fn lines(&self, file: &str) -> Vec<String> {
        let log = fs::read_to_string(self.folder.join(file)).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }
}

/// The path of the module that Cargo built together with the calling program.
///
/// # Panics
///
/// If it does not exist; `cargo test` builds it.
#[must_use]
pub fn module() -> PathBuf {
    let name = format!(
        "{}pkcs11_faults{}",
        env::consts::DLL_PREFIX,
        env::consts::DLL_SUFFIX
    );
    let program = env::current_exe().expect("a program knows where it is");
    let mut places = program
        .ancestors()
        .skip(1)
        .take(3)
        .map(|folder| folder.join(&name));
    places
        .find(|place| place.is_file())
        .unwrap_or_else(|| panic!("{name} was not built in the folder of {}", program.display()))
}
