//! What `explain-upn` is told on its command line.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, ValueEnum};
use upn_resolver::windows::platform::WindowsBuild;
use upn_resolver::{AdLogon, Reading, Upn};

/// Says which user name Windows would send to Microsoft Entra ID for a smart-card certificate, and why.
///
/// The decision follows the published table for Entra joined and hybrid joined devices. Every candidate is listed, taken or
/// not, with the rule that decided about it; --long adds what each rule says and the page that says so.
#[derive(Parser)]
#[command(
    name = "explain-upn",
    version,
    group = ArgGroup::new("device").args(["join", "dsregcmd", "all"]).required(true),
    after_help = "Exit codes:\n  0  a user name is sent (with --all in every row, for each certificate of the file but issuers of others)\n  1  none is sent\n  2  wrong usage, or a policy or dsregcmd output that can't be read\n  \
                  3  the certificate can't be read\n\n\
                  Examples:\n  explain-upn card.pem --join entra\n  \
                  explain-upn card.der --join hybrid --ad-upn bob@woodgrove.local --cached bob@woodgrove.com --long\n  \
                  explain-upn card.cer --dsregcmd status.txt --policy smartcard.reg --redact\n  \
                  pkcs15-tool --read-certificate 01 | explain-upn - --join entra --json"
)]
pub(super) struct Arguments {
    /// A file with a certificate, or several, in DER, PEM or base64; - is standard input
    #[arg(value_name = "CERT")]
    pub(super) certificate: PathBuf,

    /// How the device is joined
    #[arg(long)]
    pub(super) join: Option<Join>,

    /// Takes the join state from the output of `dsregcmd /status`, and compares what Windows sent last
    #[arg(long, value_name = "FILE")]
    pub(super) dsregcmd: Option<PathBuf>,

    /// Explains the whole table: Entra and hybrid joined, first and later sign-ins (the hybrid rows need --ad-upn and --cached)
    #[arg(long)]
    pub(super) all: bool,

    #[command(flatten)]
    pub(super) device: Device,

    /// What the user types into the user name hint field
    #[arg(long, value_name = "HINT", allow_hyphen_values = true)]
    pub(super) hint: Option<String>,

    /// The machine's smart-card policy, a registry export (.reg) or JSON: is there a hint field, is the certificate offered
    #[arg(long, value_name = "FILE")]
    pub(super) policy: Option<PathBuf>,

    /// Says whether this Windows build can do the sign-in, such as 10.0.22000.1042
    #[arg(long, value_name = "BUILD")]
    pub(super) windows_build: Option<WindowsBuild>,

    /// Takes another reading where the published sources leave something open (may be repeated)
    #[arg(long = "reading", value_name = "NAME=VALUE", value_parser = parse_reading)]
    readings: Vec<(String, String)>,

    #[command(flatten)]
    pub(super) output: Output,
}

impl Arguments {
    pub(super) fn reading(&self) -> Reading {
        self.readings
            .iter()
            .fold(Reading::default(), |mut reading, (name, value)| {
                // `parse_reading` let only those pass that can be set.
                let _ = reading.set(name, value);
                reading
            })
    }
}

/// What a hybrid joined device knows beside the certificate.
#[derive(Args)]
pub(super) struct Device {
    /// Active Directory signed the user in and returned this UPN (hybrid joined)
    #[arg(long, value_name = "UPN", conflicts_with = "ad_failed")]
    ad_upn: Option<Upn>,

    /// The account has no userPrincipalName: the UPN is sAMAccountName@domain, made up by Active Directory (hybrid joined)
    #[arg(long, requires = "ad_upn")]
    implicit: bool,

    /// The sign-in to Active Directory failed (hybrid joined)
    #[arg(long)]
    ad_failed: bool,

    /// The Entra UPN kept from an earlier sign-in (hybrid joined)
    #[arg(long, value_name = "UPN")]
    pub(super) cached: Option<Upn>,
}

impl Device {
    pub(super) fn ad_logon(&self) -> AdLogon<'_> {
        match &self.ad_upn {
            Some(upn) if self.implicit => AdLogon::SucceededImplicitly(upn),
            Some(upn) => AdLogon::Succeeded(upn),
            None if self.ad_failed => AdLogon::Failed,
            None => AdLogon::NotAttempted,
        }
    }

    pub(super) fn is_given(&self) -> bool {
        self.ad_upn.is_some() || self.ad_failed || self.cached.is_some()
    }
}

#[derive(Args)]
pub(super) struct Output {
    /// Prints JSON
    #[arg(long, conflicts_with = "long")]
    pub(super) json: bool,

    /// Adds what each rule says, and the page that says so
    #[arg(long)]
    pub(super) long: bool,

    /// Replaces every user name and domain, so that the output can go into a ticket
    #[arg(long)]
    pub(super) redact: bool,
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Join {
    Entra,
    Hybrid,
}

impl Join {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Entra => "entra",
            Self::Hybrid => "hybrid",
        }
    }
}

fn parse_reading(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("it has the form NAME=VALUE")?;
    Reading::default()
        .set(name, value)
        .map_err(|error| error.to_string())?;
    Ok((name.into(), value.into()))
}
