//! PKCS#11 modules in processes of their own, so that a module that hangs or crashes does not take the caller with it.
//!
//! The helper is the calling program itself, started once more: [`run_if_helper`] at the beginning of `main` makes it
//! one. It loads the module, answers over a socket, and ends with its caller. A call that takes longer than the
//! [time limit](HelperProvider::time_limit), or whose helper dies, is
//! [`ModuleFailed`](crate::ErrorKind::ModuleFailed): the helper is ended, and the next call starts another one.
//!
//! ```no_run
//! use card_access::{Provider, pkcs11::{Pkcs11Provider, helper}};
//! use std::time::Duration;
//!
//! fn main() -> Result<(), card_access::Error> {
//!     helper::run_if_helper();
//!
//!     let mut provider = Pkcs11Provider::system().in_helper_process().time_limit(Duration::from_secs(30));
//!     for token in provider.tokens()? {
//!         println!("{}", token.name);
//!     }
//!     Ok(())
//! }
//! ```
//!
//! A [wait](crate::Provider::wait) leaves a module that failed alone for a while, at first two seconds and in the end a
//! minute; a listing tries it at once. What a module prints is not the caller's, and goes nowhere: to read a module's own
//! log, let the module write it to a file.
//!
//! Each open token has a helper to itself, so that logins of two tokens never meet, and one that is ended takes no
//! other with it. Nothing is tried twice: after a failure in the middle of a signature, whether the PIN was counted is
//! for [`pin_status`](crate::Token::pin_status) to tell.

mod client;
mod message;
mod process;
mod rest;
mod serve;
mod value;
mod wire;

pub use client::HelperProvider;
pub use serve::run_if_helper;
