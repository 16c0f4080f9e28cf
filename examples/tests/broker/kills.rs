//! The broker is killed at random moments while tokens are handed over.

use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::bench::Bench;
use crate::bus::contents;

/// `make bench-broker` kills it 200 times.
const KILLS: usize = 12;

#[test]
fn an_acknowledged_token_is_never_lost_and_no_plain_one_left() {
    let kills = std::env::var("BROKER_KILLS").map_or(KILLS, |text| text.parse().unwrap());
    let bench = Bench::new();
    let tokens = ["alice", "bob"].map(|user| bench.tenant.prt(user));
    // Each hand-over has a number, in place of the name of a reader.
    let (mut sent, mut acknowledged) = (0_usize, 0_usize);
    for round in 0..kills {
        let mut broker = bench.start(&[]);
        if acknowledged > 0 {
            // It has the last token that it acknowledged, or the one whose hand-over was under way.
            let found = bench.bus.status()["token"]["card"].clone();
            let number: usize = found.as_str().expect("a token is there").parse().unwrap();
            assert!((acknowledged..=sent).contains(&number), "round {round}: {number}");
        }
        let mut random = [0; 2];
        getrandom::fill(&mut random).unwrap();
        let pause = Duration::from_micros(u64::from(u16::from_le_bytes(random)));
        let pid = Pid::from_raw(i32::try_from(broker.pid()).unwrap()).unwrap();
        thread::scope(|scope| {
            scope.spawn(|| {
                thread::sleep(pause);
                kill_process(pid, Signal::KILL).unwrap();
            });
            loop {
                sent += 1;
                if bench.hand_over(&tokens[sent % 2], &sent.to_string()).is_err() {
                    break;
                }
                acknowledged = sent;
            }
        });
        broker.wait();
        let bytes = contents(bench.folder.path());
        for prt in &tokens {
            let needle = prt.token().expose().as_bytes();
            let is_there = bytes.windows(needle.len()).any(|window| window == needle);
            assert!(!is_there, "a plain token in round {round}");
        }
    }
    assert!(acknowledged > 0);
    let _broker = bench.start(&[]);
    assert!(bench.cookie("")["cookieContent"].is_string());
}
