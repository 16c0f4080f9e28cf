//! A key to unwrap.

use core::fmt;

use super::Step;
use crate::{Error, PrimaryRefreshToken, SessionKey, Transcript};

/// The wrapped session key, to be decrypted with the device's private transport key: RSAES-OAEP with SHA-1 and MGF1 with
/// SHA-1, no label (RFC 7518 section 4.3, `RSA-OAEP`).
pub struct UnwrapTask<T = PrimaryRefreshToken> {
    wrapped: Vec<u8>,
    transcript: Transcript,
    unwrapped: Box<Unwrapped<T>>,
}

type Unwrapped<T> = dyn FnOnce(SessionKey) -> Result<Step<T>, Error> + Send;

impl<T> UnwrapTask<T> {
    /// The ciphertext, as long as the transport key's modulus.
    #[must_use]
    pub fn wrapped(&self) -> &[u8] {
        &self.wrapped
    }

    /// Goes on with the decrypted key.
    ///
    /// # Errors
    /// [`Error::SessionKeyMismatch`] when it is not the key that the server meant.
    pub fn complete(self, key: SessionKey) -> Result<Step<T>, Error> {
        let Self {
            transcript,
            unwrapped,
            ..
        } = self;
        transcript.unwrapped();
        let step = unwrapped(key);
        transcript.ended(&step);
        step
    }
}

impl<T: 'static> Step<T> {
    pub(crate) fn unwrap_key(
        wrapped: Vec<u8>,
        transcript: Transcript,
        unwrapped: impl FnOnce(SessionKey) -> Result<Self, Error> + Send + 'static,
    ) -> Self {
        Self::Unwrap(UnwrapTask {
            wrapped,
            transcript,
            unwrapped: Box::new(unwrapped),
        })
    }
}

impl<T> fmt::Debug for UnwrapTask<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnwrapTask")
            .field("wrapped_length", &self.wrapped.len())
            .finish_non_exhaustive()
    }
}
