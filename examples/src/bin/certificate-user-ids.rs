//! `certificate-user-ids`: the values that bind a certificate to an account in Entra ID and in Active Directory.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use examples::certificate_file;
use examples::output::{Emphasis, check_written, print_message};
use explain::{AltIdentity, CertificateNote, Unusable, UserIds};
use serde::Serialize;
use upn_resolver::Certificate;
use upn_resolver::entra::ValueInterpretation;

/// Prints the certificateUserIds and altSecurityIdentities values of a certificate.
///
/// To bind the certificate to a user, write one of the certificateUserIds values into the user's authorizationInfo. Serial
/// numbers are in reverse byte order, as Entra and Active Directory compare them.
#[derive(Parser)]
#[command(
    name = "certificate-user-ids",
    version,
    after_help = "Exit codes:\n  0  every certificate was read\n  2  wrong usage\n  3  a certificate cannot be read\n\n\
                  Examples:\n  certificate-user-ids card.pem\n  certificate-user-ids *.cer --json\n  \
                  certificate-user-ids card.der --interpretation sha1-public-key=public-key\n  \
                  pkcs15-tool --read-certificate 01 | certificate-user-ids -"
)]
struct Arguments {
    /// Files with certificates in DER, PEM or base64; - reads standard input
    #[arg(value_name = "CERT", required = true)]
    certificates: Vec<PathBuf>,

    /// Selects an interpretation where the published sources are silent or contradict each other (repeatable)
    #[arg(long = "interpretation", alias = "reading", value_name = "NAME=VALUE", value_parser = parse_interpretation)]
    interpretations: Vec<(String, String)>,

    /// Prints JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    certificate: String,
    #[serde(flatten)]
    ids: UserIds,
    /// Deviations from the specifications in the certificate.
    certificate_notes: Vec<CertificateNote>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut interpretation = ValueInterpretation::default();
    for (name, value) in &arguments.interpretations {
        // `parse_interpretation` has accepted it.
        interpretation = interpretation.with_named(name, value).unwrap_or(interpretation);
    }
    let mut reports = Vec::new();
    let mut exit = 0;
    let found = certificate_file::read_all(&arguments.certificates, |warning| {
        print_message("certificate-user-ids", warning);
    });
    for found in found {
        let report = found.and_then(|found| {
            let certificate = found.certificate()?;
            Ok(Report::of(found.name.clone(), &certificate, interpretation))
        });
        match report {
            Ok(report) => reports.push(report),
            Err(error) => {
                print_message("certificate-user-ids", error);
                exit = 3;
            }
        }
    }
    match check_written("certificate-user-ids", print(&reports, arguments.json)) {
        Ok(()) => ExitCode::from(exit),
        Err(code) => code,
    }
}

impl Report {
    fn of(name: String, certificate: &Certificate<'_>, interpretation: ValueInterpretation) -> Self {
        Self {
            certificate: name,
            ids: UserIds::of(certificate, interpretation),
            certificate_notes: CertificateNote::all_of(certificate),
        }
    }

    fn write(&self, out: &mut impl Write, emphasis: Emphasis) -> io::Result<()> {
        emphasis.line(out, &self.certificate)?;
        writeln!(out, "  certificateUserIds (affinity)")?;
        for id in &self.ids.certificate_user_ids {
            writeln!(out, "    {:<6}  {}", id.affinity, id.value)?;
            if let Some(warning) = &id.warning {
                writeln!(out, "            check this value: a name {warning}")?;
            }
        }
        writeln!(out, "  altSecurityIdentities (strength)")?;
        for AltIdentity { strength, value } in &self.ids.alt_security_identities {
            writeln!(out, "    {strength:<6}  {value}")?;
        }
        for Unusable { field, reason } in &self.ids.unusable {
            writeln!(out, "  no value for {field}: its text {reason}")?;
        }
        for note in &self.certificate_notes {
            writeln!(out, "  note {}: {}", note.code, note.text)?;
        }
        Ok(())
    }
}

fn print(reports: &[Report], json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if json {
        serde_json::to_writer_pretty(&mut out, reports)?;
        return writeln!(out);
    }
    let emphasis = Emphasis::for_stream(&out);
    reports
        .iter()
        .try_for_each(|report| report.write(&mut out, emphasis))
}

fn parse_interpretation(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    ValueInterpretation::default()
        .with_named(name, value)
        .map_err(|error| error.to_string())?;
    Ok((name.into(), value.into()))
}
