//! The user name that Windows sends to Microsoft Entra ID for a smart-card sign-in, with its proof.
#![no_std]

extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

pub mod certificate;
mod hint;
mod upn;
pub mod windows;

pub use hint::{HintProblem, UserNameHint};
pub use upn::{PolicyAdvice, Upn, UpnError};
