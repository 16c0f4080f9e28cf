//! The card programs with a good card and one that does not answer. The good one is shown at once.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use lab::{Card, Configured, Fault, Profile, Readers};
use pkcs11_faults::{Faults, Order};

const LIST: &str = env!("CARGO_BIN_EXE_list-cards");
const CHOOSE: &str = env!("CARGO_BIN_EXE_choose-certificate");
const WATCH: &str = env!("CARGO_BIN_EXE_watch-cards");
const DOCTOR: &str = env!("CARGO_BIN_EXE_doctor");

/// Enough for a busy machine, and well before [`LIMIT`].
const SOON: Duration = Duration::from_secs(8);

/// The time limit of the programs. A card itself may take 30 seconds for an answer, and a module 20.
const LIMIT: &str = "12";

/// A good card and a mute card. OpenSC's module, if it is configured, also hangs on the mute card.
fn start() -> (Readers, Card, Card) {
    let readers = Readers::start(2).unwrap();
    let good = readers.insert(0, &Profile::new("alice")).unwrap();
    let mut mute = readers.insert(1, &Profile::new("bob")).unwrap();
    mute.fault(1, Fault::Hang).unwrap();
    (readers, good, mute)
}

/// A running program with its output.
struct Running {
    child: Child,
    begun: Instant,
    out: BufReader<std::process::ChildStdout>,
}

impl Running {
    fn start(program: &str, arguments: &[&str]) -> Self {
        Self::of(Command::new(program).args(arguments))
    }

    fn of(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Self {
            child,
            begun: Instant::now(),
            out,
        }
    }

    /// Reads lines until one contains these words, which must be soon.
    fn shows_soon(&mut self, words: &str) {
        let mut text = String::new();
        while !text.contains(words) {
            let length = self.out.read_line(&mut text).unwrap();
            assert_ne!(length, 0, "{words:?} is not in\n{text}");
        }
        assert!(self.begun.elapsed() < SOON, "{:?}", self.begun.elapsed());
    }

    /// The rest of the output, and standard error.
    fn ended(mut self) -> (ExitStatus, String, String) {
        let (mut out, mut err) = (String::new(), String::new());
        self.out.read_to_string(&mut out).unwrap();
        self.child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut err)
            .unwrap();
        (self.child.wait().unwrap(), out, err)
    }
}

#[test]
fn list_cards_shows_the_good_card_at_once_and_names_the_mute_one_at_the_end() {
    let (_readers, _good, mute) = start();
    for form in ["--time-limit", "--json"] {
        let arguments: &[&str] = match form {
            "--json" => &["--json", "--time-limit", LIMIT],
            _ => &["--time-limit", LIMIT],
        };
        let mut running = Running::start(LIST, arguments);
        running.shows_soon("alice@corp.example");
        let begun = running.begun;
        let (status, out, err) = running.ended();
        assert!(begun.elapsed() > SOON, "the mute card was waited for");
        assert_eq!(status.code(), Some(0), "{err}");
        assert!(out.contains(mute.reader()), "{out}");
        assert!(
            out.contains("card/timed-out") || out.contains("card/busy"),
            "{out}"
        );
    }
}

#[test]
fn list_cards_distinguishes_silence_from_no_card() {
    let readers = Readers::start(1).unwrap();
    let mut mute = readers.insert(0, &Profile::new("bob")).unwrap();
    mute.fault(1, Fault::Hang).unwrap();
    let (status, _, err) = Running::start(LIST, &["--time-limit", "2"]).ended();
    assert_eq!(status.code(), Some(4), "{err}");
}

#[test]
fn doctor_shows_the_good_card_at_once_and_names_the_mute_one_at_the_end() {
    let (_readers, good, mute) = start();
    let mut running = Running::start(DOCTOR, &["--time-limit", LIMIT]);
    running.shows_soon(good.reader());
    running.shows_soon("alice@corp.example");
    let (status, out, _) = running.ended();
    assert_eq!(status.code(), Some(1));
    assert!(out.contains(mute.reader()), "{out}");
}

#[test]
fn choose_certificate_does_not_wait_for_a_card_where_another_will_do() {
    let (_readers, _good, mute) = start();
    let running = Running::start(CHOOSE, &["--time-limit", "60"]);
    let begun = running.begun;
    let (status, out, err) = running.ended();
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    assert_eq!(status.code(), Some(0), "{err}");
    assert!(out.contains("alice@corp.example"), "{out}");
    assert!(err.contains(mute.reader()), "{err}");
}

#[test]
fn watch_cards_prints_the_events_of_a_good_reader_while_another_is_mute() {
    let (readers, mut good, _mute) = start();
    let mut running = Running::start(WATCH, &[]);
    // The program prints nothing at its start, so the test waits until it has listed the readers.
    std::thread::sleep(Duration::from_secs(1));
    for (is_in, words) in [(false, "card removed"), (true, "card inserted")] {
        if is_in {
            good.insert().unwrap();
        } else {
            good.remove().unwrap();
        }
        running.begun = Instant::now();
        running.shows_soon(&format!("{words}: {}", readers.name(0)));
    }
    running.child.kill().unwrap();
    running.child.wait().unwrap();
}

#[test]
fn a_module_that_hangs_delays_no_card() {
    let readers = Readers::start(1).unwrap();
    let mut card = readers.insert(0, &Profile::new("alice")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let faults = Faults::in_folder(folder.path());
    faults.order(&[Order::Each("C_GetSlotList", pkcs11_faults::Fault::Hang)]);
    let module = pkcs11_faults::module();
    let configured = Configured::module(&module).unwrap();
    let start = |program, arguments: &[&str]| {
        let mut command = configured.command(program);
        command
            .args(arguments)
            .envs(faults.environment(lab::Module::OpenSc.path().unwrap()));
        Running::of(&mut command)
    };

    let mut list = start(LIST, &["--time-limit", LIMIT]);
    list.shows_soon("alice@corp.example");
    let (status, _, err) = list.ended();
    assert_eq!(status.code(), Some(0), "{err}");
    assert!(err.contains(&module.display().to_string()), "{err}");
    assert!(!faults.calls().is_empty(), "the module was asked");

    let mut doctor = start(DOCTOR, &["--time-limit", LIMIT]);
    doctor.shows_soon("alice@corp.example");
    let (status, out, _) = doctor.ended();
    let words = format!("only ({}) does not answer", module.display());
    assert!(out.contains(&words), "{out}");
    assert_eq!(status.code(), Some(0), "nothing depends on the module: {out}");

    let choose = start(CHOOSE, &["--time-limit", "60"]);
    let begun = choose.begun;
    let (status, _, err) = choose.ended();
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    assert_eq!(status.code(), Some(0), "{err}");

    let mut watch = start(WATCH, &[]);
    std::thread::sleep(Duration::from_secs(1));
    for words in ["card removed", "card inserted"] {
        if words == "card removed" {
            card.remove().unwrap();
        } else {
            card.insert().unwrap();
        }
        watch.begun = Instant::now();
        watch.shows_soon(&format!("{words}: {}", readers.name(0)));
    }
    watch.child.kill().unwrap();
    watch.child.wait().unwrap();
}

#[test]
fn a_service_that_hangs_is_named() {
    let readers = Readers::start(1).unwrap();
    readers.pause().unwrap();
    let (status, _, err) = Running::start(LIST, &["--time-limit", "2"]).ended();
    assert_eq!(status.code(), Some(4), "{err}");
    assert!(err.contains("the smart card service does not answer"), "{err}");
    let (status, out, _) = Running::start(DOCTOR, &["--time-limit", "2"]).ended();
    assert_eq!(status.code(), Some(1), "{out}");
    assert!(
        out.contains("✗ service      the smart card service does not answer"),
        "{out}"
    );
    readers.resume().unwrap();
}
