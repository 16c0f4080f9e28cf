//! A module in this process: loaded and initialised once, whoever asks for it, and kept until the process ends.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::RvError;
use cryptoki::slot::Slot;

use super::{fault, modules::Module};
use crate::{Error, ErrorKind};

/// A loaded module.
///
/// It is never finalised: `C_Finalize` would take it away from the rest of the process, and modules with threads of
/// their own don't survive being unloaded.
pub(super) struct Library {
    pub(super) module: Module,
    pub(super) pkcs11: Pkcs11,
    gates: Mutex<HashMap<Slot, Gate>>,
    /// The one gate for all slots of a module that can't be called from several threads.
    single_threaded: Option<Gate>,
}

/// Held for one operation, because a login is the whole process's: one thread's logout would log out the other.
pub(super) type Gate = Arc<Mutex<()>>;

impl Library {
    /// Loads a module, or finds it loaded.
    pub(super) fn load(module: &Module) -> Result<Arc<Self>, Error> {
        type Loaded = Mutex<Option<Arc<Library>>>;
        static ALL: Mutex<Option<HashMap<PathBuf, Arc<Loaded>>>> = Mutex::new(None);

        // Two paths to one file are one module; a name without a folder is the loader's to find.
        let path = module
            .path()
            .canonicalize()
            .unwrap_or_else(|_| module.path().to_owned());
        // The map is free again before the module is called: one that hangs must not block the others.
        let entry = Arc::clone(lock(&ALL).get_or_insert_default().entry(path).or_default());
        let mut loaded = lock(&entry);
        if let Some(library) = &*loaded {
            return Ok(Arc::clone(library));
        }
        let library = Arc::new(Self::load_now(module)?);
        *loaded = Some(Arc::clone(&library));
        Ok(library)
    }

    fn load_now(module: &Module) -> Result<Self, Error> {
        let fault = fault::at(module.name());
        let pkcs11 = Pkcs11::new(module.path()).map_err(&fault)?;
        let initialize = |flags| match pkcs11.initialize(CInitializeArgs::new(flags)) {
            // Another part of the process was first, which is as good.
            Err(error) if fault::is(&error, RvError::CryptokiAlreadyInitialized) => Ok(()),
            other => other,
        };
        let single_threaded = match initialize(CInitializeFlags::OS_LOCKING_OK) {
            Err(error) if fault::is(&error, RvError::CantLock) => {
                initialize(CInitializeFlags::empty()).map_err(&fault)?;
                Some(Gate::default())
            }
            other => other
                .map(|()| None)
                .map_err(|error| fault(error).with_kind(ErrorKind::ModuleFailed))?,
        };
        Ok(Self {
            module: module.clone(),
            pkcs11,
            gates: Mutex::default(),
            single_threaded,
        })
    }

    /// What to hold during an operation on a slot.
    pub(super) fn gate(&self, slot: Slot) -> Gate {
        match &self.single_threaded {
            Some(gate) => Arc::clone(gate),
            None => Arc::clone(lock(&self.gates).entry(slot).or_default()),
        }
    }
}

/// A lock that another thread's panic left behind guards nothing that could be half done.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
