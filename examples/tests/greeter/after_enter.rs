//! What a sign-in still does after Enter: requests and commands, counted.

use std::thread;
use std::time::{Duration, Instant};

use card_access::pcsc::PcscProvider;
use card_access::{Backend, ErrorKind, PinStatus, Provider, TokenId};
use lab::Readers;
use local_authority::Leg;

use crate::bench::{Bench, ENTER, ESCAPE};
use crate::laboratory::{alice, configuration};

fn legs(bench: &Bench) -> Vec<Leg> {
    bench.authority.log().iter().map(|entry| entry.leg).collect()
}

fn commands(bench: &Bench) -> Vec<u8> {
    let apdus = bench.card.apdus().unwrap();
    apdus.iter().map(|apdu| apdu.instruction().unwrap()).collect()
}

/// Waits until the card gets no more commands. The tiles are shown before the PKCS#11 modules have read it.
fn wait_until_quiet(bench: &Bench) {
    let mut seen = commands(bench).len();
    loop {
        thread::sleep(Duration::from_millis(700));
        let now = commands(bench).len();
        if now == seen {
            return;
        }
        seen = now;
    }
}

/// Requests and commands from the choice of the tile to Enter, and after it.
struct Counted {
    legs: [Vec<Leg>; 2],
    commands: [Vec<u8>; 2],
}

/// Signs in, with this number of requests before Enter.
fn counted(bench: &mut Bench, requests: usize) -> Counted {
    let logged = legs(bench).len();
    let cache = bench.cache();
    let session = bench.open_with(&["--cache", &cache], 80, 24);
    session.wait_for(&["Press Enter to sign in."]);
    wait_until_quiet(bench);
    assert_eq!(
        legs(bench).len(),
        logged,
        "nothing is requested before the user has chosen"
    );
    bench.card.forget_apdus().unwrap();
    session.press(ENTER);
    session.wait_for(&["PIN · 3 tries left"]);
    session.press(bench.card.pin());
    let begun = Instant::now();
    while legs(bench).len() < logged + requests {
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", legs(bench));
        thread::sleep(Duration::from_millis(20));
    }
    wait_until_quiet(bench);
    let before = commands(bench).len();
    session.press(ENTER);
    session.wait_for(&["✓ Signed in"]);
    session.press("q");
    session.ended();
    let (mut legs, mut commands) = (legs(bench).split_off(logged), commands(bench));
    let (later_legs, later_commands) = (legs.split_off(requests), commands.split_off(before));
    Counted {
        legs: [legs, later_legs],
        commands: [commands, later_commands],
    }
}

const SELECT: u8 = 0xa4;
const GET_DATA: u8 = 0xcb;
const GET_RESPONSE: u8 = 0xc0;
const VERIFY: u8 = 0x20;
const SIGN: u8 = 0x87;

#[test]
fn one_request_and_the_signature_remain_after_enter() {
    let mut bench = Bench::new(&alice());
    let after = [VERIFY, SIGN, SIGN, GET_RESPONSE, VERIFY].to_vec();
    let cold = counted(&mut bench, 3);
    assert_eq!(
        cold.legs,
        [
            vec![Leg::Realm, Leg::Metadata, Leg::Nonce],
            vec![Leg::PrimaryRefreshToken]
        ]
    );
    // The tile was made from the certificate, so that its first part is enough; the discovery object is read.
    assert_eq!(
        cold.commands,
        [vec![SELECT, GET_DATA, GET_DATA, VERIFY], after.clone()]
    );
    let known = counted(&mut bench, 1);
    assert_eq!(known.legs, [vec![Leg::Nonce], vec![Leg::PrimaryRefreshToken]]);
    assert_eq!(known.commands, [vec![SELECT, GET_DATA, VERIFY], after]);
}

#[test]
fn with_extended_lengths_a_known_card_gets_six_commands() {
    let readers = Readers::with_extended_lengths(1).unwrap();
    let card = readers.insert(0, &alice().extended_lengths()).unwrap();
    let mut bench = Bench::with(readers, card, configuration().clone());
    let after = vec![VERIFY, SIGN, VERIFY];
    let cold = counted(&mut bench, 3);
    assert_eq!(
        cold.commands,
        [vec![SELECT, GET_DATA, GET_DATA, VERIFY], after.clone()]
    );
    let known = counted(&mut bench, 1);
    assert_eq!(known.commands, [vec![SELECT, GET_DATA, VERIFY], after]);
}

#[test]
fn without_prefetch_everything_comes_after_enter() {
    let bench = Bench::new(&alice());
    let session = bench.open_with(&["--no-prefetch"], 80, 24);
    session.wait_for(&["Press Enter to sign in."]);
    session.press(ENTER);
    session.wait_for(&["PIN · 3 tries left"]);
    session.press(bench.card.pin());
    wait_until_quiet(&bench);
    assert_eq!(legs(&bench), []);
    session.press(ENTER);
    session.wait_for(&["✓ Signed in"]);
    assert_eq!(legs(&bench).len(), 4);
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
    // Nothing more is requested.
    let requested = legs(&bench).len();
    thread::sleep(Duration::from_secs(1));
    assert!(requested <= 3 && legs(&bench).len() <= 3, "{:?}", legs(&bench));
    // The same holds when the program ends while the form is open.
    session.press(ENTER);
    session.wait_for(&["PIN · 3 tries left"]);
    session.press("\x03");
    session.ended();
    assert_eq!(others_turn(), Ok(PinStatus::TriesLeft(3)));
}
