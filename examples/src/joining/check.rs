//! `check-tenant`: runs the stages in order, and tries other values of the switches where the service refuses the form of a
//! request.

mod order;
mod report;
mod report_folder;
mod switches;
mod verdict;

use std::time::{Duration, Instant};

use cba_protocol::{
    AccessToken, Config, Device, Error, Freshness, Join, Leave, Outcome, PrimaryRefreshToken, Registration,
    Removal, SignIn, SsoContext, State, Step, Tenant, WebSignIn,
};
use rustls_pki_types::{CertificateDer, UnixTime};
use upn_resolver::Upn;

use self::order::{Refused, is_later, next};
use self::report::{Report, Tried};
use self::report_folder::ReportFolder;
use self::switches::{Alternative, Stage, Values};
use self::verdict::{Next, judge};
use super::args::CheckArgs;
use super::drive::Machine;
use super::new_keys::KeyStore;
use super::result::without_result;
use super::signals::Deferred;
use super::user::User;
use super::{Ended, join, seed};
use crate::device::SoftwareDevice;
use crate::http_client::HttpClient;
use crate::known_cards::KnownCardsFile;
use crate::output::{print_message, printable_line};
use crate::sign_in::drive::{Interrupted, drive};
use crate::sign_in::exit::Exit;
use crate::sign_in::failure::Failure;
use crate::sign_in::observer::Observer;
use crate::sign_in::waiting::Waiting;
use crate::this_machine::{host_name, os_version};

/// Longest time of one operation of the card.
const CARD_LIMIT: Duration = Duration::from_secs(120);

/// Most requests of a check.
const MAX_REQUESTS: usize = 40;

pub(super) fn run(args: &CheckArgs) -> Result<Ended, Failure> {
    if args.dry_run {
        return Ok(plan(args));
    }
    let own = args.device.as_deref().map(SoftwareDevice::read).transpose()?;
    let cloud = args
        .user
        .service
        .cloud(own.as_ref().and_then(SoftwareDevice::authority))?;
    let tenant = match (args.user.tenant()?, &own) {
        (Some(tenant), _) => tenant,
        (None, Some(own)) => Tenant::parse(own.tenant_id())?,
        (None, None) => Tenant::common(),
    };
    let config = Config::new(cloud, tenant);
    let http = args.user.service.http(config.limits().max_answer())?;
    let reports = ReportFolder::new(&args.report)?;
    let mut check = Check::new(
        args.user.open("check-tenant", CARD_LIMIT, &Waiting::new())?,
        config,
        &http,
        args.time_limit(),
    )?;
    let files = reports.make()?;
    let ended = check.all(own);
    if let Some(warning) = check.known_cards.save() {
        print_message("check-tenant", warning);
    }
    check.report.requests = check.machine.requests;
    let report = &check.report;
    let contents = [format!("{:#}\n", report.json()), report.markdown()];
    for (file, content) in files.into_iter().zip(contents) {
        file.write(&content).map_err(|source| Failure::Report {
            path: args.report.clone(),
            source,
        })?;
    }
    ended?;
    Ok(Ended {
        json: report.json(),
        text: report.markdown(),
        exit: if report.accepted() {
            Exit::Granted
        } else {
            Exit::NotGranted
        },
    })
}

/// Prints the values that would be sent and tried.
fn plan(args: &CheckArgs) -> Ended {
    let mut lines = vec![format!("at most {MAX_REQUESTS} requests; nothing is sent now")];
    let mut stages = Vec::new();
    for stage in Stage::ALL {
        let skipped = args.device.is_some() && [Stage::WebSignIn, Stage::Join, Stage::Leave].contains(&stage);
        if skipped {
            continue;
        }
        let others: Vec<_> = stage.alternatives().iter().map(Alternative::name).collect();
        lines.push(format!(
            "{}: at most {} requests a try",
            stage.name(),
            stage.requests()
        ));
        lines.extend(
            others
                .iter()
                .map(|other| format!("  if its form is refused: {other}")),
        );
        stages
            .push(serde_json::json!({"stage": stage.name(), "requests": stage.requests(), "others": others}));
    }
    Ended {
        json: serde_json::json!({"max_requests": MAX_REQUESTS, "stages": stages}),
        text: lines.join("\n"),
        exit: Exit::Granted,
    }
}

struct Check<'a> {
    machine: Machine<'a>,
    begun: Instant,
    time_limit: Duration,
    report: Report,
    /// The accepted values so far.
    values: Values,
    /// Whether realm discovery has said that this cloud signs the user in.
    managed: bool,
    upn: Upn,
    certificate: CertificateDer<'static>,
    known_cards: KnownCardsFile,
}

impl<'a> Check<'a> {
    fn new(user: User, config: Config, http: &'a HttpClient, time_limit: Duration) -> Result<Self, Failure> {
        let algorithm = user
            .card
            .credential()
            .algorithm()
            .jws()
            .and_then(|name| name.parse().ok());
        let config = config.with_user_algorithm(algorithm.ok_or(Failure::KeyCannotSign)?);
        let mut machine = Machine::new("check-tenant", http);
        machine.card = Some(user.card);
        machine.keep_card = true;
        machine.signals = Some(Deferred::default());
        Ok(Self {
            machine,
            begun: Instant::now(),
            time_limit,
            report: Report::default(),
            values: Values {
                config,
                one_key: false,
            },
            managed: false,
            upn: user.upn,
            certificate: user.certificate,
            known_cards: user.known_cards,
        })
    }

    /// Reason for which nothing else is tried. A device that has joined leaves.
    fn reason_to_end(&self) -> Option<&'static str> {
        if self.machine.signals.as_ref().is_some_and(Deferred::is_requested) {
            return Some("it was interrupted");
        }
        (self.begun.elapsed() >= self.time_limit).then_some("the time limit ended")
    }

    /// All stages. An error comes from the card, the network or the files. The answers of the service are in the report.
    fn all(&mut self, own: Option<SoftwareDevice>) -> Result<(), Failure> {
        if let Some(own) = own {
            return self.with_device(&own).map(drop);
        }
        let Some(token) = self.stage(Stage::WebSignIn, Self::web_sign_in)? else {
            return Ok(());
        };
        let Some(registration) = self.stage(Stage::Join, |check, values| check.join(values, &token))? else {
            return Ok(());
        };
        let content = join::content(None, &self.values.config, &self.machine, &registration)?;
        let own = SoftwareDevice::parse(&content)?;
        let used = self.with_device(&own);
        // The device leaves, even after a failure.
        let stopped = self.report.stopped.take();
        let left = self.stage(Stage::Leave, |check, values| check.leave(values, &own));
        self.report.stopped = stopped.or(self.report.stopped);
        if !matches!(left, Ok(Some(()))) {
            print_message(
                "check-tenant",
                format_args!(
                    "the device {} stays in the tenant; delete it there",
                    registration.device().id()
                ),
            );
        }
        used.and(left.map(drop))
    }

    fn with_device(&mut self, own: &SoftwareDevice) -> Result<(), Failure> {
        let device = Device::from_certificate(own.certificate())?;
        let sign_in = |check: &mut Self, values: &Values| check.sign_in(values, own, &device);
        let Some(prt) = self.stage(Stage::SignIn, sign_in)? else {
            return Ok(());
        };
        let access = |check: &mut Self, values: &Values| {
            let prt = prt.clone().with_prt_nonce(values.config.prt_nonce());
            let step = prt.token_request("1b730954-1685-4b74-9bfd-dac224a7b894", "openid");
            let step = step
                .with_resource("https://graph.microsoft.com")
                .start(seed()?, UnixTime::now());
            check.with_card(own, step)
        };
        self.stage(Stage::AccessToken, access)?;
        let renew = |check: &mut Self, values: &Values| {
            let prt = prt.clone().with_prt_nonce(values.config.prt_nonce());
            check.with_card(own, prt.renewal().start(seed()?, UnixTime::now()))
        };
        self.stage(Stage::Renewal, renew)?;
        self.stage(Stage::SsoCookie, |_, _| {
            let credential = prt.sso(
                Freshness::IssuedAt(UnixTime::now()),
                SsoContext::default(),
                seed()?,
            );
            Ok(Outcome::Granted(Box::new(credential.cookie())))
        })?;
        Ok(())
    }

    fn web_sign_in(&mut self, values: &Values) -> Result<Outcome<AccessToken>, Failure> {
        let flow = WebSignIn::new(&values.config, &self.upn, &self.certificate);
        self.machine.drive(flow.start(seed()?))
    }

    /// Signs in again first, if the values of the sign-in differ.
    fn join(&mut self, values: &Values, token: &AccessToken) -> Result<Outcome<Registration>, Failure> {
        let again;
        let token = if values.config.web() == self.values.config.web() {
            token
        } else {
            match self.web_sign_in(values)? {
                Outcome::Granted(token) => {
                    again = token;
                    &again
                }
                other => return without_result(other),
            }
        };
        self.machine.store = Some(&KeyStore::File);
        self.machine.one_key = values.one_key;
        let flow = Join::new(&values.config, &self.upn, token)
            .with_display_name(&host_name())
            .with_os_version(&os_version());
        self.machine.drive(flow.start(seed()?))
    }

    fn sign_in(
        &mut self,
        values: &Values,
        own: &SoftwareDevice,
        device: &Device,
    ) -> Result<Outcome<PrimaryRefreshToken>, Failure> {
        let mut flow = SignIn::with_certificate(&values.config, device, &self.upn, &self.certificate);
        if self.managed {
            flow = flow.with_managed_realm();
        }
        let ended = self.with_card(own, flow.start(seed()?));
        if let Ok(Outcome::Refused(refusal)) = &ended {
            self.managed |= refusal.state != State::Realm;
        }
        ended
    }

    fn with_card<T: 'static>(
        &mut self,
        own: &SoftwareDevice,
        step: Result<Step<T>, Error>,
    ) -> Result<Outcome<T>, Failure> {
        let step = step.map_err(Interrupted::from)?;
        let card = self.machine.card.as_mut().ok_or(Failure::UnknownStep)?;
        Ok(drive(
            step,
            self.machine.http,
            own,
            card,
            &mut self.machine.requests,
            &mut Quiet,
        )?)
    }

    fn leave(&mut self, values: &Values, own: &SoftwareDevice) -> Result<Outcome<()>, Failure> {
        let device = Device::from_certificate(own.certificate())?;
        let mut leaving = Machine::new("check-tenant", self.machine.http);
        leaving.device = Some(own);
        let outcome = leaving.drive(Leave::new(&values.config, &device).start(seed()?));
        self.machine.requests += leaving.requests;
        match outcome? {
            // The device has just joined: a host that does not know it is not the host that removes devices.
            Outcome::Granted(removal) if *removal == Removal::AlreadyGone => {
                let unknown = Error::ProtocolChanged {
                    state: State::Removal,
                    what: "the host does not know the device that has just joined",
                };
                Err(Interrupted::from(unknown).into())
            }
            Outcome::Granted(_) => Ok(Outcome::Granted(Box::new(()))),
            other => without_result(other),
        }
    }

    /// Tries a stage with the accepted values, then with one other value after the other while its form is refused. A value that
    /// leads to a later request of the stage is kept.
    fn stage<T>(
        &mut self,
        stage: Stage,
        mut attempt: impl FnMut(&mut Self, &Values) -> Result<Outcome<T>, Failure>,
    ) -> Result<Option<T>, Failure> {
        if self.report.stopped.is_some() {
            return Ok(None);
        }
        let mut tried = Tried::new(stage);
        let mut untried: Vec<_> = stage.alternatives().iter().collect();
        // The values that are kept, their names, and the refusal that they led to.
        let (mut kept, mut names) = (self.values.clone(), Vec::new());
        let mut furthest: Option<Refused> = None;
        let mut chosen: Option<&Alternative> = None;
        let result = loop {
            if stage != Stage::Leave
                && let Some(reason) = self.reason_to_end()
            {
                self.report.stopped = Some(reason);
                untried.extend(chosen);
                break Ok(None);
            }
            if self.machine.requests + most_requests(stage, chosen) > MAX_REQUESTS {
                self.report.stopped = Some("the next try could exceed the limit of requests");
                untried.extend(chosen);
                break Ok(None);
            }
            let values = chosen.map_or_else(|| kept.clone(), |other| (other.set)(kept.clone()));
            let (line, next_step) = judge(attempt(self, &values));
            let all: Vec<_> = names
                .iter()
                .copied()
                .chain(chosen)
                .map(Alternative::name)
                .collect();
            tried.add(&all, line);
            match next_step {
                Next::Accepted(granted) => {
                    tried.accepted = true;
                    self.values = values;
                    break Ok(Some(granted));
                }
                Next::TryOther(refused) => {
                    let is_further = furthest
                        .as_ref()
                        .is_none_or(|furthest| is_later(stage, refused.at, furthest.at));
                    if is_further {
                        kept = values;
                        names.extend(chosen);
                        furthest = Some(refused);
                    }
                    let place = furthest
                        .as_ref()
                        .and_then(|refused| next(stage, &untried, refused));
                    let Some(place) = place else { break Ok(None) };
                    chosen = Some(untried.remove(place));
                }
                Next::Stop(why) => {
                    self.report.stopped = Some(why);
                    break Ok(None);
                }
                Next::Fail(failure) => {
                    self.report.stopped = Some("the card, the network or a file failed");
                    break Err(*failure);
                }
            }
        };
        tried.untried = untried.into_iter().map(Alternative::name).collect();
        self.report.stages.push(tried);
        result
    }
}

/// Most requests of the next attempt. The last request of all is kept for leaving.
fn most_requests(stage: Stage, chosen: Option<&Alternative>) -> usize {
    let signs_in_again = stage == Stage::Join && chosen.is_some_and(|other| other.switch.starts_with("web."));
    let again = if signs_in_again {
        Stage::WebSignIn.requests()
    } else {
        0
    };
    stage.requests() + again + usize::from(stage != Stage::Leave)
}

/// Warnings only.
struct Quiet;

impl Observer for Quiet {
    fn warn(&mut self, text: &str) {
        print_message("check-tenant", printable_line(text));
    }
}
