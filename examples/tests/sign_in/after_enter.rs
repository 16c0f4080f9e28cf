//! What a sign-in still does after the PIN is typed: requests and commands, counted.

use std::thread;
use std::time::{Duration, Instant};

use lab::Readers;
use local_authority::Leg;

use crate::bench::{Bench, alice, finish, run, start};

const VERIFY: u8 = 0x20;
const SIGN: u8 = 0x87;
const GET_RESPONSE: u8 = 0xc0;

/// Signs in. Returns the requests before the PIN and after it, and the instructions of the commands after it.
fn counted(bench: &mut Bench, before: usize) -> ([Vec<Leg>; 2], Vec<u8>) {
    let cache = bench.cache();
    let logged = bench.authority.log().len();
    bench.card.forget_apdus().unwrap();
    let child = start(bench.entra().arg("--cache").arg(cache));
    let legs = |bench: &Bench| -> Vec<Leg> {
        let log = bench.authority.log();
        log.iter().skip(logged).map(|entry| entry.leg).collect()
    };
    // The card is prepared when the commands stop.
    let (mut commands, since) = (0, Instant::now());
    loop {
        thread::sleep(Duration::from_millis(500));
        let now = bench.card.apdus().unwrap().len();
        if now > 0 && now == commands && legs(bench).len() == before {
            break;
        }
        assert!(since.elapsed() < Duration::from_secs(60), "{:?}", legs(bench));
        commands = now;
    }
    bench.card.forget_apdus().unwrap();
    let report = finish(child, bench.card.pin()).json();
    assert_eq!(report["outcome"], "granted", "{report}");
    let mut first = legs(bench);
    let second = first.split_off(before);
    let apdus = bench.card.apdus().unwrap();
    let instructions = apdus.iter().map(|apdu| apdu.instruction().unwrap());
    ([first, second], instructions.collect())
}

#[test]
fn one_request_and_the_signature_remain_after_the_pin() {
    let mut bench = Bench::new(&alice());
    let signature = [VERIFY, SIGN, SIGN, GET_RESPONSE, VERIFY];
    let (legs, commands) = counted(&mut bench, 3);
    assert_eq!(
        legs,
        [
            vec![Leg::Realm, Leg::Metadata, Leg::Nonce],
            vec![Leg::PrimaryRefreshToken]
        ]
    );
    assert_eq!(commands, signature);
    // Realm and metadata are known now.
    let (legs, commands) = counted(&mut bench, 1);
    assert_eq!(legs, [vec![Leg::Nonce], vec![Leg::PrimaryRefreshToken]]);
    assert_eq!(commands, signature);
}

#[test]
fn with_extended_lengths_the_card_gets_two_commands_and_the_logout() {
    let readers = Readers::with_extended_lengths(1).unwrap();
    let mut bench = Bench::in_readers(readers, &alice().extended_lengths());
    let (_, commands) = counted(&mut bench, 3);
    assert_eq!(commands, [VERIFY, SIGN, VERIFY]);
}

#[test]
fn no_command_is_sent_twice() {
    let mut bench = Bench::new(&alice());
    bench.card.forget_apdus().unwrap();
    let reader = bench.card.reader().to_owned();
    let report = run(bench.entra().args(["--reader", &reader]), bench.card.pin()).json();
    assert_eq!(report["outcome"], "granted", "{report}");
    let apdus = bench.card.apdus().unwrap();
    let reading = apdus
        .iter()
        .map(|apdu| apdu.command.clone())
        .filter(|command| !command.starts_with("00C0") && !command.starts_with("0087"));
    assert_eq!(apdus.len(), 12);
    let mut seen = Vec::new();
    for command in reading {
        assert!(!seen.contains(&command), "{command} is sent twice in {apdus:#?}");
        seen.push(command);
    }
}
