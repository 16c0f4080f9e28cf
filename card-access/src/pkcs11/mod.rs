//! Tokens through PKCS#11 modules ([PKCS #11 v3.1](https://docs.oasis-open.org/pkcs11/pkcs11-spec/v3.1/os/pkcs11-spec-v3.1-os.html)):
//! cards, TPMs and software tokens, with the middleware of whoever made them.
//!
//! ```no_run
//! use card_access::{Provider, pkcs11::Pkcs11Provider};
//!
//! let mut provider = Pkcs11Provider::system();
//! for token in provider.tokens()? {
//!     for credential in provider.open(&token.id)?.credentials()? {
//!         println!("{}: {}", token.name, credential.label());
//!     }
//! }
//! # Ok::<(), card_access::Error>(())
//! ```
//!
//! A module is code of others in this process. A login belongs to the whole process, and a hang can't be ended from
//! outside; the module `helper` (on Unix) runs modules in processes of their own instead, behind the same traits.

mod fault;
#[cfg(unix)]
pub mod helper;
mod library;
mod login;
mod mechanism;
mod modules;
mod objects;
mod p11_kit;
mod provider;
mod slots;
mod text;
mod token;

pub use modules::{Module, ModuleOrigin, Modules};
pub use p11_kit::{ConfigProblem, P11Kit, ProblemKind};
pub use provider::Pkcs11Provider;
