//! The same provider and tokens, on the caller's side of a helper process.

use std::path::PathBuf;
use std::time::Duration;

use super::process::{Process, Recipe, this_program};
use super::rest::Rest;
use super::{message, value};
use crate::pkcs11::{Module, slots::is_in};
use crate::uri::Pkcs11Uri;
use crate::watch::Watch;
use crate::{
    Credential, Error, ErrorKind, Event, KeyPolicy, Listing, PinEntry, PinStatus, Problem, Provider, Scheme,
    Token, TokenId, TokenInfo,
};

/// Tokens through PKCS#11 modules, each of which runs in a process of its own: made by
/// [`Pkcs11Provider::in_helper_process`](crate::pkcs11::Pkcs11Provider::in_helper_process).
pub struct HelperProvider {
    helpers: Vec<Helper>,
    problems: Vec<Problem>,
    watch: Watch,
}

impl HelperProvider {
    pub(in crate::pkcs11) fn new(modules: Vec<Module>, problems: Vec<Problem>, uri: &Pkcs11Uri) -> Self {
        let program = this_program();
        let recipe = |module| Recipe {
            module,
            uri: uri.clone(),
            program: program.clone(),
            time_limit: Duration::from_secs(60),
        };
        let helpers = modules
            .into_iter()
            .map(|module| Helper {
                recipe: recipe(module),
                process: None,
                rest: Rest::default(),
            })
            .collect();
        Self {
            helpers,
            problems,
            watch: Watch::default(),
        }
    }

    /// How long one call may take before its module is taken for hung; 60 seconds unless it is set. It bounds the time
    /// that a user has to type the PIN on a reader, too.
    #[must_use]
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.helpers
            .iter_mut()
            .for_each(|helper| helper.recipe.time_limit = limit);
        self
    }

    /// Another program to run as the helper than this one, for callers that are libraries in a foreign program. Its
    /// `main` must begin with [`run_if_helper`](super::run_if_helper).
    ///
    /// ```
    /// use card_access::pkcs11::Pkcs11Provider;
    ///
    /// let tokens = Pkcs11Provider::system().in_helper_process().program("/usr/libexec/my-card-helper");
    /// ```
    #[must_use]
    pub fn program(mut self, program: impl Into<PathBuf>) -> Self {
        let program = program.into();
        self.helpers
            .iter_mut()
            .for_each(|helper| helper.recipe.program.clone_from(&program));
        self
    }
}

impl std::fmt::Debug for HelperProvider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let modules = self.helpers.iter().map(|helper| &helper.recipe.module);
        f.debug_list().entries(modules).finish()
    }
}

impl Provider for HelperProvider {
    fn tokens(&mut self) -> Result<Listing<TokenInfo>, Error> {
        let mut all = Listing {
            found: Vec::new(),
            problems: self.problems.clone(),
        };
        // Each module has a process to itself, so that they can be asked side by side.
        std::thread::scope(|scope| {
            let asked: Vec<_> = self
                .helpers
                .iter_mut()
                .map(|helper| scope.spawn(|| helper.tokens()))
                .collect();
            for answer in asked {
                match answer.join() {
                    Ok(listing) => all.append(listing),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
        });
        self.watch.saw(all.found.iter().map(|token| token.id.clone()));
        Ok(all)
    }

    fn open(&mut self, id: &TokenId) -> Result<Box<dyn Token>, Error> {
        let in_place = |helper: &&mut Helper| is_in(id.place(), &helper.recipe.module);
        for helper in self.helpers.iter_mut().filter(in_place) {
            // The token takes over the process that has listed it; the next listing starts another.
            let mut own = Helper {
                recipe: helper.recipe.clone(),
                process: helper.process.take(),
                rest: Rest::default(),
            };
            match own.with_process(|process| process.ask(&message::open(id), value::take_info)) {
                // A module may say what it likes, but not that it has another token than the one that is meant.
                Ok(info) if info.id.place() != id.place() || (id.identity().is_some() && info.id != *id) => {
                    return Err(Error::from(ErrorKind::OtherCard).with_location(id.place()));
                }
                Ok(info) => return Ok(Box::new(HelperToken { helper: own, info })),
                Err(error) if *error.kind() == ErrorKind::NoCard => {}
                Err(error) => return Err(error),
            }
        }
        Err(Error::from(ErrorKind::NoCard).with_location(id.place()))
    }

    fn wait(&mut self, timeout: Duration) -> Result<Vec<Event>, Error> {
        let helpers = &mut self.helpers;
        let events = self.watch.wait(timeout, || {
            let rested = helpers.iter_mut().filter(|helper| helper.rest.is_over());
            rested.flat_map(Helper::tokens).map(|token| token.id).collect()
        });
        Ok(events)
    }
}

/// How to start a helper, and the one that runs.
struct Helper {
    recipe: Recipe,
    process: Option<Process>,
    rest: Rest,
}

impl Helper {
    /// The module's tokens, or the one problem of the whole module, after which it is to rest.
    fn tokens(&mut self) -> Listing<TokenInfo> {
        let place = self.recipe.module.path().display().to_string();
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

    /// A module speaks for its own slots: what it says of the tokens of others is left out.
    fn own(&self, mut listing: Listing<TokenInfo>) -> Listing<TokenInfo> {
        listing
            .found
            .retain(|token| is_in(token.id.place(), &self.recipe.module));
        listing
    }

    /// Asks the helper that runs, or a new one. One that has failed is ended, and nothing is tried again.
    fn with_process<T>(&mut self, ask: impl FnOnce(&mut Process) -> Result<T, Error>) -> Result<T, Error> {
        let mut process = match self.process.take() {
            Some(process) => process,
            None => Process::start(&self.recipe)?,
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
