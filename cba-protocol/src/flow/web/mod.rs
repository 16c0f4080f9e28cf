//! Web sign-in with a certificate: the pages that a browser would show, answered by a program.

mod authorize;
mod certificate;
mod credential_type;
mod interrupt;
mod problem;
mod redirect;
mod reply;

use http::header::{ACCEPT, COOKIE};
use http::{HeaderValue, Request};
use rustls_pki_types::{CertificateDer, UnixTime};
use upn_resolver::Upn;
use zeroize::Zeroizing;

use super::access_token::AccessToken;
use super::context::Context;
use super::target::{self, Target};
use crate::answer::Answer;
use crate::config::Config;
use crate::error::Error;
use crate::page::Cookies;
use crate::printable::{MAX_MESSAGE, line};
use crate::recorder::Kind;
use crate::seed::Seed;
use crate::state::State;
use crate::step::Step;
use crate::transcript::Transcript;

/// Most pages of one sign-in, counted from the first. Public clients stop there too.
const MAX_PAGES: usize = 10;

/// A web sign-in with a certificate, which ends with tokens for one service: by default for the registration service, so that the
/// device can be joined.
///
/// It needs no registered device. The service asks for the user's certificate in a TLS handshake ([technical deep dive]), so the
/// flow has the step [`Step::SendAsUser`]. Pages that only ask whether to go on are answered; every other one, such as a second
/// factor or consent, ends the flow with an [`Interaction`](crate::Interaction) that names the page.
///
/// The refresh token of the result starts [`SignIn::with_refresh_token`](crate::SignIn::with_refresh_token) on a joined device.
///
/// ```
/// use cba_protocol::{Config, Error, Seed, State, Step, WebSignIn};
/// # fn example(config: &Config, upn: &upn_resolver::Upn, card: &rustls_pki_types::CertificateDer<'_>, seed: Seed)
/// # -> Result<(), Error> {
/// let step = WebSignIn::new(config, upn, card).start(seed)?;
/// assert_eq!(step.state(), State::Authorize);
/// # Ok(()) }
/// ```
///
/// [technical deep dive]: https://learn.microsoft.com/entra/identity/authentication/concept-certificate-based-authentication-technical-deep-dive
#[must_use = "call start() to begin"]
pub struct WebSignIn {
    config: Config,
    upn: Upn,
    certificate: CertificateDer<'static>,
    target: Target,
    transcript: Option<Transcript>,
}

impl WebSignIn {
    /// Creates a sign-in of the user `upn` with the private key of a certificate.
    pub fn new(config: &Config, upn: &Upn, certificate: &CertificateDer<'_>) -> Self {
        Self {
            config: config.clone(),
            upn: upn.clone(),
            certificate: certificate.clone().into_owned(),
            target: Target::registration(),
            transcript: None,
        }
    }

    target::setters!(WebSignIn);

    /// Returns the first step: the request for the first page.
    ///
    /// # Errors
    /// [`Error::UnwritableRequest`] if the configuration makes no URL.
    pub fn start(self, seed: Seed) -> Result<Step<AccessToken>, Error> {
        let mut context = Context::new(Kind::WebSignIn, self.config, seed, self.transcript);
        let verifier = authorize::random_text(&mut context);
        let state = authorize::random_text(&mut context);
        Browsing {
            cookies: Cookies::of(context.config.cloud().authority()),
            context,
            upn: self.upn,
            certificate: self.certificate,
            target: self.target,
            verifier,
            state,
            pages: Vec::new(),
        }
        .authorize()
    }
}

/// A web sign-in in progress.
struct Browsing {
    context: Context,
    upn: Upn,
    certificate: CertificateDer<'static>,
    target: Target,
    /// `code_verifier` (RFC 7636 section 4.1).
    verifier: Zeroizing<String>,
    /// `state` (RFC 6749 section 4.1.1).
    state: Zeroizing<String>,
    cookies: Cookies,
    /// Names of the pages so far.
    pages: Vec<String>,
}

impl Browsing {
    /// Sends a request of a browser to the sign-in host.
    fn send(
        self,
        state: State,
        mut request: Request<Vec<u8>>,
        answered: impl FnOnce(Self, Answer, UnixTime) -> Result<Step<AccessToken>, Error> + Send + 'static,
    ) -> Step<AccessToken> {
        let path = request.uri().path().to_owned();
        let cookies = self.cookies.header(&path);
        if let Some(cookies) = cookies.filter(|_| self.sends_cookies(state)) {
            request.headers_mut().insert(COOKIE, cookies);
        }
        let recorder = self.context.recorder.clone();
        Step::send(state, request, recorder, move |answer, now| {
            let mut browsing = self;
            browsing.cookies.keep(answer.headers(), &path, now);
            answered(browsing, answer, now)
        })
    }

    fn sends_cookies(&self, state: State) -> bool {
        use crate::config::LoginCookies;
        state != State::Login || self.context.config.web().login_cookies() == LoginCookies::Sent
    }

    /// Counts a page. No page comes twice.
    fn visit(&mut self, state: State, page: &str) -> Result<(), Error> {
        let changed = |what| Err(Error::ProtocolChanged { state, what });
        if self.pages.iter().any(|other| other == page) {
            return changed("the same page came twice");
        }
        if self.pages.len() == MAX_PAGES {
            return changed("there are too many pages");
        }
        self.pages.push(page.to_owned());
        Ok(())
    }

    /// An absolute URL of the sign-in host. A page names it whole or without the host.
    fn own_url(&self, state: State, url: &str) -> Result<String, Error> {
        if url.starts_with('/') && !url.starts_with("//") && !url.starts_with("/\\") {
            return Ok(self.context.url(url));
        }
        if self.context.config.cloud().is_sign_in(url) {
            return Ok(url.to_owned());
        }
        Err(foreign(state, url))
    }
}

/// The URL of another host, without what may be secret in it.
fn foreign(state: State, url: &str) -> Error {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    Error::ForeignHost {
        state,
        url: line(url.get(..end).unwrap_or_default(), MAX_MESSAGE),
    }
}

/// A request for a page, as a browser accepts it.
fn for_page(mut request: Request<Vec<u8>>) -> Request<Vec<u8>> {
    let pages = HeaderValue::from_static("text/html,application/xhtml+xml");
    request.headers_mut().insert(ACCEPT, pages);
    request
}
