//! `check-tenant`: runs the stages in order, and tries other values of the switches where the service refuses the form of a
//! request.

use std::fs;

use cba_protocol::{
    AccessToken, Config, Device, Freshness, Join, Leave, Outcome, PrimaryRefreshToken, Refusal, Registration,
    Removal, Responsible, SignIn, SsoContext, State, Tenant, WebSignIn,
};
use rustls_pki_types::{CertificateDer, UnixTime};
use upn_resolver::{Certificate, NameRequest, Upn};

use super::args::{CARD_LIMIT, CheckArgs};
use super::check_report::{Attempt, Report, Tried, code};
use super::check_switches::Stage;
use super::drive::Machine;
use super::new_keys::KeyStore;
use super::{Ended, join, seed};
use crate::device::SoftwareDevice;
use crate::http_client::HttpClient;
use crate::output::{print_message, printable_line, write_report};
use crate::sign_in::attempt::now;
use crate::sign_in::card::Card;
use crate::sign_in::drive::{Interrupted, drive};
use crate::sign_in::exit::Exit;
use crate::sign_in::failure::Failure;
use crate::sign_in::observer::Observer;
use crate::sign_in::waiting::Waiting;

/// Most requests of a check.
const MAX_REQUESTS: usize = 40;

pub(super) fn run(args: &CheckArgs) -> Result<Ended, Failure> {
    if args.dry_run {
        return Ok(plan(args));
    }
    let own = args.device.as_deref().map(SoftwareDevice::read).transpose()?;
    let cloud = args
        .service
        .cloud(own.as_ref().and_then(SoftwareDevice::authority))?;
    let tenant = match (&args.tenant, &own) {
        (Some(tenant), _) => Tenant::parse(tenant)?,
        (None, Some(own)) => Tenant::parse(own.tenant_id())?,
        (None, None) => Tenant::common(),
    };
    let config = Config::new(cloud, tenant);
    let http = args.service.http(config.limits().max_answer())?;
    let mut warnings = Vec::new();
    let card = Card::open(
        &args.card,
        args.short_pin(),
        CARD_LIMIT,
        &mut warnings,
        &Waiting::new(),
    );
    for warning in warnings {
        print_message("check-tenant", printable_line(&warning));
    }
    let mut check = Check::new(args, card?, config, &http)?;
    let ended = check.all(own);
    check.report.requests = check.machine.requests;
    let report = &check.report;
    for (name, content) in [
        ("report.json", format!("{:#}\n", report.json())),
        ("report.md", report.markdown()),
    ] {
        let path = args.report.join(name);
        fs::create_dir_all(&args.report)
            .and_then(|()| write_report(&path, &content))
            .map_err(|source| Failure::Output { path, source })?;
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
        let others: Vec<_> = names(stage, 0);
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

/// The values of a stage from this one on, as `switch=value`.
fn names(stage: Stage, from: usize) -> Vec<String> {
    let others = stage.alternatives().iter().skip(from);
    others
        .map(|other| format!("{}={}", other.switch, other.value))
        .collect()
}

struct Check<'a> {
    machine: Machine<'a>,
    report: Report,
    /// The accepted values so far.
    config: Config,
    upn: Upn,
    certificate: CertificateDer<'static>,
}

impl<'a> Check<'a> {
    fn new(args: &CheckArgs, card: Card, config: Config, http: &'a HttpClient) -> Result<Self, Failure> {
        let der = card.credential().certificate().clone();
        let certificate = Certificate::from_der(&der).map_err(Failure::Certificate)?;
        let mut request = NameRequest::entra_joined(&certificate);
        if let Some(hint) = &args.hint {
            request = request.with_hint(hint);
        }
        if let Some(now) = now() {
            request = request.with_time(now);
        }
        let upn = request.decide().upn().ok_or(Failure::NoName)?.clone();
        let algorithm = card
            .credential()
            .algorithm()
            .jws()
            .and_then(|name| name.parse().ok());
        let config = config.with_user_algorithm(algorithm.ok_or(Failure::KeyCannotSign)?);
        let mut machine = Machine::new("check-tenant", http);
        machine.card = Some(card);
        machine.keep_card = true;
        Ok(Self {
            machine,
            report: Report::default(),
            config,
            upn,
            certificate: der,
        })
    }

    /// All stages. An error comes from the card, the network or the files. The answers of the service are in the report.
    fn all(&mut self, own: Option<SoftwareDevice>) -> Result<(), Failure> {
        if let Some(own) = own {
            return self.with_device(&own).map(drop);
        }
        let Some(token) = self.stage(Stage::WebSignIn, Self::web_sign_in)? else {
            return Ok(());
        };
        let Some(registration) = self.stage(Stage::Join, |check, config| check.join(config, &token))? else {
            return Ok(());
        };
        let content = join::content(None, &self.config, &self.machine, &registration)?;
        let own = SoftwareDevice::parse(&content)?;
        let used = self.with_device(&own);
        // The device leaves, even after a failure.
        let stopped = self.report.stopped.take();
        let left = self.stage(Stage::Leave, |check, config| check.leave(config, &own));
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
        let sign_in = |check: &mut Self, config: &Config| check.sign_in(config, own, &device);
        let Some(prt) = self.stage(Stage::SignIn, sign_in)? else {
            return Ok(());
        };
        let access = |check: &mut Self, _: &Config| {
            let step = prt.token_request("1b730954-1685-4b74-9bfd-dac224a7b894", "openid");
            let step = step
                .with_resource("https://graph.microsoft.com")
                .start(seed()?, UnixTime::now());
            check.with_card(own, step)
        };
        self.stage(Stage::AccessToken, access)?;
        let renew = |check: &mut Self, _: &Config| {
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

    fn web_sign_in(&mut self, config: &Config) -> Result<Outcome<AccessToken>, Failure> {
        let flow = WebSignIn::new(config, &self.upn, &self.certificate);
        self.machine.drive(flow.start(seed()?))
    }

    fn join(&mut self, config: &Config, token: &AccessToken) -> Result<Outcome<Registration>, Failure> {
        self.machine.store = Some(&KeyStore::File);
        let flow = Join::new(config, &self.upn, token)
            .with_display_name(&join::host_name())
            .with_os_version(&join::os_version());
        self.machine.drive(flow.start(seed()?))
    }

    fn sign_in(
        &mut self,
        config: &Config,
        own: &SoftwareDevice,
        device: &Device,
    ) -> Result<Outcome<PrimaryRefreshToken>, Failure> {
        let flow = SignIn::with_certificate(config, device, &self.upn, &self.certificate);
        self.with_card(own, flow.start(seed()?))
    }

    fn with_card<T: 'static>(
        &mut self,
        own: &SoftwareDevice,
        step: Result<cba_protocol::Step<T>, cba_protocol::Error>,
    ) -> Result<Outcome<T>, Failure> {
        let step = step.map_err(Interrupted::from)?;
        let card = self.machine.card.as_mut().ok_or(Failure::KeyCannotSign)?;
        Ok(drive(
            step,
            self.machine.http,
            own,
            card,
            &mut self.machine.requests,
            &mut Quiet,
        )?)
    }

    fn leave(&mut self, config: &Config, own: &SoftwareDevice) -> Result<Outcome<()>, Failure> {
        let device = Device::from_certificate(own.certificate())?;
        let mut leaving = Machine::new("check-tenant", self.machine.http);
        leaving.device = Some(own);
        let outcome = leaving.drive(Leave::new(config, &device).start(seed()?));
        self.machine.requests += leaving.requests;
        Ok(match outcome? {
            // The device has just joined: a host that does not know it is not the host that removes devices.
            Outcome::Granted(removal) if *removal == Removal::AlreadyGone => {
                let unknown = cba_protocol::Error::ProtocolChanged {
                    state: State::Removal,
                    what: "the host does not know the device that has just joined",
                };
                return Err(Interrupted::from(unknown).into());
            }
            Outcome::Granted(_) => Outcome::Granted(Box::new(())),
            Outcome::Interaction(interaction) => Outcome::Interaction(interaction),
            Outcome::NotManaged(reason) => Outcome::NotManaged(reason),
            Outcome::Refused(refusal) => Outcome::Refused(refusal),
            _ => return Err(Failure::KeyCannotSign),
        })
    }

    /// Tries a stage with the accepted values, then with one other value after the other while its form is refused.
    fn stage<T>(
        &mut self,
        stage: Stage,
        mut attempt: impl FnMut(&mut Self, &Config) -> Result<Outcome<T>, Failure>,
    ) -> Result<Option<T>, Failure> {
        if self.report.stopped.is_some() {
            return Ok(None);
        }
        let mut tried = Tried {
            stage: stage.name(),
            accepted: false,
            attempts: Vec::new(),
            untried: names(stage, 0),
        };
        let base = self.config.clone();
        let mut configs = vec![("default".to_owned(), base.clone())];
        let others = stage.alternatives().iter();
        configs.extend(others.map(|other| {
            (
                format!("{}={}", other.switch, other.value),
                (other.set)(base.clone()),
            )
        }));
        let mut result = Ok(None);
        for (number, (value, config)) in configs.into_iter().enumerate() {
            // The last request is kept for leaving.
            let kept = usize::from(stage != Stage::Leave);
            if self.machine.requests + stage.requests() + kept > MAX_REQUESTS {
                self.report.stopped = Some("the next try could exceed the limit of requests");
                break;
            }
            tried.untried = names(stage, number);
            let ended = attempt(self, &config);
            let (outcome, verdict, next) = judge(ended);
            tried.attempts.push(Attempt { value, ..verdict });
            match next {
                Next::Accepted => {
                    tried.accepted = true;
                    self.config = config;
                    result = Ok(outcome);
                    break;
                }
                Next::TryOther => {}
                Next::Stop(why) => {
                    self.report.stopped = Some(why);
                    break;
                }
                Next::Fail(failure) => {
                    self.report.stopped = Some("the card, the network or a file failed");
                    result = Err(*failure);
                    break;
                }
            }
        }
        self.report.stages.push(tried);
        result
    }
}

enum Next {
    Accepted,
    /// The service refused the form of the request.
    TryOther,
    /// Trying on could harm the user, or is of no use.
    Stop(&'static str),
    Fail(Box<Failure>),
}

fn judge<T>(ended: Result<Outcome<T>, Failure>) -> (Option<T>, Attempt, Next) {
    let attempt = |result, code: Option<String>| Attempt {
        value: String::new(),
        result,
        code,
        page: None,
    };
    match ended {
        Ok(Outcome::Granted(granted)) => (Some(*granted), attempt("accepted", None), Next::Accepted),
        Ok(Outcome::Interaction(interaction)) => {
            let mut attempt = attempt("interaction", Some(code(&interaction.refusal.code())));
            attempt.page = interaction.page.as_deref().map(code);
            (None, attempt, Next::Stop("the service requires a browser"))
        }
        Ok(Outcome::NotManaged(reason)) => (
            None,
            attempt("not-managed", Some(code(reason.code()))),
            Next::Stop("the user is not managed here"),
        ),
        Ok(Outcome::Refused(refusal)) => (
            None,
            attempt("refused", Some(code(&refusal.code()))),
            after(&refusal),
        ),
        Ok(_) => (None, attempt("unknown", None), Next::Stop("an unknown outcome")),
        Err(Failure::Interrupted(Interrupted::Protocol(error))) => {
            // The answer is not understood: another form may get another answer.
            (
                None,
                attempt("not-understood", Some(code(error.code()))),
                Next::TryOther,
            )
        }
        Err(failure) => (None, attempt("failed", None), Next::Fail(Box::new(failure))),
    }
}

/// Only a form that is refused is tried again in another form.
fn after(refusal: &Refusal) -> Next {
    match refusal.responsible() {
        Responsible::Developer => Next::TryOther,
        Responsible::Service => Next::Stop("the service asks to try later"),
        _ if refusal.is_user_unknown() => Next::Stop("the user is unknown"),
        Responsible::Administrator => Next::Stop("a policy refuses"),
        _ => Next::Stop("the user or the certificate is refused"),
    }
}

/// Warnings only.
struct Quiet;

impl Observer for Quiet {
    fn warn(&mut self, text: &str) {
        print_message("check-tenant", printable_line(text));
    }
}
