//! The sign-in screen on a hybrid joined device.

use std::process::Command;

use crate::bench::Bench;
use crate::session::Session;

#[test]
fn the_screen_signs_in_to_the_domain_first() {
    let bench = Bench::new();
    let card = bench.insert(&bench.card_of("alice", "alice@corp.local"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_greeter"));
    bench.joined(&mut command);
    command.args(bench.with_keytab()).env_remove("NO_COLOR");
    let session = Session::start(command, 80, 24, &[card.pin()]);
    session.wait_for(&["Press Enter to sign in."]);
    session.press("\r");
    session.wait_for(&["PIN · 3 tries left"]);
    session.press(card.pin());
    session.press("\r");
    session.wait_for(&["✓ Signed in"]);
    assert_eq!(
        crate::laboratory::pins_sent(&card),
        2,
        "one PIN for each of the two signatures"
    );
    session.press("q");
    assert_eq!(session.ended().0, 0);
}
