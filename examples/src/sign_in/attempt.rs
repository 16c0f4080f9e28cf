//! One sign-in from the decision to the report, for `sign-in` and `greeter`.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use card_access::{Credential, ShortPinPolicy};
use cba_protocol::active_directory::AdAccount;
use cba_protocol::{Config, Device, Outcome, Seed, SignIn, Tenant};
use rustls_pki_types::CertificateDer;
use upn_resolver::{Certificate, Decision, UnixTime, Upn};

use super::cache::Cache;
use super::card::{Card, CardSetup, Prefetching};
use super::discovery_cache::DiscoveryCache;
use super::domain::Domain;
use super::drive::{Interrupted, drive};
use super::failure::Failure;
use super::joined::{Join, Joined};
use super::observer::Observer;
use super::prefetch::Prefetch;
use super::report::Report;
use crate::backends::Backends;
use crate::device::SoftwareDevice;
use crate::http_client::HttpClient;
use crate::known_cards::KnownCardsFile;

/// Everything that a sign-in needs in addition to the card: the device, the authority and the HTTP client.
pub(crate) struct Setup {
    joined: Joined,
    device: SoftwareDevice,
    identity: Device,
    config: Config,
    http: Arc<HttpClient>,
    domain: Option<Domain>,
    known_cards: KnownCardsFile,
    ignored: Option<String>,
}

impl Setup {
    /// Reads the files of the command line.
    pub(crate) fn read(joined: &Joined) -> Result<Self, Failure> {
        let device = SoftwareDevice::read(&joined.device)?;
        let joined = joined.clone().complete(device.join_type(), device.authority());
        let known_cards = joined.known_cards.path();
        for path in [&joined.cache, &known_cards].into_iter().flatten() {
            if joined.is_input(path) {
                return Err(Failure::CacheIsInput { path: path.clone() });
            }
        }
        let (known_cards, ignored) = KnownCardsFile::read(&joined.known_cards);
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
            http: Arc::new(http),
            domain,
            known_cards,
            ignored,
        })
    }

    /// Warnings about options that contradict the device file or have no effect, and about a file that is ignored.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let mut warnings = self.joined.warnings(self.device.join_type());
        warnings.extend(self.ignored.clone());
        warnings
    }

    /// All tokens of this machine, with the cards of earlier sign-ins.
    pub(crate) fn backends(&self) -> Backends {
        Backends::default().with_known_cards(self.known_cards.cards())
    }

    /// What is known about cards before one is opened.
    pub(crate) fn card(&self) -> CardSetup {
        CardSetup {
            short_pin: self.short_pin(),
            limit: self.time_limit(),
            known_cards: self.known_cards.cards(),
            prefetch: self.prefetch(),
        }
    }

    /// What happens before the PIN is typed.
    pub(crate) fn prefetch(&self) -> Prefetching {
        if self.joined.no_prefetch {
            Prefetching::Off
        } else {
            Prefetching::On
        }
    }

    /// The options, completed by the device file.
    pub(crate) fn joined(&self) -> &Joined {
        &self.joined
    }

    /// The joined device.
    pub(crate) fn device(&self) -> &SoftwareDevice {
        &self.device
    }

    /// The time limit of the whole sign-in.
    pub(crate) fn time_limit(&self) -> Duration {
        self.joined.time_limit()
    }

    /// Whether a PIN may be shorter than the standard requires.
    pub(crate) fn short_pin(&self) -> ShortPinPolicy {
        self.joined.short_pin()
    }

    /// Determines the name and sends the requests that need no PIN, in a thread. If the domain has to be asked for the name, which
    /// takes the PIN, or if that is switched off, nothing is sent yet.
    pub(crate) fn begin(
        &self,
        credential: &Credential,
        hint: Option<&str>,
        observer: &mut dyn Observer,
    ) -> Result<Begun, Failure> {
        let mut begun = self.decide(credential, None, hint, observer)?;
        if self.domain.is_none() && self.prefetch() == Prefetching::On {
            begun.send(&self.identity)?;
        }
        Ok(begun)
    }

    fn decide(
        &self,
        credential: &Credential,
        account: Option<&AdAccount>,
        hint: Option<&str>,
        observer: &mut dyn Observer,
    ) -> Result<Begun, Failure> {
        let der = credential.certificate().clone();
        let certificate = Certificate::from_der(&der).map_err(Failure::Certificate)?;
        let mut joined = self.joined.clone();
        if let Some(sid) = account.and_then(|account| account.sid.as_ref()) {
            joined.ad_sid = Some(sid.clone());
        }
        let cache = Cache::open(&joined, self.device.tenant_id(), &certificate, observer)?;
        let cached = cache.upn(observer);
        let decision = match account {
            Some(account) => joined.decide_after(account.logon(), &certificate, cached.as_ref(), hint, now()),
            None => joined.decide(&certificate, cached.as_ref(), hint, now()),
        };
        let algorithm = credential.algorithm().jws();
        let algorithm = algorithm
            .and_then(|name| name.parse().ok())
            .ok_or(Failure::KeyCannotSign)?;
        Ok(Begun {
            hint: hint.map(str::to_owned),
            decision,
            cached,
            cache,
            discovery: DiscoveryCache::open(self.joined.cache.as_deref(), &self.config, observer),
            config: self.config.clone().with_user_algorithm(algorithm),
            http: Arc::new(self.http.session()),
            certificate: der,
            prefetch: None,
        })
    }

    /// Signs in with an open card: runs the protocol and updates the caches.
    pub(crate) fn attempt(
        &self,
        begun: Begun,
        card: &mut Card,
        observer: &mut dyn Observer,
    ) -> Result<Report, Failure> {
        let result = self.run(begun, card, observer);
        // Also after a failure: a wrong PIN or signature changes what is known about the card.
        if let Some(warning) = self.known_cards.save() {
            observer.warn(&warning);
        }
        result
    }

    fn run(&self, begun: Begun, card: &mut Card, observer: &mut dyn Observer) -> Result<Report, Failure> {
        let mut begun = begun;
        let mut domain = None;
        if let Some(asked) = &self.domain {
            let hint = begun.hint.take();
            let (account, report) = asked.sign_in(card, hint.as_deref(), seed()?, observer)?;
            domain = Some(report);
            begun = self.decide(card.credential(), Some(&account), hint.as_deref(), observer)?;
            begun.send(&self.identity)?;
        }
        let mut requests = 0;
        let outcome = loop {
            observer.decided(&begun.decision);
            let Some(upn) = begun.decision.upn().cloned() else {
                return Ok(Report::not_sent(begun.decision).after(domain));
            };
            card.ask_pin().map_err(Interrupted::from)?;
            let prefetch = match begun.prefetch.take() {
                Some(prefetch) => prefetch,
                None => begun.start(&upn, &self.identity)?,
            };
            let ended = prefetch
                .finish(&mut requests, observer)
                .and_then(|step| drive(step, &begun.http, &self.device, card, &mut requests, observer));
            match &ended {
                Ok(Outcome::Granted(prt)) => begun.discovery.remember(prt, observer),
                // The cached realm, metadata or certificate may be out of date, or somebody may have changed it.
                Ok(_) | Err(Interrupted::Protocol(_)) => {
                    begun.discovery.forget(&upn, observer);
                    self.known_cards.cards().forget(card.credential().sha256());
                }
                Err(_) => {}
            }
            let outcome = ended?;
            if !outcome.is_user_unknown() {
                break outcome;
            }
            // A stale cached name must not lock the user out. The resolver says what to try instead, once.
            let recovery = begun.decision.after_unknown_user();
            if recovery.forget_cached {
                begun.cache.forget(observer);
            }
            match recovery.instead {
                Some(second) => begun.decision = second,
                None => break outcome,
            }
            begun.send(&self.identity)?;
        };
        let broker = match &outcome {
            Outcome::Granted(prt) => self.joined.broker.hand_over(prt, card.reader()),
            _ => None,
        };
        if let Some(problem) = broker.as_ref().and_then(|broker| broker.problem.as_deref()) {
            observer.warn(&format!("the broker did not take the token: {problem}"));
        }
        let report = Report::ended(begun.decision, outcome, requests, card.apdus())
            .after(domain)
            .handed_over(broker);
        begun
            .cache
            .remember(&report.decision, report.entra_upn.as_deref(), observer);
        Ok(report)
    }
}

/// A sign-in that has begun: its name is determined, and the requests that need no PIN are under way.
pub(crate) struct Begun {
    hint: Option<String>,
    decision: Decision,
    cached: Option<Upn>,
    cache: Cache,
    discovery: DiscoveryCache,
    config: Config,
    http: Arc<HttpClient>,
    certificate: CertificateDer<'static>,
    /// `None` if nothing was sent yet.
    prefetch: Option<Prefetch>,
}

impl Begun {
    /// The cached name of the certificate's user.
    pub(crate) fn cached(&self) -> Option<&Upn> {
        self.cached.as_ref()
    }

    fn send(&mut self, identity: &Device) -> Result<(), Failure> {
        if let Some(upn) = self.decision.upn() {
            self.prefetch = Some(self.start(upn, identity)?);
        }
        Ok(())
    }

    fn start(&self, upn: &Upn, identity: &Device) -> Result<Prefetch, Failure> {
        let mut sign_in = SignIn::with_certificate(&self.config, identity, upn, &self.certificate);
        if self.discovery.is_managed(upn) {
            sign_in = sign_in.with_managed_realm();
        }
        if let Some(metadata) = self.discovery.metadata() {
            sign_in = sign_in.with_metadata(metadata);
        }
        let step = sign_in.start(seed()?).map_err(Interrupted::from)?;
        Ok(Prefetch::start(step, &self.http))
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
