//! Something to sign.

use core::fmt;

use zeroize::Zeroizing;

use super::Step;
use crate::flow::State;
use crate::jose::{Algorithm, jws};
use crate::{Error, PrimaryRefreshToken, Transcript};

/// Something to sign: hash [`input`](Self::input) and sign the hash as [`algorithm`](Self::algorithm) says.
pub struct SignTask<T = PrimaryRefreshToken> {
    state: State,
    algorithm: Algorithm,
    input: Zeroizing<String>,
    transcript: Transcript,
    signed: Box<Signed<T>>,
}

/// Goes on with the whole compact JWS.
type Signed<T> = dyn FnOnce(Zeroizing<String>) -> Result<Step<T>, Error> + Send;

impl<T> SignTask<T> {
    /// What is signed: [`State::Assertion`] or [`State::Request`].
    #[must_use]
    pub fn state(&self) -> State {
        self.state
    }

    /// The signature algorithm, RS256 unless the configuration says otherwise.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The octets to be signed: the JWS signing input, RFC 7515 section 5.1. They are not hashed yet.
    #[must_use]
    pub fn input(&self) -> &[u8] {
        self.input.as_bytes()
    }

    /// Goes on with the signature in the form of RFC 7518: PKCS #1 for RSA, for ECDSA `r` and `s` one after the other, each as
    /// long as the curve's order.
    ///
    /// The signature is not verified here (the server does that), only its length is looked at.
    ///
    /// # Errors
    /// [`Error::SignatureLength`] when no signature of that algorithm has that length.
    pub fn complete(self, signature: &[u8]) -> Result<Step<T>, Error> {
        let Self {
            state,
            algorithm,
            input,
            transcript,
            signed,
        } = self;
        transcript.signed(state, algorithm, signature.len());
        let step = if algorithm.fits(signature.len()) {
            signed(jws::join(&input, signature))
        } else {
            Err(Error::SignatureLength {
                state,
                algorithm,
                length: signature.len(),
            })
        };
        transcript.ended(&step);
        step
    }
}

impl<T: 'static> Step<T> {
    /// Devices sign with RS256 and nothing else ([MS-OAPXBC] 3.2.5.1.2.1).
    pub(crate) fn sign_as_device(
        state: State,
        input: Zeroizing<String>,
        transcript: Transcript,
        signed: impl FnOnce(Zeroizing<String>) -> Result<Self, Error> + Send + 'static,
    ) -> Self {
        Self::SignAsDevice(SignTask {
            state,
            algorithm: Algorithm::Rs256,
            input,
            transcript,
            signed: Box::new(signed),
        })
    }

    pub(crate) fn sign_as_user(
        state: State,
        algorithm: Algorithm,
        input: Zeroizing<String>,
        transcript: Transcript,
        signed: impl FnOnce(Zeroizing<String>) -> Result<Self, Error> + Send + 'static,
    ) -> Self {
        Self::SignAsUser(SignTask {
            state,
            algorithm,
            input,
            transcript,
            signed: Box::new(signed),
        })
    }
}

impl<T> fmt::Debug for SignTask<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignTask")
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}
