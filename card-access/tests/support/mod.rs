//! What the PKCS#11 tests share: a process of its own for each, and tokens made with public tools.

#![allow(dead_code, reason = "each test file uses its own part")]

pub(crate) mod identity;
pub(crate) mod softhsm;

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

/// Runs a test's body in a process of its own, with a temporary folder and an environment.
///
/// Modules read their configuration from the environment, and a login is the whole process's: two tests in one process
/// would see each other's.
pub(crate) fn in_own_process(
    test: &str,
    environment: impl FnOnce(&Path) -> Vec<(&'static str, String)>,
    body: impl FnOnce(&Path),
) {
    const FOLDER: &str = "CARD_ACCESS_TEST_FOLDER";
    // A name that no test has runs none, which the harness calls a success.
    const RAN: &str = "ran";
    if let Some(folder) = std::env::var_os(FOLDER) {
        let folder: &Path = folder.as_ref();
        std::fs::write(folder.join(RAN), "").unwrap();
        return body(folder);
    }
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .envs(environment(folder.path()))
        .env(FOLDER, folder.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(
        output.status.success(),
        "{test} failed in its own process: {out}{err}"
    );
    assert!(folder.path().join(RAN).exists(), "no test is called {test}");
}

/// The same for parts of which there is one on a machine, such as pcscd: one test after the other.
pub(crate) fn alone_in_own_process(test: &str, body: impl FnOnce()) {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    in_own_process(test, |_| Vec::new(), |_| body());
}

/// Runs a tool and gives what it printed; a tool that is missing or fails is a failure that says so.
pub(crate) fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| {
            panic!("{program} can't be run ({error}): `make test` installs what the tests need")
        });
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{program} {arguments:?}: {out}{err}");
    out.into_owned()
}

/// A module's path; a missing one is a failure that says what to do.
pub(crate) fn module(candidates: &[&'static str]) -> &'static str {
    candidates
        .iter()
        .find(|path| Path::new(path).exists())
        .unwrap_or_else(|| {
            panic!("none of {candidates:?} is there: `make test` installs what the tests need")
        })
}
