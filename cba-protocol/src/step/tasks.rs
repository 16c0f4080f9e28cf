//! Key operations: input to sign, and a key to decrypt.

use core::fmt;

use rustls_pki_types::UnixTime;
use zeroize::Zeroizing;

use super::Step;
use crate::algorithm::Algorithm;
use crate::error::Error;
use crate::jose::jws;
use crate::prt::PrimaryRefreshToken;
use crate::recorder::Recorder;
use crate::secret::SessionKey;
use crate::state::State;

/// Input to sign: hash [`input`](Self::input) and sign the hash with [`algorithm`](Self::algorithm).
///
/// The task borrows out its input and is consumed by [`complete`](Self::complete) only. If the card fails, for example because of
/// a wrong PIN, the task is still there: the card can be asked again.
pub struct SignTask<T = PrimaryRefreshToken> {
    state: State,
    algorithm: Algorithm,
    input: Zeroizing<Vec<u8>>,
    recorder: Recorder,
    next: Next<T>,
}

/// How the flow continues.
enum Next<T> {
    /// With the input and the signature: a certificate request.
    CertificateRequest(Box<Signed<T>>),
    /// The input contains dates.
    Dated(Box<Then<T, Dated>>),
    /// With the compact JWS.
    Undated(Box<Then<T, Zeroizing<String>>>),
}

type Then<T, A> = dyn FnOnce(A) -> Result<Step<T>, Error> + Send;

type Signed<T> = dyn FnOnce(&[u8], &[u8]) -> Result<Step<T>, Error> + Send;

/// What became of a task whose input contains dates.
pub(crate) enum Dated {
    /// It is not signed before this time.
    Postponed(UnixTime),
    /// It is signed: the compact JWS.
    Signed(Zeroizing<String>),
}

impl<T> SignTask<T> {
    /// State of the flow, which identifies the signature: [`State::Assertion`], [`State::Request`] or [`State::CertificateRequest`].
    #[must_use]
    pub fn state(&self) -> State {
        self.state
    }

    /// The signature algorithm: RS256 unless the configuration says otherwise.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The bytes to sign, not hashed yet: the JWS signing input (RFC 7515 section 5.1), or the information of a certificate request
    /// (RFC 2986 section 4.1).
    #[must_use]
    pub fn input(&self) -> &[u8] {
        &self.input
    }

    /// Returns the task for a signature that is made at `now`.
    ///
    /// The user's assertion contains its date and the server's nonce. An agent can come this far while a person still types the
    /// PIN, because nothing before needed the card. It keeps the task meanwhile and calls this right before the card signs. The
    /// returned step is the same task with the current date, or the request for a new nonce if the nonce is older than
    /// [`Config::max_nonce_age`](crate::Config::max_nonce_age). A task of the device contains no date and is returned unchanged.
    ///
    /// ```
    /// use cba_protocol::{Error, SignTask, Step};
    /// use rustls_pki_types::UnixTime;
    ///
    /// fn pin_typed(waiting: SignTask) -> Result<Step, Error> {
    ///     waiting.refreshed(UnixTime::now())
    /// }
    /// ```
    ///
    /// # Errors
    /// [`Error::UnwritableRequest`] if a request cannot be written.
    pub fn refreshed(self, now: UnixTime) -> Result<Step<T>, Error> {
        match self.next {
            Next::Dated(next) => next(Dated::Postponed(now)),
            Next::CertificateRequest(_) | Next::Undated(_) => Ok(Step::SignAsDevice(self)),
        }
    }

    /// Takes the signature and returns the next step.
    ///
    /// Its form is that of RFC 7518: PKCS #1 for RSA; for ECDSA `r` and `s` one after the other, each as long as the curve's order.
    /// The server verifies it; here only the length is checked.
    ///
    /// # Errors
    /// [`Error::SignatureLength`] if no signature of the algorithm has this length.
    pub fn complete(self, signature: &[u8]) -> Result<Step<T>, Error> {
        let Self {
            state,
            algorithm,
            input,
            recorder,
            next,
        } = self;
        recorder.signed(state, algorithm, signature.len());
        let step = if algorithm.fits(signature.len()) {
            // A JWS is made of a string.
            let jws = || jws::join(core::str::from_utf8(&input).unwrap_or_default(), signature);
            match next {
                Next::CertificateRequest(next) => next(&input, signature),
                Next::Dated(next) => next(Dated::Signed(jws())),
                Next::Undated(next) => next(jws()),
            }
        } else {
            Err(Error::SignatureLength {
                state,
                algorithm,
                length: signature.len(),
            })
        };
        super::record_end(&recorder, &step);
        step
    }
}

/// The wrapped session key: decrypt it with the device's private transport key, using RSAES-OAEP with SHA-1, MGF1 with SHA-1 and no
/// label (RFC 7518 section 4.3, `RSA-OAEP`).
pub struct UnwrapTask<T = PrimaryRefreshToken> {
    wrapped: Vec<u8>,
    recorder: Recorder,
    unwrapped: Box<Then<T, SessionKey>>,
}

impl<T> UnwrapTask<T> {
    /// The ciphertext, as long as the modulus of the transport key.
    #[must_use]
    pub fn wrapped(&self) -> &[u8] {
        &self.wrapped
    }

    /// Takes the decrypted key and returns the next step.
    ///
    /// # Errors
    /// [`Error::SessionKeyMismatch`] if it is not the key that the server wrapped.
    pub fn complete(self, key: SessionKey) -> Result<Step<T>, Error> {
        let Self {
            recorder, unwrapped, ..
        } = self;
        recorder.unwrapped();
        let step = unwrapped(key);
        super::record_end(&recorder, &step);
        step
    }
}

impl<T: 'static> Step<T> {
    /// Devices sign with RS256 only ([MS-OAPXBC] 3.2.5.1.2.1).
    pub(crate) fn sign_as_device(
        state: State,
        input: Zeroizing<String>,
        recorder: Recorder,
        signed: impl FnOnce(Zeroizing<String>) -> Result<Self, Error> + Send + 'static,
    ) -> Self {
        let algorithm = Algorithm::Rs256;
        Self::SignAsDevice(SignTask {
            state,
            algorithm,
            input: bytes(input),
            recorder: recorder.key_operation(state, algorithm.code()),
            next: Next::Undated(Box::new(signed)),
        })
    }

    /// The same for a certificate request in DER.
    pub(crate) fn sign_request_as_device(
        input: Vec<u8>,
        recorder: Recorder,
        signed: impl FnOnce(&[u8], &[u8]) -> Result<Self, Error> + Send + 'static,
    ) -> Self {
        let (state, algorithm) = (State::CertificateRequest, Algorithm::Rs256);
        Self::SignAsDevice(SignTask {
            state,
            algorithm,
            input: Zeroizing::new(input),
            recorder: recorder.key_operation(state, algorithm.code()),
            next: Next::CertificateRequest(Box::new(signed)),
        })
    }

    pub(crate) fn sign_as_user(
        state: State,
        algorithm: Algorithm,
        input: Zeroizing<String>,
        recorder: Recorder,
        next: impl FnOnce(Dated) -> Result<Self, Error> + Send + 'static,
    ) -> Self {
        Self::SignAsUser(SignTask {
            state,
            algorithm,
            input: bytes(input),
            recorder: recorder.key_operation(state, algorithm.code()),
            next: Next::Dated(Box::new(next)),
        })
    }

    pub(crate) fn unwrap_key(
        wrapped: Vec<u8>,
        recorder: Recorder,
        unwrapped: impl FnOnce(SessionKey) -> Result<Self, Error> + Send + 'static,
    ) -> Self {
        Self::Unwrap(UnwrapTask {
            wrapped,
            recorder: recorder.key_operation(State::SessionKey, "RSA-OAEP"),
            unwrapped: Box::new(unwrapped),
        })
    }
}

/// The bytes of a string, without a copy.
fn bytes(mut text: Zeroizing<String>) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(core::mem::take(&mut *text).into_bytes())
}

impl<T> fmt::Debug for SignTask<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignTask")
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for UnwrapTask<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnwrapTask")
            .field("wrapped_length", &self.wrapped.len())
            .finish_non_exhaustive()
    }
}
