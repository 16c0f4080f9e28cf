//! The terminal is restored in all cases.

use std::io::Read;
use std::process::{Command, Stdio};

use rustix::process::Signal;

use crate::bench::{Bench, greeter};
use crate::laboratory::alice;
use crate::session::Session;

/// The program without an authority. Its screen is shown; the cards of the machine do not matter.
fn open(columns: u16, rows: u16) -> Session {
    let session = Session::start(greeter("https://localhost:1"), columns, rows, &[]);
    session.wait_for(&["Smart card sign-in"]);
    assert!(session.is_raw());
    assert!(session.screen().alternate_screen());
    session
}

#[test]
fn leaving_gives_the_terminal_back() {
    let session = open(80, 24);
    session.press("q");
    let (code, rest) = session.ended();
    assert_eq!((code, rest.trim()), (1, ""));
}

#[test]
fn control_c_and_signals_give_the_terminal_back() {
    let session = open(80, 24);
    session.press("\x03");
    assert_eq!(session.ended().0, 130);
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        let session = open(80, 24);
        session.signal(signal);
        assert_eq!(session.ended().0, code);
    }
}

/// The signal of a closed terminal reaches only its controlling processes, here the shell, which ignores it.
#[test]
fn a_closed_terminal_ends_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let status = folder.path().join("status");
    let program = greeter("https://localhost:1");
    let (mut pty, pts) = pty_process::blocking::open().unwrap();
    pty.resize(pty_process::Size::new(24, 80)).unwrap();
    let mut shell = pty_process::blocking::Command::new("sh")
        .args([
            "-c",
            "trap '' HUP; setsid --wait \"$@\"; echo $? > \"$STATUS\"",
            "sh",
        ])
        .arg(program.get_program())
        .args(program.get_args())
        .envs(
            program
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .env("STATUS", &status)
        .env("TERM", "xterm-256color")
        .spawn(pts)
        .unwrap();
    let mut written = Vec::new();
    while !String::from_utf8_lossy(&written).contains("Smart card sign-in") {
        let mut chunk = [0; 4096];
        let length = pty.read(&mut chunk).unwrap();
        written.extend(&chunk[..length]);
    }
    drop(pty);
    shell.wait().unwrap();
    assert_eq!(std::fs::read_to_string(status).unwrap().trim(), "129");
}

/// Starts itself in a terminal, opens the screen and panics: in the drawing thread, and in another one.
#[test]
fn a_panic_gives_the_terminal_back_with_its_message() {
    const VARIABLE: &str = "GREETER_TEST_PANICS_IN";
    match std::env::var(VARIABLE).as_deref() {
        Ok("here") => {
            let _screen = examples::greeter::terminal::Screen::open().unwrap();
            panic!("the message of the panic");
        }
        Ok(_) => {
            let mut screen = examples::greeter::terminal::Screen::open().unwrap();
            screen
                .draw(|frame| frame.render_widget("drawn before", frame.area()))
                .unwrap();
            let other = std::thread::spawn(|| panic!("the message of the panic"));
            assert!(other.join().is_err());
            let drawn = screen.draw(|frame| frame.render_widget("another frame", frame.area()));
            assert!(!drawn.unwrap(), "the terminal was restored");
            return;
        }
        Err(_) => {}
    }
    for (place, expected) in [("here", 101), ("elsewhere", 0)] {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args([
                "--exact",
                "--nocapture",
                "terminal::a_panic_gives_the_terminal_back_with_its_message",
            ])
            .env(VARIABLE, place)
            .env("RUST_BACKTRACE", "0");
        let session = Session::start(command, 100, 30, &[]);
        session.wait_for(&["the message of the panic", "test result"]);
        let (code, rest) = session.ended();
        assert_eq!(code, expected, "{place}:\n{rest}");
        assert!(!rest.contains("drawn before"), "{place}:\n{rest}");
        let lines: Vec<_> = rest.lines().collect();
        let is_straight = lines
            .iter()
            .any(|line| line.starts_with("the message of the panic"));
        assert!(is_straight, "{place}: line ends are lost in\n{rest}");
    }
}

#[test]
fn without_a_terminal_it_fails() {
    let output = greeter("https://localhost:1")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(output.stdout, b"");
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("is not a terminal"), "{message}");
}

#[test]
fn an_unusable_file_is_reported_before_the_terminal_is_opened() {
    let mut command = greeter("https://localhost:1");
    command.args(["--policy", "/nonexistent"]);
    let session = Session::start(command, 80, 24, &[]);
    session.wait_for(&["/nonexistent"]);
    assert_eq!(session.ended().0, 2);
}

#[test]
fn no_color_is_honoured_and_otherwise_the_chosen_tile_has_one() {
    let bench = Bench::new(&alice());
    let coloured_cells = |no_color: &str| {
        let mut command = greeter(&bench.authority.url());
        command.env("NO_COLOR", no_color);
        let session = Session::start(command, 80, 24, &[]);
        session.wait_for(&["Press Enter to sign in."]);
        let screen = session.screen();
        let cells = (0..24).flat_map(|row| (0..80).map(move |column| (row, column)));
        cells
            .filter_map(|(row, column)| screen.cell(row, column))
            .filter(|cell| cell.fgcolor() != vt100::Color::Default || cell.bgcolor() != vt100::Color::Default)
            .count()
    };
    assert_eq!(coloured_cells("1"), 0);
    assert!(coloured_cells("") > 0);
}

#[test]
fn small_and_resized_windows_show_the_important_text() {
    let bench = Bench::new(&alice());
    let session = bench.open_with(&[], 60, 16);
    session.wait_for(&["alice@contoso.example", "Enter sign in", "q leave"]);
    session.resize(30, 8);
    session.wait_for(&["too small"]);
    session.resize(100, 30);
    session.wait_for(&["alice@contoso.example", "q leave"]);
}
