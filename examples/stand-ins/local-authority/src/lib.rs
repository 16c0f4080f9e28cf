//! Strict local stand-in for Entra ID, over HTTPS on loopback.
//!
//! It verifies every request. It shares no code and no crypto library with the client crates of this workspace, so that both sides
//! cannot make the same mistake. The README of this folder describes the program.
//!
//! ```no_run
//! use local_authority::{Authority, Configuration, Effect, Fault, Leg};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let configuration = Configuration::read("lab/authority.json".as_ref())?;
//! let authority = Authority::start(configuration, "127.0.0.1:0".parse()?)?;
//! authority.inject(Fault::once(Leg::PrimaryRefreshToken, Effect::StaleNonce));
//! println!("{}", authority.url());
//! // … sign in …
//! assert_eq!(authority.log().last().and_then(|entry| entry.code), Some(140_000));
//! # Ok(())
//! # }
//! ```

mod authority;
mod binding;
mod certificate;
mod clock;
mod config;
mod directory;
mod endpoint;
mod fault;
mod form;
mod grant;
mod hosts;
mod http;
pub mod issue;
mod jose;
mod log;
mod nonce;
mod random;
mod refusal;
mod seal;
mod server;
mod sign_in;
mod state;
mod tls;
mod token;
mod trust;

pub use self::authority::{Authority, StartError};
pub use self::config::*;
pub use self::fault::{Effect, Fault, Leg};
pub use self::log::{LogEntry, SignInNotes, TlsNotes};
pub use self::refusal::Code;
