//! Shared by the PKCS#11 tests: a separate process for each test, and tokens made with public tools.

pub(crate) mod identity;
#[cfg(all(feature = "pkcs11", unix))]
pub(crate) mod softhsm;

#[cfg(feature = "pkcs11")]
use std::path::Path;
#[cfg(feature = "pkcs11")]
use std::process::{Command, Stdio};

/// Runs a test's body in its own process, with a temporary folder and an environment.
///
/// Modules read their configuration from the environment, and a login belongs to the whole process: two tests in one process
/// would affect each other.
#[cfg(feature = "pkcs11")]
pub(crate) fn in_own_process(
    test: &str,
    environment: impl FnOnce(&Path) -> Vec<(&'static str, String)>,
    body: impl FnOnce(&Path),
) {
    // A name without a test runs none, which the harness reports as a success.
    const RAN: &str = "ran";
    if let Some(folder) = std::env::var_os(FOLDER) {
        let folder: &Path = folder.as_ref();
        std::fs::write(folder.join(RAN), "").unwrap();
        return body(folder);
    }
    let folder = tempfile::tempdir().unwrap();
    let program = std::env::current_exe().unwrap();
    let output = Command::new(&program)
        .args([
            &*path_of(test, &program),
            "--exact",
            "--nocapture",
            "--test-threads=1",
        ])
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

/// Folder of a test in its own process.
#[cfg(feature = "pkcs11")]
const FOLDER: &str = "CARD_ACCESS_TEST_FOLDER";

/// Name of a test with its modules, in the harness's form.
#[cfg(feature = "pkcs11")]
fn path_of(test: &str, program: &Path) -> String {
    let list = Command::new(program)
        .args(["--list", "--format=terse"])
        .output()
        .unwrap();
    let list = String::from_utf8(list.stdout).unwrap();
    let paths = list.lines().filter_map(|line| line.strip_suffix(": test"));
    let mut found = paths.filter(|path| {
        path.strip_suffix(test)
            .is_some_and(|modules| modules.is_empty() || modules.ends_with("::"))
    });
    let path = found.next().unwrap_or_else(|| panic!("no test is called {test}"));
    assert_eq!(found.next(), None, "two tests are called {test}");
    path.to_owned()
}

/// The same for parts of which a machine has one, such as pcscd: one test after the other.
#[cfg(all(feature = "pkcs11", unix))]
pub(crate) fn alone_in_own_process(test: &str, body: impl FnOnce()) {
    // The test itself, which is alone in its own process.
    let _turn = std::env::var_os(FOLDER).is_none().then(lab::Turn::wait);
    in_own_process(test, |_| Vec::new(), |_| body());
}

/// Runs a tool and returns what it printed; a tool that is missing or fails is a failure with its name.
#[cfg(feature = "pkcs11")]
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

/// Path of a module; a missing one is a failure that says what to do.
#[cfg(feature = "pkcs11")]
pub(crate) fn module(candidates: &[&'static str]) -> &'static str {
    candidates
        .iter()
        .find(|path| Path::new(path).exists())
        .unwrap_or_else(|| {
            panic!("none of {candidates:?} is there: `make test` installs what the tests need")
        })
}
