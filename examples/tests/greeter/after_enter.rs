//! What a sign-in still does after Enter: requests and commands, counted.

use std::thread;
use std::time::{Duration, Instant};

use card_access::pcsc::PcscProvider;
use card_access::{Backend, ErrorKind, PinStatus, Provider, TokenId};
use local_authority::Leg;

use crate::bench::{Bench, ENTER, ESCAPE};
use crate::laboratory::alice;

fn legs(bench: &Bench) -> Vec<Leg> {
    bench.authority.log().iter().map(|entry| entry.leg).collect()
}

#[test]
fn one_request_and_the_signature_remain_after_enter() {
    let mut bench = Bench::new(&alice());
    let session = bench.open();
    session.wait_for(&["Press Enter to sign in."]);
    assert_eq!(
        legs(&bench),
        [],
        "nothing is requested before the user has chosen"
    );
    session.press(ENTER);
    session.wait_for(&["PIN · 3 tries left"]);
    session.press(bench.card.pin());
    let begun = Instant::now();
    while legs(&bench).len() < 3 {
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", legs(&bench));
        thread::sleep(Duration::from_millis(20));
    }
    bench.card.forget_apdus().unwrap();
    session.press(ENTER);
    session.wait_for(&["✓ Signed in"]);
    assert_eq!(legs(&bench)[3..], [Leg::PrimaryRefreshToken]);
    session.press("q");
    session.ended();
    let apdus = bench.card.apdus().unwrap();
    let commands: Vec<_> = apdus.iter().map(|apdu| apdu.instruction().unwrap()).collect();
    assert_eq!(commands, [0x20, 0x87, 0x87, 0xc0, 0x20]);
}

#[test]
fn a_form_that_is_left_leaves_the_card_to_others() {
    let bench = Bench::new(&alice());
    let session = bench.open();
    session.wait_for(&["Press Enter to sign in."]);
    session.press(ENTER);
    session.wait_for(&["PIN · 3 tries left"]);
    let others_turn = || {
        let id = TokenId::any_at(Backend::PcSc, bench.card.reader());
        let mut provider = PcscProvider::new().with_time_limit(Duration::from_secs(5));
        provider.open(&id).and_then(|mut token| token.pin_status())
    };
    assert!(matches!(others_turn().unwrap_err().kind(), ErrorKind::Busy));
    session.press(ESCAPE);
    session.wait_for(&["Press Enter to sign in."]);
    assert_eq!(others_turn(), Ok(PinStatus::TriesLeft(3)));
}
