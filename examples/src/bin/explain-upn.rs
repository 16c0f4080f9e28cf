//! `explain-upn`: which user name would Windows send to Entra for this certificate, and why.

use std::error::Error;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{Args, Parser, ValueEnum};
use examples::certificate_file;
use upn_resolver::{AdLogon, Certificate, Decision, Reading, SignIn, Upn};

/// Says which user name Windows would send to Microsoft Entra ID for a smart-card certificate, and why.
///
/// The decision follows the published table for Entra joined and hybrid joined devices. Every candidate is listed, taken or
/// not, with the rule that decided about it; --long adds what each rule says and the page that says so.
#[derive(Parser)]
#[command(
    name = "explain-upn",
    after_help = "Exit codes:\n  0  a user name is sent\n  1  none is sent\n  2  wrong usage\n  3  the certificate can't be read\n\n\
                  Examples:\n  explain-upn card.pem --join entra\n  \
                  explain-upn card.der --join hybrid --ad-upn bob@woodgrove.local --cached bob@woodgrove.com --long\n  \
                  pkcs15-tool --read-certificate 01 | explain-upn - --join entra --json"
)]
struct Arguments {
    /// The certificate in DER, PEM or base64; - is standard input
    #[arg(value_name = "CERT")]
    certificate: PathBuf,

    /// How the device is joined
    #[arg(long)]
    join: Join,

    #[command(flatten)]
    device: Device,

    /// What the user types into the user name hint field
    #[arg(long, value_name = "HINT", allow_hyphen_values = true)]
    hint: Option<String>,

    /// Takes another reading where the published sources leave something open (may be repeated)
    #[arg(long = "reading", value_name = "NAME=VALUE", value_parser = parse_reading)]
    readings: Vec<(String, String)>,

    #[command(flatten)]
    output: Output,
}

/// What a hybrid joined device knows beside the certificate.
#[derive(Args)]
struct Device {
    /// Active Directory signed the user in and returned this UPN (hybrid joined)
    #[arg(long, value_name = "UPN", conflicts_with = "ad_failed")]
    ad_upn: Option<Upn>,

    /// The sign-in to Active Directory failed (hybrid joined)
    #[arg(long)]
    ad_failed: bool,

    /// The Entra UPN kept from an earlier sign-in (hybrid joined)
    #[arg(long, value_name = "UPN")]
    cached: Option<Upn>,
}

#[derive(Args)]
struct Output {
    /// Prints JSON
    #[arg(long, conflicts_with = "long")]
    json: bool,

    /// Adds what each rule says, and the page that says so
    #[arg(long)]
    long: bool,

    /// Replaces every user name and domain, so that the output can go into a ticket
    #[arg(long)]
    redact: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Join {
    Entra,
    Hybrid,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let der = match certificate_file::read(&arguments.certificate) {
        Ok(der) => der,
        Err(error) => return unreadable(&arguments.certificate, &error),
    };
    let certificate = match Certificate::from_der(&der) {
        Ok(certificate) => certificate,
        Err(error) => return unreadable(&arguments.certificate, &error),
    };
    let decision = sign_in(&arguments, &certificate).decide();
    match print(&decision, &arguments.output) {
        // Whoever reads has seen enough.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            eprintln!("explain-upn: the output can't be written: {error}");
            ExitCode::from(2)
        }
        _ => ExitCode::from(u8::from(decision.upn().is_none())),
    }
}

fn sign_in<'a>(arguments: &'a Arguments, certificate: &'a Certificate<'a>) -> SignIn<'a> {
    let device = &arguments.device;
    let sign_in = match arguments.join {
        Join::Entra => {
            if device.ad_upn.is_some() || device.ad_failed || device.cached.is_some() {
                eprintln!(
                    "explain-upn: an Entra joined device reads the certificate: the options of hybrid joined devices play no part"
                );
            }
            SignIn::entra_joined(certificate)
        }
        Join::Hybrid => {
            let ad = match &device.ad_upn {
                Some(upn) => AdLogon::Succeeded(upn),
                None if device.ad_failed => AdLogon::Failed,
                None => AdLogon::NotAttempted,
            };
            SignIn::hybrid_joined(certificate, ad, device.cached.as_ref())
        }
    };
    let mut reading = Reading::default();
    for (name, value) in &arguments.readings {
        // `parse_reading` accepted it before.
        let _ = reading.set(name, value);
    }
    sign_in
        .hint(arguments.hint.as_deref().unwrap_or_default())
        .reading(reading)
        .at(now())
}

fn print(decision: &Decision, output: &Output) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match (output.json, output.redact) {
        (true, true) => serde_json::to_writer_pretty(&mut out, &decision.redacted())?,
        (true, false) => serde_json::to_writer_pretty(&mut out, decision)?,
        (false, true) => write_text(&mut out, &text(&decision.redacted(), output.long))?,
        (false, false) => write_text(&mut out, &text(decision, output.long))?,
    }
    writeln!(out)
}

fn text(decision: &impl std::fmt::Display, long: bool) -> String {
    if long {
        format!("{decision:#}")
    } else {
        decision.to_string()
    }
}

/// The outcome and the line that is taken stand out on a terminal.
fn write_text(out: &mut (impl Write + IsTerminal), text: &str) -> io::Result<()> {
    let plain = !out.is_terminal() || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    for (index, line) in text.lines().enumerate() {
        let end = if index == 0 { "" } else { "\n" };
        if !plain && (index == 0 || line.starts_with("> ")) {
            write!(out, "{end}\x1b[1m{line}\x1b[0m")?;
        } else {
            write!(out, "{end}{line}")?;
        }
    }
    Ok(())
}

fn unreadable(path: &Path, error: &dyn Error) -> ExitCode {
    let name = if path == Path::new("-") {
        "standard input".into()
    } else {
        path.display().to_string()
    };
    eprintln!("explain-upn: {name} holds no certificate that can be read: {error}");
    ExitCode::from(3)
}

fn parse_reading(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("it has the form NAME=VALUE")?;
    Reading::default()
        .set(name, value)
        .map_err(|error| error.to_string())?;
    Ok((name.into(), value.into()))
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
