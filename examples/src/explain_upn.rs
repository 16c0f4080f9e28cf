//! `explain-upn`: the user name that Windows would send to Entra for a certificate, and the reasons.

mod arguments;

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Parser;
use explain::{Case, Explained, Explanation, Join, Message, Style, Verdict, write_json, write_text};
use upn_resolver::UnixTime;
use upn_resolver::windows::join_state::{JoinReport, decode};
use upn_resolver::windows::logon_policy::LogonPolicy;

use crate::certificate_file;
use crate::output::{display_path, print_message, reader_has_left};
use crate::policy_file;
use arguments::Arguments;

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
    let join = report.as_ref().map(join_of).transpose()?;

    let case = Case {
        join: join.or(arguments.join.map(Join::from)),
        ad_logon: arguments.device.ad_logon(),
        cached: arguments.device.cached.as_ref(),
        hint: arguments.hint.as_deref(),
        policy: policy.as_ref(),
        interpretation: arguments.interpretation(),
        now: now(),
    };
    let found = certificate_file::read(&arguments.certificate);
    let failure = report.as_ref().and_then(|report| report.prt().acquire_failure);
    let explanation = Explanation::of(&case, found, failure.as_ref());
    for message in &explanation.messages {
        match message {
            Message::Comparison(comparison) => {
                print_message("explain-upn", comparison.text(arguments.output.redact));
            }
            Message::Problem(problem) => print_message("explain-upn", problem),
            Message::Warning(warning) => print_message("explain-upn", warning),
        }
    }
    let code = match explanation.verdict {
        Verdict::NotSent => NOT_SENT,
        Verdict::Sent => 0,
        Verdict::Unreadable => UNREADABLE,
    };
    if explanation.certificates.is_empty() {
        return Ok(code);
    }
    match print(&explanation.certificates, arguments) {
        Err(error) if !reader_has_left(&error) => {
            Err(Stop::usage(format!("the output cannot be written: {error}")))
        }
        _ => Ok(code),
    }
}

fn print(explained: &[Explained], arguments: &Arguments) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let output = &arguments.output;
    if output.json {
        return write_json(&mut out, explained, arguments.windows_build, output.redact);
    }
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let style = Style {
        long: output.long,
        redact: output.redact,
        emphasis: out.is_terminal() && !plain,
    };
    write_text(&mut out, explained, arguments.windows_build, style)?;
    out.flush()
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
    Join::of_report(report).map_err(|error| {
        let advice = if error.is_unknown() {
            "; give --join instead"
        } else {
            ""
        };
        Stop::usage(format!("{error}{advice}"))
    })
}

fn now() -> UnixTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixTime::since_unix_epoch(since)
}
