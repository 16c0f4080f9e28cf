//! The native host of the extension, in place of which this test speaks.

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use serde_json::{Value, json};

use crate::bench::{Bench, PATIENCE};

struct Host {
    child: Child,
    input: Option<ChildStdin>,
    messages: Receiver<Value>,
}

impl Host {
    fn start(bench: &Bench) -> Self {
        // The arguments of Chromium, which mean nothing.
        let mut child = Command::new(env!("CARGO_BIN_EXE_broker-browser-host"))
            .arg("chrome-extension://x/")
            .env("DBUS_SESSION_BUS_ADDRESS", bench.bus.address())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut output = child.stdout.take().unwrap();
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            let mut length = [0; 4];
            while output.read_exact(&mut length).is_ok() {
                let mut message = vec![0; u32::from_ne_bytes(length).try_into().unwrap()];
                output.read_exact(&mut message).unwrap();
                sender.send(serde_json::from_slice(&message).unwrap()).unwrap();
            }
        });
        Self {
            input: child.stdin.take(),
            child,
            messages,
        }
    }

    fn send(&mut self, message: &[u8]) {
        let length = u32::try_from(message.len()).unwrap();
        let input = self.input.as_mut().unwrap();
        input.write_all(&length.to_ne_bytes()).unwrap();
        input.write_all(message).unwrap();
    }

    #[track_caller]
    fn next(&self) -> Value {
        self.messages.recv_timeout(PATIENCE).expect("a message in time")
    }

    fn ask(&mut self, id: u64, url: &str) -> Value {
        self.send(json!({"id": id, "url": url}).to_string().as_bytes());
        self.next()
    }

    fn ends_with(mut self) -> Option<i32> {
        let end = std::time::Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(std::time::Instant::now() < end, "it does not end");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_extension_learns_of_each_change() {
    let bench = Bench::new();
    let host = Host::start(&bench);
    let nothing = json!({"authority": null});
    let own = json!({"authority": bench.tenant.authority.url()});
    assert_eq!(host.next(), nothing);
    let mut broker = bench.start(&[]);
    bench.sign_in();
    assert_eq!(host.next(), own);
    bench.bus.send("CertificateBroker1.Session.SignOut", &[]);
    assert_eq!(host.next(), nothing);
    bench.sign_in();
    assert_eq!(host.next(), own);
    // Another token of the same broker is not a change.
    bench.sign_in();
    broker.kill();
    assert_eq!(host.next(), nothing);
    // It continues with the stored token.
    let _broker = bench.start(&[]);
    assert_eq!(host.next(), own);
    assert_eq!(Host::start(&bench).next(), own);
}

#[test]
fn a_cookie_is_given_for_the_authority_and_refused_for_others() {
    let bench = Bench::new();
    let _broker = bench.start(&[]);
    bench.sign_in();
    let mut host = Host::start(&bench);
    let own = host.next()["authority"].as_str().unwrap().to_owned();
    let answer = host.ask(7, &format!("{own}/common/oauth2/authorize?x=y"));
    assert_eq!(answer["id"], 7);
    assert_eq!(answer["header"]["name"], "x-ms-RefreshTokenCredential");
    let value = answer["header"]["value"].as_str().unwrap();
    let location = bench.tenant.authorize("", ("x-ms-RefreshTokenCredential", value));
    assert!(location.headers()["location"].to_str().unwrap().contains("code="));
    for url in [
        "https://example.com/",
        &own.replace("https", "http"),
        &format!("{own}.example.com/"),
        "",
    ] {
        let answer = host.ask(8, url);
        assert_eq!(
            (&answer["id"], &answer["header"]),
            (&json!(8), &Value::Null),
            "{answer}"
        );
        assert!(!answer["error"].as_str().unwrap().is_empty());
    }
    // The browser closes the stream.
    host.input = None;
    assert_eq!(host.ends_with(), Some(0));
}

#[test]
fn a_question_that_cannot_be_read_is_answered_and_the_next_one_too() {
    let bench = Bench::new();
    let _broker = bench.start(&[]);
    bench.sign_in();
    let mut host = Host::start(&bench);
    let own = host.next()["authority"].as_str().unwrap().to_owned();
    for message in [
        b"{".as_slice(),
        b"",
        b"{\"id\": -1, \"url\": \"x\"}",
        b"{\"id\": 1, \"url\": 7}",
        b"{\"id\": 1, \"url\": \"\xff\"}",
        b"[]",
        // One that is too long, and the longest that is read past.
        &vec![b' '; (64 << 10) + 1],
        &vec![b'['; 64 << 20],
    ] {
        host.send(message);
        let answer = host.next();
        assert_eq!(answer["id"], Value::Null, "{answer}");
        assert!(!answer["error"].as_str().unwrap().is_empty(), "{answer}");
    }
    // The longest message, and the longest URL of other extensions.
    let question = json!({"id": 9, "url": format!("{own}/?state={}&sso_nonce=N", "s".repeat(30_000))});
    let mut question = question.to_string().into_bytes();
    question.resize(64 << 10, b' ');
    host.send(&question);
    let answer = host.next();
    assert_eq!(answer["id"], 9);
    assert!(answer["header"]["value"].is_string(), "{answer}");
    let answer = host.ask(10, &format!("{own}/?state={}", "s".repeat(33_000)));
    assert!(answer["error"].as_str().unwrap().contains("32768"), "{answer}");
}

#[test]
fn a_message_that_ends_early_or_would_not_end_is_not_answered() {
    let bench = Bench::new();
    let question = json!({"id": 1, "url": bench.tenant.authority.url()}).to_string();
    let question = question.as_bytes();
    let announced = |length: u32| length.to_ne_bytes().to_vec();
    for (bytes, closes) in [
        // A whole question, of which more was announced.
        ([announced(100_000), question.to_vec()].concat(), true),
        ([announced(100), question.to_vec()].concat(), true),
        (announced(1), true),
        (announced(1)[..3].to_vec(), true),
        // No browser sends such a message, and nobody waits for its end.
        (announced((64 << 20) + 1), false),
        (announced(u32::MAX), false),
    ] {
        let mut host = Host::start(&bench);
        assert_eq!(host.next(), json!({"authority": null}));
        host.input.as_mut().unwrap().write_all(&bytes).unwrap();
        let input = host.input.take();
        let kept = (!closes).then_some(input);
        assert!(host.messages.recv_timeout(PATIENCE).is_err(), "an answer");
        assert_eq!(host.ends_with(), Some(1));
        drop(kept);
    }
}
