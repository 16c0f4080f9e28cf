//! Module in a helper process, from the caller's side.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::process::Process;
use super::wire::{Frame, Reader};
use super::{Settings, message, value};
use crate::pkcs11::{Module, slots::is_in};
use crate::rest::Rest;
use crate::uri::Pkcs11Uri;
use crate::{
    Credential, Error, ErrorKind, KeyPolicy, ListRequest, Listing, PinEntry, PinStatus, Problem, Scheme,
    Token, TokenId, TokenInfo, spans,
};

/// Module with its helper process, which is started by the first request. Clones share the process.
#[derive(Clone)]
pub(in crate::pkcs11) struct Helper {
    module: Module,
    settings: Settings,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    process: Option<Process>,
    rest: Rest,
}

impl Helper {
    pub(in crate::pkcs11) fn new(module: Module, settings: Settings) -> Self {
        Self {
            module,
            settings,
            shared: Arc::default(),
        }
    }

    pub(in crate::pkcs11) fn module(&self) -> &Module {
        &self.module
    }

    /// Lists the module's tokens, or the problem of the whole module, which then pauses.
    pub(in crate::pkcs11) fn tokens(&self) -> Listing<TokenInfo> {
        const FIRST_REST: Duration = Duration::from_secs(2);
        let answer = self.list(None);
        let mut shared = self.shared();
        shared.rest = match &answer {
            Ok(_) => Rest::default(),
            Err(_) => shared.rest.longer(FIRST_REST),
        };
        answer.unwrap_or_else(|error| {
            let mut listing = Listing::default();
            listing.record(self.place(), Err(error));
            listing
        })
    }

    /// Lists the module's tokens. The process is busy meanwhile, and is ended if it fails or the request is cancelled.
    pub(in crate::pkcs11) fn list(&self, request: Option<&ListRequest>) -> Result<Listing<TokenInfo>, Error> {
        let take = |from: &mut Reader<'_>| value::take_listing(from, value::take_info);
        let mut shared = self.shared();
        let mut own = self.with_own(shared.process.take());
        let listing = own.with_process(request, |process| process.ask(&message::tokens(), take));
        shared.process = own.process;
        let mut listing = listing?;
        // Tokens that claim to belong to another module are left out.
        listing
            .found
            .retain(|token| is_in(token.id.place(), &self.module));
        // The place of a token's problem is its slot, and that of the whole module's is the module.
        let place = self.place();
        let whole = |problem: &&Problem| problem.place == place;
        match listing.problems.iter().find(whole) {
            Some(problem) => Err(problem.error.clone()),
            None => Ok(listing),
        }
    }

    /// Whether a watch may ask the module again.
    pub(in crate::pkcs11) fn is_rested(&self) -> bool {
        self.shared().rest.is_over()
    }

    /// Opens a token, which takes over the process that listed it; the next listing starts another. A process that is busy with
    /// a listing is not waited for.
    pub(in crate::pkcs11) fn open(&self, id: &TokenId) -> Result<Box<dyn Token>, Error> {
        let token = self.open_with(id, message::open)?;
        Ok(spans::token(HelperToken(token)))
    }

    pub(super) fn open_with(&self, id: &TokenId, open: fn(&TokenId) -> Frame) -> Result<OpenToken, Error> {
        let idle = self.shared.try_lock().ok();
        let mut helper = self.with_own(idle.and_then(|mut shared| shared.process.take()));
        let info = helper.with_process(None, |process| process.ask(&open(id), value::take_info))?;
        // The module's answer is not trusted to be the requested token.
        if info.id.place() != id.place() || (id.identity().is_some() && info.id != *id) {
            return Err(Error::from(ErrorKind::OtherCard).with_location(id.place()));
        }
        Ok(OpenToken { helper, info, open })
    }

    pub(in crate::pkcs11) fn uri(&self, id: &TokenId) -> Result<Pkcs11Uri, Error> {
        let mut shared = self.shared();
        let mut own = self.with_own(shared.process.take());
        let uri = own.with_process(None, |process| {
            process.ask(&message::uri(id), |from| from.text()?.parse().ok())
        });
        shared.process = own.process;
        uri
    }

    fn place(&self) -> String {
        self.module.path().display().to_string()
    }

    fn with_own(&self, process: Option<Process>) -> OwnHelper {
        OwnHelper {
            module: self.module.clone(),
            settings: self.settings.clone(),
            process,
        }
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How to start a helper, and the running one.
struct OwnHelper {
    module: Module,
    settings: Settings,
    process: Option<Process>,
}

impl OwnHelper {
    /// Asks the running helper, or a new one. One that failed is ended, and nothing is tried again.
    fn with_process<T>(
        &mut self,
        request: Option<&ListRequest>,
        ask: impl FnOnce(&mut Process) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut process = match self.process.take() {
            Some(process) => {
                process.end_with(request);
                process
            }
            None => Process::start(&self.module, &self.settings, request)?,
        };
        let answer = ask(&mut process);
        if !matches!(&answer, Err(error) if *error.kind() == ErrorKind::ModuleFailed) {
            self.process = Some(process);
        }
        answer
    }
}

/// Open token in its own helper process.
pub(super) struct OpenToken {
    helper: OwnHelper,
    info: TokenInfo,
    /// The request that opens it.
    open: fn(&TokenId) -> Frame,
}

impl OpenToken {
    pub(super) fn info(&self) -> &TokenInfo {
        &self.info
    }

    pub(super) fn ask<T>(
        &mut self,
        request: &Frame,
        take: impl FnOnce(&mut Reader<'_>) -> Option<T>,
    ) -> Result<T, Error> {
        let fresh = self.helper.process.is_none();
        let open = (self.open)(&self.info.id);
        self.helper.with_process(None, |process| {
            if fresh {
                // The previous process was ended: the new one must find the same token.
                process.ask(&open, value::take_info)?;
            }
            process.ask(request, take)
        })
    }

    /// Ends the process, after a last request that its module may not answer.
    pub(super) fn end_after(&mut self, request: &Frame) {
        const LIMIT: Duration = Duration::from_secs(5);
        if let Some(process) = self.helper.process.take() {
            // The process ends in any case.
            let _ = process.within(LIMIT).ask(request, |_| Some(()));
        }
    }
}

/// Token that signs.
struct HelperToken(OpenToken);

impl Token for HelperToken {
    fn info(&self) -> &TokenInfo {
        self.0.info()
    }

    fn credentials(&mut self) -> Result<Listing<Credential>, Error> {
        self.0.ask(&message::credentials(), |from| {
            value::take_listing(from, value::take_credential)
        })
    }

    fn credentials_after_login(&mut self, pin: PinEntry<'_>) -> Result<Listing<Credential>, Error> {
        self.0.ask(&message::credentials_after_login(pin), |from| {
            value::take_listing(from, value::take_credential)
        })
    }

    fn schemes(&mut self, credential: &Credential) -> Result<Vec<Scheme>, Error> {
        self.0.ask(&message::schemes(credential), |from| {
            let mut schemes = Vec::new();
            while !from.0.is_empty() {
                schemes.push(value::take_scheme(from)?);
            }
            Some(schemes)
        })
    }

    fn policy(&mut self, credential: &Credential) -> Result<KeyPolicy, Error> {
        self.0.ask(&message::policy(credential), value::take_policy)
    }

    fn pin_status(&mut self) -> Result<PinStatus, Error> {
        self.0.ask(&message::pin_status(), value::take_pin_status)
    }

    fn sign(
        &mut self,
        credential: &Credential,
        scheme: Scheme,
        message: &[u8],
        pin: Option<PinEntry<'_>>,
    ) -> Result<Vec<u8>, Error> {
        let request = message::sign(credential, scheme, message, pin);
        self.0.ask(&request, |from| from.bytes().map(<[u8]>::to_vec))
    }
}
