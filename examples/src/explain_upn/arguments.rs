//! The command line of `explain-upn`.

use std::path::{Path, PathBuf};

use cba_protocol::active_directory::UpnDnsInfo;
use clap::{ArgGroup, Args, Parser, ValueEnum};
use upn_resolver::windows::platform::WindowsBuild;
use upn_resolver::{AdLogon, Interpretation, Upn};

use crate::bounded;

/// Shows the user name that Windows would send to Microsoft Entra ID for a smart-card certificate, and the reasons.
///
/// The decision follows the published rules for Entra joined and hybrid joined devices. Every candidate is listed, taken or not, with
/// the rule that decided. --long adds the text of each rule and the page that it is from.
#[derive(Parser)]
#[command(
    name = "explain-upn",
    version,
    group = ArgGroup::new("device").args(["join", "dsregcmd", "all"]).required(true),
    after_help = "Exit codes:\n  0  a user name is sent (for every certificate of the file apart from issuers of others; with --all in every row)\n  1  no user name is sent\n  2  wrong usage, or the policy or the dsregcmd output cannot be read\n  \
                  3  a certificate cannot be read\n\n\
                  Examples:\n  explain-upn card.pem --join entra\n  \
                  explain-upn card.der --join hybrid --ad-upn bob@woodgrove.local --cached bob@woodgrove.com --long\n  \
                  explain-upn card.cer --dsregcmd status.txt --policy smartcard.reg --redact\n  \
                  pkcs15-tool --read-certificate 01 | explain-upn - --join entra --json"
)]
pub(super) struct Arguments {
    /// A file with one or several certificates in DER, PEM or base64; - reads standard input
    #[arg(value_name = "CERT")]
    pub(super) certificate: PathBuf,

    /// How the device is joined
    #[arg(long)]
    pub(super) join: Option<Join>,

    /// Takes the join state from the output of `dsregcmd /status`, and compares with the name that Windows sent last
    #[arg(long, value_name = "FILE")]
    pub(super) dsregcmd: Option<PathBuf>,

    /// Explains every case: Entra and hybrid joined, first and later sign-ins (the hybrid cases need --ad-upn and --cached)
    #[arg(long)]
    pub(super) all: bool,

    #[command(flatten)]
    pub(super) device: Device,

    /// The user name hint, as a user would type it
    #[arg(long, value_name = "HINT", allow_hyphen_values = true)]
    pub(super) hint: Option<String>,

    /// The machine's smart-card policy, a registry export (.reg) or JSON: determines whether the hint field and the
    /// certificate are shown
    #[arg(long, value_name = "FILE")]
    pub(super) policy: Option<PathBuf>,

    /// Also checks whether this Windows build supports the sign-in, such as 10.0.22000.1042
    #[arg(long, value_name = "BUILD")]
    pub(super) windows_build: Option<WindowsBuild>,

    /// Selects an interpretation where the published sources are silent or contradict each other (repeatable)
    #[arg(long = "interpretation", alias = "reading", value_name = "NAME=VALUE", value_parser = parse_interpretation)]
    interpretations: Vec<(String, String)>,

    #[command(flatten)]
    pub(super) output: Output,
}

impl Arguments {
    pub(super) fn interpretation(&self) -> Interpretation {
        self.interpretations
            .iter()
            .fold(Interpretation::default(), |interpretation, (name, value)| {
                // `parse_interpretation` has accepted them.
                interpretation.with_named(name, value).unwrap_or(interpretation)
            })
    }
}

/// Names that a hybrid joined device knows in addition to the certificate.
#[derive(Args)]
pub(super) struct Device {
    /// Hybrid joined: Active Directory signed the user in and returned this UPN
    #[arg(long, value_name = "UPN", conflicts_with = "ad_failed")]
    ad_upn: Option<Upn>,

    // Not a doc comment, because Clippy requires backticks around the name, which would be printed.
    #[arg(
        help = "Hybrid joined: takes UPN and flag from the buffer UPN_DNS_INFO of the PAC that Active Directory returned, in a file",
        long, value_name = "FILE", conflicts_with_all = ["ad_upn", "ad_failed", "implicit"], value_parser = parse_upn_dns_info)]
    upn_dns_info: Option<AdUpn>,

    /// Hybrid joined: the account has no userPrincipalName, and Active Directory made the UPN up as sAMAccountName@domain
    #[arg(long, requires = "ad_upn")]
    implicit: bool,

    /// Hybrid joined: the sign-in to Active Directory failed
    #[arg(long)]
    ad_failed: bool,

    /// Hybrid joined: the Entra UPN that an earlier sign-in cached
    #[arg(long, value_name = "UPN")]
    pub(super) cached: Option<Upn>,
}

impl Device {
    pub(super) fn ad_logon(&self) -> AdLogon<'_> {
        if let Some(AdUpn { upn, is_implicit }) = &self.upn_dns_info {
            return if *is_implicit {
                AdLogon::SucceededImplicitly(upn)
            } else {
                AdLogon::Succeeded(upn)
            };
        }
        match &self.ad_upn {
            Some(upn) if self.implicit => AdLogon::SucceededImplicitly(upn),
            Some(upn) => AdLogon::Succeeded(upn),
            None if self.ad_failed => AdLogon::Failed,
            None => AdLogon::NotAttempted,
        }
    }
}

/// Account data of a PAC.
#[derive(Clone)]
struct AdUpn {
    upn: Upn,
    is_implicit: bool,
}

fn parse_upn_dns_info(path: &str) -> Result<AdUpn, String> {
    let bytes = bounded::read(Path::new(path)).map_err(|error| error.to_string())?;
    let info = UpnDnsInfo::from_bytes(&bytes).map_err(|error| error.to_string())?;
    let upn = Upn::parse(&info.upn).map_err(|error| error.to_string())?;
    Ok(AdUpn {
        upn,
        is_implicit: info.is_implicit,
    })
}

#[derive(Args)]
pub(super) struct Output {
    /// Prints JSON
    #[arg(long, conflicts_with = "long")]
    pub(super) json: bool,

    /// Adds the text of each rule and the page that it is from
    #[arg(long)]
    pub(super) long: bool,

    /// Replaces every user name and domain, so that the output can be copied into a support ticket
    #[arg(long)]
    pub(super) redact: bool,
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum Join {
    Entra,
    Hybrid,
}

impl From<Join> for explain::Join {
    fn from(join: Join) -> Self {
        match join {
            Join::Entra => Self::Entra,
            Join::Hybrid => Self::Hybrid,
        }
    }
}

fn parse_interpretation(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Interpretation::default()
        .with_named(name, value)
        .map_err(|error| error.to_string())?;
    Ok((name.into(), value.into()))
}
