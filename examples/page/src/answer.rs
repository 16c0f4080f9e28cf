//! The answer to a request.

use explain::{Case, Found, FoundError, Join, find_all, printable, printable_line, read_policy};
use serde::Serialize;
use upn_resolver::windows::join_state::{JoinReport, JoinState, decode};
use upn_resolver::windows::logon_policy::LogonPolicy;
use upn_resolver::windows::platform::WindowsBuild;
use upn_resolver::{AdLogon, Interpretation, Upn};

use crate::device::Device;
use crate::file::File;
use crate::recognise::Kind;
use crate::request::{AdChoice, Input, JoinChoice, Request};
use crate::screen::Screen;
use crate::sources::{self, InterpretationText, RuleText};
use crate::ticket::Ticket;

/// More than a certificate, policy or report needs.
const MAX_INPUT: usize = 4 << 20;

/// Answers a request; `null` if it is not one.
#[must_use]
pub fn answer(message: &[u8]) -> Vec<u8> {
    let answer = Request::parse(message).and_then(|(request, bytes)| {
        let inputs = request.inputs(bytes)?;
        Some(Answer::of(&request, &inputs))
    });
    // Text and numbers can always be written.
    serde_json::to_vec(&answer).unwrap_or_default()
}

#[derive(Serialize)]
struct Answer {
    version: &'static str,
    /// Settings that cannot be used. If there are any, no certificate is explained.
    problems: Vec<Problem>,
    inputs: Vec<InputReport>,
    /// How the device is joined, as chosen or as dsregcmd says; `null` for every case.
    join: Option<&'static str>,
    device: Option<Device>,
    has_policy: bool,
    platform: Option<String>,
    files: Vec<File>,
    screen: Option<Screen>,
    ticket: Option<String>,
    rules: Vec<RuleText>,
    interpretations: Vec<InterpretationText>,
}

/// A setting that cannot be used.
#[derive(Serialize)]
struct Problem {
    field: &'static str,
    text: String,
}

/// What became of an input.
#[derive(Serialize)]
struct InputReport {
    name: String,
    kind: Kind,
    /// The number of readable certificates.
    certificates: usize,
    problem: Option<String>,
    warnings: Vec<String>,
}

impl Answer {
    fn of(request: &Request, inputs: &[Input<'_>]) -> Self {
        let mut read = ReadInputs::of(inputs);
        let settings = Settings::of(request);
        let mut problems = settings.problems;
        let report = read.report.as_deref().map(JoinReport::parse);
        let join = match request.join {
            JoinChoice::All => None,
            JoinChoice::Entra => Some(Join::Entra),
            JoinChoice::Hybrid => Some(Join::Hybrid),
            JoinChoice::Report => match report.as_ref().map(Join::of_report) {
                Some(Ok(join)) => Some(join),
                Some(Err(error)) => {
                    problems.push(Problem {
                        field: "join",
                        text: format!("{error}.").replacen("the", "The", 1),
                    });
                    None
                }
                None => {
                    problems.push(Problem {
                        field: "join",
                        text: "Paste the output of dsregcmd /status, or choose how the device is joined."
                            .into(),
                    });
                    None
                }
            },
        };
        let case = Case {
            join,
            ad_logon: match (request.ad, &settings.ad_upn) {
                (AdChoice::Failed, _) => AdLogon::Failed,
                (AdChoice::Implicit, Some(upn)) => AdLogon::SucceededImplicitly(upn),
                (AdChoice::Upn, Some(upn)) => AdLogon::Succeeded(upn),
                (_, None) => AdLogon::NotAttempted,
            },
            cached: settings.cached.as_ref(),
            hint: Some(request.hint.as_str()).filter(|hint| !hint.is_empty()),
            policy: read.policy.as_ref(),
            interpretation: settings.interpretation,
            now: request.time(),
        };
        let certificates = std::mem::take(&mut read.certificates);
        let has_certificates = problems.is_empty() && !certificates.is_empty();
        let screen = has_certificates
            .then(|| Screen::of(&certificates, &case))
            .flatten();
        let device = report.as_ref().map(Device::of);
        let failure = report.as_ref().and_then(|report| report.prt().acquire_failure);
        let mut ticket = Ticket::new(
            join,
            report.as_ref(),
            read.policy.as_ref().map(|_| read.unused_values),
        );
        let mut files = Vec::new();
        if has_certificates {
            let total = certificates.len();
            for (number, (name, found)) in (1..).zip(certificates) {
                let (file, explanation) = File::of(&name, &case, found, failure.as_ref(), settings.build);
                ticket.add(
                    (total > 1).then_some((number, total)),
                    &explanation,
                    settings.build,
                );
                files.push(file);
            }
        }
        Self {
            version: env!("CARGO_PKG_VERSION"),
            problems,
            inputs: read.reports,
            join: join.map(Join::code),
            device,
            has_policy: read.policy.is_some(),
            platform: settings.build.map(|build| build.smart_card_sign_in().to_string()),
            rules: sources::rules(),
            interpretations: sources::interpretations(),
            files,
            screen,
            ticket: has_certificates.then(|| ticket.into_text()),
        }
    }
}

/// The inputs, read by their kind.
#[derive(Default)]
struct ReadInputs {
    reports: Vec<InputReport>,
    certificates: Vec<(String, Vec<Result<Found, FoundError>>)>,
    policy: Option<LogonPolicy>,
    /// The number of policy values that could not be used.
    unused_values: usize,
    report: Option<String>,
}

impl ReadInputs {
    fn of(inputs: &[Input<'_>]) -> Self {
        let mut read = Self::default();
        // A later policy or report replaces an earlier one.
        let last = |kind| inputs.iter().rposition(|input| input.kind == kind);
        let (last_policy, last_report) = (last(Kind::Policy), last(Kind::Report));
        for (index, input) in inputs.iter().enumerate() {
            let name = printable_line(input.name);
            let (mut problem, mut warnings) = (None, Vec::new());
            let mut certificates = 0;
            match input.kind {
                _ if input.bytes.len() > MAX_INPUT => problem = Some("the file is longer than 4 MiB".into()),
                Kind::Certificate => {
                    let found = find_all(&name, input.bytes);
                    let readable = |found: &&Found| found.certificate().is_ok();
                    certificates = found.iter().flatten().filter(readable).count();
                    read.certificates.push((name.clone(), found));
                }
                Kind::Policy if Some(index) != last_policy => warnings.push(REPLACED.into()),
                Kind::Report if Some(index) != last_report => warnings.push(REPLACED.into()),
                Kind::Policy => match read_policy(input.bytes) {
                    Ok((policy, unused)) => {
                        read.policy = Some(policy);
                        read.unused_values = unused.len();
                        warnings.extend(unused.iter().map(|warning| printable(&warning.to_string())));
                    }
                    Err(error) => problem = Some(printable(&format!("not a policy: {error}"))),
                },
                Kind::Report => {
                    let text = decode(input.bytes);
                    if JoinReport::parse(&text).join_state() == JoinState::Unknown {
                        warnings.push("The text does not say how the device is joined.".into());
                    }
                    read.report = Some(text);
                }
            }
            read.reports.push(InputReport {
                name,
                kind: input.kind,
                certificates,
                problem,
                warnings,
            });
        }
        read
    }
}

const REPLACED: &str = "Not used: a later one replaces it.";

/// The settings that are not part of an input.
#[derive(Default)]
struct Settings {
    ad_upn: Option<Upn>,
    cached: Option<Upn>,
    build: Option<WindowsBuild>,
    interpretation: Interpretation,
    problems: Vec<Problem>,
}

impl Settings {
    fn of(request: &Request) -> Self {
        let upn = |text: &str| {
            Upn::parse(text)
                .map_err(|error| format!("This is not a user principal name (user@domain): {error}."))
        };
        let mut settings = Self::default();
        settings.cached = settings.read("cached", &request.cached, upn);
        if request.ad != AdChoice::Failed {
            settings.ad_upn = settings.read("ad_upn", &request.ad_upn, upn);
        }
        settings.build = settings.read("build", &request.build, str::parse);
        for (name, value) in &request.interpretations {
            match settings.interpretation.with_named(name, value) {
                Ok(interpretation) => settings.interpretation = interpretation,
                Err(error) => settings.problems.push(Problem {
                    field: "interpretations",
                    text: error.to_string(),
                }),
            }
        }
        settings
    }

    /// Reads a setting, unless it is empty.
    fn read<T, E: std::fmt::Display>(
        &mut self,
        field: &'static str,
        text: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        match parse(text) {
            Ok(value) => Some(value),
            Err(error) => {
                self.problems.push(Problem {
                    field,
                    text: error.to_string(),
                });
                None
            }
        }
    }
}
