//! The command line of `sign-in`.

use std::path::PathBuf;

use card_access::Slot;
use clap::{ArgAction, Parser};

use super::joined::Joined;

/// Sign in to Entra ID with a smart card and get a primary refresh token.
///
/// Reads the certificate of one slot, decides which user name Windows would send, asks for the PIN, and runs the
/// sign-in against the authority. The token itself is never shown.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "sign-in",
    version,
    max_term_width = 110,
    after_help = "\
Exit codes: 0 granted; 1 refused by the server, or nothing sent; 2 usage, or a file that can't be used; 3 no card or
certificate; 4 PIN; 5 card failure; 6 network; 7 the server's answers are not the protocol's; 8 the time limit was
over: the message, and the code with --json (time-limit/...), say what it waited for.

With --json, exit codes from 2 on print {\"outcome\": \"failed\", \"exit\": N, \"error\": {\"code\", \"message\", \"help\", \"who\"}}, where
the command line itself could be read.

Try it without hardware: `make demo`."
)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(super) struct Args {
    #[command(flatten)]
    pub joined: Joined,

    /// The PC/SC reader to use, or a part of its name; needed only when there are several cards.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["module", "token"])]
    pub reader: Option<String>,

    /// Use this PKCS#11 module instead of PC/SC.
    #[arg(long, value_name = "PATH")]
    pub module: Option<PathBuf>,

    /// The PKCS#11 token to use, by its label; needed only when the module has several.
    #[arg(long, value_name = "LABEL", requires = "module")]
    pub token: Option<String>,

    // Not a doc comment: there the attribute's name has marks, which would be printed.
    #[arg(
        long,
        value_name = "SLOT",
        help = "The key slot: 9a, 9c, 9d, 9e, 82 to 95, or id: with the hexadecimal CKA_ID of a PKCS#11 object. Without it: \
                9a of a PIV card, or the best of its other slots if 9a has no certificate to sign in with"
    )]
    pub slot: Option<Slot>,

    /// The certificate to use, where one slot or token has several: its SHA-256 hash (the first 8 digits or more), or its label.
    #[arg(long, value_name = "HASH|LABEL", conflicts_with = "slot")]
    pub certificate: Option<String>,

    /// The user name hint, as typed by the user.
    #[arg(long, value_name = "NAME")]
    pub hint: Option<String>,

    /// Read the PIN from the first line of standard input.
    #[arg(long)]
    pub pin_stdin: bool,

    /// Type the PIN on the reader or the token itself.
    #[arg(long, conflicts_with = "pin_stdin")]
    pub pin_pad: bool,

    /// Allow a PIN try that is the final one, or that may be because the card does not show how many are left; a wrong PIN then
    /// blocks the card.
    #[arg(long)]
    pub last_try: bool,

    /// Write the result to this file too, as JSON.
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,

    /// Print one JSON object instead of text.
    #[arg(long, action = ArgAction::SetTrue)]
    pub json: bool,
}
