//! `eligible`: the tiles that the Windows sign-in screen would show for a card, and the reasons why other certificates have
//! none.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::{Parser, ValueEnum};
use examples::certificate_file::{self, Found};
use examples::output::{Emphasis, check_written, display_path, print_message};
use examples::policy_file::{self, PolicyFileError};
use explain::CertificateNote;
use serde::Serialize;
use upn_resolver::certificate::Oid;
use upn_resolver::windows::eligibility::{Assessment, Hidden, KeySpec, Tile, TokenCertificate, assess};
use upn_resolver::windows::logon_policy::{DefaultSource, LogonPolicy};
use upn_resolver::{Certificate, UnixTime};

/// Shows the tiles that Windows would offer for the certificates of a card. For every other certificate, shows the first rule
/// that hides it and the policies that would show it.
///
/// Name the certificates in their order on the card; a file can contain several. The options describe the card where the
/// certificates cannot. Certificates are numbered from 1.
#[derive(Parser)]
#[command(
    name = "eligible",
    version,
    after_help = "Exit codes:\n  0  there is at least one tile\n  1  there is no tile\n  2  wrong usage, or the policy cannot be read\n  \
                  3  a certificate cannot be read\n\n\
                  Examples:\n  eligible authentication.pem signature.pem\n  \
                  reg export HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows policy.reg    (on the Windows machine)\n  \
                  eligible card.der --policy policy.reg\n  \
                  eligible 9a.der 9c.der --default-container 1 --signature-key 2 --json"
)]
struct Arguments {
    /// Files with certificates in DER, PEM or base64; - reads standard input
    #[arg(value_name = "CERT", required = true)]
    certificates: Vec<PathBuf>,

    /// The machine's policy: a registry export (.reg), or JSON with the names of the registry values
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,

    /// The source of the policy defaults; the sources contradict each other
    #[arg(long, value_name = "SOURCE")]
    defaults: Option<Defaults>,

    /// The number of the certificate in the card's default container
    #[arg(long, value_name = "NUMBER")]
    default_container: Option<usize>,

    /// The number of a certificate whose key is a signature-only key (repeatable)
    #[arg(long, value_name = "NUMBER")]
    signature_key: Vec<usize>,

    /// The card's driver returns certificates one by one
    #[arg(long)]
    one_by_one: bool,

    /// The time to check validity at, in seconds since 1970; the current time by default
    #[arg(long, value_name = "SECONDS")]
    at: Option<u64>,

    /// Prints JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Defaults {
    /// The administrative template that ships with Windows
    AdministrativeTemplate,
    /// The documentation page about smart-card group policy settings
    GroupPolicyPage,
}

impl From<Defaults> for DefaultSource {
    fn from(defaults: Defaults) -> Self {
        match defaults {
            Defaults::AdministrativeTemplate => Self::AdministrativeTemplate,
            Defaults::GroupPolicyPage => Self::GroupPolicyPage,
        }
    }
}

#[derive(Serialize)]
struct Report {
    tiles: Vec<TileReport>,
    hidden: Vec<HiddenReport>,
}

#[derive(Serialize)]
struct TileReport {
    number: usize,
    certificate: String,
    title: String,
    principal_name: Option<String>,
    account_name: String,
    notes: Vec<String>,
    /// Deviations from the specifications in the certificate.
    certificate_notes: Vec<CertificateNote>,
}

#[derive(Serialize)]
struct HiddenReport {
    number: usize,
    certificate: String,
    gate: &'static str,
    reason: String,
    /// The purposes of the certificate.
    purposes: Vec<Purpose>,
    /// The policy changes that would show it; null if no change does.
    shown_with: Option<Vec<Change>>,
    /// Deviations from the specifications in the certificate.
    certificate_notes: Vec<CertificateNote>,
}

/// A purpose of the extended key usage, with its name if the database of object identifiers has one.
#[derive(Serialize)]
struct Purpose {
    id: String,
    name: Option<&'static str>,
}

impl Purpose {
    fn all_of(certificate: &Certificate<'_>) -> Vec<Self> {
        let purpose = |id: Oid<'_>| Self {
            id: id.to_string(),
            name: id.name(),
        };
        certificate.extended_key_usage().map(purpose).collect()
    }
}

#[derive(Serialize)]
struct Change {
    policy: &'static str,
    setting: String,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let policy = match policy(&arguments) {
        Ok(policy) => policy,
        Err(message) => {
            print_message("eligible", message);
            return ExitCode::from(2);
        }
    };
    let found = certificate_file::read_all(&arguments.certificates, |warning| {
        print_message("eligible", warning);
    });
    let found: Vec<Found> = match found.into_iter().collect() {
        Ok(found) => found,
        Err(error) => {
            print_message("eligible", error);
            return ExitCode::from(3);
        }
    };
    let count = found.len();
    for number in arguments.default_container.iter().chain(&arguments.signature_key) {
        if !(1..=count).contains(number) {
            print_message(
                "eligible",
                format_args!("there is no certificate {number}: certificates are numbered from 1 to {count}"),
            );
            return ExitCode::from(2);
        }
    }
    let certificates: Vec<Certificate<'_>> = match found.iter().map(Found::certificate).collect() {
        Ok(certificates) => certificates,
        Err(error) => {
            print_message("eligible", error);
            return ExitCode::from(3);
        }
    };
    let token: Vec<_> = certificates
        .iter()
        .zip(1..)
        .map(|(certificate, n)| place(certificate, n, &arguments))
        .collect();
    let assessment = assess(&token, &policy, arguments.at.map_or_else(now, at));
    let report = Report::of(&assessment, &found, &certificates);
    match check_written("eligible", print(&report, arguments.json)) {
        Ok(()) => ExitCode::from(u8::from(report.tiles.is_empty())),
        Err(code) => code,
    }
}

fn policy(arguments: &Arguments) -> Result<LogonPolicy, String> {
    let policy = match &arguments.policy {
        Some(path) => read_policy(path).map_err(|error| format!("{}: {error}", display_path(path)))?,
        None => LogonPolicy::new(),
    };
    Ok(match arguments.defaults {
        Some(defaults) => policy.with_default_source(defaults.into()),
        None => policy,
    })
}

fn read_policy(path: &Path) -> Result<LogonPolicy, PolicyFileError> {
    let (policy, warnings) = policy_file::read(path)?;
    for warning in warnings {
        print_message("eligible", format_args!("{}: {warning}", display_path(path)));
    }
    Ok(policy)
}

fn place<'a>(certificate: &'a Certificate<'a>, number: usize, arguments: &Arguments) -> TokenCertificate<'a> {
    let mut placed = TokenCertificate::new(certificate);
    if arguments.default_container == Some(number) {
        placed = placed.with_default_container();
    }
    if arguments.signature_key.contains(&number) {
        placed = placed.with_key_spec(KeySpec::Signature);
    }
    if arguments.one_by_one {
        placed = placed.with_one_by_one_reading();
    }
    placed
}

impl Report {
    fn of(assessment: &Assessment, found: &[Found], certificates: &[Certificate<'_>]) -> Self {
        let purposes_of = |index: usize| certificates.get(index).map(Purpose::all_of).unwrap_or_default();
        let notes_on = |index: usize| {
            certificates
                .get(index)
                .map(CertificateNote::all_of)
                .unwrap_or_default()
        };
        let name = |index: usize| {
            found
                .get(index)
                .map(|found| found.name.clone())
                .unwrap_or_default()
        };
        let tile = |tile: &Tile| TileReport {
            number: tile.index() + 1,
            certificate: name(tile.index()),
            title: tile.title().to_owned(),
            principal_name: tile.principal_name().map(str::to_owned),
            account_name: tile.account_name().to_string(),
            notes: tile.notes().iter().map(ToString::to_string).collect(),
            certificate_notes: notes_on(tile.index()),
        };
        let hidden = |hidden: &Hidden| HiddenReport {
            number: hidden.index() + 1,
            certificate: name(hidden.index()),
            gate: hidden.gate().code(),
            reason: hidden.reason().to_string(),
            purposes: purposes_of(hidden.index()),
            shown_with: hidden.shown_with().map(|changes| {
                let change = |change: &upn_resolver::windows::eligibility::PolicyChange| Change {
                    policy: change.switch.value_name(),
                    setting: change.state.to_string(),
                };
                changes.iter().map(change).collect()
            }),
            certificate_notes: notes_on(hidden.index()),
        };
        Self {
            tiles: assessment.tiles().iter().map(tile).collect(),
            hidden: assessment.hidden().iter().map(hidden).collect(),
        }
    }

    fn write(&self, out: &mut impl Write, emphasis: Emphasis) -> io::Result<()> {
        for tile in &self.tiles {
            emphasis.line(out, format_args!("[ {} ]", tile.title))?;
            if let Some(name) = &tile.principal_name {
                writeln!(out, "  {name}")?;
            }
            writeln!(out, "  certificate {}: {}", tile.number, tile.certificate)?;
            tile.notes
                .iter()
                .try_for_each(|note| writeln!(out, "  note: {note}"))?;
            write_notes(out, &tile.certificate_notes)?;
        }
        if self.tiles.is_empty() {
            // The message as users report it: https://github.com/GSA/ficam-playbooks/issues/803
            emphasis.line(
                out,
                "No tile: Windows says that no valid certificates were found.",
            )?;
        }
        for hidden in &self.hidden {
            writeln!(
                out,
                "hidden: certificate {}: {}",
                hidden.number, hidden.certificate
            )?;
            writeln!(out, "  {} ({})", hidden.reason, hidden.gate)?;
            for Purpose { id, name } in &hidden.purposes {
                if let Some(name) = name.filter(|_| hidden.reason.contains(id)) {
                    writeln!(out, "  {id} is {name}")?;
                }
            }
            match &hidden.shown_with {
                None => writeln!(out, "  no policy shows it")?,
                Some(changes) => {
                    let changes: Vec<_> = changes
                        .iter()
                        .map(|change| format!("{} {}", change.policy, change.setting))
                        .collect();
                    writeln!(out, "  shown with: {}", changes.join(", "))?;
                }
            }
            write_notes(out, &hidden.certificate_notes)?;
        }
        Ok(())
    }
}

fn write_notes(out: &mut impl Write, notes: &[CertificateNote]) -> io::Result<()> {
    notes
        .iter()
        .try_for_each(|note| writeln!(out, "  certificate note {}: {}", note.code, note.text))
}

fn print(report: &Report, json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if json {
        serde_json::to_writer_pretty(&mut out, report)?;
        return writeln!(out);
    }
    let emphasis = Emphasis::for_stream(&out);
    report.write(&mut out, emphasis)
}

fn at(seconds: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}

fn now() -> UnixTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixTime::since_unix_epoch(since)
}
