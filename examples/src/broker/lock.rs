//! The lock of the screen: the signal `Lock` of logind, and `ActiveChanged` of the screen savers.

use std::sync::Arc;
use std::thread;

use zbus::message::Header;
use zbus::{Connection, MatchRule, MessageStream, OwnedObjectPath, message};

use super::log;
use super::next::next;
use super::session::Session;

const LOGIND: &str = "org.freedesktop.login1";

/// Drops the token whenever a screen of the user is locked. `session_bus` is that of the broker.
pub(super) fn watch(session: &Arc<Session>, session_bus: &Connection) {
    let own = Arc::clone(session);
    thread::spawn(move || {
        let ended = zbus::block_on(watch_logind(&own));
        if let Err(error) = ended {
            log(format_args!("the lock signal of logind is not watched: {error}"));
        }
    });
    for name in ["org.freedesktop.ScreenSaver", "org.gnome.ScreenSaver"] {
        let (own, bus) = (Arc::clone(session), session_bus.clone());
        thread::spawn(move || {
            if let Err(error) = zbus::block_on(watch_screen_saver(&own, &bus, name)) {
                log(format_args!("{name} is not watched: {error}"));
            }
        });
    }
}

async fn watch_logind(session: &Session) -> zbus::Result<()> {
    let bus = Connection::system().await?;
    let rule = MatchRule::builder()
        .msg_type(message::Type::Signal)
        .sender(LOGIND)
        .interface("org.freedesktop.login1.Session")
        .member("Lock")
        .build()?;
    let mut signals = MessageStream::for_match_rule(rule, &bus, None).await?;
    while let Some(signal) = next(&mut signals).await {
        let signal = signal?;
        let header = signal.header();
        if is_from(&bus, &header, LOGIND).await && is_own(&bus, &header).await? {
            session.discard("the screen was locked");
        }
    }
    Ok(())
}

/// Whether a signal is from the owner of the name. Any program, also of another user on the system bus, can send one to this connection
/// directly, and then the rule of the stream does not apply.
async fn is_from(bus: &Connection, signal: &Header<'_>, name: &str) -> bool {
    let reply = bus
        .call_method(
            Some("org.freedesktop.DBus"),
            "/org/freedesktop/DBus",
            Some("org.freedesktop.DBus"),
            "GetNameOwner",
            &name,
        )
        .await;
    let Ok(reply) = reply else { return false };
    let body = reply.body();
    let owner = body.deserialize::<&str>().ok();
    owner.is_some() && owner == signal.sender().map(zbus::names::UniqueName::as_str)
}

/// Whether a signal is of a session of this user. The signals of all sessions are on the system bus.
async fn is_own(bus: &Connection, signal: &Header<'_>) -> zbus::Result<bool> {
    let reply = bus
        .call_method(
            Some(LOGIND),
            "/org/freedesktop/login1",
            Some("org.freedesktop.login1.Manager"),
            "ListSessions",
            &(),
        )
        .await?;
    let body = reply.body();
    let sessions: Vec<(String, u32, String, String, OwnedObjectPath)> = body.deserialize()?;
    let own = rustix::process::geteuid().as_raw();
    Ok(sessions.iter().any(|(_, user, _, _, path)| {
        *user == own && signal.path().is_some_and(|at| at.as_str() == path.as_str())
    }))
}

async fn watch_screen_saver(session: &Session, bus: &Connection, name: &str) -> zbus::Result<()> {
    let rule = MatchRule::builder()
        .msg_type(message::Type::Signal)
        .sender(name)
        .interface(name)
        .member("ActiveChanged")
        .build()?;
    let mut signals = MessageStream::for_match_rule(rule, bus, None).await?;
    while let Some(signal) = next(&mut signals).await {
        let signal = signal?;
        let is_active = signal.body().deserialize::<bool>().unwrap_or_default();
        if is_active && is_from(bus, &signal.header(), name).await {
            session.discard("the screen saver is active");
        }
    }
    Ok(())
}
