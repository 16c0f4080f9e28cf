//! A request on a TLS connection with a client certificate, and its answer.

use core::fmt;

use http::{Request, Response};
use rustls_pki_types::{CertificateDer, UnixTime};

use super::{Exchange, Step};
use crate::answer::Answer;
use crate::error::Error;
use crate::prt::PrimaryRefreshToken;
use crate::recorder::Recorder;
use crate::state::State;

/// A request to send on a fresh TLS connection whose client certificate is [`certificate`](Self::certificate).
///
/// Open a connection for this request only, without session resumption: a connection or session from before the handshake with the
/// certificate carries on without it. Send the certificate alone, without its issuers. Do not follow redirects.
///
/// The task borrows out its request and is consumed by its results only. If the handshake fails in this machine, for example because
/// of a wrong PIN or because the card was removed, the task is still there: open another connection.
pub struct AuthenticatedExchange<T = PrimaryRefreshToken> {
    exchange: Exchange<T>,
    certificate: CertificateDer<'static>,
}

impl<T> AuthenticatedExchange<T> {
    /// The request, always with `https`.
    #[must_use]
    pub fn request(&self) -> &Request<Vec<u8>> {
        self.exchange.request()
    }

    /// The certificate of the user or of the device. Its private key signs in the handshake.
    #[must_use]
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// State of the flow, which identifies the request: [`State::CertificateSignIn`] or [`State::Removal`].
    #[must_use]
    pub fn state(&self) -> State {
        self.exchange.state()
    }

    /// Takes the answer of the server, whatever its status, and returns the next step.
    ///
    /// # Errors
    /// An [`Error`] if the answer is not one that the protocol allows.
    pub fn respond(self, response: Response<Vec<u8>>, now: UnixTime) -> Result<Step<T>, Error> {
        self.exchange.respond(response, now)
    }

    /// Ends the flow because the server did not ask for a certificate in the handshake. Its answer, if there was one, does not
    /// depend on the certificate.
    ///
    /// # Errors
    /// Always [`Error::CertificateNotRequested`].
    pub fn not_requested(self) -> Result<Step<T>, Error> {
        let state = self.state();
        self.exchange.fail(Error::CertificateNotRequested { state })
    }
}

impl<T: 'static> Step<T> {
    pub(crate) fn send_as_user(
        state: State,
        request: Request<Vec<u8>>,
        certificate: CertificateDer<'static>,
        recorder: Recorder,
        answered: impl FnOnce(Answer, UnixTime) -> Result<Self, Error> + Send + 'static,
    ) -> Self {
        Self::SendAsUser(AuthenticatedExchange {
            exchange: Exchange::new(state, request, recorder, answered),
            certificate,
        })
    }

    pub(crate) fn send_as_device(
        state: State,
        request: Request<Vec<u8>>,
        certificate: CertificateDer<'static>,
        recorder: Recorder,
        answered: impl FnOnce(Answer, UnixTime) -> Result<Self, Error> + Send + 'static,
    ) -> Self {
        Self::SendAsDevice(AuthenticatedExchange {
            exchange: Exchange::new(state, request, recorder, answered),
            certificate,
        })
    }
}

impl<T> fmt::Debug for AuthenticatedExchange<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthenticatedExchange")
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}
