//! Modules in this process: loaded and initialized once for all callers, and kept until the process ends.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error as ModuleError, RvError};
use cryptoki::slot::Slot;

use super::token_data::TokenData;
use super::{fault, module::Module};
use crate::{Error, ErrorKind, regular_file};

/// Loaded module.
///
/// It is never finalized: `C_Finalize` would affect the rest of the process, and modules with threads of their own do not
/// survive being unloaded.
pub(super) struct Library {
    pub(super) module: Module,
    pub(super) pkcs11: Pkcs11,
    gates: Mutex<HashMap<Slot, Gate>>,
    /// Lock for all slots of a module that cannot be called from several threads.
    single_threaded: Option<Gate>,
    /// The same module through another crate, if that has initialized it.
    #[cfg(all(unix, not(target_vendor = "apple")))]
    raw: Option<::pkcs11::Ctx>,
}

/// Held for one operation, because a login belongs to the whole process: one thread's logout would log out the other.
pub(super) type Gate = Arc<Mutex<()>>;

/// Number of threads from which this process calls its modules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Threads {
    /// Several, as in an application.
    Many,
    /// One, as in a helper process.
    #[cfg(any(unix, windows))]
    One,
}

impl Library {
    /// Loads a module, unless it is loaded already.
    pub(super) fn load(module: &Module, threads: Threads) -> Result<Arc<Self>, Error> {
        type Loaded = Mutex<Option<Arc<Library>>>;
        static ALL: Mutex<Option<HashMap<PathBuf, Arc<Loaded>>>> = Mutex::new(None);

        // Two paths to one file are one module; a name without a folder is resolved by the loader.
        let path = module
            .path()
            .canonicalize()
            .unwrap_or_else(|_| module.path().to_owned());
        // The map is unlocked before the module is called: one that hangs must not block the others.
        let entry = Arc::clone(lock(&ALL).get_or_insert_default().entry(path).or_default());
        let mut loaded = lock(&entry);
        if let Some(library) = &*loaded {
            return Ok(Arc::clone(library));
        }
        let library = Arc::new(Self::load_now(module, threads)?);
        *loaded = Some(Arc::clone(&library));
        Ok(library)
    }

    fn load_now(module: &Module, threads: Threads) -> Result<Self, Error> {
        // The loader waits for the writer of a pipe, and only it knows where a name without a folder is.
        match regular_file::check_path(module.path()) {
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
                return Err(Error::from(ErrorKind::ModuleMissing)
                    .with_location(module.name())
                    .with_detail(error.to_string()));
            }
            _ => {}
        }
        let fault = fault::at(module.name());
        let pkcs11 = Pkcs11::new(module.path()).map_err(&fault)?;
        let fault = |error| fault(error).with_kind(ErrorKind::ModuleFailed);
        let mut library = Self {
            module: module.clone(),
            pkcs11,
            gates: Mutex::default(),
            single_threaded: None,
            #[cfg(all(unix, not(target_vendor = "apple")))]
            raw: None,
        };
        match threads {
            Threads::Many => library.initialize_for_many_threads().map_err(fault)?,
            #[cfg(any(unix, windows))]
            Threads::One => library.initialize_for_one_thread().map_err(fault)?,
        }
        Ok(library)
    }

    /// A module that cannot lock is called from one thread at a time.
    fn initialize_for_many_threads(&mut self) -> Result<(), ModuleError> {
        match self.initialize(CInitializeFlags::OS_LOCKING_OK) {
            Err(error) if fault::is(&error, RvError::CantLock) => {
                self.single_threaded = Some(Gate::default());
                self.initialize(CInitializeFlags::empty())
            }
            other => other,
        }
    }

    /// `C_Initialize(NULL)`: the application calls from one thread, and the module needs no locks ([PKCS #11 v3.1 section
    /// 5.4.1](https://docs.oasis-open.org/pkcs11/pkcs11-spec/v3.1/os/pkcs11-spec-v3.1-os.html#_Toc111203246)).
    ///
    /// Arguments without flags mean the same by the specification, but not to OpenSC 0.23, which then locks nevertheless and
    /// forgets to unlock in `C_GetTokenInfo` if a card moves at the wrong moment: the next call never returns. cryptoki always
    /// passes arguments, so the crate `pkcs11` makes this one call.
    #[cfg(any(unix, windows))]
    fn initialize_for_one_thread(&mut self) -> Result<(), ModuleError> {
        #[cfg(all(unix, not(target_vendor = "apple")))]
        if let Ok(mut raw) = ::pkcs11::Ctx::new(self.module.path()) {
            if raw.initialize(None).is_ok() && self.is_initialized() {
                // Dropping it would finalize the module, so a loaded library is never dropped.
                self.raw = Some(raw);
                return Ok(());
            }
        }
        // A few modules require arguments (CKR_ARGUMENTS_BAD), or lack functions that the other crate loads.
        self.initialize(CInitializeFlags::empty())
    }

    /// Whether the module is initialized for cryptoki, too: p11-kit's proxy is another instance for each caller of `C_GetFunctionList`.
    #[cfg(all(unix, not(target_vendor = "apple")))]
    fn is_initialized(&self) -> bool {
        let info = self.pkcs11.get_library_info();
        !matches!(info, Err(error) if fault::is(&error, RvError::CryptokiNotInitialized))
    }

    fn initialize(&self, flags: CInitializeFlags) -> Result<(), ModuleError> {
        match self.pkcs11.initialize(CInitializeArgs::new(flags)) {
            // Another part of the process initialized it first, which is equally good.
            Err(error) if fault::is(&error, RvError::CryptokiAlreadyInitialized) => Ok(()),
            other => other,
        }
    }

    /// Information about the token in a slot. If the module's answer cannot be parsed, for example because of a clock that was
    /// never set (`CKF_CLOCK_ON_TOKEN`), the token stays usable: under `label`, with unknown PIN flags.
    pub(super) fn token_data(
        &self,
        slot: Slot,
        label: impl FnOnce() -> String,
    ) -> Result<TokenData, ModuleError> {
        match self.pkcs11.get_token_info(slot) {
            Ok(info) => Ok(info.into()),
            Err(error @ ModuleError::Pkcs11(..)) => Err(error),
            Err(_) => Ok(self
                .raw_token_data(slot)
                .unwrap_or_else(|| TokenData::unknown(&label()))),
        }
    }

    #[cfg(all(unix, not(target_vendor = "apple")))]
    #[allow(clippy::useless_conversion, reason = "CK_ULONG has 32 bits on 32-bit systems")]
    fn raw_token_data(&self, slot: Slot) -> Option<TokenData> {
        let info = self
            .raw
            .as_ref()?
            .get_token_info(slot.id().try_into().ok()?)
            .ok()?;
        Some(info.into())
    }

    #[cfg(not(all(unix, not(target_vendor = "apple"))))]
    #[expect(clippy::unused_self, reason = "as on other systems")]
    fn raw_token_data(&self, _: Slot) -> Option<TokenData> {
        None
    }

    /// Lock to hold during an operation on a slot.
    pub(super) fn gate(&self, slot: Slot) -> Gate {
        match &self.single_threaded {
            Some(gate) => Arc::clone(gate),
            None => Arc::clone(lock(&self.gates).entry(slot).or_default()),
        }
    }
}

/// A lock that another thread's panic left behind guards nothing that could be incomplete.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
