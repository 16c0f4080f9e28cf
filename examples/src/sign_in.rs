//! The program `sign-in`, piece by piece: command line, card, the loop over the protocol's steps, report.

mod args;
mod cache;
mod card;
mod drive;
mod exit;
mod failure;
mod report;

use std::fs;
use std::process::ExitCode;
use std::time::SystemTime;

use cba_protocol::flow::NotManaged;
use cba_protocol::{Cloud, Config, Device, Seed, SignIn as ProtocolSignIn, Tenant};
use clap::Parser;
use upn_resolver::{AdLogon, Certificate, Decision, SignIn, Upn};

use self::args::{Args, Join};
use self::cache::Cache;
use self::card::{Card, algorithm_for};
use self::drive::{Interrupted, drive};
use self::exit::Exit;
use self::failure::Failure;
use self::report::{Outcome, Report};
use crate::device::SoftwareDevice;
use crate::http_client::HttpClient;
use crate::output::say;

/// Runs the program: data on standard output, messages on standard error.
#[must_use]
pub fn main() -> ExitCode {
    let args = Args::parse();
    let (json, text, exit) = match run(&args) {
        Ok(report) => (
            serde_json::json!(report),
            Some(report.to_string()),
            exit_of(&report),
        ),
        Err(failure) => {
            eprintln!("sign-in: {failure}");
            (failure.json(), None, failure.exit())
        }
    };
    if let Some(path) = &args.report
        && let Err(error) = fs::write(path, format!("{json}\n"))
    {
        eprintln!(
            "sign-in: the report was not written to {}: {error}",
            path.display()
        );
    }
    if args.json {
        say("sign-in", json);
    } else if let Some(text) = text {
        say("sign-in", text);
    }
    exit.into()
}

fn exit_of(report: &Report) -> Exit {
    match report.outcome {
        Outcome::Granted => Exit::Granted,
        Outcome::Interaction | Outcome::NotSent | Outcome::Refused => Exit::NotGranted,
    }
}

fn run(args: &Args) -> Result<Report, Failure> {
    let device = SoftwareDevice::read(&args.device)?;
    let mut config = config(args, &device)?;
    let http = HttpClient::trusting(&args.ca, config.limits.answer)?;
    let identity = Device::from_certificate(device.certificate())?;
    remark(args, &device);

    let mut card = Card::open(args)?;
    let der = card.credential().certificate().clone();
    let certificate = Certificate::from_der(&der).map_err(Failure::Certificate)?;
    let mut cache = Cache::open(args, device.tenant_id(), &certificate)?;
    let cached = cache.upn();
    let mut decision = decide(args, &certificate, cached.as_ref());
    config.user_algorithm = algorithm_for(card.credential().algorithm()).ok_or(Failure::KeyCannotSign)?;

    let mut requests = 0;
    let outcome = loop {
        let Some(upn) = decision.upn() else {
            return Ok(Report::not_sent(decision));
        };
        let step = ProtocolSignIn::with_certificate(&config, &identity, upn, &der)
            .start(seed()?)
            .map_err(Interrupted::from)?;
        let outcome = drive(step, &http, &device, &mut card, &mut requests)?;
        if !is_user_unknown(&outcome) {
            break outcome;
        }
        // A stale cache must not lock anybody out; the resolver knows what to do about it, once.
        let recovery = decision.user_not_found();
        if recovery.forget_cached {
            cache.forget();
        }
        match recovery.instead {
            Some(second) => decision = second,
            None => break outcome,
        }
    };
    let report = Report::ended(decision, outcome, requests, card.apdus());
    cache.remember(&report.decision, report.entra_upn.as_deref());
    Ok(report)
}

fn is_user_unknown(outcome: &cba_protocol::Outcome) -> bool {
    match outcome {
        cba_protocol::Outcome::NotManaged(NotManaged::Unknown { .. }) => true,
        cba_protocol::Outcome::Refused(refusal) => refusal.is_user_unknown(),
        _ => false,
    }
}

fn seed() -> Result<Seed, Failure> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(Failure::Randomness)?;
    Ok(Seed::from(seed))
}

/// What on the command line contradicts the device, or plays no part. It is said, and the command line holds.
fn remark(args: &Args, device: &SoftwareDevice) {
    let join = match args.join {
        Join::Entra => "entra",
        Join::Hybrid => "hybrid",
    };
    if let Some(known) = device.join_type().filter(|known| *known != join) {
        eprintln!("sign-in: the device file says {known}, and --join says {join}; --join holds");
    }
    let idle = args.ad_upn.is_some() || args.ad_failed || args.cache.is_some();
    if args.join == Join::Entra && idle {
        eprintln!("sign-in: --ad-upn, --ad-failed and --cache play no part on an Entra joined device");
    }
}

fn decide(args: &Args, certificate: &Certificate<'_>, cached: Option<&Upn>) -> Decision {
    let ad = match (&args.ad_upn, args.ad_failed) {
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
