//! `make greeter`: the screen that starts its own cards and authority in a namespace.

use std::path::Path;
use std::process::Command;

use crate::session::Session;

/// Needs `local-authority` in the same folder, where `make greeter` and `make test` build it.
#[test]
fn it_signs_in_with_its_own_card_which_can_be_removed() {
    const F5: &str = "\x1b[15~";
    let lab = Path::new(env!("CARGO_MANIFEST_DIR")).join("stand-ins/lab");
    let mut command = Command::new(lab.join("in-namespace"));
    command
        .args([env!("CARGO_BIN_EXE_demo"), "--screen"])
        // This test already runs in a namespace; another pcscd needs another one.
        .env_remove("CARD_LAB");
    // The PIN is not secret here: the screen shows it.
    let session = Session::start(command, 90, 26, &[]);
    session.wait_for(&["The PIN is 654321", "alice@contoso.com", "hidden (1)"]);
    session.press(F5);
    session.wait_for(&["no certificate to sign in with", "empty"]);
    session.press(F5);
    session.wait_for(&["alice@contoso.com"]);
    session.press("\r");
    session.wait_for(&["PIN · 3 tries left"]);
    session.press("654321\r");
    session.wait_for(&["✓ Signed in", "multifactor   yes"]);
    session.press("q");
    assert_eq!(session.ended().0, 0);
}
