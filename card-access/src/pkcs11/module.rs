//! PKCS#11 modules, by their paths.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::config_problem::ConfigProblem;
use crate::uri::Pkcs11Uri;

/// PKCS#11 module: a shared library, with its path and origin.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Module {
    name: String,
    path: PathBuf,
    origin: ModuleOrigin,
}

impl Module {
    /// Creates a module from its path.
    ///
    /// ```
    /// use card_access::pkcs11::{Module, ModuleOrigin};
    ///
    /// let module = Module::new("/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so");
    /// assert_eq!(module.name(), "opensc-pkcs11");
    /// assert_eq!(module.origin(), &ModuleOrigin::Given);
    /// ```
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self::from_path(path.into(), ModuleOrigin::Given)
    }

    /// Returns p11-kit's proxy, one module that combines all that p11-kit is configured with, if it is installed.
    ///
    /// Prefer [`Modules::system`], which names the module at fault when one fails. The proxy is for programs that must share
    /// p11-kit's own view, such as its remote modules.
    ///
    /// ```
    /// if let Some(proxy) = card_access::pkcs11::Module::p11_kit_proxy() {
    ///     assert!(proxy.path().exists());
    /// }
    /// ```
    #[must_use]
    pub fn p11_kit_proxy() -> Option<Self> {
        let folders = library_folders(Path::new("/"));
        let path = folders
            .iter()
            .map(|folder| folder.join("p11-kit-proxy.so"))
            .find(|path| path.exists())?;
        Some(Self::from_path(path, ModuleOrigin::UsualPath))
    }

    pub(super) fn configured(name: String, path: PathBuf, file: PathBuf) -> Self {
        Self {
            name,
            path,
            origin: ModuleOrigin::Configured { file },
        }
    }

    pub(super) fn from_path(path: PathBuf, origin: ModuleOrigin) -> Self {
        let stem = path.file_stem().unwrap_or(path.as_os_str());
        Self {
            name: bare_name(stem),
            path,
            origin,
        }
    }

    /// Name in p11-kit's configuration, or the file's name without `lib` and suffix.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Path of the shared library.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Origin of the module.
    #[must_use]
    pub fn origin(&self) -> &ModuleOrigin {
        &self.origin
    }

    /// Whether `module-name` and `module-path` of a URI, if present, match this module ([RFC 7512 section
    /// 2.3](https://www.rfc-editor.org/rfc/rfc7512#section-2.3)).
    pub(super) fn matches(&self, uri: &Pkcs11Uri) -> bool {
        let stem = self.path.file_stem().map(bare_name);
        let name = |wanted: &str| wanted == self.name || stem.as_deref() == Some(wanted);
        let path =
            |wanted: &Path| same_file(wanted, &self.path) || self.path.parent().is_some_and(|p| p == wanted);
        uri.module_name.as_deref().is_none_or(name) && uri.module_path.as_deref().is_none_or(path)
    }
}

/// Origin of a module.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ModuleOrigin {
    /// Configured in p11-kit.
    Configured {
        /// Configuration file; the most important one if several are merged.
        file: PathBuf,
    },
    /// Given by the caller.
    Given,
    /// Found at a usual path.
    UsualPath,
}

/// Modules of a machine, and the problems of its configuration.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Modules {
    /// Modules in the order in which they are to be asked.
    pub found: Vec<Module>,
    /// Configuration files that could not be used. They hide no other module.
    pub problems: Vec<ConfigProblem>,
}

/// Folders with modules, the distribution's own for this machine's architecture first.
pub(super) fn library_folders(root: &Path) -> Vec<PathBuf> {
    // Rust's and Debian's names of an architecture differ in these two cases.
    let architecture = match std::env::consts::ARCH {
        "powerpc64" if cfg!(target_endian = "little") => "powerpc64le",
        "x86" => "i386",
        same => same,
    };
    let suffix = if architecture == "arm" { "eabihf" } else { "" };
    let multiarch = format!("usr/lib/{architecture}-linux-gnu{suffix}");
    let unix = [
        &multiarch,
        "usr/lib64",
        "usr/lib",
        "usr/local/lib",
        "opt/homebrew/lib",
        "Library/OpenSC/lib",
    ];
    let windows = [
        "C:/Program Files/OpenSC Project/OpenSC",
        "C:/Program Files/Yubico/Yubico PIV Tool/bin",
    ];
    let prefixes = if cfg!(windows) {
        windows.as_slice()
    } else {
        unix.as_slice()
    };
    prefixes
        .iter()
        .map(|prefix| root.join(prefix))
        .flat_map(|prefix| [prefix.join("pkcs11"), prefix])
        .collect()
}

/// `libykcs11` is `ykcs11`: a module's name in a URI has neither prefix nor suffix.
fn bare_name(stem: &OsStr) -> String {
    let stem = stem.to_string_lossy();
    stem.strip_prefix("lib").unwrap_or(&stem).to_owned()
}

fn same_file(a: &Path, b: &Path) -> bool {
    a == b || matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}
