//! A system and a home that are made up.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

pub(crate) const CHROMIUM: &str = "usr/bin/chromium";
pub(crate) const FIREFOX: &str = "usr/bin/firefox-esr";

pub(crate) struct Home {
    folder: TempDir,
}

impl Home {
    /// With these programs.
    pub(crate) fn with(programs: &[&str]) -> Self {
        let home = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        fs::create_dir(home.home("")).unwrap();
        for program in programs {
            home.write(program, "\u{7f}ELF");
        }
        home
    }

    /// A path of the system.
    pub(crate) fn system(&self, path: &str) -> PathBuf {
        self.folder.path().join("system").join(path)
    }

    /// A path of the home.
    pub(crate) fn home(&self, path: &str) -> PathBuf {
        self.folder.path().join("home").join(path)
    }

    /// Writes a file of the system.
    pub(crate) fn write(&self, path: &str, content: &str) -> PathBuf {
        write(&self.system(path), content)
    }

    pub(crate) fn link(&self, path: &str, target: &Path) {
        let path = self.system(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(target, path).unwrap();
    }

    /// A library that exists.
    pub(crate) fn library(&self, name: &str) -> PathBuf {
        self.write(&format!("usr/lib/{name}"), "")
    }

    /// Writes the database of Chromium with these modules.
    pub(crate) fn chromium_modules(&self, modules: &[(&str, &Path)]) {
        self.chromium_modules_in(".pki/nssdb", modules);
    }

    /// The same in another folder of the home.
    pub(crate) fn chromium_modules_in(&self, folder: &str, modules: &[(&str, &Path)]) {
        write(&self.home(folder).join("pkcs11.txt"), &pkcs11_txt(modules));
    }

    /// Writes a profile of Firefox with these modules, below this folder of the home.
    pub(crate) fn profile(&self, folder: &str, modules: &[(&str, &Path)]) -> PathBuf {
        let folder = self.home(folder);
        write(
            &folder.join("profiles.ini"),
            "[Profile0]\nName=x\nIsRelative=1\nPath=abc.x\n\n[General]\nVersion=2\n",
        );
        write(&folder.join("abc.x/pkcs11.txt"), &pkcs11_txt(modules));
        write(&folder.join("abc.x/cert9.db"), "")
    }

    /// The program with these options.
    pub(crate) fn doctor(&self, options: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_doctor"));
        command
            .arg("--browsers")
            .arg("--root")
            .arg(self.system(""))
            .args(options)
            .env("HOME", self.home(""))
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("XDG_DATA_HOME")
            .stdin(Stdio::null());
        command
    }

    /// The checks of this name.
    #[track_caller]
    pub(crate) fn checks(&self, name: &str, options: &[&str]) -> Vec<Value> {
        checks(&mut self.doctor(options))
            .into_iter()
            .filter(|check| check["name"] == name)
            .collect()
    }

    /// The only check of this name.
    #[track_caller]
    pub(crate) fn check(&self, name: &str) -> Value {
        self.check_with(name, &[])
    }

    #[track_caller]
    pub(crate) fn check_with(&self, name: &str, options: &[&str]) -> Value {
        let [check] = <[Value; 1]>::try_from(self.checks(name, options))
            .unwrap_or_else(|checks| panic!("{name}: {checks:?}"));
        check
    }
}

pub(crate) fn checks(command: &mut Command) -> Vec<Value> {
    let output = command.arg("--json").output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

/// Whether a check has this result, with this text in what it found.
#[track_caller]
pub(crate) fn assert_found(check: &Value, ok: bool, found: &str) {
    assert!(
        check["ok"] == ok && check["found"].as_str().unwrap().contains(found),
        "{check}, not {ok} with {found}"
    );
}

/// Whether a check proposes this.
#[track_caller]
pub(crate) fn assert_next(check: &Value, next: &str) {
    assert!(
        check["next"].as_str().is_some_and(|text| text.contains(next)),
        "{check}, not {next}"
    );
}

fn write(path: &Path, content: &str) -> PathBuf {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    path.to_owned()
}

/// A list of modules as NSS writes it.
fn pkcs11_txt(modules: &[(&str, &Path)]) -> String {
    let internal =
        "library=\nname=NSS Internal PKCS #11 Module\nparameters=configdir='sql:x'\nNSS=Flags=internal\n\n";
    let others = modules
        .iter()
        .map(|(name, library)| format!("library={}\nname={name}\n\n", library.display()));
    others.fold(internal.to_owned(), |all, one| all + &one)
}
