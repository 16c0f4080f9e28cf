//! The program `sign-in`, piece by piece: command line, card, the loop over the protocol's steps, report.

mod args;
mod cache;
mod card;
mod drive;
mod exit;
mod report;

use std::fs;
use std::process::ExitCode;
use std::time::SystemTime;

use card_access::ErrorKind;
use cba_protocol::{Cloud, Config, Device, Seed, SignIn as ProtocolSignIn, Tenant};
use clap::Parser;
use upn_resolver::{AdLogon, CacheKeyError, Certificate, CertificateError, Decision, SignIn, Upn};

use self::args::{Args, Join};
use self::cache::Cache;
use self::card::{Card, CardProblem, algorithm_for};
use self::drive::{Interrupted, drive};
use self::exit::Exit;
use self::report::{Outcome, Report};
use crate::device::{DeviceError, SoftwareDevice};
use crate::http_client::{HttpClient, HttpError};

/// Runs the program: data on standard output, messages on standard error.
#[must_use]
pub fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args) {
        Ok(report) => {
            if let Some(path) = &args.report
                && let Err(error) = fs::write(path, format!("{}\n", serde_json::json!(report)))
            {
                eprintln!(
                    "sign-in: the report was not written to {}: {error}",
                    path.display()
                );
            }
            if args.json {
                println!("{}", serde_json::json!(report));
            } else {
                println!("{report}");
            }
            exit_of(&report).into()
        }
        Err(failure) => {
            eprintln!("sign-in: {failure}");
            failure.exit().into()
        }
    }
}

fn exit_of(report: &Report) -> Exit {
    match report.outcome {
        Outcome::Granted => Exit::Granted,
        Outcome::Interaction | Outcome::NotSent | Outcome::Refused => Exit::NotGranted,
    }
}

fn run(args: &Args) -> Result<Report, Failure> {
    let device = SoftwareDevice::read(&args.device)?;
    let config = config(args, &device)?;
    let http = HttpClient::trusting(&args.ca, config.limits.answer)?;
    let identity = Device::from_certificate(device.certificate())?;
    let ad_upn = args
        .ad_upn
        .as_deref()
        .map(Upn::parse)
        .transpose()
        .map_err(Failure::AdUpn)?;
    let mut cache = Cache::open(args, device.tenant_id())?;

    let mut card = Card::open(args)?;
    let der = card.credential().certificate().clone();
    let certificate = Certificate::from_der(&der).map_err(Failure::Certificate)?;
    let cached = cache.upn();
    let decision = decide(args, &certificate, ad_upn.as_ref(), cached.as_ref());
    let Some(upn) = decision.upn() else {
        return Ok(Report::not_sent(decision));
    };

    let mut config = config;
    config.user_algorithm = algorithm_for(card.credential().algorithm()).ok_or(Failure::KeyCannotSign)?;
    let mut sign_in = ProtocolSignIn::with_certificate(&config, &identity, upn, &der);
    let recovery = decision.user_not_found();
    if let Some(other) = recovery.instead.as_ref().and_then(Decision::upn) {
        sign_in = sign_in.or_as(other);
    }
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(Failure::Randomness)?;
    let mut requests = 0;
    let step = sign_in.start(Seed::from(seed)).map_err(Interrupted::from)?;
    let outcome = drive(step, &http, &device, &mut card, &mut requests)?;
    let decision = match (&outcome, recovery.instead) {
        // The cached name was stale, and the protocol went on with the other one: that decision is the one that counts.
        (cba_protocol::Outcome::Granted(prt), Some(second)) if decision.upn() != Some(prt.upn()) => {
            cache.forget();
            second
        }
        _ => decision,
    };
    let report = Report::ended(decision, outcome, requests, card.apdus());
    cache.remember(&report.decision, report.entra_upn.as_deref());
    Ok(report)
}

fn decide(
    args: &Args,
    certificate: &Certificate<'_>,
    ad_upn: Option<&Upn>,
    cached: Option<&Upn>,
) -> Decision {
    let ad = match (ad_upn, args.ad_failed) {
        (Some(upn), _) => AdLogon::Succeeded(upn),
        (None, true) => AdLogon::Failed,
        (None, false) => AdLogon::NotAttempted,
    };
    let mut sign_in = match args.join {
        Join::Entra => SignIn::entra_joined(certificate),
        Join::Hybrid => SignIn::hybrid_joined(certificate, ad, cached),
    };
    if let Some(hint) = &args.hint {
        sign_in = sign_in.hint(hint);
    }
    if let Ok(now) = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
        sign_in = sign_in.at(i64::try_from(now.as_secs()).unwrap_or(i64::MAX));
    }
    sign_in.decide()
}

fn config(args: &Args, device: &SoftwareDevice) -> Result<Config, Failure> {
    let known = [Cloud::PUBLIC, Cloud::US_GOVERNMENT, Cloud::CHINA];
    let host = args
        .authority
        .trim_start_matches("https://")
        .trim_end_matches('/');
    let cloud = match known.into_iter().find(|cloud| cloud.authority() == host) {
        Some(cloud) => cloud,
        None => Cloud::custom(&args.authority)?,
    };
    let tenant = Tenant::parse(device.tenant_id())?;
    let mut config = Config::new(cloud, tenant);
    config.os_version = Some(concat!("examples/", env!("CARGO_PKG_VERSION")).into());
    Ok(config)
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("--ad-upn: {0}")]
    AdUpn(upn_resolver::UpnError),
    #[error(transparent)]
    Authority(#[from] cba_protocol::CloudError),
    #[error("the cache's key: {0}")]
    CacheKey(#[from] CacheKeyError),
    #[error(transparent)]
    Card(#[from] CardProblem),
    #[error("the card's certificate cannot be read: {0}")]
    Certificate(CertificateError),
    #[error(transparent)]
    Device(#[from] DeviceError),
    #[error("the device certificate: {0}")]
    DeviceCertificate(#[from] cba_protocol::DeviceError),
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
    #[error(
        "the certificate's key signs with no algorithm that the protocol knows: it takes RSA from 2048 bits"
    )]
    KeyCannotSign,
    #[error("no randomness from the operating system: {0}")]
    Randomness(getrandom::Error),
    #[error("the device file's tenant: {0}")]
    Tenant(#[from] cba_protocol::TenantError),
}

impl Failure {
    fn exit(&self) -> Exit {
        match self {
            Self::AdUpn(_)
            | Self::Authority(_)
            | Self::CacheKey(_)
            | Self::Device(_)
            | Self::DeviceCertificate(_)
            | Self::Tenant(_) => Exit::Usage,
            Self::Card(problem) | Self::Interrupted(Interrupted::Card(problem)) => exit_of_card(problem),
            Self::Certificate(_) => Exit::NoCard,
            Self::Http(error) | Self::Interrupted(Interrupted::Network(error)) => match error {
                HttpError::Exchange { .. } => Exit::Network,
                HttpError::CaFile { .. } | HttpError::NoCaCertificate { .. } => Exit::Usage,
            },
            Self::Interrupted(Interrupted::DeviceKey(_) | Interrupted::SessionKey(_)) => {
                Exit::ProtocolChanged
            }
            Self::Interrupted(Interrupted::Protocol(error)) => exit_of_protocol(error),
            Self::KeyCannotSign | Self::Randomness(_) => Exit::CardFailure,
        }
    }
}

fn exit_of_card(problem: &CardProblem) -> Exit {
    use ErrorKind::{
        FinalTryRefused, ModuleMissing, NoCard, NoCredential, NoReader, NoService, PinBlocked, PinFormat,
        PinRequired, WrongPin,
    };
    match problem {
        CardProblem::Card(error) => match error.kind() {
            FinalTryRefused | PinBlocked | PinFormat { .. } | PinRequired | WrongPin { .. } => Exit::Pin,
            ModuleMissing => Exit::Usage,
            NoCard | NoCredential | NoReader | NoService => Exit::NoCard,
            _ => Exit::CardFailure,
        },
        CardProblem::EmptySlot { .. } | CardProblem::NotFound { .. } => Exit::NoCard,
        CardProblem::FinalTry | CardProblem::NoPin(_) | CardProblem::NoPinPad => Exit::Pin,
        CardProblem::NoSuchObject { .. }
        | CardProblem::Several { .. }
        | CardProblem::SeveralCertificates { .. } => Exit::Usage,
    }
}

fn exit_of_protocol(error: &cba_protocol::Error) -> Exit {
    match error {
        cba_protocol::Error::Unavailable { .. } => Exit::Network,
        _ => Exit::ProtocolChanged,
    }
}
