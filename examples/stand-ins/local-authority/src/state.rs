//! What all requests share.

use std::collections::HashSet;
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;

use crate::StartError;
use crate::clock::Clock;
use crate::config::Configuration;
use crate::directory::Directory;
use crate::endpoint::DeviceCodes;
use crate::fault::Faults;
use crate::grant::Grants;
use crate::log::LogEntry;
use crate::nonce::Nonces;
use crate::random;
use crate::refusal::Refusal;
use crate::seal::Sealer;
use crate::trust::Trust;

/// The authority, without its network.
pub(crate) struct State {
    pub(crate) configuration: Configuration,
    pub(crate) clock: Clock,
    pub(crate) directory: Directory,
    pub(crate) faults: Faults,
    pub(crate) grants: Grants,
    pub(crate) sealer: Sealer,
    pub(crate) trust: Trust,
    device_codes: Mutex<DeviceCodes>,
    nonces: Mutex<Nonces>,
    used: Mutex<HashSet<String>>,
    log: Mutex<Log>,
    signing_key: Mutex<Option<Arc<SigningKey>>>,
}

/// The key that signs access tokens.
pub(crate) struct SigningKey {
    pub(crate) id: String,
    pub(crate) key: PKey<Private>,
}

/// Where log entries go.
#[derive(Default)]
pub(crate) struct Log {
    pub(crate) kept: Vec<LogEntry>,
    pub(crate) keep: bool,
    pub(crate) writer: Option<Box<dyn Write + Send>>,
}

impl State {
    pub(crate) fn new(configuration: Configuration, log: Log) -> Result<Self, StartError> {
        Ok(Self {
            clock: Clock::default(),
            directory: Directory::new(&configuration)?,
            faults: Faults::new(configuration.faults.clone()),
            grants: Grants::new()?,
            sealer: Sealer::new()?,
            trust: Trust::new(&configuration)?,
            device_codes: Mutex::default(),
            nonces: Mutex::default(),
            used: Mutex::default(),
            log: Mutex::new(log),
            signing_key: Mutex::default(),
            configuration,
        })
    }

    /// A new nonce.
    pub(crate) fn issue_nonce(&self) -> Result<String, Refusal> {
        Ok(self
            .nonces()
            .issue(self.clock.now(), self.configuration.lifetimes.nonce)?)
    }

    /// Takes a nonce back, once.
    pub(crate) fn redeem_nonce(&self, nonce: &str) -> Result<(), Refusal> {
        self.nonces()
            .redeem(nonce, self.clock.now(), self.configuration.lifetimes.nonce)
    }

    /// Notes that something was used; false when it was before.
    pub(crate) fn use_once(&self, id: &str) -> bool {
        self.used
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(id.to_owned())
    }

    /// The device codes that were given out.
    pub(crate) fn device_codes(&self) -> MutexGuard<'_, DeviceCodes> {
        self.device_codes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The key of access tokens, made when it is first needed: an RSA key takes longer than all the rest of the start.
    pub(crate) fn signing_key(&self) -> Result<Arc<SigningKey>, ErrorStack> {
        let mut key = self.signing_key.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = &*key {
            return Ok(Arc::clone(key));
        }
        let id = random::hex(&random::octets::<16>()?);
        let made = Arc::new(SigningKey {
            id,
            key: PKey::from_rsa(Rsa::generate(2048)?)?,
        });
        *key = Some(Arc::clone(&made));
        Ok(made)
    }

    /// Writes a log entry.
    pub(crate) fn record(&self, entry: LogEntry) {
        let mut log = self.log();
        if let (Some(writer), Ok(line)) = (&mut log.writer, serde_json::to_string(&entry)) {
            // Nobody is left to tell when the log itself fails.
            let _ = writeln!(writer, "{line}").and_then(|()| writer.flush());
        }
        if log.keep {
            log.kept.push(entry);
        }
    }

    pub(crate) fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn nonces(&self) -> MutexGuard<'_, Nonces> {
        self.nonces.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
