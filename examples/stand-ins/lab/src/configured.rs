//! Programs that have only certain PKCS#11 modules configured.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use rustix::process::geteuid;
use tempfile::TempDir;

use crate::Error;

/// A p11-kit configuration with one module, for programs that load the configured modules.
///
/// p11-kit does not read a user configuration with the rights of root. For root, the folder replaces the system's configuration
/// in a mount namespace; other users find it through their environment.
pub struct Configured {
    home: TempDir,
}

impl Configured {
    /// A configuration with the module at this path, under the name `only`.
    pub fn module(path: &Path) -> Result<Self, Error> {
        let home =
            tempfile::tempdir().map_err(|error| Error::new(format!("no temporary folder: {error}")))?;
        let configured = Self { home };
        let folder = configured.folder();
        let file = folder.join("only.module");
        fs::create_dir_all(&folder).map_err(|error| Error::io("making", &folder, &error))?;
        fs::write(&file, format!("module: {}\n", path.display()))
            .map_err(|error| Error::io("writing", &file, &error))?;
        // For other users than root: only this configuration.
        let only = folder.with_file_name("pkcs11.conf");
        fs::write(&only, "user-config: only\n").map_err(|error| Error::io("writing", &only, &error))?;
        Ok(configured)
    }

    /// The command of a program that finds the module.
    #[must_use]
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        const SYSTEM: &str = "/usr/share/p11-kit/modules";
        let program = program.as_ref();
        if !geteuid().is_root() {
            let mut command = Command::new(program);
            command.env("XDG_CONFIG_HOME", self.home.path());
            return command;
        }
        let mut command = Command::new("unshare");
        command
            .args(["--mount", "--", "sh", "-c"])
            .arg(format!(r#"mount --bind "$1" {SYSTEM} && shift && exec "$@""#))
            .arg("sh")
            .arg(self.folder())
            .arg(program);
        command
    }

    fn folder(&self) -> PathBuf {
        self.home.path().join("pkcs11").join("modules")
    }
}
