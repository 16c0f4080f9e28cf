//! `match-users`: the Entra user that each certificate would sign in, with the binding and its strength.

use std::collections::BTreeMap;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser};
use examples::bounded;
use examples::certificate_file;
use examples::certificate_stream::CertificateStream;
use examples::directory_file;
use examples::matching::{Matcher, Summary};
use examples::output::{check_written, display_path, print_message};
use examples::progress::Progress;
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
                  Exit codes:\n  0  every certificate matches a user\n  1  a certificate does not\n  \
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
    let (directory, policy) = match prepare(&arguments) {
        Ok(prepared) => prepared,
        Err(message) => {
            print_message("match-users", message);
            return ExitCode::from(2);
        }
    };
    let matcher = Matcher::new(&directory, policy.policy(), arguments.sent.as_deref());
    let mut run = Run {
        matcher,
        summary: Summary::about(&policy, &directory),
        arguments: &arguments,
    };
    let out = io::stdout().lock();
    let finished = if out.is_terminal() {
        run.all(out)
    } else {
        run.all(BufWriter::with_capacity(1 << 16, out))
    };
    match check_written("match-users", finished) {
        Ok(()) => ExitCode::from(run.summary.exit_code()),
        Err(code) => code,
    }
}

fn prepare(arguments: &Arguments) -> Result<(UserDirectory, GraphPolicy), String> {
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
    let directory = directory_file::read(path).map_err(|error| named(path, &error))?;
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

struct Run<'r> {
    matcher: Matcher<'r>,
    summary: Summary,
    arguments: &'r Arguments,
}

impl Run<'_> {
    fn all(&mut self, mut out: impl Write) -> io::Result<()> {
        for path in &self.arguments.certificates {
            if path == Path::new("-") {
                self.stream(&mut out)?;
            } else {
                self.file(path, &mut out)?;
            }
        }
        if self.arguments.json {
            // Written in the order of declaration, also if a feature of serde_json gives maps another order.
            serde_json::to_writer(&mut out, &BTreeMap::from([("summary", &self.summary)]))?;
            writeln!(out)?;
        }
        out.flush()?;
        if !self.arguments.json {
            // The reader of the output has gone.
            let _ = write!(io::stderr(), "{}", self.summary);
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, out: &mut impl Write) -> io::Result<()> {
        let found = certificate_file::read_all(&[path], |warning| print_message("match-users", warning));
        for found in found {
            match found {
                Ok(found) => self.one(&found.name, &found.der, out)?,
                Err(error) => {
                    print_message("match-users", error);
                    self.summary.unreadable += 1;
                }
            }
        }
        Ok(())
    }

    fn stream(&mut self, out: &mut impl Write) -> io::Result<()> {
        let mut progress = Progress::of_standard_input();
        let mut certificates = CertificateStream::new(io::stdin().lock());
        let mut number = 0_u64;
        loop {
            let position = certificates.position();
            match certificates.next_der() {
                Ok(Some(der)) => {
                    number += 1;
                    self.one(&number, der, out)?;
                }
                Ok(None) if number == 0 => {
                    progress.clear();
                    print_message("match-users", "standard input: the input contains no certificate");
                    self.summary.unreadable += 1;
                    break;
                }
                Ok(None) => break,
                Err(error) => {
                    progress.clear();
                    print_message(
                        "match-users",
                        format_args!("standard input: {error}; the rest of the input is not read"),
                    );
                    self.summary.unreadable += 1;
                    break;
                }
            }
            progress.at(number, position);
        }
        progress.clear();
        Ok(())
    }

    fn one(&mut self, name: &dyn std::fmt::Display, der: &[u8], out: &mut impl Write) -> io::Result<()> {
        let certificate = match certificate_file::parse(der) {
            Ok(certificate) => certificate,
            Err(error) => {
                print_message(
                    "match-users",
                    format_args!("certificate {name} cannot be read: {error}"),
                );
                self.summary.unreadable += 1;
                return Ok(());
            }
        };
        let verdict = self.matcher.judge(&certificate);
        self.summary.count(&verdict);
        if self.arguments.summary {
            return Ok(());
        }
        let others = self
            .arguments
            .detail
            .others
            .then(|| self.matcher.others(&verdict, &certificate));
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
