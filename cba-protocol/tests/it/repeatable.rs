//! The same seed and the same answers give the same bytes; another seed gives others.

use cba_protocol::{Seed, Transcript};

use crate::peer::{self, Run, Script};

fn run(seed: [u8; 32], script: &Script) -> Run {
    let transcript = Transcript::default();
    let first = peer::sign_in()
        .with_transcript(&transcript)
        .start(Seed::from(seed));
    peer::drive(first, script.clone(), transcript)
}

#[test]
fn a_run_can_be_repeated_byte_for_byte() {
    let script = Script::granting();
    let (one, same, other) = (
        run([1; 32], &script),
        run([1; 32], &script),
        run([2; 32], &script),
    );
    let bytes = |run: &Run| {
        let each = run.requests.iter().map(|(_, request)| format!("{request:?}"));
        each.collect::<Vec<_>>().join("\n")
    };
    assert_eq!(bytes(&one), bytes(&same));
    assert_eq!(one.signed, same.signed);
    assert_eq!(one.transcript.to_string(), same.transcript.to_string());
    assert_ne!(bytes(&one), bytes(&other));
}

#[test]
fn a_step_can_be_parked_in_another_thread() {
    let step = peer::sign_in().start(peer::seed());
    let parked = std::thread::spawn(move || {
        peer::drive(step, Script::granting(), Transcript::default())
            .states
            .len()
    });
    assert_eq!(parked.join().unwrap(), 8);
}
