//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use local_authority::JoinType;

/// A strict local stand-in for Entra ID, for tests of sign-in agents on loopback.
#[derive(Debug, Parser)]
#[command(
    version,
    args_conflicts_with_subcommands = true,
    arg_required_else_help = true
)]
#[command(group = ArgGroup::new("work").args(["init", "config"]))]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// Write a working laboratory into the folder: configuration, authorities, devices, a user's certificate
    #[arg(long, value_name = "DIR")]
    pub(crate) init: Option<PathBuf>,
    /// The domain of the tenant and its users in the laboratory, instead of contoso.example
    #[arg(long, value_name = "NAME", requires = "init", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) domain: Option<String>,
    /// A further host name for the TLS certificate of the laboratory
    #[arg(long, value_name = "NAME", requires = "init", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) host: Vec<String>,
    /// A further issuer of user certificates that the tenant of the laboratory trusts, PEM or DER
    #[arg(long, value_name = "FILE", requires = "init")]
    pub(crate) trust: Vec<PathBuf>,
    /// A further user of the laboratory; the domain becomes a managed one
    #[arg(long, value_name = "NAME", requires = "init")]
    pub(crate) user: Vec<String>,
    /// Serve this configuration; the URL is the one line on standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Where to listen; port 0 takes a free one
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:0",
        requires = "config"
    )]
    pub(crate) listen: SocketAddr,
    /// Append the request log to this file instead of writing it to standard error
    #[arg(long, value_name = "FILE", requires = "config")]
    pub(crate) log: Option<PathBuf>,
    /// Faults to play, a JSON list
    #[arg(long, value_name = "FILE", requires = "config")]
    pub(crate) faults: Option<PathBuf>,
    /// End when standard input ends, so that nothing is left when the parent dies
    #[arg(long, requires = "config")]
    pub(crate) until_stdin_closes: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Add a device to a laboratory
    Device {
        /// The laboratory
        #[arg(long)]
        dir: PathBuf,
        /// How the device is joined
        #[arg(long, default_value = "entra")]
        join: Join,
        /// The public key of a device that keeps its keys to itself; a certificate request will do
        #[arg(long, value_name = "FILE", requires = "transport_key")]
        request: Option<PathBuf>,
        /// The public transport key of such a device
        #[arg(long, value_name = "FILE", requires = "request")]
        transport_key: Option<PathBuf>,
        /// The device file to write; with --request, the device certificate (PEM)
        #[arg(short, long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Issue a user certificate
    Issue(IssueArguments),
    /// Revoke user certificates, and write a new revocation list
    Revoke(RevokeArguments),
}

#[derive(Args, Debug)]
#[command(group = ArgGroup::new("subject-key").required(true).args(["public_key", "new_key"]))]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct IssueArguments {
    /// The laboratory
    #[arg(long)]
    pub(crate) dir: PathBuf,
    /// A public key, certificate or certificate request, PEM or DER, such as a card made
    #[arg(long, value_name = "FILE")]
    pub(crate) public_key: Option<PathBuf>,
    /// Make an RSA key, and write it to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) new_key: Option<PathBuf>,
    /// The principal name
    #[arg(long, value_name = "NAME")]
    pub(crate) upn: Option<String>,
    /// The e-mail address
    #[arg(long, value_name = "NAME")]
    pub(crate) rfc822: Option<String>,
    /// The common name of the subject; another name when absent
    #[arg(long, value_name = "NAME")]
    pub(crate) common_name: Option<String>,
    /// A certificate policy, in place of the one that counts for two factors
    #[arg(long, value_name = "OID")]
    pub(crate) policy: Vec<String>,
    /// No certificate policy, so that the certificate counts for one factor
    #[arg(long, conflicts_with = "policy")]
    pub(crate) single_factor: bool,
    /// Days of validity
    #[arg(long, default_value_t = 365)]
    pub(crate) days: i64,
    /// Valid until yesterday
    #[arg(long)]
    pub(crate) expired: bool,
    /// Valid from tomorrow
    #[arg(long, conflicts_with = "expired")]
    pub(crate) not_yet_valid: bool,
    /// From an authority that the tenant does not know
    #[arg(long)]
    pub(crate) unknown_ca: bool,
    /// Where to write the certificate (PEM); standard output when absent
    #[arg(short, long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct RevokeArguments {
    /// The laboratory
    #[arg(long)]
    pub(crate) dir: PathBuf,
    /// The certificates, PEM or DER; none only renews the list
    pub(crate) certificates: Vec<PathBuf>,
    /// Write a list that has expired
    #[arg(long)]
    pub(crate) expired: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Join {
    Entra,
    Hybrid,
    Registered,
}

impl From<Join> for JoinType {
    fn from(join: Join) -> Self {
        match join {
            Join::Entra => Self::Entra,
            Join::Hybrid => Self::Hybrid,
            Join::Registered => Self::Registered,
        }
    }
}
