//! `match-users`: the Entra user that each certificate would sign in, with the binding and its strength.

use std::collections::BTreeMap;
use std::io::{self, BufWriter, IsTerminal, Stdin, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser};
use examples::bounded;
use examples::certificate_file;
use examples::certificate_stream::{self, CertificateStream};
use examples::directory_file;
use examples::in_order::in_order;
use examples::matching::{Matcher, Summary};
use examples::output::{check_written, display_path, print_message};
use examples::progress::{Progress, input_length};
use upn_resolver::entra::{GraphPolicy, Policy, UserDirectory};

/// Shows which user each certificate would sign in to Microsoft Entra ID, by which username binding, and whether the sign-in
/// counts as multifactor.
///
/// The user is found by the name that Windows sends for the certificate: its principal name, or else its e-mail address. The
/// certificate must then satisfy a username binding of that user. The summary counts the results, including certificates that
/// match no user and names that several users have.
#[derive(Parser)]
#[command(
    name = "match-users",
    version,
    after_help = "Formats of the directory: JSON Lines or JSON pages of Microsoft Graph users, or CSV with their properties:\n  \
                  GET /users?$select=userPrincipalName,onPremisesUserPrincipalName,authorizationInfo\n\
                  Formats of the policy: JSON of Microsoft Graph or PowerShell:\n  \
                  GET /policies/authenticationMethodsPolicy/authenticationMethodConfigurations/X509Certificate\n\n\
                  Exit codes:\n  0  every certificate matches a user\n  1  a certificate does not, or the policy is disabled\n  \
                  2  wrong usage, or the directory or policy cannot be read\n  3  a certificate cannot be read\n\n\
                  Examples:\n  match-users --directory users.jsonl --policy policy.json card.pem\n  \
                  match-users --directory users.csv --policy policy.json *.cer --long\n  \
                  cat cards/*.der | match-users --directory users.jsonl --policy policy.json - --json"
)]
struct Arguments {
    /// The tenant's users
    #[arg(long, value_name = "FILE")]
    directory: PathBuf,

    /// The tenant's policy; by default, that of a tenant without configuration
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,

    /// The name to find the user by, instead of the name in the certificate; what a user would type as hint
    #[arg(long, value_name = "UPN")]
    sent: Option<String>,

    /// Files with certificates in DER, PEM or base64; - reads any number of certificates in DER from standard input
    #[arg(value_name = "CERT", required = true)]
    certificates: Vec<PathBuf>,

    #[command(flatten)]
    detail: Detail,

    /// Prints only the summary
    #[arg(long)]
    summary: bool,

    /// Prints JSON, one object per line; the last one is the summary
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct Detail {
    /// Adds every binding that was rejected, with the reason
    #[arg(long)]
    long: bool,

    /// Adds the other users that the certificate would sign in if their name were typed as hint
    #[arg(long)]
    others: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let inputs = [&arguments.directory].into_iter().chain(&arguments.certificates);
    let mut progress = Progress::new("users", inputs.map(|path| input_length(path)));
    let prepared = prepare(&arguments, &mut progress);
    progress.clear();
    let (directory, policy) = match prepared {
        Ok(prepared) => prepared,
        Err(message) => {
            print_message("match-users", message);
            return ExitCode::from(2);
        }
    };
    progress.begin("certificates", input_length(&arguments.directory));
    let run = Run {
        matcher: Matcher::new(&directory, policy.policy(), arguments.sent.as_deref()),
        arguments: &arguments,
    };
    let mut summary = Summary::about(&policy, &directory);
    match check_written("match-users", run.all(&mut summary, &mut progress)) {
        Ok(()) => ExitCode::from(summary.exit_code()),
        Err(code) => code,
    }
}

fn prepare(arguments: &Arguments, progress: &mut Progress) -> Result<(UserDirectory, GraphPolicy), String> {
    let named = |path: &Path, error: &dyn std::error::Error| format!("{}: {error}", display_path(path));
    let policy = match &arguments.policy {
        None => GraphPolicy::default(),
        Some(path) => {
            let text = bounded::read_text(path).map_err(|error| named(path, &error))?;
            Policy::from_graph_json(&text).map_err(|error| named(path, &error))?
        }
    };
    if let Some(path) = &arguments.policy {
        for warning in policy.warnings() {
            print_message("match-users", format_args!("{}: {warning}", display_path(path)));
        }
    }
    let path = &arguments.directory;
    let directory = directory_file::read(path, progress).map_err(|error| named(path, &error))?;
    progress.clear();
    for problem in directory.problems().iter().take(MAXIMUM_PROBLEMS) {
        print_message("match-users", format_args!("{}: {problem}", display_path(path)));
    }
    if let Some(more) = directory
        .problems()
        .len()
        .checked_sub(MAXIMUM_PROBLEMS)
        .filter(|more| *more > 0)
    {
        print_message(
            "match-users",
            format_args!("{}: and {more} more problems", display_path(path)),
        );
    }
    if directory.is_empty() {
        return Err(format!("{}: the file contains no users", display_path(path)));
    }
    Ok((directory, policy))
}

/// If every line of a directory has an error, the first few are enough.
const MAXIMUM_PROBLEMS: usize = 20;

/// Where certificates come from: files and standard input, in the order in which they are named.
struct Input<'a> {
    paths: std::slice::Iter<'a, PathBuf>,
    /// Standard input, and the number of certificates that were read from it.
    stream: Option<(CertificateStream<Stdin>, u64)>,
}

/// Certificates that are matched together.
enum Batch<'a> {
    File(&'a Path),
    /// Concatenated certificates, and the number of the first.
    Stream(Vec<u8>, u64),
    /// Why the stream ends.
    Error(String),
}

impl<'a> Input<'a> {
    fn next(&mut self) -> Option<Batch<'a>> {
        loop {
            if let Some((stream, number)) = &mut self.stream {
                let message = match stream.next_batch() {
                    Ok(Some((certificates, count))) => {
                        let first = *number + 1;
                        *number += u64::try_from(count).unwrap_or_default();
                        return Some(Batch::Stream(certificates, first));
                    }
                    Ok(None) if *number == 0 => {
                        Some("standard input: the input contains no certificate".to_owned())
                    }
                    Ok(None) => None,
                    Err(error) => Some(format!(
                        "standard input: {error}; the rest of the input is not read"
                    )),
                };
                self.stream = None;
                if let Some(message) = message {
                    return Some(Batch::Error(message));
                }
            }
            let path = self.paths.next()?;
            if path != Path::new("-") {
                return Some(Batch::File(path));
            }
            self.stream = Some((CertificateStream::new(io::stdin()), 0));
        }
    }
}

/// Summary of a batch.
#[derive(Default)]
struct Report {
    output: Vec<u8>,
    messages: Vec<String>,
    summary: Summary,
    certificates: usize,
    bytes: usize,
}

impl Report {
    fn unreadable(&mut self, message: String) {
        self.messages.push(message);
        self.summary.unreadable += 1;
    }
}

struct Run<'r> {
    matcher: Matcher<'r>,
    arguments: &'r Arguments,
}

impl Run<'_> {
    fn all(&self, summary: &mut Summary, progress: &mut Progress) -> io::Result<()> {
        let is_terminal = io::stdout().is_terminal();
        let mut out = BufWriter::with_capacity(1 << 16, io::stdout());
        let mut input = Input {
            paths: self.arguments.certificates.iter(),
            stream: None,
        };
        let written: io::Result<()> = in_order(
            || Ok(input.next()),
            |batch| self.report(batch),
            |report: io::Result<Report>| {
                let report = report?;
                if !report.messages.is_empty() || is_terminal && !report.output.is_empty() {
                    progress.clear();
                }
                for message in &report.messages {
                    print_message("match-users", message);
                }
                out.write_all(&report.output)?;
                if is_terminal {
                    out.flush()?;
                }
                summary.add(&report.summary);
                progress.add(report.certificates, report.bytes);
                Ok(())
            },
        );
        progress.clear();
        written?;
        if self.arguments.json {
            // Written in the order of declaration, also if a feature of serde_json gives maps another order.
            serde_json::to_writer(&mut out, &BTreeMap::from([("summary", &*summary)]))?;
            writeln!(out)?;
        }
        out.flush()?;
        if !self.arguments.json {
            // The reader of the output has gone.
            let _ = write!(io::stderr(), "{summary}");
        }
        Ok(())
    }

    fn report(&self, batch: Batch<'_>) -> io::Result<Report> {
        let mut report = Report::default();
        match batch {
            Batch::Error(message) => report.unreadable(message),
            Batch::File(path) => {
                let found = certificate_file::read_all(&[path], |warning| report.messages.push(warning));
                for found in found {
                    match found {
                        Ok(found) => self.one(&found.name, &found.der, &mut report)?,
                        Err(error) => report.unreadable(error.to_string()),
                    }
                }
            }
            Batch::Stream(certificates, first) => {
                for (der, number) in certificate_stream::split(&certificates).zip(first..) {
                    self.one(&number, der, &mut report)?;
                }
            }
        }
        Ok(report)
    }

    fn one(&self, name: &dyn std::fmt::Display, der: &[u8], report: &mut Report) -> io::Result<()> {
        report.certificates += 1;
        report.bytes += der.len();
        let certificate = match certificate_file::parse(der) {
            Ok(certificate) => certificate,
            Err(error) => {
                report.unreadable(format!("certificate {name} cannot be read: {error}"));
                return Ok(());
            }
        };
        let verdict = self.matcher.judge(&certificate);
        report.summary.count(&verdict);
        if self.arguments.summary {
            return Ok(());
        }
        let others = self
            .arguments
            .detail
            .others
            .then(|| self.matcher.others(&verdict, &certificate));
        let out = &mut report.output;
        if self.arguments.json {
            let rejected = self.matcher.rejected(&verdict, &certificate);
            let name = name.to_string();
            serde_json::to_writer(&mut *out, &verdict.to_json(&name, &rejected, others.as_deref()))?;
            return writeln!(out);
        }
        verdict.write(name, out)?;
        if self.arguments.detail.long {
            for rejected in self.matcher.rejected(&verdict, &certificate) {
                writeln!(out, "\trejected: {rejected}")?;
            }
        }
        others
            .iter()
            .flatten()
            .try_for_each(|other| writeln!(out, "\talso matches: {other}"))
    }
}
