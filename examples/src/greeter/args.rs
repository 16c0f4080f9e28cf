//! The command line of `greeter`.

use clap::Parser;

use crate::policy_file::PolicyOption;
use crate::sign_in::joined::Joined;

/// The sign-in screen in a terminal: tiles for the cards, a PIN, and a sign-in to Entra ID.
///
/// Shows the certificates that Windows would offer, with its labels, as cards come and go; asks for the PIN of one, and
/// for a user name hint where one is wanted; runs the sign-in against the authority, and tells what came of it.
#[derive(Debug, Parser)]
#[command(
    name = "greeter",
    version,
    max_term_width = 110,
    after_help = "\
Keys are shown at the foot of the screen; control-C leaves from everywhere. NO_COLOR is honoured.

Exit codes: 0 left after a sign-in that was granted; 1 left without; 2 usage, no terminal, or a file that can't be used;
101 a failure of the program; 128 and the number of the signal that ended it (130 for control-C).

Try it without hardware: `make greeter`."
)]
pub(super) struct Args {
    #[command(flatten)]
    pub(super) joined: Joined,

    #[command(flatten)]
    pub(super) policy: PolicyOption,
}
