//! The project's own interface on the broker's object: `CertificateBroker1.Session`. It takes over a token, drops it, and reports the
//! state.
//!
//! The token passes as a file descriptor of a sealed memory file (`memfd_create(2)`), and never in a message: every process of the user
//! can read the messages of the session bus. The file has a key of its own and the token sealed
//! with it, the form in which cba-protocol hands a token to another process.

use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

use cba_protocol::{PrimaryRefreshToken, SealingKey};
use rustix::fs::{MemfdFlags, SealFlags};
use serde_json::json;
use zbus::message::Header;
use zbus::{Connection, fdo, interface};
use zeroize::Zeroizing;

use super::caller::Caller;
use super::log;
use super::session::{Session, seed};

/// Name of the interface. It is in nobody's domain, because the project has none.
pub(super) const INTERFACE: &str = "CertificateBroker1.Session";

/// Longest content of the file.
const MAX_TOKEN: usize = 256 << 10;
/// Longest name of a card's reader.
const MAX_CARD: usize = 256;

/// The interface.
pub(super) struct HandOver(Arc<Session>);

impl HandOver {
    pub(super) fn new(session: Arc<Session>) -> Self {
        Self(session)
    }
}

#[interface(name = "CertificateBroker1.Session", introspection_docs = false)]
impl HandOver {
    /// Takes over the token in the memory file. It is stored when the call returns.
    async fn take(
        &self,
        token: zbus::OwnedFd,
        card: &str,
        #[zbus(header)] header: Header<'_>,
        #[zbus(connection)] connection: &Connection,
    ) -> fdo::Result<String> {
        let refused = |problem: &dyn std::fmt::Display| fdo::Error::Failed(problem.to_string());
        let caller = Caller::of(&header, connection)
            .await
            .map_err(|failure| refused(&failure))?;
        let prt = read(&OwnedFd::from(token), self.0.config()).map_err(|problem| {
            log(format_args!("no token taken from {caller}: {problem}"));
            refused(&problem)
        })?;
        let card = Some(card.to_owned()).filter(|card| !card.is_empty() && card.len() <= MAX_CARD);
        let held = self.0.take(prt, card).map_err(|error| {
            log(format_args!("no token taken from {caller}: {error}"));
            refused(&error)
        })?;
        log(format_args!(
            "took the token of {} from {caller}",
            held.account.username()
        ));
        Ok(held.account.username().to_owned())
    }

    /// Drops the token. Returns the URL that ends the sessions in a browser; an empty text if there was no token.
    async fn sign_out(
        &self,
        #[zbus(header)] header: Header<'_>,
        #[zbus(connection)] connection: &Connection,
    ) -> fdo::Result<String> {
        let caller = Caller::of(&header, connection)
            .await
            .map_err(|failure| fdo::Error::Failed(failure.to_string()))?;
        let held = self.0.discard(&format!("signed out by {caller}"));
        let url = held.map(|held| PrimaryRefreshToken::clone(&held.prt).sign_out(None));
        Ok(url.unwrap_or_default())
    }

    /// The state as JSON, without secrets. Times are seconds since 1970.
    fn status(&self) -> String {
        let held = self.0.held();
        let token = held.map(|held| {
            json!({
                "account": held.account.json(),
                "card": held.card,
                "expiresAt": held.prt.expires_at().map(|at| at.as_secs()),
                "issuedAt": held.prt.issued_at().as_secs(),
                "renewAt": self.0.next_renewal().map(|at| at.as_secs()),
            })
        });
        json!({
            "authority": format!("https://{}", self.0.config().cloud().authority()),
            "stored": self.0.stores() && token.is_some(),
            "token": token,
        })
        .to_string()
    }
}

/// A memory file with the token, which nobody can change any more.
pub(super) fn memory_file(prt: &PrimaryRefreshToken) -> Result<OwnedFd, String> {
    let mut key = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *key).map_err(|error| error.to_string())?;
    let seed = seed().map_err(|failure| failure.to_string())?;
    let sealed = prt.seal(&SealingKey::from(*key), seed);
    let content = Zeroizing::new([key.as_slice(), &sealed].concat());
    let make = || -> rustix::io::Result<OwnedFd> {
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let file = rustix::fs::memfd_create("token", flags)?;
        let mut rest = content.as_slice();
        while !rest.is_empty() {
            let written = rustix::io::write(&file, rest)?;
            rest = rest.get(written..).unwrap_or_default();
        }
        rustix::fs::fcntl_add_seals(&file, seals())?;
        Ok(file)
    };
    make().map_err(|error| format!("no memory file: {error}"))
}

fn seals() -> SealFlags {
    SealFlags::SEAL | SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE
}

/// Reads the token. A descriptor that could block, or change while it is read, is refused.
fn read(file: &OwnedFd, config: &cba_protocol::Config) -> Result<PrimaryRefreshToken, String> {
    let sealed = rustix::fs::fcntl_get_seals(file).is_ok_and(|found| found.contains(seals()));
    if !sealed {
        return Err("the descriptor is not a sealed memory file".to_owned());
    }
    let length = rustix::fs::fstat(file)
        .map_err(|error| error.to_string())?
        .st_size;
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if length > MAX_TOKEN {
        return Err(format!("the token is longer than {MAX_TOKEN} bytes"));
    }
    let mut content = Zeroizing::new(vec![0; length]);
    let mut at = 0;
    while let Some(room) = content.get_mut(at..).filter(|room| !room.is_empty()) {
        let offset = u64::try_from(at).unwrap_or(u64::MAX);
        match rustix::io::pread(file.as_fd(), room, offset) {
            Ok(0) => return Err("the memory file ended early".to_owned()),
            Ok(read) => at += read,
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.to_string()),
        }
    }
    let (key, sealed) = content
        .split_first_chunk::<32>()
        .ok_or("the memory file has no token")?;
    PrimaryRefreshToken::unseal(sealed, &SealingKey::from(*key), config).map_err(|error| error.to_string())
}
