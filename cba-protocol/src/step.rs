//! One step at a time: the step owns the machine, and only the right answer can be given to it.

use core::fmt;

use http::{Request, Response};
use rustls_pki_types::UnixTime;
use zeroize::{Zeroize, Zeroizing};

use crate::answer::Answer;
use crate::flow::State;
use crate::jose::{Algorithm, jws};
use crate::{Error, Interaction, NotManaged, PrimaryRefreshToken, Refusal, SessionKey, Transcript};

/// What has to be done next, and by whom.
///
/// A step owns all that the flow has learned so far. It is `Send + 'static`, so a daemon can park it for as long as a person
/// needs for a PIN; dropping it ends the flow and wipes its secrets. Giving an answer to the wrong step does not compile:
///
/// ```compile_fail
/// fn wrong(task: cba_protocol::SignTask, answer: http::Response<Vec<u8>>, now: rustls_pki_types::UnixTime) {
///     let _ = task.respond(answer, now); // a signature is asked for, not an answer
/// }
/// ```
///
/// `T` is what the flow is for: a sign-in and a renewal end in a [`PrimaryRefreshToken`].
#[must_use = "a flow goes nowhere until its step is answered"]
pub enum Step<T = PrimaryRefreshToken> {
    /// Nothing: the flow has ended.
    Done(Outcome<T>),
    /// Send a request over TLS and hand back the answer, whatever its status.
    Send(Exchange<T>),
    /// Sign with the private key of the device certificate.
    SignAsDevice(SignTask<T>),
    /// Sign with the private key of the user's certificate: the card.
    SignAsUser(SignTask<T>),
    /// Unwrap with the private transport key of the device.
    Unwrap(UnwrapTask<T>),
}

/// How a flow ended, when the server and this client understood each other.
#[derive(Debug)]
#[non_exhaustive]
pub enum Outcome<T = PrimaryRefreshToken> {
    /// The server gave what was asked for.
    Granted(Box<T>),
    /// The server wants to see the user in a browser.
    Interaction(Box<Interaction>),
    /// The user is not signed in here: another federation server, another cloud, or nobody knows the name.
    NotManaged(NotManaged),
    /// The server said no.
    Refused(Box<Refusal>),
}

impl<T> Step<T> {
    /// Where in [`flow::table`](crate::flow::table) the flow stands.
    #[must_use]
    pub fn state(&self) -> State {
        match self {
            Self::Done(outcome) => outcome.state(),
            Self::Send(exchange) => exchange.state,
            Self::SignAsDevice(task) | Self::SignAsUser(task) => task.state,
            Self::Unwrap(_) => State::SessionKey,
        }
    }
}

impl<T: 'static> Step<T> {
    pub(crate) fn send(
        state: State,
        request: Request<Vec<u8>>,
        transcript: Transcript,
        answered: impl FnOnce(Answer, UnixTime) -> Result<Self, Error> + Send + 'static,
    ) -> Self {
        transcript.asked(state, &request);
        Self::Send(Exchange {
            state,
            request: Box::new(Wiped(request)),
            transcript,
            answered: Box::new(answered),
        })
    }

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

impl<T> Outcome<T> {
    /// The final state of [`flow::table`](crate::flow::table) that this is.
    #[must_use]
    pub fn state(&self) -> State {
        match self {
            Self::Granted(_) => State::Granted,
            Self::Interaction(_) => State::Interaction,
            Self::NotManaged(_) => State::NotManaged,
            Self::Refused(_) => State::Refused,
        }
    }
}

/// A request that wants an answer.
///
/// Send it as it is, over TLS with the server's name checked, and do not follow redirects.
pub struct Exchange<T = PrimaryRefreshToken> {
    state: State,
    request: Box<Wiped>,
    transcript: Transcript,
    answered: Box<Answered<T>>,
}

type Answered<T> = dyn FnOnce(Answer, UnixTime) -> Result<Step<T>, Error> + Send;

impl<T> Exchange<T> {
    /// The request: `GET` or `POST`, always `https` and always the configured host.
    #[must_use]
    pub fn request(&self) -> &Request<Vec<u8>> {
        &self.request.0
    }

    /// Which request it is. At [`State::Nonce`] have the PIN at hand before you send: the nonce that comes back ages, and the
    /// card is asked for its signature right after.
    #[must_use]
    pub fn state(&self) -> State {
        self.state
    }

    /// Goes on with the server's answer, whatever its status.
    ///
    /// `now` is the time of the answer; it dates the user's assertion.
    ///
    /// # Errors
    /// An [`Error`] when the answer is not one that the protocol allows. That the server refuses is no error but an [`Outcome`].
    pub fn respond(self, response: Response<Vec<u8>>, now: UnixTime) -> Result<Step<T>, Error> {
        let Self {
            state,
            transcript,
            answered,
            ..
        } = self;
        transcript.answered(state, &response, now);
        let step = Answer::read(state, response).and_then(|answer| answered(answer, now));
        transcript.ended(&step);
        step
    }
}

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

impl<T> fmt::Debug for Step<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done(outcome) => f.debug_tuple("Done").field(&outcome.state()).finish(),
            Self::Send(exchange) => exchange.fmt(f),
            Self::SignAsDevice(task) => f.debug_tuple("SignAsDevice").field(task).finish(),
            Self::SignAsUser(task) => f.debug_tuple("SignAsUser").field(task).finish(),
            Self::Unwrap(task) => task.fmt(f),
        }
    }
}

impl<T> fmt::Debug for Exchange<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange")
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
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

/// A request whose body is wiped when it is dropped: it may carry a refresh token.
struct Wiped(Request<Vec<u8>>);

impl Drop for Wiped {
    fn drop(&mut self) {
        self.0.body_mut().zeroize();
    }
}
