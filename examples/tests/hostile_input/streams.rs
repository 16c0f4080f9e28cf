//! Streams: a reader that closes the pipe, and a file without end.

use std::ffi::OsString;

use crate::build::Pieces;
use crate::calls::{CALLS, ELIGIBLE, EXPLAIN, MATCH_USERS, Place};

/// `explain-upn … 2>&1 | head -1`: the closed pipe does not change the exit code.
#[test]
fn a_closed_pipe_does_not_change_the_exit_code() {
    let place = Place::new();
    place.add("card.der", Pieces::default().der());
    let certificate = OsString::from("card.der");
    for (program, arguments) in CALLS {
        for name in [certificate.clone(), "missing.der".into()] {
            let expected = place.run(program, arguments, &name).status.code();
            let (reader, writer) = std::io::pipe().unwrap();
            drop(reader);
            let status = place
                .command(program)
                .arg(&name)
                .args(*arguments)
                .stdout(writer.try_clone().unwrap())
                .stderr(writer)
                .status()
                .unwrap();
            assert_eq!(status.code(), expected, "{program} {arguments:?} {name:?}");
        }
    }
}

/// A file of zero bytes has no end of line, so that a line would never end.
#[test]
fn a_file_without_end_is_refused() {
    let place = Place::new();
    place.add("card.der", Pieces::default().der());
    let zero: OsString = "/dev/zero".into();
    for (program, arguments) in CALLS {
        assert_eq!(
            place.run(program, arguments, &zero).status.code(),
            Some(3),
            "{program}"
        );
    }
    for (program, arguments) in [
        (EXPLAIN, &["--join", "entra", "--policy", "/dev/zero"][..]),
        (EXPLAIN, &["--dsregcmd", "/dev/zero"]),
        (ELIGIBLE, &["--policy", "/dev/zero"]),
        (
            MATCH_USERS,
            &["--directory", "users.csv", "--policy", "/dev/zero"],
        ),
        (MATCH_USERS, &["--directory", "/dev/zero"]),
    ] {
        let output = place.run(program, arguments, &"card.der".into());
        assert_eq!(output.status.code(), Some(2), "{program}: {output:?}");
        assert!(
            String::from_utf8(output.stderr).unwrap().contains("/dev/zero"),
            "{program}"
        );
    }
}
