//! Modules loaded into the calling process.

use std::time::Duration;

use super::library::{Library, Threads};
use super::monitor::{ModuleMonitor, owns};
use super::token::Pkcs11Token;
#[cfg(any(unix, windows))]
use super::token_keys::TokenKeys;
use super::{Module, slots, slots::Seen};
use crate::uri::Pkcs11Uri;
use crate::watch::Watch;
use crate::{
    Backend, Error, ErrorKind, Event, Listing, Monitor, Problem, Provider, Token, TokenId, TokenInfo,
    TokenSource, spans,
};

/// Tokens of PKCS#11 modules that are loaded into this process.
/// [`Pkcs11Provider::in_process`](super::Pkcs11Provider::in_process) creates it and describes the consequences.
#[derive(Debug)]
pub struct InProcessProvider {
    modules: Vec<Module>,
    problems: Vec<Problem>,
    uri: Pkcs11Uri,
    threads: Threads,
    watch: Watch,
}

impl InProcessProvider {
    pub(super) fn new(modules: Vec<Module>, problems: Vec<Problem>, uri: Pkcs11Uri) -> Self {
        Self {
            modules,
            problems,
            uri,
            threads: Threads::Many,
            watch: Watch::default(),
        }
    }

    /// For a process that calls its only module from one thread.
    #[cfg(any(unix, windows))]
    pub(super) fn for_one_thread(module: Module, uri: Pkcs11Uri) -> Self {
        Self {
            threads: Threads::One,
            ..Self::new(vec![module], Vec::new(), uri)
        }
    }

    /// PKCS#11 URI of a token, for a configuration file or a user.
    ///
    /// # Errors
    ///
    /// Errors of [`Provider::open`].
    pub fn uri(&self, id: &TokenId) -> Result<Pkcs11Uri, Error> {
        spans::on("uri", id, || self.find(id).map(|seen| seen.uri()))
    }

    /// The keys of a token, in a helper process.
    #[cfg(any(unix, windows))]
    pub(super) fn keys(&self, id: &TokenId) -> Result<TokenKeys, Error> {
        Ok(TokenKeys(Pkcs11Token::new(&self.find(id)?)))
    }

    fn look(&self) -> Listing<Seen> {
        let mut all = Listing {
            found: Vec::new(),
            problems: self.problems.clone(),
        };
        for module in &self.modules {
            match look_into(module, &self.uri, self.threads) {
                Ok(listing) => all.append(listing),
                Err(error) => all.record(module.path().display().to_string(), Err(error)),
            }
        }
        all
    }

    fn find(&self, id: &TokenId) -> Result<Seen, Error> {
        for module in self
            .modules
            .iter()
            .filter(|module| slots::is_in(id.place(), module))
        {
            let library = Library::load(module, self.threads)?;
            match slots::token(&library, id.place())? {
                Some(seen) if id.identity().is_none() || seen.id() == *id => return Ok(seen),
                Some(_) => return Err(Error::from(ErrorKind::OtherCard).with_location(id.place())),
                None => {}
            }
        }
        Err(Error::from(ErrorKind::NoCard).with_location(id.place()))
    }
}

impl Provider for InProcessProvider {
    fn backend(&self) -> Backend {
        Backend::Pkcs11
    }

    fn owns(&self, id: &TokenId) -> bool {
        owns(&self.modules, id)
    }

    /// A module that hangs in this process blocks its thread, which cannot be ended.
    fn monitor(&mut self) -> Box<dyn Monitor> {
        let source = |module: &Module| {
            let (module, uri, threads) = (module.clone(), self.uri.clone(), self.threads);
            TokenSource::new(module.path().display().to_string(), move |request| {
                request.set_timeout_error(ErrorKind::ModuleFailed);
                let seen = look_into(&module, &uri, threads)?;
                Ok(Listing {
                    found: seen.found.iter().map(Seen::info).collect(),
                    problems: seen.problems,
                })
            })
        };
        let sources = self.modules.iter().map(source).collect();
        Box::new(ModuleMonitor::new(sources, &self.problems))
    }

    fn tokens(&mut self) -> Result<Listing<TokenInfo>, Error> {
        spans::list(Backend::Pkcs11.code(), || {
            let seen = self.look();
            self.watch.saw(seen.found.iter().map(Seen::id));
            Ok(Listing {
                found: seen.found.iter().map(Seen::info).collect(),
                problems: seen.problems,
            })
        })
    }

    fn open(&mut self, id: &TokenId) -> Result<Box<dyn Token>, Error> {
        spans::on("open", id, || Ok(Pkcs11Token::new(&self.find(id)?))).map(spans::token)
    }

    /// Polls: few modules have slot events, and those that have them fail with many readers.
    fn wait(&mut self, timeout: Duration) -> Result<Vec<Event>, Error> {
        let mut watch = std::mem::take(&mut self.watch);
        let events = watch.wait(timeout, || self.look().found.iter().map(Seen::id).collect());
        self.watch = watch;
        Ok(events)
    }
}

/// Tokens of one module that match a URI.
fn look_into(module: &Module, uri: &Pkcs11Uri, threads: Threads) -> Result<Listing<Seen>, Error> {
    let mut listing = slots::tokens(&Library::load(module, threads)?)?;
    listing.found.retain(|seen| seen.matches(uri));
    Ok(listing)
}
