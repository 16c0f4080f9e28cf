//! Events that drop the token, each only if its setting says so.

use zbus::{Connection, OwnedObjectPath, connection, interface};

use crate::bench::{Bench, Broker};
use crate::bus::Bus;

const SESSION: &str = "/org/freedesktop/login1/session/_31";
const FOREIGN: &str = "/org/freedesktop/login1/session/_32";

/// The part of logind that the broker asks, with a session of this user and one of another.
struct Logind {
    user: u32,
}

#[interface(name = "org.freedesktop.login1.Manager")]
impl Logind {
    fn list_sessions(&self) -> Vec<(String, u32, String, String, OwnedObjectPath)> {
        let path = |path: &str| OwnedObjectPath::try_from(path).unwrap();
        vec![
            (
                "1".into(),
                self.user,
                "alice".into(),
                "seat0".into(),
                path(SESSION),
            ),
            (
                "2".into(),
                self.user + 1,
                "bob".into(),
                "seat1".into(),
                path(FOREIGN),
            ),
        ]
    }
}

struct System {
    bus: Bus,
    logind: Connection,
}

impl System {
    fn start() -> Self {
        let bus = Bus::start();
        let logind = connection::Builder::address(bus.address())
            .serve_at(
                "/org/freedesktop/login1",
                Logind {
                    user: rustix::process::geteuid().as_raw(),
                },
            )
            .name("org.freedesktop.login1");
        Self {
            logind: zbus::block_on(logind.build()).unwrap(),
            bus,
        }
    }

    fn start_broker(&self, bench: &Bench, drop_on: &str) -> Broker {
        bench.start_with(
            &["--drop-on", drop_on],
            &[("DBUS_SYSTEM_BUS_ADDRESS", self.bus.address())],
        )
    }

    fn signal(&self, path: &str, member: &str) {
        let interface = "org.freedesktop.login1.Session";
        let emitted = self
            .logind
            .emit_signal(None::<&str>, path, interface, member, &());
        zbus::block_on(emitted).unwrap();
    }
}

/// Waits until what was sent before has certainly been handled.
fn settle() {
    std::thread::sleep(std::time::Duration::from_millis(700));
}

#[test]
fn a_locked_screen_drops_the_token_if_it_is_that_of_the_user() {
    let (bench, system) = (Bench::new(), System::start());
    let broker = system.start_broker(&bench, "lock");
    bench.sign_in();
    bench.wait_until("logind is watched", || {
        // Signals that nobody waits for yet are lost.
        settle();
        system.signal(FOREIGN, "Lock");
        system.signal(SESSION, "Unlock");
        settle();
        assert!(!bench.signed_out(), "{}", broker.log());
        system.signal(SESSION, "Lock");
        settle();
        bench.signed_out()
    });
    assert!(!bench.stored().exists());
    assert!(broker.log().contains("locked"), "{}", broker.log());
}

#[test]
fn a_locked_screen_leaves_the_token_by_default() {
    let (bench, system) = (Bench::new(), System::start());
    let _broker = system.start_broker(&bench, "session-end");
    bench.sign_in();
    settle();
    system.signal(SESSION, "Lock");
    settle();
    assert!(!bench.signed_out());
}

#[test]
fn a_screen_saver_drops_the_token_when_it_becomes_active() {
    for name in ["org.gnome.ScreenSaver", "org.freedesktop.ScreenSaver"] {
        let (bench, system) = (Bench::new(), System::start());
        let _broker = system.start_broker(&bench, "lock");
        bench.sign_in();
        let saver = connection::Builder::address(bench.bus.address()).name(name);
        let saver = zbus::block_on(saver.build()).unwrap();
        let stranger = bench.bus.connection();
        let signal = |from: &Connection, active: bool| {
            let path = "/org/gnome/ScreenSaver";
            zbus::block_on(from.emit_signal(None::<&str>, path, name, "ActiveChanged", &active)).unwrap();
        };
        bench.wait_until("the screen saver is watched", || {
            settle();
            signal(&saver, false);
            signal(&stranger, true);
            // Also one that is sent to the broker alone, to which no match rule applies.
            let own = bench.owner();
            let direct = stranger.emit_signal(Some(own.as_str()), "/x", name, "ActiveChanged", &true);
            zbus::block_on(direct).unwrap();
            settle();
            assert!(!bench.signed_out(), "{name}");
            signal(&saver, true);
            settle();
            bench.signed_out()
        });
    }
}

#[test]
fn the_end_of_the_session_drops_the_token_unless_it_is_never_dropped() {
    for (drop_on, remains) in [("session-end", false), ("never", true)] {
        let mut bench = Bench::new();
        let mut broker = bench.start(&["--drop-on", drop_on]);
        bench.sign_in();
        bench.bus.end();
        assert!(broker.wait().success());
        assert_eq!(bench.stored().exists(), remains, "{drop_on}");
    }
}
