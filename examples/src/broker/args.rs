//! The command line of `broker`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::sign_in::joined::CloudName;

/// Signs browsers and Microsoft clients of this user in with the primary refresh token of a card sign-in.
///
/// A D-Bus service on the session bus. `sign-in --broker` and `greeter --broker` hand it their token. Programs of the same user
/// then ask it for cookies and access tokens.
#[derive(Debug, Parser)]
#[command(
    name = "broker",
    version,
    max_term_width = 110,
    after_help = "\
Exit codes:
  0  the service ended with the session or by a signal; or the command succeeded
  1  the command was refused, or there is no broker
  2  wrong usage, or a file that cannot be used
  3  another process has the name com.microsoft.identity.broker1
  6  there is no session bus"
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Runs the service until the session ends
    Serve(Box<Serve>),
    /// Drops the token of the running broker, and prints the URL that ends the sessions in a browser
    SignOut,
    /// Prints the state of the running broker as JSON, without secrets
    Status,
}

#[derive(Args, Debug)]
pub(super) struct Serve {
    /// The joined device: certificate, keys and tenant, as for sign-in
    #[arg(long, value_name = "FILE")]
    pub(super) device: PathBuf,

    /// The national cloud of the tenant. By default that of the device file, or else the public one
    #[arg(long, value_enum)]
    pub(super) cloud: Option<CloudName>,

    /// Origin of an authority to use instead of a cloud
    #[arg(long, value_name = "URL", conflicts_with = "cloud")]
    pub(super) authority: Option<String>,

    /// PEM file with the trusted certificates for the authority's TLS. By default those of the system
    #[arg(long, value_name = "FILE")]
    pub(super) ca: Option<PathBuf>,

    /// File for the sealed token. By default `certificate-broker/token` in `XDG_RUNTIME_DIR`. Its key is in the kernel's keyring
    #[arg(long, value_name = "FILE", conflicts_with = "no_store")]
    pub(super) store: Option<PathBuf>,

    /// Keeps the token in memory only
    #[arg(long)]
    pub(super) no_store: bool,

    /// Events that drop the token, separated by commas, in addition to signing out
    #[arg(
        long,
        value_name = "EVENTS",
        value_enum,
        value_delimiter = ',',
        default_value = "session-end"
    )]
    pub(super) drop_on: Vec<DropOn>,

    /// Whether a cookie without a nonce is issued for a URL without `sso_nonce`. linux-entra-sso in Chromium needs it
    #[arg(long, value_enum, default_value = "optional")]
    pub(super) nonce: Nonce,

    /// Shell command that opens the sign-in in a terminal when a program asks for an interactive sign-in and there is no usable
    /// token. Without it, such a program gets an error
    #[arg(long, value_name = "COMMAND")]
    pub(super) prompt: Option<String>,

    /// Longest time of an interactive sign-in
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=3600))]
    prompt_limit: u64,

    /// Cookies per second that are issued in the long run. A fifth of it is the rate of token requests
    #[arg(long, value_name = "NUMBER", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(super) rate: u32,
}

/// An event that drops the token.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(super) enum DropOn {
    /// The card of the sign-in is taken out
    CardRemoval,
    /// The screen is locked, according to logind or the screen saver
    Lock,
    /// None but signing out
    Never,
    /// The session bus ends
    SessionEnd,
}

/// Whether a cookie needs a nonce.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(super) enum Nonce {
    /// A cookie without one has its time of issue
    Optional,
    /// No cookie without one
    Required,
}

impl Serve {
    pub(super) fn drops_on(&self, event: DropOn) -> bool {
        self.drop_on.contains(&event)
    }

    pub(super) fn prompt_limit(&self) -> Duration {
        Duration::from_secs(self.prompt_limit)
    }
}
