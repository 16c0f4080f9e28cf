//! A PKCS#11 module that forwards to another one, and fails where a test says.
//!
//! The module reads its orders from a folder, and notes each call there. A test gives the orders with [`Faults`], in
//! the process that has loaded the module or in another one.
//!
//! ```no_run
//! use pkcs11_faults::{Fault, Faults};
//!
//! let faults = Faults::in_folder("/tmp/faults");
//! // Set for the process: PKCS11_FAULTS and PKCS11_FAULTS_MODULE.
//! let environment = faults.environment("/usr/lib/softhsm/libsofthsm2.so");
//! // CKR_DEVICE_REMOVED instead of the third call from now on.
//! faults.at_call(3, Fault::Answer(0x32));
//! # let _ = environment;
//! ```

mod shim;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// What happens instead of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The module is not asked, and this is what the caller gets (a `CKR_` value).
    Answer(u64),
    /// The process ends at once, as after a crash.
    Crash,
    /// The call never comes back.
    Hang,
}

/// The folder through which a test orders faults and sees what was called.
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
        self.order(&match fault {
            Fault::Answer(value) => format!("{nth} answer {value:x}"),
            Fault::Crash => format!("{nth} crash"),
            Fault::Hang => format!("{nth} hang"),
        });
    }

    /// Pretends that the token has keys of its own for the PIN (`CKF_PROTECTED_AUTHENTICATION_PATH`), on which the user
    /// types this one.
    pub fn pin_pad(&self, pin: &str) {
        self.order(&format!("pin-pad {pin}"));
    }

    /// No fault any more.
    pub fn none(&self) {
        self.order("none");
    }

    /// The functions that were called since the last order, those that went wrong included.
    #[must_use]
    pub fn calls(&self) -> Vec<String> {
        let log = fs::read_to_string(self.folder.join(shim::LOG)).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }

    /// Orders differ by their number, so that the same one twice counts from 1 twice.
    fn order(&self, order: &str) {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let new = self.folder.join("order.new");
        let _ = fs::remove_file(self.folder.join(shim::LOG));
        fs::write(&new, format!("{number} {order}")).expect("the folder can be written to");
        // Never half an order.
        fs::rename(&new, self.folder.join(shim::ORDER)).expect("the folder can be written to");
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
