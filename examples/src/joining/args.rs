//! The command lines of `join` and `leave`.

use std::path::PathBuf;
use std::time::Duration;

use cba_protocol::{Cloud, CloudError};
use clap::{Args, Parser, ValueEnum};

use super::new_keys::NewKeysArgs;
use super::user::UserArgs;
use crate::http_client::{HttpClient, HttpError};
use crate::sign_in::joined::{CloudName, cloud};

/// Joins this machine to Entra ID with a smart card, and writes a device file for sign-in.
///
/// Signs in through the certificate sign-in of the web, makes two keys, and registers them. The card is asked for one signature,
/// in a TLS handshake, and the user for one PIN.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "join",
    version,
    max_term_width = 110,
    after_help = "\
Exit codes:
  0  the device is joined, and its file is written
  1  the server refused, or requires a browser
  2  wrong usage, or a file or key store that cannot be used
  3  no card, or no certificate
  4  the PIN is wrong, blocked or missing, or its last try was not allowed
  5  the card failed, or was removed
  6  no answer from the network
  7  the server's answer does not follow the protocol
  8  the time limit ended; the message and the code (time-limit/...) name what the program was waiting for

Keep the keys in a TPM where there is one:
  join --keys 'pkcs11:token=device?module-path=/usr/lib/x86_64-linux-gnu/libtpm2_pkcs11.so.1' \\
       --keys-pin-file /etc/device.pin -o device.json
  sign-in --device device.json"
)]
pub(super) struct JoinArgs {
    #[command(flatten)]
    pub(super) user: UserArgs,

    /// Signs in with the browser of another machine instead of a card; the user's name is given with --hint
    #[arg(long, requires = "hint", conflicts_with_all = ["reader", "module", "key_file", "pin_stdin", "pin_pad"])]
    #[cfg_attr(windows, arg(conflicts_with = "windows_store"))]
    pub(super) device_code: bool,

    /// Kind of registration
    #[arg(long = "type", value_enum, default_value_t = JoinKind::Join)]
    pub(super) kind: JoinKind,

    #[command(flatten)]
    pub(super) new_keys: NewKeysArgs,

    /// The name of the device in the tenant. By default the host name
    #[arg(long, value_name = "NAME")]
    pub(super) name: Option<String>,

    /// Longest time of the whole join, including the time for typing the PIN and for making keys in a TPM. A join that takes longer is
    /// cancelled, unless its registration has been sent: this is finished, so that no device is left without its file
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    time_limit: u64,

    /// The device file to write. It must not exist
    #[arg(short, long, value_name = "FILE")]
    pub(super) out: PathBuf,

    /// Prints one JSON object instead of text
    #[arg(long)]
    pub(super) json: bool,
}

/// Removes this machine from its tenant, and then deletes its keys and its device file.
///
/// No card and no PIN are needed: the device certificate authenticates the request.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "leave",
    version,
    max_term_width = 110,
    after_help = "\
Exit codes:
  0  the device is removed, or was removed before
  1  the server refused
  2  wrong usage, or a file or key store that cannot be used
  6  no answer from the network
  7  the server's answer does not follow the protocol
  8  the time limit ended; the message and the code (time-limit/...) name what the program was waiting for

On every other exit code than 0 the keys and the file stay."
)]
pub(super) struct LeaveArgs {
    #[command(flatten)]
    pub(super) service: Service,

    /// The device file that join wrote
    #[arg(long, value_name = "FILE")]
    pub(super) device: PathBuf,

    /// Longest time of the whole removal
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    time_limit: u64,

    /// Keeps the keys and the device file
    #[arg(long)]
    pub(super) keep: bool,

    /// Prints one JSON object instead of text
    #[arg(long)]
    pub(super) json: bool,
}

/// Checks how a real tenant answers, and writes a report without user names.
///
/// Joins a device (or takes --device), signs in with the card, gets an access token, renews, makes a single sign-on cookie, and
/// leaves again. Where the service refuses a request because of its form, tries the other documented or observed values of the
/// protocol's open points, one at a time. The user types one PIN. It stops after a wrong PIN, at throttling, lock-out, policy or an
/// unknown user, and before the 41st request.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "check-tenant",
    version,
    max_term_width = 110,
    after_help = "\
Exit codes: those of join; 0 if every stage was accepted, 1 if one was refused. The report is written in both cases."
)]
pub(super) struct CheckArgs {
    #[command(flatten)]
    pub(super) user: UserArgs,

    /// A device that is joined already: it is used, and does not leave
    #[arg(long, value_name = "FILE")]
    pub(super) device: Option<PathBuf>,

    /// Folder for report.md and report.json
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(super) report: PathBuf,

    /// Time after the card is found after which nothing else is tried. A device that has joined leaves, so the whole check can take a few
    /// requests longer
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    time_limit: u64,

    /// Prints what would be sent and tried, and sends nothing
    #[arg(long)]
    pub(super) dry_run: bool,

    /// Prints the report as JSON instead of text
    #[arg(long)]
    pub(super) json: bool,
}

/// The services, and the trusted certificates.
#[derive(Args, Clone, Debug)]
pub(super) struct Service {
    /// The national cloud of the tenant. By default the public one
    #[arg(long, value_enum)]
    cloud: Option<CloudName>,

    // Not a doc comment: Clippy wants brackets around a link, and they would be printed.
    #[arg(
        long,
        value_name = "URL",
        conflicts_with = "cloud",
        help = "Origin of an authority to use instead of a cloud, such as https://localhost:8443. The host that asks for the \
                certificate and the registration service are certauth and enterpriseregistration below it"
    )]
    authority: Option<String>,

    /// PEM file with the trusted certificates for TLS. By default those of the system
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
}

/// Kind of registration.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(super) enum JoinKind {
    /// The device belongs to the organisation (Entra joined)
    Join,
    /// The device belongs to its user (Entra registered)
    Register,
}

impl Service {
    /// The cloud. A device file may name an authority.
    pub(super) fn cloud(&self, from_file: Option<&str>) -> Result<Cloud, CloudError> {
        let origin = self
            .authority
            .as_deref()
            .or(from_file.filter(|_| self.cloud.is_none()));
        cloud(self.cloud, origin)
    }

    /// Returns an HTTP client that trusts the certificates of the command line.
    pub(super) fn http(&self, limit: usize) -> Result<HttpClient, HttpError> {
        match self.ca.as_deref() {
            Some(ca) => HttpClient::trusting(ca, limit),
            None => HttpClient::trusting_the_system(limit),
        }
    }
}

impl LeaveArgs {
    pub(super) fn time_limit(&self) -> Duration {
        Duration::from_secs(self.time_limit)
    }
}

impl JoinArgs {
    pub(super) fn time_limit(&self) -> Duration {
        Duration::from_secs(self.time_limit)
    }
}

impl CheckArgs {
    pub(super) fn time_limit(&self) -> Duration {
        Duration::from_secs(self.time_limit)
    }
}
