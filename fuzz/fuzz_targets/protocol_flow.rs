//! A complete sign-in with a server that answers anything: it ends within the documented number of steps.

#![no_main]

use cba_protocol::{SessionKey, Step};
use fuzz::protocol;
use libfuzzer_sys::fuzz_target;

/// The number on the page `manual::states`. A test of the library checks that no other transition is taken.
const MAX_STEPS: usize = 11;

fuzz_target!(|answers: Vec<(u16, Option<Vec<u8>>)>| {
    let mut answers = answers.into_iter();
    let mut step = protocol::sign_in(None);
    for _ in 0..MAX_STEPS {
        // No answer left, or none in the input: a good one.
        let next = match (step, answers.next()) {
            (Step::Done(_), _) => return,
            (Step::Send(exchange), Some((status, Some(body)))) => {
                exchange.respond(protocol::answer(100 + status % 500, &body), protocol::now())
            }
            (Step::Unwrap(task), Some((number, _))) => {
                task.complete(SessionKey::from([number.to_le_bytes()[0]; 32]))
            }
            (other, _) => protocol::good(other),
        };
        let Ok(next) = next else { return };
        step = next;
    }
    assert!(matches!(step, Step::Done(_)));
});
