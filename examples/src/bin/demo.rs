//! The main job on real parts: four sign-ins with a virtual card that runs a real PIV firmware. Started by `make demo`.

use std::process::ExitCode;

fn main() -> ExitCode {
    match examples::demo::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("demo: {error}");
            ExitCode::FAILURE
        }
    }
}
