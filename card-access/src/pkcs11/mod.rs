//! Tokens through PKCS#11 modules ([PKCS #11 v3.1](https://docs.oasis-open.org/pkcs11/pkcs11-spec/v3.1/os/pkcs11-spec-v3.1-os.html)):
//! cards, TPMs and software tokens, with the middleware of whoever made them.
//!
//! ```no_run
//! use card_access::{Provider, pkcs11::{Pkcs11Provider, helper}};
//!
//! helper::run_if_helper(); // first statement of `main`
//! let mut provider = Pkcs11Provider::system();
//! for token in provider.tokens()?.found {
//!     for credential in provider.open(&token.id)?.credentials()?.found {
//!         println!("{}: {}", token.name, credential.label());
//!     }
//! }
//! # Ok::<(), card_access::Error>(())
//! ```
//!
//! A module is foreign code. Each one runs in a process of its own, for which `main` has to begin with
//! [`helper::run_if_helper`]; loading modules into the calling process has to be asked for:
//! [`Pkcs11Provider::in_process`].

mod certificates;
mod config_problem;
mod fault;
pub mod helper;
mod in_process;
mod keys;
mod library;
mod login;
mod mechanism;
mod module;
mod modules;
mod monitor;
mod objects;
mod p11_kit;
mod provider;
mod slots;
mod text;
mod token;
mod token_data;

pub use config_problem::{ConfigProblem, ProblemKind};
pub use in_process::InProcessProvider;
pub use module::{Module, ModuleOrigin, Modules};
pub use p11_kit::P11Kit;
pub use provider::Pkcs11Provider;
