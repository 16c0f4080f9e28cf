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
//! controller must be valid. [`AdAccount::proof`] says how. Then the signature of the account data (PAC) is verified, and
//! that the PAC belongs to the ticket.
//!
//! **Algorithms.** Diffie-Hellman in group 14, signatures with SHA-256 (SHA-384 with P-384), AES for everything encrypted, TCP.
//! The program gives the algorithms that verify the KDC's signature ([`KdcTrust`]). SHA-1 is used where the protocol fixes it
//! (RFC 3962, RFC 4556 section 3.2.3.1), and in the signature of a KDC if the program gives that algorithm, because Samba and
//! older Windows use it there; the signed data contains the client's nonce. It is not accepted in certificates. RC4 and DES are not
//! supported.

// The requests and signatures in their order, from the start.
mod flow;
#[cfg(fuzzing)]
mod fuzzing;

// What a caller starts, and owned steps.
mod sign_in;
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
mod names;
mod pac;
mod pkinit;
mod replies;
mod requests;

// Encoding and cryptography.
mod agreement;
mod asn1;
mod encryption;
mod oid;
mod time;

pub use account::{AdAccount, KdcProof};
pub use error::{AdError, KdcProblem, MAX_KDC_REPLY};
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
pub use step::{AdOutcome, AdSignTask, AdStep, KdcExchange};
