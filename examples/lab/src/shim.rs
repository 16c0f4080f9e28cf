//! A PKCS#11 module in front of another, whose calls go wrong on order.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use crate::{Component, Error, Keypad, Module};

/// What a PKCS#11 call does instead of its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ModuleFault {
    /// The module aborts its process.
    Crash,
    /// The call never comes back.
    Hang,
    /// The call returns this value (`CKR_`…) and does nothing.
    Return(u32),
    /// The call works, and if it makes a signature, one bit of that is turned.
    WrongSignature,
}

impl fmt::Display for ModuleFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Crash => f.write_str("crash"),
            Self::Hang => f.write_str("hang"),
            Self::Return(value) => write!(f, "return={value:X}"),
            Self::WrongSignature => f.write_str("wrong-signature"),
        }
    }
}

/// A call that came through the shim.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Call {
    /// The function: `C_Sign` and the like.
    pub function: String,
    /// What it returned: `CKR_OK` is 0.
    pub value: u64,
}

/// A PKCS#11 module, in a file of its own, that passes all calls on to a module of the system.
pub struct Shim {
    folder: TempDir,
}

impl Shim {
    /// A shim in front of `module`. Nothing of it is shared with other shims.
    pub fn over(module: Module) -> Result<Self, Error> {
        let (library, module) = (Component::Pkcs11Shim.find()?, module.path()?);
        let folder =
            tempfile::tempdir().map_err(|error| Error::new(format!("no temporary folder: {error}")))?;
        let shim = Self { folder };
        fs::copy(&library, shim.path()).map_err(|error| Error::io("copying", &library, &error))?;
        shim.put("module", &module.to_string_lossy())?;
        Ok(shim)
    }

    /// The shared library, to be loaded as a module.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("shim.so")
    }

    /// Lets the `nth` call from now on go wrong, counted from 1, in whatever process makes it. One fault waits at a time.
    pub fn fault(&self, nth: u32, fault: ModuleFault) -> Result<(), Error> {
        self.put("fault", &format!("{nth} {fault}"))
    }

    /// From now on tokens have a protected authentication path (`CKF_PROTECTED_AUTHENTICATION_PATH`), and at each login
    /// without a PIN the person at the pad does this.
    pub fn protect(&self, keys: Keypad<'_>) -> Result<(), Error> {
        self.put("pad", keys.text())
    }

    /// The calls since the shim was made or [`Shim::forget_calls`] was called, in the order in which they returned.
    pub fn calls(&self) -> Result<Vec<Call>, Error> {
        let path = self.file("calls");
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            read => read.map_err(|error| Error::io("reading", &path, &error))?,
        };
        let call = |line: &str| {
            let (function, value) = line.split_once(' ')?;
            Some(Call {
                function: function.into(),
                value: u64::from_str_radix(value, 16).ok()?,
            })
        };
        Ok(text.lines().filter_map(call).collect())
    }

    /// Starts the list of calls afresh.
    pub fn forget_calls(&self) -> Result<(), Error> {
        self.put("calls", "")
    }

    fn put(&self, ending: &str, text: &str) -> Result<(), Error> {
        let path = self.file(ending);
        let new = self.file("new");
        // Moved there in one piece: a call may be looking at this moment.
        let put = fs::write(&new, text).and_then(|()| fs::rename(&new, &path));
        put.map_err(|error| Error::io("writing", &path, &error))
    }

    fn file(&self, ending: &str) -> PathBuf {
        let path: &Path = self.folder.path();
        path.join(format!("shim.so.{ending}"))
    }
}
