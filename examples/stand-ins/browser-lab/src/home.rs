//! The home folder of a user of a browser, and the policy of the machine.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use lab::NssDatabase;
use serde_json::json;
use tempfile::TempDir;

use crate::tenant::{LOGIN, TENANT_CERTAUTH, file};
use crate::webdriver::{Kind, Launch};

/// A user of a browser who trusts the authority's CA.
pub struct Home {
    kind: Kind,
    folder: TempDir,
    database: NssDatabase,
}

impl Home {
    /// A new home folder.
    ///
    /// # Panics
    /// If the database cannot be made.
    #[must_use]
    pub fn new(kind: Kind) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(profile(folder.path())).unwrap();
        let database = match kind {
            Kind::Chromium => folder.path().join(".pki/nssdb"),
            Kind::Firefox => profile(folder.path()),
        };
        let database = NssDatabase::create(&database).unwrap();
        database.trust(&file("tls-ca.pem")).unwrap();
        Self {
            kind,
            folder,
            database,
        }
    }

    /// The path of the folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Certificates, keys and PKCS#11 modules of the user.
    #[must_use]
    pub fn database(&self) -> &NssDatabase {
        &self.database
    }

    /// The browser of this user. It finds the authority under the names of the cloud, and Firefox chooses certificates itself.
    #[must_use]
    pub fn browser(&self) -> Launch {
        let launch = Launch::new(self.kind, profile(self.path()))
            .with_variable("HOME", self.path().display().to_string())
            // Dialogs in English, for pictures.
            .with_variable("LANGUAGE", "en");
        match self.kind {
            Kind::Chromium => launch.with_arguments([format!(
                "--host-resolver-rules=MAP {LOGIN} 127.0.0.1, MAP *.{LOGIN} 127.0.0.1"
            )]),
            Kind::Firefox => launch
                .with_preference(
                    "network.dns.localDomains",
                    format!("{LOGIN},certauth.{LOGIN},{TENANT_CERTAUTH}"),
                )
                .with_preference("security.default_personal_cert", "Select Automatically"),
        }
    }
}

fn profile(home: &Path) -> PathBuf {
    home.join("profile")
}

/// Lets Chromium choose a certificate for the certauth hosts without a dialog.
///
/// <https://chromeenterprise.google/policies/#AutoSelectCertificateForUrls>
///
/// # Panics
/// If the program was not started by the lab's script `in-namespace`: the policies of the machine are not changed.
pub fn choose_by_policy() {
    let policy = policy();
    let rule = json!({ "pattern": format!("https://[*.]certauth.{LOGIN}"), "filter": {} });
    let text = json!({ "AutoSelectCertificateForUrls": [rule.to_string()] }).to_string();
    // A browser of another test may be reading it.
    if std::fs::read_to_string(&policy).is_ok_and(|present| present == text) {
        return;
    }
    let folder = policy.parent().unwrap();
    std::fs::create_dir_all(folder).unwrap();
    // Renamed, so that no browser reads half of it.
    let whole = tempfile::NamedTempFile::new_in(folder.parent().unwrap()).unwrap();
    std::fs::write(whole.path(), text).unwrap();
    std::fs::set_permissions(whole.path(), Permissions::from_mode(0o644)).unwrap();
    whole.persist(policy).unwrap();
}

/// Lets the person choose: removes the policy.
///
/// # Panics
/// If the policy cannot be removed.
pub fn choose_by_hand() {
    let policy = policy();
    if policy.exists() {
        std::fs::remove_file(policy).unwrap();
    }
}

fn policy() -> PathBuf {
    let folder = std::env::var_os("CHROMIUM_POLICIES");
    let folder = folder.expect("in-namespace must start this program");
    PathBuf::from(folder).join("certauth.json")
}
