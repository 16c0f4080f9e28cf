//! A module in a helper process, as its caller sees it.

use super::process::Process;
use super::rest::Rest;
use super::{Settings, message, value};
use crate::pkcs11::{Module, slots::is_in};
use crate::uri::Pkcs11Uri;
use crate::{
    Credential, Error, ErrorKind, KeyPolicy, Listing, PinEntry, PinStatus, Scheme, Token, TokenId, TokenInfo,
};

/// A module with its helper process, which is started at the first question.
pub(in crate::pkcs11) struct Helper {
    module: Module,
    settings: Settings,
    process: Option<Process>,
    rest: Rest,
}

impl Helper {
    pub(in crate::pkcs11) fn new(module: Module, settings: Settings) -> Self {
        Self {
            module,
            settings,
            process: None,
            rest: Rest::default(),
        }
    }

    pub(in crate::pkcs11) fn module(&self) -> &Module {
        &self.module
    }

    /// The module's tokens, or the one problem of the whole module, after which it is to rest.
    pub(in crate::pkcs11) fn tokens(&mut self) -> Listing<TokenInfo> {
        let place = self.module.path().display().to_string();
        let take = |from: &mut super::wire::Reader<'_>| value::take_listing(from, value::take_info);
        let mut listing = Listing::default();
        match self.with_process(|process| process.ask(&message::tokens(), take)) {
            Ok(answer) => listing = self.own(answer),
            Err(error) => listing.file(place.clone(), Err(error)),
        }
        // A token's problem has its slot's place.
        let failed = listing.problems.iter().any(|problem| problem.place == place);
        self.rest = if failed {
            self.rest.longer()
        } else {
            Rest::default()
        };
        listing
    }

    /// Whether a watch may ask the module again.
    pub(in crate::pkcs11) fn is_rested(&self) -> bool {
        self.rest.is_over()
    }

    /// A token that takes over the process that has listed it; the next listing starts another.
    pub(in crate::pkcs11) fn open(&mut self, id: &TokenId) -> Result<Box<dyn Token>, Error> {
        let mut own = Self {
            process: self.process.take(),
            ..Self::new(self.module.clone(), self.settings.clone())
        };
        let info = own.with_process(|process| process.ask(&message::open(id), value::take_info))?;
        // A module may say what it likes, but not that it has another token than the one that is meant.
        if info.id.place() != id.place() || (id.identity().is_some() && info.id != *id) {
            return Err(Error::from(ErrorKind::OtherCard).with_location(id.place()));
        }
        Ok(Box::new(HelperToken { helper: own, info }))
    }

    pub(in crate::pkcs11) fn uri(&mut self, id: &TokenId) -> Result<Pkcs11Uri, Error> {
        self.with_process(|process| process.ask(&message::uri(id), |from| from.text()?.parse().ok()))
    }

    /// A module speaks for its own slots: what it says of the tokens of others is left out.
    fn own(&self, mut listing: Listing<TokenInfo>) -> Listing<TokenInfo> {
        listing
            .found
            .retain(|token| is_in(token.id.place(), &self.module));
        listing
    }

    /// Asks the helper that runs, or a new one. One that has failed is ended, and nothing is tried again.
    fn with_process<T>(&mut self, ask: impl FnOnce(&mut Process) -> Result<T, Error>) -> Result<T, Error> {
        let mut process = match self.process.take() {
            Some(process) => process,
            None => Process::start(&self.module, &self.settings)?,
        };
        let answer = ask(&mut process);
        if !matches!(&answer, Err(error) if *error.kind() == ErrorKind::ModuleFailed) {
            self.process = Some(process);
        }
        answer
    }
}

/// A token in a helper process of its own.
struct HelperToken {
    helper: Helper,
    info: TokenInfo,
}

impl HelperToken {
    fn ask<T>(
        &mut self,
        request: &super::wire::Frame,
        take: impl FnOnce(&mut super::wire::Reader<'_>) -> Option<T>,
    ) -> Result<T, Error> {
        let fresh = self.helper.process.is_none();
        let id = &self.info.id;
        self.helper.with_process(|process| {
            if fresh {
                // The one before was ended: this must be the token that it had open.
                process.ask(&message::open(id), value::take_info)?;
            }
            process.ask(request, take)
        })
    }
}

impl Token for HelperToken {
    fn info(&self) -> &TokenInfo {
        &self.info
    }

    fn credentials(&mut self) -> Result<Listing<Credential>, Error> {
        self.ask(&message::credentials(), |from| {
            value::take_listing(from, value::take_credential)
        })
    }

    fn schemes(&mut self, credential: &Credential) -> Result<Vec<Scheme>, Error> {
        self.ask(&message::schemes(credential), |from| {
            let mut schemes = Vec::new();
            while !from.0.is_empty() {
                schemes.push(value::take_scheme(from)?);
            }
            Some(schemes)
        })
    }

    fn policy(&mut self, credential: &Credential) -> Result<KeyPolicy, Error> {
        self.ask(&message::policy(credential), value::take_policy)
    }

    fn pin_status(&mut self) -> Result<PinStatus, Error> {
        self.ask(&message::pin_status(), value::take_pin_status)
    }

    fn sign(
        &mut self,
        credential: &Credential,
        scheme: Scheme,
        message: &[u8],
        pin: Option<PinEntry<'_>>,
    ) -> Result<Vec<u8>, Error> {
        let request = message::sign(credential, scheme, message, pin);
        self.ask(&request, |from| from.bytes().map(<[u8]>::to_vec))
    }
}
