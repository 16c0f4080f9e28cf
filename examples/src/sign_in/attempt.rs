//! One sign-in from the decision to the report, for `sign-in` and `greeter`.

use std::time::{Duration, SystemTime};

use card_access::ShortPinPolicy;
use cba_protocol::{Config, Device, Outcome, Seed, SignIn, Tenant};
use upn_resolver::{Certificate, UnixTime};

use super::cache::Cache;
use super::card::Card;
use super::discovery_cache::DiscoveryCache;
use super::domain::{Domain, DomainReport};
use super::drive::{Interrupted, drive};
use super::failure::Failure;
use super::joined::{Join, Joined};
use super::observer::Observer;
use super::report::Report;
use crate::device::SoftwareDevice;
use crate::http_client::HttpClient;

/// Everything that a sign-in needs in addition to the card: the device, the authority and the HTTP client.
pub(crate) struct Setup {
    joined: Joined,
    device: SoftwareDevice,
    identity: Device,
    config: Config,
    http: HttpClient,
    domain: Option<Domain>,
}

impl Setup {
    /// Reads the files of the command line.
    pub(crate) fn read(joined: &Joined) -> Result<Self, Failure> {
        let device = SoftwareDevice::read(&joined.device)?;
        let joined = joined.clone().complete(device.join_type(), device.authority());
        let config = config(&joined, &device)?;
        let http = match &joined.ca {
            Some(ca) => HttpClient::trusting(ca, config.limits().max_answer())?,
            None => HttpClient::trusting_the_system(config.limits().max_answer())?,
        };
        let identity = Device::from_certificate(device.certificate())?;
        let domain = match joined.join() {
            Join::Hybrid => joined.domain.read()?,
            Join::Entra => None,
        };
        Ok(Self {
            joined,
            device,
            identity,
            config,
            http,
            domain,
        })
    }

    /// The joined device.
    pub(crate) fn device(&self) -> &SoftwareDevice {
        &self.device
    }

    /// The cache entry of a certificate's user.
    pub(crate) fn cache(&self, der: &[u8], observer: &mut dyn Observer) -> Result<Cache, Failure> {
        let certificate = Certificate::from_der(der).map_err(Failure::Certificate)?;
        Ok(Cache::open(
            &self.joined,
            self.device.tenant_id(),
            &certificate,
            observer,
        )?)
    }

    /// The time limit of the whole sign-in.
    pub(crate) fn time_limit(&self) -> Duration {
        self.joined.time_limit()
    }

    /// Whether a PIN may be shorter than the standard requires.
    pub(crate) fn short_pin(&self) -> ShortPinPolicy {
        self.joined.short_pin()
    }

    /// Signs in with an open card: determines the name, runs the protocol, and updates the caches.
    pub(crate) fn attempt(
        &self,
        card: &mut Card,
        hint: Option<&str>,
        observer: &mut dyn Observer,
    ) -> Result<Report, Failure> {
        let der = card.credential().certificate().clone();
        let certificate = Certificate::from_der(&der).map_err(Failure::Certificate)?;
        let domain = match &self.domain {
            Some(domain) => Some(domain.sign_in(card, hint, seed()?, observer)?),
            None => None,
        };
        let mut joined = self.joined.clone();
        if let Some(sid) = domain.as_ref().and_then(|(account, _)| account.sid()) {
            joined.ad_sid = Some(sid.clone());
        }
        let mut cache = Cache::open(&joined, self.device.tenant_id(), &certificate, observer)?;
        let cached = cache.upn(observer);
        let mut decision = match &domain {
            Some((account, _)) => {
                joined.decide_after(account.logon(), &certificate, cached.as_ref(), hint, now())
            }
            None => joined.decide(&certificate, cached.as_ref(), hint, now()),
        };
        let domain: Option<DomainReport> = domain.map(|(_, report)| report);
        let algorithm = card.credential().algorithm().jws();
        let algorithm = algorithm
            .and_then(|name| name.parse().ok())
            .ok_or(Failure::KeyCannotSign)?;
        let config = self.config.clone().with_user_algorithm(algorithm);

        let mut discovery = DiscoveryCache::open(self.joined.cache.as_deref(), &config, observer);

        let mut requests = 0;
        let outcome = loop {
            observer.decided(&decision);
            let Some(upn) = decision.upn() else {
                return Ok(Report::not_sent(decision).after(domain));
            };
            let mut sign_in = SignIn::with_certificate(&config, &self.identity, upn, &der);
            if discovery.is_managed(upn) {
                sign_in = sign_in.with_managed_realm();
            }
            if let Some(metadata) = discovery.metadata() {
                sign_in = sign_in.with_metadata(metadata);
            }
            let step = sign_in.start(seed()?).map_err(Interrupted::from)?;
            let ended = drive(step, &self.http, &self.device, card, &mut requests, observer);
            match &ended {
                Ok(Outcome::Granted(prt)) => discovery.remember(prt, observer),
                // The cached realm or metadata may be out of date.
                Ok(_) | Err(Interrupted::Protocol(_)) => discovery.forget(upn, observer),
                Err(_) => {}
            }
            let outcome = ended?;
            if !outcome.is_user_unknown() {
                break outcome;
            }
            // A stale cached name must not lock the user out. The resolver says what to try instead, once.
            let recovery = decision.after_unknown_user();
            if recovery.forget_cached {
                cache.forget(observer);
            }
            match recovery.instead {
                Some(second) => decision = second,
                None => break outcome,
            }
        };
        let report = Report::ended(decision, outcome, requests, card.apdus()).after(domain);
        cache.remember(&report.decision, report.entra_upn.as_deref(), observer);
        Ok(report)
    }
}

/// Seconds since 1970, by a clock that is not before it.
pub(crate) fn now() -> Option<UnixTime> {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(UnixTime::since_unix_epoch(since))
}

fn seed() -> Result<Seed, Failure> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(Failure::Randomness)?;
    Ok(Seed::from(seed))
}

fn config(joined: &Joined, device: &SoftwareDevice) -> Result<Config, Failure> {
    let tenant = Tenant::parse(device.tenant_id())?;
    let version = concat!("examples/", env!("CARGO_PKG_VERSION"));
    Ok(Config::new(joined.cloud()?, tenant).with_os_version(version))
}
