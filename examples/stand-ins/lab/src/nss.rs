//! NSS databases, where Chromium and Firefox keep certificates, keys and PKCS#11 modules.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{Error, tools::Tool};

/// An NSS database without a password, made with the programs of the package libnss3-tools.
///
/// Chromium reads the one in `~/.pki/nssdb`, Firefox the one in its profile.
pub struct NssDatabase {
    folder: PathBuf,
}

impl NssDatabase {
    /// Makes a database in `folder`, which must not have one.
    pub fn create(folder: &Path) -> Result<Self, Error> {
        // certutil would ask for the password of a database that exists, again and again.
        if folder.join("cert9.db").exists() {
            return Err(Error::new(format!("{} has an NSS database", folder.display())));
        }
        fs::create_dir_all(folder).map_err(|error| Error::io("making", folder, &error))?;
        let database = Self {
            folder: folder.to_owned(),
        };
        database.certutil("-N").arg("--empty-password").run()?;
        Ok(database)
    }

    /// Trusts the authority with this certificate (PEM) for servers.
    pub fn trust(&self, authority: &Path) -> Result<(), Error> {
        let tool = self.certutil("-A").args(["-n", "trusted", "-t", "C,,", "-i"]);
        tool.arg(authority).run().map(drop)
    }

    /// Adds a certificate with its private key (PEM).
    pub fn import(&self, certificate: &Path, key: &Path) -> Result<(), Error> {
        let scratch =
            tempfile::tempdir().map_err(|error| Error::new(format!("no temporary folder: {error}")))?;
        let file = scratch.path().join("key.p12");
        Tool::new("openssl")
            .args(["pkcs12", "-export", "-passout", "pass:x", "-name", "user", "-in"])
            .arg(certificate)
            .arg("-inkey")
            .arg(key)
            .arg("-out")
            .arg(&file)
            .run()?;
        let tool = Tool::new("pk12util").arg("-i").arg(&file);
        tool.args(["-W", "x", "-K", "", "-d"])
            .arg(self.name())
            .run()
            .map(drop)
    }

    /// Registers a PKCS#11 module.
    pub fn register(&self, name: &str, module: &Path) -> Result<(), Error> {
        let tool = Tool::new("modutil").arg("-dbdir").arg(self.name());
        tool.args(["-force", "-add", name, "-libfile"])
            .arg(module)
            .run()
            .map(drop)
    }

    fn certutil(&self, action: &str) -> Tool {
        Tool::new("certutil").arg(action).arg("-d").arg(self.name())
    }

    /// The name of the folder for NSS's programs.
    fn name(&self) -> String {
        format!("sql:{}", self.folder.display())
    }
}
