//! Paths that name no regular file: a folder, a pipe, a socket, a device.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use base64ct::{Base64, Encoding as _};
use rustix::fs::{CWD, Mode, mkfifoat};
use tempfile::TempDir;

use crate::build::Pieces;
use crate::calls::{ELIGIBLE, EXPLAIN, MATCH_USERS, USER_IDS};

const CHECK: &str = env!("CARGO_BIN_EXE_check-tenant");
const CHOOSE: &str = env!("CARGO_BIN_EXE_choose-certificate");
const DOCTOR: &str = env!("CARGO_BIN_EXE_doctor");
const GREETER: &str = env!("CARGO_BIN_EXE_greeter");
const JOIN: &str = env!("CARGO_BIN_EXE_join");
const LEAVE: &str = env!("CARGO_BIN_EXE_leave");
const LIST: &str = env!("CARGO_BIN_EXE_list-cards");
const SIGN_IN: &str = env!("CARGO_BIN_EXE_sign-in");

/// Options with public content, which a pipe may provide. `PATH` is the file.
const INPUTS: &[(&str, &[&str])] = &[
    (EXPLAIN, &["PATH", "--join", "entra"]),
    (EXPLAIN, &["card.der", "--join", "entra", "--policy", "PATH"]),
    (EXPLAIN, &["card.der", "--dsregcmd", "PATH"]),
    (
        EXPLAIN,
        &["card.der", "--join", "hybrid", "--upn-dns-info", "PATH"],
    ),
    (USER_IDS, &["PATH"]),
    (ELIGIBLE, &["PATH"]),
    (ELIGIBLE, &["card.der", "--policy", "PATH"]),
    (MATCH_USERS, &["PATH", "--directory", "users.csv"]),
    (MATCH_USERS, &["card.der", "--directory", "PATH"]),
    (
        MATCH_USERS,
        &["card.der", "--directory", "users.csv", "--policy", "PATH"],
    ),
    (LIST, &["--policy", "PATH"]),
    (CHOOSE, &["--policy", "PATH"]),
    (DOCTOR, &["--policy", "PATH"]),
    (GREETER, &["--policy", "PATH"]),
    (JOIN, &["-o", "out.json", "--ca", "PATH"]),
];

/// Options with a secret, for which only a regular file is read.
const SECRETS: &[(&str, &[&str])] = &[
    (SIGN_IN, &["--device", "PATH"]),
    (LEAVE, &["--device", "PATH"]),
    (CHECK, &["--device", "PATH", "--report", "report"]),
    (GREETER, &["--device", "PATH"]),
    (JOIN, &["-o", "out.json", "--ca", "ca.pem", "--key-file", "PATH"]),
    (
        JOIN,
        &[
            "-o",
            "out.json",
            "--ca",
            "ca.pem",
            "--key-file",
            "none.p12",
            "--known-cards",
            "PATH",
        ],
    ),
];

#[test]
fn a_folder_or_a_socket_is_named_as_what_it_is() {
    let place = Place::new();
    for (path, name) in [("folder", "a folder"), ("socket", "a socket")] {
        for (program, arguments) in INPUTS.iter().chain(SECRETS) {
            let error = place.refusal(program, arguments, path);
            let is_named = error.contains(&format!("it is {name}"));
            // The library for key files knows fewer types.
            let is_key_file = error.contains("it is a pipe, a socket or a device");
            assert!(is_named || is_key_file, "{program} {arguments:?}: {error}");
            // chmod 600 would make a folder unusable.
            assert!(!error.contains("chmod"), "{error}");
        }
    }
}

#[test]
fn a_secret_is_read_from_a_regular_file_only() {
    let place = Place::new();
    for path in ["pipe", "/dev/zero", "/dev/null", "/dev/tty"] {
        for (program, arguments) in SECRETS {
            let begun = Instant::now();
            let error = place.refusal(program, arguments, path);
            assert!(
                error.contains("it is a pipe") || error.contains("it is a device"),
                "{program} {path}: {error}"
            );
            assert!(begun.elapsed() < Duration::from_secs(9), "{program}: it waited");
        }
    }
}

/// The loader of modules, and the crate that reads the system's certificates, would wait for a writer.
#[test]
fn a_pipe_in_place_of_a_module_or_of_the_systems_certificates_is_named() {
    let place = Place::new();
    let begun = Instant::now();
    let module = place.path("pipe");
    let arguments = ["-o", "out.json", "--ca", "ca.pem", "--module", "PATH"];
    let error = place.refusal(JOIN, &arguments, module.to_str().unwrap());
    assert!(error.contains("it is a pipe, a socket or a device"), "{error}");
    let mut command = place.command(JOIN);
    command.args(["-o", "out.json", "--key-file", "none.p12"]);
    let ended = command.env("SSL_CERT_FILE", "pipe").output().unwrap();
    assert_eq!(ended.status.code(), Some(2), "{ended:?}");
    let error = String::from_utf8(ended.stderr).unwrap();
    assert!(error.contains("pipe: it is a pipe, not a file"), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(15), "it waited");
}

#[test]
fn a_report_needs_a_reader() {
    let place = Place::new();
    for (path, problem) in [("pipe", "no program reads from it"), ("socket", "it is a socket")] {
        let begun = Instant::now();
        let error = place.refusal(SIGN_IN, &["--device", "none", "--report", "PATH"], path);
        assert!(error.contains(problem), "{error}");
        assert!(begun.elapsed() < Duration::from_secs(9), "it waited");
    }
}

/// They run at the same time, because each waits for a writer.
#[test]
fn a_pipe_without_a_writer_is_given_up() {
    let place = Place::new();
    thread::scope(|scope| {
        for (program, arguments) in INPUTS {
            let place = &place;
            scope.spawn(move || {
                let error = place.refusal(program, arguments, "pipe");
                let problem = "it is a pipe that no program writes to";
                assert!(error.contains(problem), "{program} {arguments:?}: {error}");
            });
        }
    });
}

/// `explain-upn <(openssl …)`, `explain-upn /dev/stdin`, and a named pipe whose writer comes later.
#[test]
fn a_certificate_may_come_through_a_pipe() {
    let place = Place::new();
    let expected = place.output(EXPLAIN, &["card.der", "--join", "entra"], "");
    assert!(expected.status.success(), "{expected:?}");
    let script = r#""$0" --join entra <(sleep 1; cat card.der)"#;
    let substituted = place
        .command("bash")
        .args(["-c", script, EXPLAIN])
        .output()
        .unwrap();
    assert_eq!(substituted.status.code(), Some(0), "{substituted:?}");
    let empty = r#""$0" --join entra <(true)"#;
    let begun = Instant::now();
    let nothing = place
        .command("bash")
        .args(["-c", empty, EXPLAIN])
        .output()
        .unwrap();
    assert_eq!(nothing.status.code(), Some(3), "{nothing:?}");
    assert!(begun.elapsed() < Duration::from_secs(9), "it waited");

    let mut child = place
        .command(EXPLAIN)
        .args(["--join", "entra", "/dev/stdin"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let der = fs::read(place.path("card.der")).unwrap();
    child.stdin.take().unwrap().write_all(&der).unwrap();
    assert_eq!(child.wait_with_output().unwrap().stdout, expected.stdout);

    let named = thread::scope(|scope| {
        let reader = scope.spawn(|| place.output(EXPLAIN, &["PATH", "--join", "entra"], "pipe"));
        thread::sleep(Duration::from_secs(1));
        let mut pipe = fs::OpenOptions::new()
            .write(true)
            .open(place.path("pipe"))
            .unwrap();
        thread::sleep(Duration::from_millis(200));
        pipe.write_all(&der).unwrap();
        drop(pipe);
        reader.join().unwrap()
    });
    assert_eq!(named.stdout, expected.stdout);
}

/// The advice is for the cause.
#[test]
fn a_secret_that_others_may_change_says_what_to_do() {
    let place = Place::new();
    let device = place.path("device.json");
    fs::write(&device, "{}").unwrap();
    fs::set_permissions(&device, fs::Permissions::from_mode(0o640)).unwrap();
    let refusal = || place.refusal(SIGN_IN, &["--device", "PATH"], "device.json");
    assert!(refusal().contains("chmod 600"));
    fs::set_permissions(&device, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&device, vec![b' '; (4 << 20) + 1]).unwrap();
    assert!(refusal().contains("it is longer than 4 MiB"));
    fs::write(&device, b"{\"tenantId\": \"\xff\"}").unwrap();
    assert!(refusal().contains("it is not a text in UTF-8 or UTF-16"));
    // Only root can give a file away.
    if rustix::process::geteuid().is_root() && std::os::unix::fs::chown(&device, Some(1), None).is_ok() {
        let refusal = refusal();
        assert!(refusal.contains("it belongs to another user"), "{refusal}");
        assert!(!refusal.contains("chmod"), "{refusal}");
    }
}

/// A folder with one path of each type.
struct Place {
    folder: TempDir,
    _listener: UnixListener,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("folder")).unwrap();
        mkfifoat(CWD, path("pipe"), Mode::RUSR | Mode::WUSR).unwrap();
        let der = Pieces::default().der();
        let base64 = Base64::encode_string(&der);
        let pem = format!("-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n");
        fs::write(path("card.der"), der).unwrap();
        fs::write(path("ca.pem"), pem).unwrap();
        fs::write(path("users.csv"), "userPrincipalName\nada@example.com\n").unwrap();
        let listener = UnixListener::bind(path("socket")).unwrap();
        for private in ["folder", "socket"] {
            fs::set_permissions(path(private), fs::Permissions::from_mode(0o755)).unwrap();
        }
        Self {
            folder,
            _listener: listener,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.folder).stdin(Stdio::null());
        command
    }

    fn output(&self, program: &str, arguments: &[&str], path: &str) -> Output {
        let arguments = arguments
            .iter()
            .map(|&argument| if argument == "PATH" { path } else { argument });
        self.command(program).args(arguments).output().unwrap()
    }

    /// The message of a program that refuses the path, and has not made the files that it writes.
    fn refusal(&self, program: &str, arguments: &[&str], path: &str) -> String {
        let output = self.output(program, arguments, path);
        let code = output.status.code();
        assert!(
            matches!(code, Some(2 | 3 | 5)),
            "{program} {arguments:?} {path}: {output:?}"
        );
        for made in ["out.json", "report"] {
            assert!(!Path::new(&self.path(made)).exists(), "{program}: {made}");
        }
        String::from_utf8(output.stderr).unwrap()
    }
}
