//! Sign-in to Active Directory with a card, the first leg on a hybrid joined device.
//!
//! [`AdSignIn`] asks the caller to sign with the card, and to send two messages to a domain controller. It ends with an [`AdAccount`], whose
//! [`logon`](AdAccount::logon) goes into the decision which name to send to Entra:
//!
//! ```
//! use cba_protocol::active_directory::{AdError, AdOutcome, AdSignIn, AdStep};
//! use cba_protocol::{Seed, pki_types::UnixTime};
//!
//! # fn sign(_: &[u8]) -> Vec<u8> { vec![] }
//! # fn send(_: &str, _: &[u8]) -> Vec<u8> { vec![] }
//! fn sign_in(sign_in: AdSignIn, seed: Seed) -> Result<AdOutcome, AdError> {
//!     let mut step = sign_in.start(seed, UnixTime::now())?;
//!     loop {
//!         step = match step {
//!             AdStep::Done(outcome) => return Ok(outcome),
//!             AdStep::SignWithCard(task) => {
//!                 let signature = sign(task.input()); // with task.algorithm()
//!                 task.complete(&signature)?
//!             }
//!             AdStep::SendToKdc(exchange) => {
//!                 let reply = send(exchange.realm(), exchange.request()); // over TCP
//!                 exchange.respond(&reply, UnixTime::now())?
//!             }
//!         };
//!     }
//! }
//! ```
//!
//! **Verification.** The answer of a domain controller is used only after the domain controller is verified. With a keytab, a
//! ticket for the device is decrypted with the device's key: nobody without that key can create one, and a recorded ticket does not
//! match the reply. Windows does the same ([MS-PKCA] 4.1). Without a keytab, the signature and the certificate of the domain
//! controller must be valid. [`AdAccount::proof`] returns the method. Then the signature of the account data (PAC) is verified, and
//! that the PAC belongs to the ticket.
//!
//! **Algorithms.** Diffie-Hellman in group 14, signatures with SHA-256 (SHA-384 with P-384), AES for everything encrypted, TCP.
//! SHA-1 is accepted where the protocol fixes it (RFC 3962, RFC 4556 section 3.2.3.1), and in the signature of a KDC, because those
//! of Samba and of older Windows use it there; the signed data contains the client's nonce. It is not accepted in certificates. RC4
//! and DES are not supported.

// What a caller starts.
mod sign_in;

// The requests and signatures in their order.
mod flow;
#[cfg(fuzzing)]
mod fuzzing;

// Owned steps.
mod step;

// Results and refusals.
mod account;
mod codes;
mod credential_cache;
mod error;
mod finding;
mod kdc_trust;
mod keytab;
mod refusal;

// Messages.
mod cms;
mod messages;
mod names;
mod pac;
mod pkinit;

// Encoding and cryptography.
mod agreement;
mod der;
mod encryption;
mod modular;
mod oid;
mod rsa;
mod time;

pub use account::{AdAccount, ClockSkew, KdcProof};
pub use error::{AdError, KdcProblem};
pub use finding::CertificateFinding;
pub use flow::MAX_REFERRALS;
#[cfg(fuzzing)]
#[doc(hidden)]
pub use fuzzing::read_ticket;
pub use kdc_trust::KdcTrust;
pub use keytab::{Keytab, KeytabEntry, KeytabError};
pub use pac::{UpnDnsInfo, UpnDnsInfoError};
pub use refusal::{KdcRefusal, KdcRequest};
pub use sign_in::AdSignIn;
pub use step::{AdOutcome, AdSignTask, AdStep, KdcExchange, MAX_KDC_REPLY};
