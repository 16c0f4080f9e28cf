//! A folder with the files of one identity, and their tokens.

use std::fs;
use std::path::PathBuf;

use card_access::on_device::FileProvider;
use card_access::{Error, Pin, PinEntry, Provider, Token, TokenInfo};
use tempfile::TempDir;

use crate::support::identity::{Identity, verifies};

pub(crate) const PASSWORD: &str = "käse & 100 %";

/// A folder with one identity's files.
pub(crate) struct Folder {
    pub(crate) folder: TempDir,
}

impl Folder {
    pub(crate) fn of(identity: &Identity) -> Self {
        let this = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        this.write("certificate.pem", &identity.certificate.to_pem().unwrap());
        this.write("key.pem", &identity.key.private_key_to_pem_pkcs8().unwrap());
        this
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        owner_only::make_private(&path).unwrap();
        path
    }

    /// Runs openssl in the folder; its output files are made private.
    pub(crate) fn openssl(&self, arguments: &[&str]) {
        let output = std::process::Command::new("openssl")
            .args(arguments)
            .current_dir(&self.folder)
            .output();
        let output = output.expect("openssl can't be run: `make test` installs what the tests need");
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        for entry in fs::read_dir(&self.folder).unwrap() {
            owner_only::make_private(&entry.unwrap().path()).unwrap();
        }
    }

    pub(crate) fn pkcs12(&self, password: &str, more: &[&str]) -> PathBuf {
        let pass = format!("pass:{password}");
        let export = [
            "pkcs12",
            "-export",
            "-inkey",
            "key.pem",
            "-in",
            "certificate.pem",
            "-out",
            "file.p12",
        ];
        self.openssl(&[&export[..], &["-passout", &pass], more].concat());
        self.path("file.p12")
    }
}

pub(crate) fn listed(provider: &mut FileProvider) -> TokenInfo {
    let mut listing = provider.tokens().unwrap();
    assert_eq!(listing.problems, []);
    listing.found.remove(0)
}

pub(crate) fn open(mut provider: FileProvider, password: Option<&str>) -> Result<Box<dyn Token>, Error> {
    let id = listed(&mut provider).id;
    if let Some(password) = password {
        provider.unlock(&id, &Pin::new(password.to_owned()))?;
    }
    provider.open(&id)
}

/// Signs with the one credential in every scheme of its key.
pub(crate) fn signs(mut token: Box<dyn Token>, identity: &Identity, password: Option<&str>) {
    let credentials = token.credentials().unwrap();
    assert_eq!((credentials.found.len(), credentials.problems.len()), (1, 0));
    let password = password.map(|password| Pin::new(password.to_owned()));
    for credential in credentials.found {
        assert_eq!(**credential.certificate(), *identity.der());
        for &scheme in credential.algorithm().schemes() {
            let entry = password.as_ref().map(PinEntry::typed);
            let signature = token.sign(&credential, scheme, b"m", entry).unwrap();
            assert!(
                verifies(credential.certificate(), scheme, b"m", &signature),
                "{scheme}"
            );
        }
    }
}
