//! Steps of a sign-in to Active Directory: a step owns the state machine and accepts only the matching answer.

use core::fmt;

use rustls_pki_types::UnixTime;
use zeroize::Zeroizing;

use super::account::AdAccount;
use super::error::AdError;
use super::refusal::KdcRefusal;
use crate::algorithm::Algorithm;

/// Maximum length of a KDC's answer, in bytes. Real ones have a few kilobytes; the largest token of Windows has 48,000 bytes by
/// default.
pub const MAX_KDC_REPLY: usize = 256 * 1024;

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
    algorithm: Algorithm,
    input: Vec<u8>,
    continued: Box<dyn FnOnce(CardAnswer) -> Result<AdStep, AdError> + Send>,
}

pub(super) enum CardAnswer {
    Signature(Vec<u8>),
    Redate(UnixTime),
}

impl AdSignTask {
    pub(super) fn new(
        algorithm: Algorithm,
        input: Vec<u8>,
        continued: impl FnOnce(CardAnswer) -> Result<AdStep, AdError> + Send + 'static,
    ) -> Self {
        Self {
            algorithm,
            input,
            continued: Box::new(continued),
        }
    }

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
        if self.algorithm.fits(signature.len()) {
            (self.continued)(CardAnswer::Signature(signature.to_vec()))
        } else {
            Err(AdError::SignatureLength {
                algorithm: self.algorithm,
                length: signature.len(),
            })
        }
    }

    /// Returns a task for this time, for a user who took long to enter the PIN.
    ///
    /// # Errors
    /// Those of [`AdSignIn::start`](super::AdSignIn::start).
    pub fn redated(self, now: UnixTime) -> Result<AdStep, AdError> {
        (self.continued)(CardAnswer::Redate(now))
    }
}

/// A request to send to a KDC, over TCP: signed requests and answers with a PAC do not fit into datagrams.
pub struct KdcExchange {
    realm: String,
    request: Zeroizing<Vec<u8>>,
    answered: Box<Answered>,
}

type Answered = dyn FnOnce(&[u8], UnixTime) -> Result<AdStep, AdError> + Send;

impl KdcExchange {
    pub(super) fn new(
        realm: &str,
        request: Vec<u8>,
        answered: impl FnOnce(&[u8], UnixTime) -> Result<AdStep, AdError> + Send + 'static,
    ) -> Self {
        Self {
            realm: realm.to_owned(),
            request: Zeroizing::new(request),
            answered: Box::new(answered),
        }
    }

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
    if length > MAX_KDC_REPLY {
        return Err(AdError::ReplyTooLong {
            length,
            limit: MAX_KDC_REPLY,
        });
    }
    Ok(length)
}

impl fmt::Debug for AdSignTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdSignTask")
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for KdcExchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KdcExchange")
            .field("realm", &self.realm)
            .field("request_length", &self.request.len())
            .finish_non_exhaustive()
    }
}
