//! What a sign-in does before and after the PIN is typed: requests and commands, counted.

use std::thread;
use std::time::{Duration, Instant};

use lab::Readers;
use local_authority::Leg;

use crate::bench::{Bench, alice, finish, run, start};

const SELECT: u8 = 0xa4;
const GET_DATA: u8 = 0xcb;
const GET_RESPONSE: u8 = 0xc0;
const VERIFY: u8 = 0x20;
const SIGN: u8 = 0x87;

/// Requests and instructions of the commands, before the PIN and after it.
struct Counted {
    legs: [Vec<Leg>; 2],
    commands: [Vec<u8>; 2],
}

/// Signs in with the card in the named reader. Types the PIN after this number of requests.
fn counted(bench: &mut Bench, arguments: &[&str], before: usize) -> Counted {
    let cache = bench.cache();
    let reader = bench.card.reader().to_owned();
    let logged = bench.authority.log().len();
    bench.card.forget_apdus().unwrap();
    let mut command = bench.entra();
    command
        .arg("--cache")
        .arg(cache)
        .args(["--reader", &reader])
        .args(arguments);
    let child = start(&mut command);
    let legs = |bench: &Bench| -> Vec<Leg> {
        let log = bench.authority.log();
        log.iter().skip(logged).map(|entry| entry.leg).collect()
    };
    let commands = |bench: &Bench| -> Vec<u8> {
        let apdus = bench.card.apdus().unwrap();
        apdus.iter().map(|apdu| apdu.instruction().unwrap()).collect()
    };
    // The card is prepared when the commands stop.
    let (mut seen, since) = (0, Instant::now());
    loop {
        thread::sleep(Duration::from_millis(500));
        let now = commands(bench).len();
        if now > 0 && now == seen && legs(bench).len() == before {
            break;
        }
        assert!(since.elapsed() < Duration::from_secs(60), "{:?}", legs(bench));
        seen = now;
    }
    let report = finish(child, bench.card.pin()).json();
    assert_eq!(report["outcome"], "granted", "{report}");
    let (mut legs, mut commands) = (legs(bench), commands(bench));
    assert_eq!(report["apdus"], commands.len(), "{report}");
    let (later_legs, later_commands) = (legs.split_off(before), commands.split_off(seen));
    Counted {
        legs: [legs, later_legs],
        commands: [commands, later_commands],
    }
}

#[test]
fn one_request_and_the_signature_remain_after_the_pin() {
    let mut bench = Bench::new(&alice());
    let signature = [VERIFY, SIGN, SIGN, GET_RESPONSE, VERIFY];
    let cold = counted(&mut bench, &[], 3);
    assert_eq!(
        cold.legs,
        [
            vec![Leg::Realm, Leg::Metadata, Leg::Nonce],
            vec![Leg::PrimaryRefreshToken]
        ]
    );
    let [before, after] = cold.commands;
    assert_eq!(after, signature);
    assert_eq!(before[..2], [SELECT, GET_DATA]);
    assert!(before[2..before.len() - 2].iter().all(|one| *one == GET_RESPONSE));
    assert_eq!(before[before.len() - 2..], [GET_DATA, VERIFY]);
    assert_eq!(before.len() + after.len(), 12);
    // Card, realm and metadata are known now.
    let known = counted(&mut bench, &[], 1);
    assert_eq!(known.legs, [vec![Leg::Nonce], vec![Leg::PrimaryRefreshToken]]);
    assert_eq!(
        known.commands,
        [vec![SELECT, GET_DATA, VERIFY], signature.to_vec()]
    );
}

#[test]
fn with_extended_lengths_the_card_gets_two_commands_and_the_logout() {
    let readers = Readers::with_extended_lengths(1).unwrap();
    let mut bench = Bench::in_readers(readers, &alice().extended_lengths());
    let signature = vec![VERIFY, SIGN, VERIFY];
    let cold = counted(&mut bench, &[], 3);
    assert_eq!(
        cold.commands,
        [vec![SELECT, GET_DATA, GET_DATA, VERIFY], signature.clone()]
    );
    let known = counted(&mut bench, &[], 1);
    assert_eq!(known.commands, [vec![SELECT, GET_DATA, VERIFY], signature]);
}

#[test]
fn without_prefetch_only_the_certificate_is_read_before_the_pin() {
    let mut bench = Bench::new(&alice());
    let counted = counted(&mut bench, &["--no-prefetch"], 0);
    assert_eq!(
        counted.legs,
        [
            vec![],
            vec![Leg::Realm, Leg::Metadata, Leg::Nonce, Leg::PrimaryRefreshToken]
        ]
    );
    let [before, after] = counted.commands;
    // The last two are the discovery object and the counter of the PIN, which are read again.
    assert_eq!(before[before.len() - 2..], [GET_DATA, VERIFY]);
    assert_eq!(
        after,
        [GET_DATA, VERIFY, VERIFY, SIGN, SIGN, GET_RESPONSE, VERIFY]
    );
}

#[test]
fn a_sign_in_that_is_left_leaves_nothing_open() {
    let mut bench = Bench::new(&alice());
    let mut child = start(&mut bench.entra());
    let since = Instant::now();
    while bench.authority.log().len() < 3 {
        assert!(since.elapsed() < Duration::from_secs(60));
        thread::sleep(Duration::from_millis(50));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    bench.card.forget_apdus().unwrap();
    // The next one gets the card at once, and no try was spent.
    let report = run(&mut bench.entra(), bench.card.pin()).json();
    assert_eq!(report["outcome"], "granted", "{report}");
    let legs: Vec<_> = bench.authority.log().iter().map(|entry| entry.leg).collect();
    assert_eq!(legs[..3], [Leg::Realm, Leg::Metadata, Leg::Nonce]);
    assert_eq!(bench.pins_sent(), 1);
}

/// With the reader named in full or in part, and not named: the only card is not listed first.
#[test]
fn no_command_is_sent_twice() {
    let mut bench = Bench::new(&alice());
    let reader = bench.card.reader().to_owned();
    let (part, _) = reader.split_once(' ').unwrap();
    for arguments in [&["--reader", &reader][..], &["--reader", part], &[]] {
        bench.card.forget_apdus().unwrap();
        let report = run(
            bench.entra().arg("--no-known-cards").args(arguments),
            bench.card.pin(),
        );
        let report = report.json();
        assert_eq!(report["outcome"], "granted", "{report}");
        let apdus = bench.card.apdus().unwrap();
        assert_eq!(apdus.len(), 12, "{arguments:?}");
        assert_eq!(repeated(&apdus), [""; 0], "{arguments:?}");
    }
}

/// A card that is not a PIV card makes a listing necessary. Only the selection is sent again.
#[test]
fn beside_another_card_only_the_selection_is_repeated() {
    let readers = Readers::start(2).unwrap();
    let mut other = readers.insert(1, &alice()).unwrap();
    let mut bench = Bench::in_readers(readers, &alice());
    // SELECT: the application is not found.
    other.answer("00a40400", "6a82").unwrap();
    bench.card.forget_apdus().unwrap();
    let report = run(&mut bench.entra(), bench.card.pin()).json();
    assert_eq!(report["outcome"], "granted", "{report}");
    let apdus = bench.card.apdus().unwrap();
    let repeated = repeated(&apdus);
    assert!(
        repeated.iter().all(|command| command.starts_with("00A4")) && repeated.len() == 1,
        "{apdus:#?}"
    );
}

/// Commands that were sent more than once. The parts of a long command or answer are alike.
fn repeated(apdus: &[lab::Apdu]) -> Vec<String> {
    let commands = apdus.iter().map(|apdu| &apdu.command);
    let mut commands: Vec<_> = commands
        .filter(|command| !command.starts_with("00C0") && !command.starts_with("0087"))
        .collect();
    commands.sort_unstable();
    let pairs = commands.windows(2).filter(|pair| pair[0] == pair[1]);
    pairs.map(|pair| pair[0].clone()).collect()
}
