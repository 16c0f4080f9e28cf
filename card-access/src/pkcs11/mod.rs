//! Tokens through PKCS#11 modules ([PKCS #11
//! v3.1](https://docs.oasis-open.org/pkcs11/pkcs11-spec/v3.1/os/pkcs11-spec-v3.1-os.html)): cards, TPMs and software tokens,
//! with their vendors' middleware.
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
//! A module is foreign code. Each one runs in its own process, which requires that `main` begins with
//! [`helper::run_if_helper`]. [`Pkcs11Provider::in_process`] loads modules into the calling process instead.
//!
//! # Deviations from the specification
//!
//! Modules and tokens deviate from the specification in many ways. A defect of one object or one field never makes a token
//! unusable:
//!
//! * **An object that cannot be read** is a [`Problem`](crate::Problem) of the listing, under its identifier and label. A key or label
//!   that cannot be read is unknown and excludes no certificate. A search that fails half-way keeps what it has found. A slot that
//!   cannot be read is a problem under its reader's name.
//! * **Certificates that are visible only after a login** (`CKA_PRIVATE`): a token that shows none reports
//!   [`LoginRequired`](crate::ErrorKind::LoginRequired); [`Token::credentials_after_login`](crate::Token::credentials_after_login) lists
//!   them, and the signature after it uses the same login.
//! * **Certificates with one identifier** (`CKA_ID`) are all listed. [`Token::credential`](crate::Token::credential) then fails with
//!   [`SeveralCredentials`](crate::ErrorKind::SeveralCredentials), and
//!   [`Token::credential_with_hash`](crate::Token::credential_with_hash) chooses one. The private key is found by its public key where
//!   the token shows it.
//! * **Certificate values** may be compressed (gzip, zlib) or have fill bytes after the DER.
//! * **Mechanisms** that are offered and fail: the next one is tried. No PIN is sent again for that.
//! * **Flags**: `CKF_LOGIN_REQUIRED`, `CKF_TOKEN_INITIALIZED` and `CKF_USER_PIN_INITIALIZED` refuse nothing by being absent; the calls
//!   report the real state. `CKF_USER_PIN_TO_BE_CHANGED` is reported as [`ChangeRequired`](crate::PinStatus::ChangeRequired), and
//!   the signature is tried nevertheless. Which flags refuse a try: see
//!   [`PinEntry::allow_final_try`](crate::PinEntry::allow_final_try).
//! * **A clock that was never set** (`CKF_CLOCK_ON_TOKEN`): a helper process reads the token's flags nevertheless;
//!   [in the calling process](Pkcs11Provider::in_process) they are unknown.
//! * **After a login, "user not logged in"** is [`NotLoggedIn`](crate::ErrorKind::NotLoggedIn), and an expired PIN is
//!   [`PinChangeRequired`](crate::ErrorKind::PinChangeRequired).

mod certificates;
mod config_problem;
mod fault;
pub mod helper;
mod in_process;
mod key_store;
mod key_types;
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
#[cfg(any(unix, windows))]
mod token_keys;

pub use config_problem::{ConfigProblem, ProblemKind};
pub use in_process::InProcessProvider;
pub use key_store::KeyStore;
pub use key_types::{KeyPurpose, Oaep, RsaPublicKey};
pub use module::{Module, ModuleOrigin, Modules};
pub use p11_kit::P11Kit;
pub use provider::Pkcs11Provider;
