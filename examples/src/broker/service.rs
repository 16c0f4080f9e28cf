//! The interface `com.microsoft.identity.Broker1`, as public clients call it. No document describes it; the methods and members are
//! those that linux-entra-sso, sso-mib, himmelblau and pymsalruntime send and read (README, "The broker").

#![expect(
    clippy::unused_self,
    clippy::used_underscore_binding,
    reason = "the macro reads every argument, also one that a method does not need"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustls_pki_types::UnixTime;
use zbus::message::Header;
use zbus::{Connection, interface};

use super::answer::{self, Answer};
use super::args::Nonce;
use super::caller::Caller;
use super::failure::{Failure, Status};
use super::log;
use super::prompt::Prompt;
use super::rate::Rate;
use super::request::{Request, SignIn, TokenRequest};
use super::session::{Held, Session};

/// Name of the interface.
pub(super) const INTERFACE: &str = "com.microsoft.identity.Broker1";

/// The methods, each with a protocol version, a correlation id and a JSON request, and a JSON answer.
pub(super) struct Service(Arc<Broker>);

/// What the methods share.
pub(super) struct Broker {
    pub(super) session: Arc<Session>,
    pub(super) prompt: Prompt,
    pub(super) nonce: Nonce,
    pub(super) cookies: Rate,
    pub(super) tokens: Rate,
    /// Number of requests for tokens that run.
    pub(super) running: AtomicUsize,
}

/// Most requests for tokens at one time.
const MAX_RUNNING: usize = 16;

impl Service {
    pub(super) fn new(broker: Arc<Broker>) -> Self {
        Self(broker)
    }

    /// The answer to a request for a token.
    async fn token(
        &self,
        call: (&str, &str, &str),
        prompting: Prompting,
        header: &Header<'_>,
        connection: &Connection,
    ) -> Answer {
        let answer = self.0.token(call, prompting, header, connection).await;
        answer.unwrap_or_else(|failure| answer::token_failure(&failure))
    }
}

#[interface(name = "com.microsoft.identity.Broker1", introspection_docs = false)]
impl Service {
    #[zbus(name = "getLinuxBrokerVersion")]
    fn version(&self, version: &str, _correlation_id: &str, request: &str) -> Answer {
        let request = Request::read(version, request);
        let answer = request.map(|_| answer::version());
        answer.unwrap_or_else(|failure| answer::failure(&failure))
    }

    #[zbus(name = "getAccounts")]
    fn accounts(&self, version: &str, _correlation_id: &str, request: &str) -> Answer {
        let answer = Request::read(version, request).map(|_| {
            let held = self.0.session.held();
            answer::accounts(held.as_ref().map(|held| &*held.account))
        });
        answer.unwrap_or_else(|failure| answer::failure(&failure))
    }

    #[zbus(name = "acquirePrtSsoCookie")]
    async fn cookie(
        &self,
        version: &str,
        _correlation_id: &str,
        request: &str,
        #[zbus(header)] header: Header<'_>,
        #[zbus(connection)] connection: &Connection,
    ) -> Answer {
        let answer = self.0.cookie(version, request, &header, connection).await;
        answer.unwrap_or_else(|failure| answer::failure(&failure))
    }

    #[zbus(name = "acquireTokenSilently")]
    async fn token_silently(
        &self,
        version: &str,
        correlation_id: &str,
        request: &str,
        #[zbus(header)] header: Header<'_>,
        #[zbus(connection)] connection: &Connection,
    ) -> Answer {
        let call = (version, correlation_id, request);
        self.token(call, Prompting::Never, &header, connection).await
    }

    #[zbus(name = "acquireTokenInteractively")]
    async fn token_interactively(
        &self,
        version: &str,
        correlation_id: &str,
        request: &str,
        #[zbus(header)] header: Header<'_>,
        #[zbus(connection)] connection: &Connection,
    ) -> Answer {
        let call = (version, correlation_id, request);
        self.token(call, Prompting::IfRequired, &header, connection).await
    }

    /// Applications remove an account from their own list. The broker keeps nothing for an application, so nothing is left to do, and
    /// one of them must not sign the others out.
    #[zbus(name = "removeAccount")]
    fn remove_account(&self, version: &str, _correlation_id: &str, request: &str) -> Answer {
        let answer = Request::read(version, request).and_then(|request| {
            if let Some(held) = self.0.session.held() {
                request.check_account(&held.account)?;
            }
            Ok(answer::done())
        });
        answer.unwrap_or_else(|failure| answer::failure(&failure))
    }

    #[zbus(name = "generateSignedHttpRequest")]
    fn signed_http_request(&self, _version: &str, _correlation_id: &str, _request: &str) -> Answer {
        let failure = Failure::request("tokens with proof of possession are not supported");
        answer::failure(&failure)
    }

    #[zbus(name = "cancelInteractiveFlow")]
    async fn cancel(
        &self,
        version: &str,
        correlation_id: &str,
        request: &str,
        #[zbus(header)] header: Header<'_>,
        #[zbus(connection)] connection: &Connection,
    ) -> Answer {
        let cancelled = async {
            let request = Request::read(version, request)?;
            let caller = Caller::of(&header, connection).await?;
            let named = request.correlation_id()?.unwrap_or(correlation_id);
            if self.0.prompt.cancel(&caller, &[correlation_id, named]) {
                Ok(answer::done())
            } else {
                Err(Failure::request("there is no such interactive sign-in"))
            }
        };
        cancelled
            .await
            .unwrap_or_else(|failure| answer::failure(&failure))
    }
}

/// Whether a call may ask the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Prompting {
    IfRequired,
    Never,
}

impl Broker {
    async fn cookie(
        &self,
        version: &str,
        request: &str,
        header: &Header<'_>,
        connection: &Connection,
    ) -> Result<Answer, Failure> {
        if !self.cookies.allows() {
            return Err(Failure::too_many());
        }
        let request = Request::read(version, request)?;
        let caller = Caller::of(header, connection).await?;
        let refused = |failure: Failure| {
            log(format_args!("no cookie for {caller}: {failure}"));
            failure
        };
        let nonce = request
            .sso_nonce(self.session.config().cloud())
            .map_err(refused)?;
        if nonce.is_none() && self.nonce == Nonce::Required {
            let problem = "ssoUrl has no sso_nonce, and this broker issues no cookie without one (--nonce)";
            return Err(refused(Failure::request(problem)));
        }
        let held = self
            .session
            .held()
            .ok_or_else(Failure::no_token)
            .map_err(refused)?;
        request.check_account(&held.account).map_err(refused)?;
        let credential = held.cookie(nonce.as_deref())?;
        let kind = if nonce.is_some() {
            "with a nonce"
        } else {
            "with its time"
        };
        log(format_args!("cookie {kind} for {caller}"));
        Ok(answer::cookie(&held.account, &credential))
    }

    async fn token(
        self: &Arc<Self>,
        (version, correlation_id, request): (&str, &str, &str),
        prompting: Prompting,
        header: &Header<'_>,
        connection: &Connection,
    ) -> Result<Answer, Failure> {
        if !self.tokens.allows() {
            return Err(Failure::too_many());
        }
        let request = Request::read(version, request)?;
        let caller = Caller::of(header, connection).await?;
        let (broker, correlation_id) = (Arc::clone(self), correlation_id.to_owned());
        // The requests and the user take time; other calls are answered meanwhile.
        zruntime::unblock(move || {
            let result = broker
                .begin()
                .and_then(|_running| broker.acquire(&request, prompting, &caller, &correlation_id));
            if let Err(failure) = &result {
                log(format_args!("no token for {caller}: {failure}"));
            }
            result
        })
        .await
    }

    /// Counts a request for a token while it runs.
    fn begin(&self) -> Result<Running<'_>, Failure> {
        let running = Running(&self.running);
        if self.running.fetch_add(1, Ordering::Relaxed) < MAX_RUNNING {
            Ok(running)
        } else {
            Err(Failure::too_many())
        }
    }

    fn acquire(
        &self,
        request: &Request,
        prompting: Prompting,
        caller: &Caller,
        correlation_id: &str,
    ) -> Result<Answer, Failure> {
        let held = self.session.held();
        let asked = self.read(request, held.as_ref())?;
        let is_forced = prompting == Prompting::IfRequired && asked.sign_in == SignIn::Always;
        let silent = held
            .filter(|_| !is_forced)
            .ok_or_else(Failure::no_token)
            .and_then(|held| Ok((self.session.token(&held, &asked)?, held)));
        let (token, held) = match silent {
            Err(failure)
                if prompting == Prompting::IfRequired && failure.status == Status::InteractionRequired =>
            {
                let held = self.prompt.sign_in(&self.session, caller, correlation_id)?;
                // Another user may have signed in than the one of the request.
                self.read(request, Some(&held))?;
                (self.session.token(&held, &asked)?, held)
            }
            silent => silent?,
        };
        log(format_args!("access token of {} for {caller}", asked.client_id));
        let now = UnixTime::now().as_secs();
        Ok(answer::token(&held.account, &asked, &token, now))
    }

    fn read(&self, request: &Request, held: Option<&Held>) -> Result<TokenRequest, Failure> {
        let account = held.map(|held| &*held.account);
        let asked = request.token(self.session.config().cloud(), account)?;
        account.map_or(Ok(()), |account| request.check_account(account))?;
        Ok(asked)
    }
}

/// A request for a token that runs.
struct Running<'a>(&'a AtomicUsize);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
