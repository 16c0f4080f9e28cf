//! The modules of a machine as one way in.

use std::path::PathBuf;
use std::time::Duration;

use super::library::Library;
use super::token::Pkcs11Token;
use super::{Module, Modules, slots, slots::Seen, text};
use crate::uri::Pkcs11Uri;
use crate::watch::Watch;
use crate::{Error, ErrorKind, Event, Listing, Problem, Provider, Token, TokenId, TokenInfo};

/// Tokens through PKCS#11 modules.
///
/// A module that can't be loaded is a problem of the listing and hides no other.
#[derive(Debug)]
pub struct Pkcs11Provider {
    modules: Vec<Module>,
    problems: Vec<Problem>,
    uri: Pkcs11Uri,
    watch: Watch,
}

impl Pkcs11Provider {
    /// The modules that this machine is configured with: see [`Modules::system`].
    #[must_use]
    pub fn system() -> Self {
        Self::new(Modules::system())
    }

    /// One module at a path.
    ///
    /// ```no_run
    /// use card_access::{Provider, pkcs11::Pkcs11Provider};
    ///
    /// let mut provider = Pkcs11Provider::module("/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so");
    /// println!("{} tokens", provider.tokens()?.found.len());
    /// # Ok::<(), card_access::Error>(())
    /// ```
    #[must_use]
    pub fn module(path: impl Into<PathBuf>) -> Self {
        Self::new(Modules {
            found: vec![Module::at(path)],
            problems: Vec::new(),
        })
    }

    /// Modules that the caller has chosen.
    #[must_use]
    pub fn new(modules: Modules) -> Self {
        let problem = |problem: super::ConfigProblem| Problem {
            place: problem.file.display().to_string(),
            error: Error::from(ErrorKind::Malformed {
                what: text::CONFIGURATION,
            })
            .with_detail(problem.kind.to_string()),
        };
        Self {
            modules: modules.found,
            problems: modules.problems.into_iter().map(problem).collect(),
            uri: Pkcs11Uri::default(),
            watch: Watch::default(),
        }
    }

    /// Only the tokens that a PKCS#11 URI names. With a `module-path`, only that module is looked at, and it need not
    /// be configured anywhere.
    ///
    /// ```no_run
    /// use card_access::pkcs11::Pkcs11Provider;
    ///
    /// let provider = Pkcs11Provider::system().select(&"pkcs11:token=Corp%20Card".parse()?);
    /// # Ok::<(), card_access::uri::UriError>(())
    /// ```
    #[must_use]
    pub fn select(mut self, uri: &Pkcs11Uri) -> Self {
        self.modules.retain(|module| module.matches(uri));
        if let (true, Some(path)) = (self.modules.is_empty(), &uri.module_path) {
            self.modules.push(Module::at(path));
        }
        self.uri = uri.clone();
        self
    }

    /// The same tokens, with each module in a process of its own that can be ended: see [`helper`](super::helper).
    ///
    /// ```no_run
    /// use card_access::{Provider, pkcs11::{Pkcs11Provider, helper}};
    ///
    /// helper::run_if_helper(); // first thing in `main`
    /// let mut provider = Pkcs11Provider::system().in_helper_process();
    /// println!("{} tokens", provider.tokens()?.found.len());
    /// # Ok::<(), card_access::Error>(())
    /// ```
    #[cfg(unix)]
    #[must_use]
    pub fn in_helper_process(self) -> super::helper::HelperProvider {
        super::helper::HelperProvider::new(self.modules, self.problems, &self.uri)
    }

    /// The modules that are looked at.
    #[must_use]
    pub fn modules(&self) -> &[Module] {
        &self.modules
    }

    /// The PKCS#11 URI of a token, for a configuration file or a user.
    ///
    /// # Errors
    ///
    /// As [`Provider::open`].
    pub fn uri(&self, id: &TokenId) -> Result<Pkcs11Uri, Error> {
        self.find(id).map(|seen| seen.uri())
    }

    fn look(&self) -> Listing<Seen> {
        let mut all = Listing {
            found: Vec::new(),
            problems: self.problems.clone(),
        };
        for module in &self.modules {
            match Library::load(module).and_then(|library| slots::tokens(&library)) {
                Ok(listing) => all.append(listing),
                Err(error) => all.file(module.path().display().to_string(), Err(error)),
            }
        }
        all.found.retain(|seen| seen.matches(&self.uri));
        all
    }

    fn find(&self, id: &TokenId) -> Result<Seen, Error> {
        for module in self
            .modules
            .iter()
            .filter(|module| slots::is_in(id.place(), module))
        {
            let library = Library::load(module)?;
            let seen = slots::tokens(&library)?
                .into_iter()
                .find(|seen| seen.id().place() == id.place());
            match seen {
                Some(seen) if id.identity().is_none() || seen.id() == *id => return Ok(seen),
                Some(_) => return Err(Error::from(ErrorKind::OtherCard).with_location(id.place())),
                None => {}
            }
        }
        Err(Error::from(ErrorKind::NoCard).with_location(id.place()))
    }
}

impl Provider for Pkcs11Provider {
    fn tokens(&mut self) -> Result<Listing<TokenInfo>, Error> {
        let seen = self.look();
        self.watch.saw(seen.found.iter().map(Seen::id));
        Ok(Listing {
            found: seen.found.iter().map(Seen::info).collect(),
            problems: seen.problems,
        })
    }

    fn open(&mut self, id: &TokenId) -> Result<Box<dyn Token>, Error> {
        Ok(Box::new(Pkcs11Token::new(&self.find(id)?)))
    }

    /// Looks again and again: few modules have slot events, and those that have them fail with many readers.
    fn wait(&mut self, timeout: Duration) -> Result<Vec<Event>, Error> {
        let mut watch = std::mem::take(&mut self.watch);
        let events = watch.wait(timeout, || self.look().found.iter().map(Seen::id).collect());
        self.watch = watch;
        Ok(events)
    }
}
