//! The wait after Enter: `sign-in` and `greeter` with a distant authority and a slow card.
//!
//! The local authority simulates round trips, and the virtual card delays each command. Each program signs in with the prefetch
//! switched off ("before"), with a card and an authority that it does not know ("cold"), and with known ones ("known"). Printed are
//! the requests and the commands before and after Enter, and the time from Enter to the result. `make bench-wait` also draws one case
//! as a timeline, into the file that `--picture=FILE` names.

mod measure;
mod picture;
mod programs;

use std::time::Duration;

use measure::{Measured, Place};
use programs::{Program, State};

type Failure = Box<dyn std::error::Error>;

/// The case of the picture, which is measured more often.
const SHOWN: Delays = Delays {
    round_trip: Duration::from_millis(50),
    command: Duration::from_millis(5),
};

/// The simulated delays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Delays {
    pub(crate) round_trip: Duration,
    pub(crate) command: Duration,
}

fn main() -> Result<(), Failure> {
    // `cargo test --all-targets` also starts benchmarks; this one is not a test.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    let option =
        |name: &str| std::env::args().find_map(|argument| argument.strip_prefix(name).map(str::to_owned));
    let picture = option("--picture=");
    let only_shown = std::env::args().any(|argument| argument == "--shown");
    println!(
        "{:<8} {:<7} {:>10} {:>8} {:>15} {:>15} {:>12} {:>9}",
        "program", "state", "round trip", "command", "before Enter", "after Enter", "median wait", "least"
    );
    for round_trip in [0, 50, 200] {
        for command in [0, 5, 20] {
            let delays = Delays {
                round_trip: Duration::from_millis(round_trip),
                command: Duration::from_millis(command),
            };
            if only_shown && delays != SHOWN {
                continue;
            }
            let measured = with_delays(delays)?;
            if let (Some(path), true) = (&picture, delays == SHOWN) {
                std::fs::write(path, picture::draw(&measured, delays))?;
                println!("the picture is in {path}");
            }
        }
    }
    Ok(())
}

/// Measures all programs in all states, in turns, so that a busy moment of the machine affects all of them.
fn with_delays(delays: Delays) -> Result<Vec<Measured>, Failure> {
    let rounds = if delays == SHOWN { 7 } else { 3 };
    let mut place = Place::new(delays)?;
    let mut all = Vec::new();
    for program in [Program::SignIn, Program::Greeter] {
        for state in [State::Before, State::Cold, State::Known] {
            all.push(Measured::new(program, state));
        }
    }
    for _ in 0..rounds {
        for measured in &mut all {
            measured.add(place.run(measured.program, measured.state)?);
        }
    }
    for measured in &all {
        let run = measured.median().ok_or("nothing was measured")?;
        println!(
            "{:<8} {:<7} {:>7} ms {:>5} ms {:>15} {:>15} {:>9} ms {:>6} ms",
            measured.program.name(),
            measured.state.name(),
            delays.round_trip.as_millis(),
            delays.command.as_millis(),
            run.count_before(),
            run.count_after(),
            run.wait.as_millis(),
            measured.least().as_millis(),
        );
    }
    Ok(all)
}
