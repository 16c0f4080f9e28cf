//! The command line of `sign-in`.

use std::path::PathBuf;

use clap::{ArgAction, Parser};

use super::card_options::CardOptions;
use super::joined::Joined;

/// Signs in to Entra ID with a smart card and gets a primary refresh token.
///
/// Reads the certificate, determines the user name that Windows would send, asks for the PIN, and runs the sign-in with the
/// authority. The token itself is never shown.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "sign-in",
    version,
    max_term_width = 110,
    after_help = "\
Exit codes:
  0  a token was granted
  1  the server refused, or nothing was sent
  2  wrong usage, or a file that cannot be used
  3  no card, or no certificate
  4  the PIN is wrong, blocked or missing, or its last try was not allowed
  5  the card failed, or was removed
  6  no answer from the network
  7  the server's answer does not follow the protocol
  8  the time limit ended; the message and the code (time-limit/...) name what the sign-in was waiting for
  9  the domain controller could not be verified
 10  the keytab has no key for the domain controller's ticket: create it again
 11  a token was granted, and the broker did not take it (--broker)

With --json, exit codes from 2 to 10 print {\"outcome\": \"failed\", \"exit\": N, \"error\": {\"code\", \"message\", \"help\", \"who\"}},
unless the command line itself is wrong.

Try it without hardware: `make demo`."
)]
pub(super) struct Args {
    #[command(flatten)]
    pub joined: Joined,

    #[command(flatten)]
    pub card: CardOptions,

    /// The user name hint, as a user would type it
    #[arg(long, value_name = "NAME")]
    pub hint: Option<String>,

    /// Also writes the result to this file, as JSON
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,

    /// Prints one JSON object instead of text
    #[arg(long, action = ArgAction::SetTrue)]
    pub json: bool,
}
