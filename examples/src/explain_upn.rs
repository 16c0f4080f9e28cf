//! `explain-upn`: the user name that Windows would send to Entra for a certificate, and the reasons.

mod arguments;
mod output;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Parser;
use upn_resolver::windows::eligibility::{TokenCertificate, assess};
use upn_resolver::windows::join_state::{JoinReport, JoinState, PrtAttempt, decode};
use upn_resolver::windows::logon_policy::{LogonPolicy, PolicySwitch};
use upn_resolver::{AdLogon, Certificate, NameOutcome, NameRequest, UnixTime, Upn};

use crate::certificate_file::{self, Found};
use crate::certificate_note::CertificateNote;
use crate::output::{display_path, print_message, reader_has_left};
use crate::policy_file;
use arguments::{Arguments, Device, Join};
use output::{Explained, Missing, Place, Row, Turn};

const NOT_SENT: u8 = 1;
const USAGE: u8 = 2;
const UNREADABLE: u8 = 3;

/// Runs the program with the arguments of the process.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    match explain(&arguments) {
        Ok(code) => ExitCode::from(code),
        Err(stop) => {
            print_message("explain-upn", stop.message);
            ExitCode::from(stop.code)
        }
    }
}

/// Reason for an early end of the program.
struct Stop {
    code: u8,
    message: String,
}

impl Stop {
    fn usage(message: impl Into<String>) -> Self {
        Self {
            code: USAGE,
            message: message.into(),
        }
    }
}

/// Explains every certificate of the file.
fn explain(arguments: &Arguments) -> Result<u8, Stop> {
    // A wrong call is reported before the certificate is read.
    let policy = arguments.policy.as_deref().map(read_policy).transpose()?;
    let report = arguments.dsregcmd.as_deref().map(read_report).transpose()?;
    let report = report.as_deref().map(JoinReport::parse);
    let join = report.as_ref().map(join_of).transpose()?.or(arguments.join);

    let found = certificate_file::read(&arguments.certificate);
    let total = found.len();
    let mut warnings = Remarks::default();
    let mut explained = Vec::new();
    let mut code = 0;
    for (found, number) in found.iter().zip(1..) {
        let certificate = match found.as_ref().map(Found::certificate) {
            Ok(Ok(certificate)) => certificate,
            Ok(Err(error)) => {
                print_message("explain-upn", error);
                code = UNREADABLE;
                continue;
            }
            Err(error) => {
                print_message("explain-upn", error);
                code = UNREADABLE;
                continue;
            }
        };
        let is_issuer = found.as_ref().is_ok_and(|found| found.is_issuer);
        let rows = decide(arguments, join, &certificate, policy.as_ref(), &mut warnings);
        // The certificate of an issuer is not used for a sign-in.
        if !is_issuer && code == 0 && !rows.iter().all(|row| row.upn().is_some()) {
            code = NOT_SENT;
        }
        let place = (total > 1).then_some(Place {
            number,
            total,
            is_issuer,
        });
        let failure = report.as_ref().and_then(|report| report.prt().acquire_failure);
        if let Some(failure) = failure.filter(|_| !is_issuer) {
            compare(&failure, &rows, place.as_ref(), arguments.output.redact);
        }
        let assessment = policy
            .as_ref()
            .map(|policy| assess(&[TokenCertificate::new(&certificate)], policy, now()));
        explained.push(Explained {
            place,
            rows,
            assessment,
            notes: CertificateNote::all_of(&certificate),
        });
    }
    warnings.print_message();
    if explained.is_empty() {
        return Ok(code);
    }
    match output::print(&explained, arguments.windows_build, &arguments.output) {
        Err(error) if !reader_has_left(&error) => {
            Err(Stop::usage(format!("the output cannot be written: {error}")))
        }
        _ => Ok(code),
    }
}

/// Messages that are printed once, although several certificates lead to them.
#[derive(Default)]
struct Remarks(BTreeSet<&'static str>);

impl Remarks {
    fn add(&mut self, warning: &'static str) {
        self.0.insert(warning);
    }

    fn print_message(&self) {
        for warning in &self.0 {
            print_message("explain-upn", warning);
        }
    }
}

/// One decision, or every row of the table with `--all`.
fn decide(
    arguments: &Arguments,
    join: Option<Join>,
    certificate: &Certificate<'_>,
    policy: Option<&LogonPolicy>,
    warnings: &mut Remarks,
) -> Vec<Row> {
    let has_field = policy.is_none_or(|policy| policy.is_on(PolicySwitch::X509HintsNeeded));
    if arguments.hint.is_some() && !has_field {
        warnings.add("the hint has no effect: without X509HintsNeeded, Windows shows no field for it");
    }
    let decide = |join: Join, cached: Option<&Upn>| {
        let hint = arguments
            .hint
            .as_deref()
            .filter(|_| has_field)
            .unwrap_or_default();
        let sign_in = match join {
            Join::Entra => NameRequest::entra_joined(certificate),
            Join::Hybrid => NameRequest::hybrid_joined(certificate, arguments.device.ad_logon(), cached),
        };
        sign_in
            .with_hint(hint)
            .with_interpretation(arguments.interpretation())
            .with_time(now())
            .decide()
    };
    let device = &arguments.device;
    let cached = device.cached.as_ref();
    let rows = if let Some(join) = join {
        if matches!(join, Join::Entra) && device.is_given() {
            warnings.add(
                "--ad-upn, --ad-failed and --cached have no effect: an Entra joined device reads the certificate",
            );
        }
        vec![Row {
            place: None,
            decision: Ok(decide(join, cached)),
        }]
    } else {
        let row = |join, turn, cached| {
            let missing = missing(device, join, turn);
            Row {
                place: Some((join, turn)),
                decision: if missing.is_empty() {
                    Ok(decide(join, cached))
                } else {
                    Err(missing)
                },
            }
        };
        vec![
            row(Join::Entra, Turn::First, None),
            row(Join::Entra, Turn::Later, None),
            row(Join::Hybrid, Turn::First, None),
            row(Join::Hybrid, Turn::Later, cached),
        ]
    };
    if !has_field
        && rows
            .iter()
            .filter_map(Row::decided)
            .any(|decision| *decision.outcome() == NameOutcome::AskForHint)
    {
        warnings.add("Windows cannot ask for the hint: enable X509HintsNeeded (\"Allow user name hint\")");
    }
    rows
}

/// Inputs that a row of the table needs and the command line lacks. Without them the library would decide another case: an
/// Active Directory sign-in that was not tried, or a first sign-in.
fn missing(device: &Device, join: Join, turn: Turn) -> Vec<Missing> {
    let mut missing = Vec::new();
    if matches!(join, Join::Hybrid) {
        if device.ad_logon() == AdLogon::NotAttempted {
            missing.push(Missing::AdUpn);
        }
        if matches!(turn, Turn::Later) && device.cached.is_none() {
            missing.push(Missing::Cached);
        }
    }
    missing
}

/// Compares the decision with the name that Windows sent last.
fn compare(failure: &PrtAttempt<'_>, rows: &[Row], place: Option<&Place>, redact: bool) {
    let sent = failure.user_identity.and_then(|name| Upn::parse(name).ok());
    let decided = rows.first().and_then(Row::upn);
    let verdict = match (&sent, decided) {
        (Some(sent), Some(decided)) if sent.names_same_account(decided) => "the same name",
        (Some(_), Some(_)) => "another name",
        _ => "no name to compare",
    };
    let name = sent
        .filter(|_| !redact)
        .map(|name| format!(" ({name})"))
        .unwrap_or_default();
    let status = match failure.status.map(|status| (status, status.meaning())) {
        Some((status, Some((_, cause)))) => format!("; status {status}: {cause}"),
        Some((status, None)) => format!("; status {status}"),
        None => String::new(),
    };
    let about = place
        .map(|place| format!("certificate {}: ", place.number))
        .unwrap_or_default();
    print_message(
        "explain-upn",
        format_args!("{about}the last failed attempt that dsregcmd shows sent {verdict}{name}{status}"),
    );
}

fn read_policy(path: &Path) -> Result<LogonPolicy, Stop> {
    let (policy, warnings) = policy_file::read(path).map_err(|error| {
        Stop::usage(format!(
            "{} cannot be read as a policy: {error}",
            display_path(path)
        ))
    })?;
    for warning in warnings {
        print_message("explain-upn", format_args!("{}: {warning}", display_path(path)));
    }
    Ok(policy)
}

fn read_report(path: &Path) -> Result<String, Stop> {
    let bytes = crate::bounded::read(path)
        .map_err(|error| Stop::usage(format!("{}: {error}", display_path(path))))?;
    Ok(decode(&bytes))
}

fn join_of(report: &JoinReport<'_>) -> Result<Join, Stop> {
    match report.join_state() {
        JoinState::EntraJoined => Ok(Join::Entra),
        JoinState::HybridJoined => Ok(Join::Hybrid),
        JoinState::Unknown => Err(Stop::usage(
            "the dsregcmd output does not say how the device is joined (AzureAdJoined and DomainJoined, YES or NO); \
             give --join instead",
        )),
        other => Err(Stop::usage(format!(
            "the dsregcmd output says that the device is {other}: only Entra joined and hybrid joined devices send a user \
             name to Entra"
        ))),
    }
}

fn now() -> UnixTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixTime::since_unix_epoch(since)
}
