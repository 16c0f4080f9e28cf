//! What is kept between two runs, and who may have the name.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use zbus::fdo::RequestNameFlags;

use crate::bench::{Bench, output};
use crate::bus::{NAME, contents};

#[test]
fn a_broker_that_was_killed_continues_where_it_was() {
    let bench = Bench::new();
    let mut broker = bench.start(&[]);
    bench.sign_in();
    let before = bench.bus.status();
    broker.kill();
    let _broker = bench.start(&[]);
    assert_eq!(bench.bus.status(), before);
    assert!(bench.cookie("")["cookieContent"].is_string());
}

#[test]
fn nothing_on_the_disk_is_plain_and_nobody_else_can_read_it() {
    let bench = Bench::new();
    let _broker = bench.start(&[]);
    let prt = bench.sign_in();
    let folder = bench.stored();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o600);
    assert_eq!(mode(folder.parent().unwrap()), 0o700);
    let bytes = contents(bench.folder.path());
    let needle = prt.token().expose().as_bytes();
    assert!(!bytes.windows(needle.len()).any(|window| window == needle));
    assert!(bytes.len() > needle.len());
}

#[test]
fn a_broker_that_does_not_answer_is_reported() {
    let bench = Bench::new();
    let broker = bench.start(&[]);
    let pid = Pid::from_raw(i32::try_from(broker.pid()).unwrap()).unwrap();
    kill_process(pid, Signal::STOP).unwrap();
    let mut status = std::process::Command::new(env!("CARGO_BIN_EXE_broker"));
    status
        .arg("status")
        .env("DBUS_SESSION_BUS_ADDRESS", bench.bus.address());
    let ended = status.output().unwrap();
    kill_process(pid, Signal::CONT).unwrap();
    assert_ne!(ended.status.code(), Some(0));
    let message = String::from_utf8(ended.stderr).unwrap();
    assert!(message.contains("did not answer in time"), "{message}");
}

#[test]
fn signing_out_leaves_nothing_behind() {
    let bench = Bench::new();
    let mut broker = bench.start(&[]);
    bench.sign_in();
    let run = |argument: &str| {
        output(
            std::process::Command::new(env!("CARGO_BIN_EXE_broker"))
                .arg(argument)
                .env("DBUS_SESSION_BUS_ADDRESS", bench.bus.address()),
        )
    };
    let copy = fs::read(bench.stored()).unwrap();
    let (code, url) = run("sign-out");
    assert_eq!(code, 0, "{url}");
    assert!(url.contains("/oauth2/v2.0/logout"), "{url}");
    assert!(!bench.stored().exists());
    let (_, status) = run("status");
    let status: Value = serde_json::from_str(&status).unwrap();
    assert_eq!(
        (&status["token"], &status["stored"]),
        (&Value::Null, &json!(false))
    );
    // A copy of the file is useless, because its key is gone.
    broker.kill();
    fs::write(bench.stored(), copy).unwrap();
    fs::set_permissions(bench.stored(), fs::Permissions::from_mode(0o600)).unwrap();
    let broker = bench.start(&[]);
    assert!(bench.signed_out());
    assert!(
        broker.log().contains("key of the stored token is gone"),
        "{}",
        broker.log()
    );
    bench.wait_until("the file is removed", || !bench.stored().exists());
}

#[test]
fn a_file_that_was_changed_is_not_used() {
    for change in [0, 1, 2] {
        let bench = Bench::new();
        let mut broker = bench.start(&[]);
        bench.sign_in();
        broker.kill();
        let mut bytes = fs::read(bench.stored()).unwrap();
        match change {
            0 => *bytes.last_mut().unwrap() ^= 1,
            1 => bytes.truncate(bytes.len() / 2),
            _ => bytes.clear(),
        }
        fs::write(bench.stored(), bytes).unwrap();
        let _broker = bench.start(&[]);
        assert!(bench.signed_out(), "change {change}");
        // It starts again, and takes a new token.
        bench.sign_in();
        assert!(!bench.signed_out());
    }
}

#[test]
fn a_folder_that_others_can_enter_is_refused() {
    let bench = Bench::new();
    let folder = bench.stored().parent().unwrap().to_owned();
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    let (code, text) = output(&mut bench.command(&[]));
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("0700"), "{text}");
}

/// The store is replaced in one step, through a file whose name cannot be that of the store.
#[test]
fn a_store_may_have_any_name() {
    for name in ["token.new", "token", ".token", "new"] {
        let bench = Bench::new();
        let folder = bench.folder.path().join("own");
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
        let store = folder.join(name);
        let option = ["--store", store.to_str().unwrap()];
        let mut broker = bench.start(&option);
        // The first is what a killed broker left; the second belongs to somebody else.
        let leftover = folder.join(format!(".{name}.a1B2c3D4"));
        let other = folder.join(format!(".{name}.notes.txt"));
        for file in [&leftover, &other] {
            fs::write(file, "").unwrap();
        }
        bench.sign_in();
        bench.sign_in();
        assert!(store.metadata().unwrap().len() > 0, "{name}");
        assert!(!leftover.exists() && other.exists(), "{name}");
        broker.kill();
        let _broker = bench.start(&option);
        assert!(!bench.signed_out(), "{name}");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2, "{name}");
    }
}

#[test]
fn a_store_that_is_not_a_file_is_refused_and_kept() {
    let bench = Bench::new();
    let folder = bench.folder.path().join("own");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
    let path = |name: &str| folder.join(name);
    fs::create_dir(path("folder")).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, path("pipe"), rustix::fs::Mode::RUSR).unwrap();
    std::os::unix::fs::symlink("/dev/null", path("link")).unwrap();
    for (name, problem) in [("folder", "a folder"), ("pipe", "a pipe"), ("link", "a link")] {
        let mut command = bench.command(&["--store"]);
        let (code, text) = output(command.arg(path(name)));
        assert_eq!(code, 2, "{text}");
        assert!(text.contains(&format!("it is {problem}, not a file")), "{text}");
    }
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 3);
}

/// A file that was named by mistake.
#[test]
fn a_file_with_another_content_is_refused_and_kept() {
    let bench = Bench::new();
    let folder = bench.folder.path().join("own");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
    for content in ["notes\n", "{}", "{\"cards\": 3}\n"] {
        let file = folder.join("notes");
        fs::write(&file, content).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        let (code, text) = output(bench.command(&["--store"]).arg(&file));
        assert_eq!(code, 2, "{text}");
        assert!(
            text.contains("another content") && text.contains("--store"),
            "{text}"
        );
        assert_eq!(fs::read_to_string(&file).unwrap(), content);
    }
}

#[test]
fn a_token_in_memory_only_ends_with_the_process() {
    let bench = Bench::new();
    let mut broker = bench.start(&["--no-store"]);
    bench.sign_in();
    assert!(!bench.stored().exists());
    broker.kill();
    let _broker = bench.start(&["--no-store"]);
    assert!(bench.signed_out());
}

#[test]
fn the_name_belongs_to_the_first_broker() {
    let bench = Bench::new();
    let _broker = bench.start(&[]);
    bench.sign_in();
    let (code, text) = output(&mut bench.command(&[]));
    assert_eq!(code, 3, "{text}");
    assert!(text.contains(NAME), "{text}");
    // The second one left the token of the first alone, and another program cannot take the name either.
    let other = bench.bus.connection();
    let flags = RequestNameFlags::REPLACE_EXISTING | RequestNameFlags::DO_NOT_QUEUE;
    let taken = zbus::block_on(other.request_name_with_flags(NAME, flags));
    assert!(matches!(taken, Err(zbus::Error::NameTaken)), "{taken:?}");
    assert!(!bench.signed_out());
}

#[test]
fn without_a_bus_or_a_broker_the_commands_say_so() {
    let bench = Bench::new();
    let run = |address: &str| {
        output(
            std::process::Command::new(env!("CARGO_BIN_EXE_broker"))
                .arg("status")
                .env("DBUS_SESSION_BUS_ADDRESS", address),
        )
    };
    let (code, text) = run(bench.bus.address());
    assert!(code == 1 && text.contains("broker serve"), "{code} {text}");
    let (code, text) = run("unix:path=/nonexistent/bus");
    assert!(code == 6 && text.contains("session"), "{code} {text}");
}

#[test]
fn each_problem_of_a_program_or_a_file_has_a_next_step() {
    let bench = Bench::new();
    // Another program has the name.
    let other = bench.bus.connection();
    zbus::block_on(other.request_name(NAME)).unwrap();
    // It answers calls, to objects that it does not have.
    let _answers = other.object_server();
    for command in ["status", "sign-out"] {
        let (code, text) = output(
            std::process::Command::new(env!("CARGO_BIN_EXE_broker"))
                .arg(command)
                .env("DBUS_SESSION_BUS_ADDRESS", bench.bus.address()),
        );
        assert!(
            code == 1 && text.contains("another program") && text.contains("busctl --user status"),
            "{text}"
        );
    }
    drop(other);
    // Something is in the place of the token's file, at the start and later.
    let broker = bench.start(&[]);
    fs::create_dir_all(bench.stored().join("in the way")).unwrap();
    let refused = bench.hand_over(&bench.tenant.prt("alice"), "").unwrap_err();
    let (code, at_start) = output(bench.command(&[]).env_remove("DBUS_SESSION_BUS_ADDRESS"));
    assert_eq!(code, 2, "{at_start}");
    for text in [refused, broker.log(), at_start] {
        assert!(
            text.contains("certificate-broker/token") && text.contains("--store"),
            "{text}"
        );
    }
}
