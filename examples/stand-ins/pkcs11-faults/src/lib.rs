//! A PKCS#11 module that forwards to another one, and misbehaves where a test says.
//!
//! The module reads its orders from a folder, and notes each call there. A test gives the orders with [`Faults`], in
//! the process that has loaded the module or in another one.
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

mod order;
mod shim;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

pub use order::{Fault, Order, TextField};

/// The folder through which a test gives orders and sees what was called.
#[derive(Clone, Debug)]
pub struct Faults {
    folder: PathBuf,
}

impl Faults {
    /// A folder, which must be there.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// What the process must have in its environment before it loads the module: where the orders are, and which module
    /// it stands before.
    #[must_use]
    pub fn environment(&self, module: impl AsRef<Path>) -> Vec<(&'static str, String)> {
        vec![
            (shim::FOLDER, self.folder.display().to_string()),
            (shim::MODULE, module.as_ref().display().to_string()),
        ]
    }

    /// Lets the `nth` call from now on go wrong, counted from 1, and no other.
    pub fn at_call(&self, nth: usize, fault: Fault) {
        self.order(&[Order::AtCall(nth, fault)]);
    }

    /// Pretends that the token has keys of its own for the PIN (`CKF_PROTECTED_AUTHENTICATION_PATH`), on which the user
    /// types this one.
    pub fn pin_pad(&self, pin: &str) {
        self.order(&[Order::PinPad(pin.to_owned())]);
    }

    /// No fault any more.
    pub fn none(&self) {
        self.order(&[]);
    }

    /// Replaces all orders by these. Calls are counted and noted anew.
    ///
    /// # Panics
    ///
    /// When the folder cannot be written to.
    pub fn order(&self, orders: &[Order]) {
        // A number of its own lets the same orders, given twice, count from 1 twice.
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let new = self.folder.join("order.new");
        let _ = fs::remove_file(self.folder.join(shim::LOG));
        fs::write(&new, order::write(number, orders)).expect("the folder can be written to");
        // Never half an order.
        fs::rename(&new, self.folder.join(shim::ORDER)).expect("the folder can be written to");
    }

    /// The functions that were called since the last order, those that went wrong included. `C_Initialize` is not among
    /// them: see [`initializations`](Self::initializations).
    #[must_use]
    pub fn calls(&self) -> Vec<String> {
        self.lines(shim::LOG)
    }

    /// The arguments of each `C_Initialize` so far: `NULL`, or the flags as a number.
    #[must_use]
    pub fn initializations(&self) -> Vec<String> {
        self.lines(shim::INITIALIZATIONS)
    }

    fn lines(&self, file: &str) -> Vec<String> {
        let log = fs::read_to_string(self.folder.join(file)).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }
}

/// The module that cargo built beside the program that calls.
///
/// # Panics
///
/// When it is not there, which `cargo test` sees to.
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
        .unwrap_or_else(|| panic!("{name} was not built beside {}", program.display()))
}
