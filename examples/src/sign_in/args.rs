//! The command line of `sign-in`.

use std::path::PathBuf;

use card_access::Slot;
use clap::{ArgAction, Parser};

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

With --json, exit codes from 2 on print {\"outcome\": \"failed\", \"exit\": N, \"error\": {\"code\", \"message\", \"help\", \"who\"}},
unless the command line itself is wrong.

Try it without hardware: `make demo`."
)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(super) struct Args {
    #[command(flatten)]
    pub joined: Joined,

    /// The PC/SC reader, or a part of its name; required only if there are several cards
    #[arg(long, value_name = "NAME", conflicts_with_all = ["module", "token"])]
    pub reader: Option<String>,

    /// The PKCS#11 module to use instead of PC/SC
    #[arg(long, value_name = "PATH")]
    pub module: Option<PathBuf>,

    /// The label of the PKCS#11 token; required only if the module has several
    #[arg(long, value_name = "LABEL", requires = "module")]
    pub token: Option<String>,

    // Not a doc comment: Clippy wants backticks around the attribute's name, and they would be printed.
    #[arg(
        long,
        value_name = "SLOT",
        help = "The key slot: 9a, 9c, 9d, 9e, 82 to 95, or id: and the hexadecimal CKA_ID of a PKCS#11 object. By default 9a of \
                a PIV card, or the best of its other slots if 9a has no suitable certificate"
    )]
    pub slot: Option<Slot>,

    /// The certificate, if a slot or token has several: its label, or the first 8 or more digits of its SHA-256 hash
    #[arg(long, value_name = "HASH|LABEL", conflicts_with = "slot")]
    pub certificate: Option<String>,

    /// The user name hint, as a user would type it
    #[arg(long, value_name = "NAME")]
    pub hint: Option<String>,

    /// Reads the PIN from the first line of standard input
    #[arg(long)]
    pub pin_stdin: bool,

    /// The PIN is typed on the reader or the token
    #[arg(long, conflicts_with = "pin_stdin")]
    pub pin_pad: bool,

    /// Allows a PIN try that is the last one, or that may be the last one because the card does not show its counter. A wrong
    /// PIN
    /// then blocks the card
    #[arg(long)]
    pub last_try: bool,

    /// Also writes the result to this file, as JSON
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,

    /// Prints one JSON object instead of text
    #[arg(long, action = ArgAction::SetTrue)]
    pub json: bool,
}
