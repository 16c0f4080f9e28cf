//! Helper processes for PKCS#11 modules. A module that hangs or crashes does not affect the calling program.
//!
//! The helper is the calling program itself, started once more. Therefore `main` begins with [`run_if_helper`]:
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
//! A program whose `main` does not call it is never started again, because it would do its own work a second time. Its modules
//! are reported with [`HelperMissing`](crate::ErrorKind::HelperMissing), as are all modules on systems other than Unix and Windows. A
//! library in a foreign program names its own [helper program](super::Pkcs11Provider::with_helper_program), or uses
//! [`in_process`](super::Pkcs11Provider::in_process).
//!
//! A helper loads one module, calls it from one thread, answers over a socket (on Windows over pipes), and ends with its caller. A
//! call fails with [`ModuleFailed`](crate::ErrorKind::ModuleFailed) if it takes longer than the [time
//! limit](super::Pkcs11Provider::with_time_limit), or if its helper dies. The helper is then ended, and the next call starts
//! another one.
//!
//! After a failure, a [wait](crate::Provider::wait) pauses before it asks the module again: two seconds at first, a minute at
//! most. A listing asks at once. What a module prints is discarded: to read a module's log, configure the module to write it to
//! a file.
//!
//! Each open token has its own helper, so that logins of two tokens never affect each other, and ending one helper affects no
//! other token. Nothing is tried twice: after a failure during a signature, [`pin_status`](crate::Token::pin_status) shows
//! whether the PIN try was counted.

#[cfg(any(unix, windows))]
mod client;
#[cfg(any(unix, windows))]
mod key_message;
#[cfg(any(unix, windows))]
mod keys;
#[cfg(any(unix, windows))]
mod kind;
#[cfg(any(unix, windows))]
mod mark;
#[cfg(any(windows, test))]
mod marked;
#[cfg(any(unix, windows))]
mod message;
#[cfg(not(any(unix, windows)))]
mod nowhere;
#[cfg(any(unix, windows))]
mod pin_value;
#[cfg(windows)]
mod pipe;
#[cfg(any(unix, windows))]
mod process;
#[cfg(unix)]
mod rights;
#[cfg(any(unix, windows))]
mod serve;
#[cfg(unix)]
mod socket;
#[cfg(any(unix, windows))]
mod value;
#[cfg(any(unix, windows))]
mod wait;
#[cfg(any(unix, windows))]
mod wire;

use std::path::PathBuf;
use std::time::Duration;

#[cfg(any(unix, windows))]
pub(super) use client::Helper;
#[cfg(any(unix, windows))]
pub(super) use keys::HelperKeys;
#[cfg(not(any(unix, windows)))]
pub(super) use nowhere::{Helper, HelperKeys};
#[cfg(windows)]
use pipe as channel;
#[cfg(unix)]
use socket as channel;

use crate::uri::Pkcs11Uri;

/// Turns this process into a helper if it was started as one, and then never returns; otherwise permits this program to be
/// started as one. On systems other than Unix and Windows it does nothing.
///
/// Call it first in `main`, before arguments are read or threads are started. See [the module](self) for details.
///
/// A process that has more rights than the user who started it (setuid, setgid, file capabilities) refuses to be a helper,
/// whatever its environment says, and exits: a helper loads the code that its environment names. This concerns Unix.
pub fn run_if_helper() {
    #[cfg(any(unix, windows))]
    serve::run_if_helper();
}

/// How to run a helper.
#[derive(Clone, Debug)]
#[cfg_attr(not(any(unix, windows)), allow(dead_code, reason = "there are no helpers"))]
pub(super) struct Settings {
    pub(super) uri: Pkcs11Uri,
    pub(super) program: HelperProgram,
    pub(super) time_limit: Duration,
}

/// Program that is started as a helper.
#[derive(Clone, Debug)]
#[cfg_attr(not(any(unix, windows)), allow(dead_code, reason = "there are no helpers"))]
pub(super) enum HelperProgram {
    At(PathBuf),
    ThisProgram,
}
