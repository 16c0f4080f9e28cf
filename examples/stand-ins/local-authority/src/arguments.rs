//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use local_authority::JoinType;

/// Strict local stand-in for Entra ID, for tests of sign-in agents on loopback.
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
    /// Write a laboratory into this folder: configuration, authorities, devices, a user's certificate
    #[arg(long, value_name = "DIR")]
    pub(crate) init: Option<PathBuf>,
    /// Domain of the tenant and its users, instead of contoso.example
    #[arg(long, value_name = "NAME", requires = "init", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) domain: Option<String>,
    /// Further login host name for the TLS certificate, with the certauth and registration hosts that belong to it
    #[arg(long, value_name = "NAME", requires = "init", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) host: Vec<String>,
    /// Further issuer of user certificates that the tenant trusts, PEM or DER
    #[arg(long, value_name = "FILE", requires = "init")]
    pub(crate) trust: Vec<PathBuf>,
    /// Further user; the domain becomes a managed one
    #[arg(long, value_name = "NAME", requires = "init")]
    pub(crate) user: Vec<String>,
    /// Serve this configuration and print the URL, the only line on standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Address to listen on; port 0 selects a free port
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:0",
        requires = "config"
    )]
    pub(crate) listen: SocketAddr,
    /// File that the request log is appended to, instead of standard error
    #[arg(long, value_name = "FILE", requires = "config")]
    pub(crate) log: Option<PathBuf>,
    /// File with faults, a JSON list
    #[arg(long, value_name = "FILE", requires = "config")]
    pub(crate) faults: Option<PathBuf>,
    /// End when standard input ends, so that nothing is left if the parent process dies
    #[arg(long, requires = "config")]
    pub(crate) until_stdin_closes: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Add a device to a laboratory
    Device {
        /// Folder of the laboratory
        #[arg(long)]
        dir: PathBuf,
        /// How the device is joined
        #[arg(long, default_value = "entra")]
        join: Join,
        /// Public key or certificate request of a device that keeps its private keys
        #[arg(long, value_name = "FILE", requires = "transport_key")]
        request: Option<PathBuf>,
        /// Public transport key of such a device
        #[arg(long, value_name = "FILE", requires = "request")]
        transport_key: Option<PathBuf>,
        /// Device file to write; with --request, the device certificate (PEM)
        #[arg(short, long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Issue a user certificate
    Issue(IssueArguments),
    /// Revoke user certificates and write a new revocation list
    Revoke(RevokeArguments),
}

#[derive(Args, Debug)]
#[command(group = ArgGroup::new("subject-key").required(true).args(["public_key", "new_key"]))]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct IssueArguments {
    /// Folder of the laboratory
    #[arg(long)]
    pub(crate) dir: PathBuf,
    /// Public key, certificate or certificate request of a card, PEM or DER
    #[arg(long, value_name = "FILE")]
    pub(crate) public_key: Option<PathBuf>,
    /// Make an RSA key and write it to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) new_key: Option<PathBuf>,
    /// Principal name
    #[arg(long, value_name = "NAME")]
    pub(crate) upn: Option<String>,
    /// E-mail address
    #[arg(long, value_name = "NAME")]
    pub(crate) rfc822: Option<String>,
    /// Common name of the subject; default: the principal name or e-mail address
    #[arg(long, value_name = "NAME")]
    pub(crate) common_name: Option<String>,
    /// Certificate policy, instead of the one that counts as multifactor
    #[arg(long, value_name = "OID")]
    pub(crate) policy: Vec<String>,
    /// No certificate policy, so that the certificate counts as one factor
    #[arg(long, conflicts_with = "policy")]
    pub(crate) single_factor: bool,
    /// Days of validity
    #[arg(long, default_value_t = 365)]
    pub(crate) days: i64,
    /// Make a certificate that expired yesterday
    #[arg(long)]
    pub(crate) expired: bool,
    /// Make a certificate that is valid from tomorrow
    #[arg(long, conflicts_with = "expired")]
    pub(crate) not_yet_valid: bool,
    /// Use an authority that the tenant does not trust
    #[arg(long)]
    pub(crate) unknown_ca: bool,
    /// File for the certificate (PEM); default: standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct RevokeArguments {
    /// Folder of the laboratory
    #[arg(long)]
    pub(crate) dir: PathBuf,
    /// Certificates to revoke, PEM or DER; without any, the list is only renewed
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
