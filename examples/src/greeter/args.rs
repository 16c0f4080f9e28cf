//! The command line of `greeter`.

use clap::Parser;

use crate::joining::NewKeysArgs;
use crate::policy_file::PolicyOption;
use crate::sign_in::joined::Joined;

/// The sign-in screen in a terminal: tiles for the cards, a PIN field, and a sign-in to Entra ID.
///
/// Shows the certificates that Windows would offer, with their labels, and updates when cards are inserted or removed. Asks for
/// the PIN, and for a user name hint if one is needed. Then runs the sign-in with the authority and shows the result.
///
/// A machine without the device file is joined first, with the same card and PIN: the certificate sign-in of the web, two new keys, and
/// their registration. Then the device file is written.
#[derive(Debug, Parser)]
#[command(
    name = "greeter",
    version,
    max_term_width = 110,
    after_help = "\
The foot of the screen shows the keys. Control-C leaves every screen. NO_COLOR runs colours off.

Exit codes:
    0  the user left after a sign-in that was granted
    1  the user left without one
    2  wrong usage, no terminal, or a file that cannot be used
  101  the program failed
  128 and the number of the signal that ended it (130 for control-C)

Try it without hardware: `make greeter`."
)]
pub(super) struct Args {
    #[command(flatten)]
    pub(super) joined: Joined,

    #[command(flatten)]
    pub(super) new_keys: NewKeysArgs,

    #[command(flatten)]
    pub(super) policy: PolicyOption,
}
