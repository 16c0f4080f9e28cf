//! Modules of this machine: those of p11-kit's configuration, or those at the usual paths.

use std::path::Path;

use super::module::{Module, ModuleOrigin, Modules, library_folders};
use super::p11_kit::P11Kit;

impl Modules {
    /// Returns the modules that p11-kit is configured with; if there are none, those at the usual paths.
    ///
    /// The usual paths are searched only if p11-kit names no module, so that a module that an administrator removed from the
    /// configuration stays out of use.
    ///
    /// ```
    /// for module in card_access::pkcs11::Modules::system().found {
    ///     println!("{} at {}", module.name(), module.path().display());
    /// }
    /// ```
    #[must_use]
    pub fn system() -> Self {
        let mut modules = P11Kit::system().modules();
        if modules.found.is_empty() {
            modules.found = usual_paths(Path::new("/"));
        }
        modules
    }
}

/// Modules at the usual paths: for cards, for TPMs, and Yubico's.
fn usual_paths(root: &Path) -> Vec<Module> {
    const FILES: [&str; 5] = [
        "opensc-pkcs11.so",
        "libtpm2_pkcs11.so",
        "libykcs11.so",
        "opensc-pkcs11.dll",
        "libykcs11.dylib",
    ];
    let folders = library_folders(root);
    let first = |file: &&str| {
        folders
            .iter()
            .map(|folder| folder.join(file))
            .find(|path| path.exists())
    };
    FILES
        .iter()
        .filter_map(first)
        .map(|path| Module::from_path(path, ModuleOrigin::UsualPath))
        .collect()
}
