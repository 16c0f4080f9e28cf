//! State that all requests share.

use std::collections::HashSet;
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Private, Public};
use openssl::rsa::Rsa;

use crate::StartError;
use crate::clock::Clock;
use crate::config::{Configuration, PemError, Throttle};
use crate::directory::Directory;
use crate::endpoint::DeviceCodes;
use crate::fault::Faults;
use crate::grant::Grants;
use crate::issue::Issuer;
use crate::log::LogEntry;
use crate::nonce::Nonces;
use crate::random;
use crate::refusal::Refusal;
use crate::seal::Sealer;
use crate::trust::Trust;

/// State of the authority, without its network.
pub(crate) struct State {
    pub(crate) configuration: Configuration,
    pub(crate) clock: Clock,
    /// The authority of device certificates, where devices can be registered.
    pub(crate) device_issuer: Option<Issuer>,
    pub(crate) directory: Directory,
    pub(crate) faults: Faults,
    pub(crate) round_trip: Duration,
    pub(crate) grants: Grants,
    pub(crate) sealer: Sealer,
    pub(crate) trust: Trust,
    device_codes: Mutex<DeviceCodes>,
    nonces: Mutex<Nonces>,
    registrations: Mutex<Vec<i64>>,
    used: Mutex<HashSet<String>>,
    log: Mutex<Log>,
    signing_key: Mutex<Option<Arc<SigningKey>>>,
}

/// The key that signs access tokens.
pub(crate) struct SigningKey {
    pub(crate) id: String,
    pub(crate) key: PKey<Private>,
}

impl SigningKey {
    /// The public half.
    pub(crate) fn public(&self) -> Result<PKey<Public>, ErrorStack> {
        PKey::public_key_from_der(&self.key.public_key_to_der()?)
    }
}

/// Destination of log entries.
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
            device_issuer: device_issuer(&configuration)?,
            directory: Directory::new(&configuration)?,
            faults: Faults::new(configuration.faults.clone()),
            round_trip: Duration::from_millis(configuration.round_trip_milliseconds),
            grants: Grants::new()?,
            sealer: Sealer::new()?,
            trust: Trust::new(&configuration)?,
            device_codes: Mutex::default(),
            nonces: Mutex::default(),
            registrations: Mutex::default(),
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

    /// Redeems a nonce.
    pub(crate) fn redeem_nonce(&self, nonce: &str) -> Result<(), Refusal> {
        self.nonces()
            .redeem(nonce, self.clock.now(), self.configuration.lifetimes.nonce)
    }

    /// Checks or redeems the nonce of a proof for single sign-on.
    pub(crate) fn redeem_sso_nonce(&self, nonce: &str) -> Result<(), Refusal> {
        if self.configuration.switches.reuse_sso_nonces {
            let lifetime = self.configuration.lifetimes.nonce;
            return self.nonces().check(nonce, self.clock.now(), lifetime);
        }
        self.redeem_nonce(nonce)
    }

    /// Marks an id as used. Returns false if it was used before.
    pub(crate) fn use_once(&self, id: &str) -> bool {
        self.used
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(id.to_owned())
    }

    /// Counts a request to register a device; false if there were too many within the time.
    pub(crate) fn count_registration(&self, throttle: Throttle) -> bool {
        let now = self.clock.now();
        let mut times = self.registrations.lock().unwrap_or_else(PoisonError::into_inner);
        times.retain(|time| *time + throttle.seconds > now);
        times.push(now);
        times.len() <= throttle.requests
    }

    /// The device codes that were given out.
    pub(crate) fn device_codes(&self) -> MutexGuard<'_, DeviceCodes> {
        self.device_codes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The key of access tokens. It is made at its first use, because an RSA key takes longer than the rest of the start.
    pub(crate) fn signing_key(&self) -> Result<Arc<SigningKey>, ErrorStack> {
        let mut key = self.signing_key.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = &*key {
            return Ok(Arc::clone(key));
        }
        let id = random::hex(&random::bytes::<16>()?);
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
            // A failure of the log itself has no other place to go.
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

/// The first device authority with its key, if the configuration has one.
fn device_issuer(configuration: &Configuration) -> Result<Option<Issuer>, PemError> {
    let base = &configuration.base;
    let key = configuration.registration.authority_key.as_ref();
    let (Some(certificate), Some(key)) = (configuration.device_authorities.first(), key) else {
        return Ok(None);
    };
    Ok(Some(Issuer {
        certificate: certificate.certificate(base)?,
        key: key.private_key(base)?,
    }))
}
