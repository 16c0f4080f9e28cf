//! Helper processes for PKCS#11 modules, so that a module that hangs or crashes does not take the calling program along.
//!
//! The helper is the calling program itself, started once more. For that, `main` begins with [`run_if_helper`]:
//!
//! ```no_run
//! use card_access::{Provider, pkcs11::{Pkcs11Provider, helper}};
//! use std::time::Duration;
//!
//! fn main() -> Result<(), card_access::Error> {
//!     helper::run_if_helper();
//!
//!     let mut provider = Pkcs11Provider::system().with_time_limit(Duration::from_secs(30));
//!     for token in provider.tokens()?.found {
//!         println!("{}", token.name);
//!     }
//!     Ok(())
//! }
//! ```
//!
//! A program whose `main` does not call it is never started again, because it would do its own work a second time: its
//! modules are reported with [`HelperMissing`](crate::ErrorKind::HelperMissing). So are all modules on systems other than Unix.
//! A library in a foreign program names a [helper program](super::Pkcs11Provider::with_helper_program) of its own, or
//! chooses [`in_process`](super::Pkcs11Provider::in_process).
//!
//! A helper loads one module, calls it from one thread, answers over a socket, and ends with its caller. A call that
//! takes longer than the [time limit](super::Pkcs11Provider::with_time_limit), or whose helper dies, is
//! [`ModuleFailed`](crate::ErrorKind::ModuleFailed): the helper is ended, and the next call starts another one.
//!
//! A [wait](crate::Provider::wait) leaves a module that failed alone for a while, at first two seconds and in the end a
//! minute; a listing tries it at once. What a module prints goes nowhere: to read a module's own log, let the module
//! write it to a file.
//!
//! Each open token has a helper to itself, so that logins of two tokens never meet, and one that is ended takes no
//! other with it. Nothing is tried twice: after a failure in the middle of a signature, whether the PIN was counted is
//! for [`pin_status`](crate::Token::pin_status) to tell.

#[cfg(unix)]
mod client;
#[cfg(unix)]
mod kind;
#[cfg(unix)]
mod mark;
#[cfg(unix)]
mod message;
#[cfg(not(unix))]
mod nowhere;
#[cfg(unix)]
mod process;
#[cfg(unix)]
mod serve;
#[cfg(unix)]
mod value;
#[cfg(unix)]
mod wire;

use std::path::PathBuf;
use std::time::Duration;

#[cfg(unix)]
pub(super) use client::Helper;
#[cfg(not(unix))]
pub(super) use nowhere::Helper;

use crate::uri::Pkcs11Uri;

/// Makes this process a helper if it was started as one, and then never returns; otherwise allows this program to be
/// started as one. On systems other than Unix it does nothing.
///
/// Call it first in `main`, before arguments are read or threads are started. See [the module](self) for the whole.
///
/// A process that has more rights than the user who started it (setuid, setgid, capabilities of its file) is no helper, whatever
/// its environment says, and ends: a helper loads the code that it is told to.
pub fn run_if_helper() {
    #[cfg(unix)]
    serve::run_if_helper();
}

/// How to run a helper.
#[derive(Clone, Debug)]
#[cfg_attr(not(unix), allow(dead_code, reason = "there are no helpers"))]
pub(super) struct Settings {
    pub(super) uri: Pkcs11Uri,
    pub(super) program: HelperProgram,
    pub(super) time_limit: Duration,
}

/// The program that is started as a helper.
#[derive(Clone, Debug)]
#[cfg_attr(not(unix), allow(dead_code, reason = "there are no helpers"))]
pub(super) enum HelperProgram {
    At(PathBuf),
    ThisProgram,
}
