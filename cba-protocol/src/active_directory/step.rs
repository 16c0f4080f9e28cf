//! Steps of a sign-in to Active Directory: a step owns the state machine and accepts only the matching answer.

use core::fmt;

use rustls_pki_types::UnixTime;
use zeroize::Zeroizing;

use super::account::AdAccount;
use super::error::{AdError, MAX_KDC_REPLY};
use super::refusal::KdcRefusal;
use crate::algorithm::Algorithm;

/// Next step for the caller.
#[must_use = "a sign-in does not continue until its step is answered"]
#[derive(Debug)]
pub enum AdStep {
    /// Nothing: the sign-in has ended.
    Done(AdOutcome),
    /// Sign with the private key of the card.
    SignWithCard(AdSignTask),
    /// Send a request to a KDC of a realm and return the answer.
    SendToKdc(KdcExchange),
}

/// Result of a sign-in.
#[derive(Debug)]
#[non_exhaustive]
pub enum AdOutcome {
    /// The domain signed the user in.
    SignedIn(Box<AdAccount>),
    /// The KDC refused.
    Refused(Box<KdcRefusal>),
}

/// Input to sign with the card: hash [`input`](Self::input) and sign the hash with [`algorithm`](Self::algorithm).
///
/// The task is consumed by [`complete`](Self::complete) only. If the card fails, for example because of a wrong PIN, the card can be asked
/// again. What is signed contains the time, and a KDC accepts it for five minutes: [`redated`](Self::redated) brings it up to date.
pub struct AdSignTask {
    pub(super) algorithm: Algorithm,
    pub(super) input: Vec<u8>,
    pub(super) answered: Box<dyn FnOnce(Card<'_>) -> Next + Send>,
}

/// What the card does with a task.
pub(super) enum Card<'a> {
    Signs(&'a [u8]),
    /// Not yet: the task is needed for this time.
    Waits(UnixTime),
}

pub(super) type Next = Result<AdStep, AdError>;

impl AdSignTask {
    /// The signature algorithm: RS256, ES256 or ES384, as the certificate's key has it.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The bytes to sign, not hashed yet: the signed attributes of CMS (RFC 5652 section 5.4).
    #[must_use]
    pub fn input(&self) -> &[u8] {
        &self.input
    }

    /// Takes the signature and returns the next step.
    ///
    /// Its form is that of RFC 7518: PKCS #1 for RSA; for ECDSA `r` and `s` one after the other.
    ///
    /// # Errors
    /// [`AdError::SignatureLength`] if no signature of the algorithm has this length.
    pub fn complete(self, signature: &[u8]) -> Result<AdStep, AdError> {
        let (algorithm, length) = (self.algorithm, signature.len());
        if !algorithm.fits(length) {
            return Err(AdError::SignatureLength(algorithm, length));
        }
        (self.answered)(Card::Signs(signature))
    }

    /// Returns a task for this time, for a user who took long to enter the PIN.
    ///
    /// # Errors
    /// Those of [`AdSignIn::start`](super::AdSignIn::start).
    pub fn redated(self, now: UnixTime) -> Result<AdStep, AdError> {
        (self.answered)(Card::Waits(now))
    }
}

/// A request to send to a KDC, over TCP: signed requests and answers with a PAC do not fit into datagrams.
pub struct KdcExchange {
    pub(super) realm: String,
    pub(super) request: Zeroizing<Vec<u8>>,
    pub(super) answered: Box<Answered>,
}

type Answered = dyn FnOnce(&[u8], UnixTime) -> Next + Send;

impl KdcExchange {
    /// Realm whose KDC is asked. It changes when a KDC refers to another realm.
    #[must_use]
    pub fn realm(&self) -> &str {
        &self.realm
    }

    /// The message, without a length in front.
    #[must_use]
    pub fn request(&self) -> &[u8] {
        &self.request
    }

    /// The message with its length in front, as TCP carries it (RFC 4120 section 7.2.2).
    #[must_use]
    pub fn framed_request(&self) -> Vec<u8> {
        let length = u32::try_from(self.request.len()).unwrap_or(u32::MAX);
        [&length.to_be_bytes()[..], &self.request].concat()
    }

    /// Length of the answer from the four bytes in front of it.
    ///
    /// # Errors
    /// [`AdError::ReplyTooLong`] if it is more than [`MAX_KDC_REPLY`].
    pub fn reply_length(prefix: [u8; 4]) -> Result<usize, AdError> {
        // The highest bit is reserved for extensions; with it set, the length is too long as well.
        let length = usize::try_from(u32::from_be_bytes(prefix)).unwrap_or(usize::MAX);
        check_length(length)
    }

    /// Takes the answer, without the length in front, and returns the next step. `now` is the time of the answer.
    ///
    /// # Errors
    /// An [`AdError`] if the answer is not one that the protocol allows, or not one of the domain.
    pub fn respond(self, reply: &[u8], now: UnixTime) -> Result<AdStep, AdError> {
        check_length(reply.len())?;
        (self.answered)(reply, now)
    }
}

fn check_length(length: usize) -> Result<usize, AdError> {
    let fits = length <= MAX_KDC_REPLY;
    fits.then_some(length).ok_or(AdError::ReplyTooLong(length))
}

impl fmt::Debug for AdSignTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AdSignTask({})", self.algorithm)
    }
}

impl fmt::Debug for KdcExchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KdcExchange({}, {} bytes)", self.realm, self.request.len())
    }
}
