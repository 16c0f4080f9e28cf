//! Modules of a machine as one backend, each in a helper process.

use std::path::PathBuf;
use std::time::Duration;

use super::helper::{Helper, HelperProgram, Settings};
use super::key_store::KeyStore;
use super::monitor::{ModuleMonitor, owns};
use super::{InProcessProvider, Module, Modules, slots, text};
use crate::uri::Pkcs11Uri;
use crate::watch::Watch;
use crate::{
    Backend, Error, ErrorKind, Event, Listing, Monitor, Problem, Provider, Token, TokenId, TokenInfo,
    TokenSource, spans,
};

/// Tokens of PKCS#11 modules, each of which runs in its own process.
///
/// A module that hangs, crashes, prints or calls `exit` affects only its own process. [`helper`](super::helper) describes what
/// the calling program has to do. [`in_process`](Self::in_process) loads modules into the calling process instead.
///
/// A module that cannot be loaded is a [`Problem`] of the listing and hides no other.
///
/// ```no_run
/// use card_access::{Provider, pkcs11::{Pkcs11Provider, helper}};
///
/// helper::run_if_helper(); // first statement of `main`
/// let mut provider = Pkcs11Provider::system();
/// println!("{} tokens", provider.tokens()?.found.len());
/// # Ok::<(), card_access::Error>(())
/// ```
pub struct Pkcs11Provider {
    modules: Vec<Module>,
    problems: Vec<Problem>,
    settings: Settings,
    /// One for each module, created at the first use.
    helpers: Vec<Helper>,
    watch: Watch,
}

impl Pkcs11Provider {
    /// Creates a provider of the modules that this machine is configured with: see [`Modules::system`].
    #[must_use]
    pub fn system() -> Self {
        Self::new(Modules::system())
    }

    /// Creates a provider of one module, from its path.
    ///
    /// ```no_run
    /// use card_access::{Provider, pkcs11::{Pkcs11Provider, helper}};
    ///
    /// helper::run_if_helper(); // first statement of `main`
    /// let mut provider = Pkcs11Provider::from_module("/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so");
    /// println!("{} tokens", provider.tokens()?.found.len());
    /// # Ok::<(), card_access::Error>(())
    /// ```
    #[must_use]
    pub fn from_module(path: impl Into<PathBuf>) -> Self {
        Self::new(Modules {
            found: vec![Module::new(path)],
            problems: Vec::new(),
        })
    }

    /// Creates a provider of modules that the caller has chosen.
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
            settings: Settings {
                uri: Pkcs11Uri::default(),
                program: HelperProgram::ThisProgram,
                time_limit: Duration::from_secs(60),
            },
            helpers: Vec::new(),
            watch: Watch::default(),
        }
    }

    /// Restricts the provider to tokens that match a PKCS#11 URI. With a `module-path`, only that module is used, and it need
    /// not be configured.
    ///
    /// ```no_run
    /// use card_access::pkcs11::Pkcs11Provider;
    ///
    /// let provider = Pkcs11Provider::system().with_uri(&"pkcs11:token=Corp%20Card".parse()?);
    /// # Ok::<(), card_access::uri::UriError>(())
    /// ```
    #[must_use]
    pub fn with_uri(mut self, uri: &Pkcs11Uri) -> Self {
        self.modules.retain(|module| module.matches(uri));
        if let (true, Some(path)) = (self.modules.is_empty(), &uri.module_path) {
            self.modules.push(Module::new(path));
        }
        // The URI's modules are selected here, where their configured names are known.
        self.settings.uri = Pkcs11Uri {
            module_name: None,
            module_path: None,
            ..uri.clone()
        };
        self.helpers.clear();
        self
    }

    /// Sets the time limit of one call, after which its module counts as hung; 60 seconds by default. It also applies to typing
    /// the PIN on a reader.
    #[must_use]
    pub fn with_time_limit(mut self, limit: Duration) -> Self {
        self.settings.time_limit = limit;
        self.helpers.clear();
        self
    }

    /// Sets another program to run as the helper, for libraries that are loaded into foreign programs. Its `main` must begin
    /// with [`run_if_helper`](super::helper::run_if_helper).
    ///
    /// ```
    /// use card_access::pkcs11::Pkcs11Provider;
    ///
    /// let tokens = Pkcs11Provider::system().with_helper_program("/usr/libexec/my-card-helper");
    /// ```
    #[must_use]
    pub fn with_helper_program(mut self, program: impl Into<PathBuf>) -> Self {
        self.settings.program = HelperProgram::At(program.into());
        self.helpers.clear();
        self
    }

    /// Loads the same modules into this process.
    ///
    /// A module that crashes, hangs or calls `exit` then takes the process down, one that prints writes into the process's
    /// output, and a login applies to the whole process.
    ///
    /// ```no_run
    /// use card_access::{Provider, pkcs11::Pkcs11Provider};
    ///
    /// let mut provider = Pkcs11Provider::from_module("/usr/lib/softhsm/libsofthsm2.so").in_process();
    /// println!("{} tokens", provider.tokens()?.found.len());
    /// # Ok::<(), card_access::Error>(())
    /// ```
    #[must_use]
    pub fn in_process(self) -> InProcessProvider {
        InProcessProvider::new(self.modules, self.problems, self.settings.uri)
    }

    /// Modules in use.
    #[must_use]
    pub fn modules(&self) -> &[Module] {
        &self.modules
    }

    /// PKCS#11 URI of a token, for a configuration file or a user.
    ///
    /// # Errors
    ///
    /// Errors of [`Provider::open`].
    pub fn uri(&mut self, id: &TokenId) -> Result<Pkcs11Uri, Error> {
        spans::on("uri", id, || self.first_that_knows(id, Helper::uri))
    }

    /// Opens a token to make and use keys of the machine in it.
    ///
    /// # Errors
    ///
    /// Errors of [`Provider::open`].
    pub fn open_key_store(&mut self, id: &TokenId) -> Result<KeyStore, Error> {
        let keys = spans::on("open", id, || self.first_that_knows(id, Helper::open_keys))?;
        Ok(KeyStore::new(keys))
    }

    fn helpers(&mut self) -> &[Helper] {
        if self.helpers.is_empty() {
            let helper = |module: &Module| Helper::new(module.clone(), self.settings.clone());
            self.helpers = self.modules.iter().map(helper).collect();
        }
        &self.helpers
    }

    fn list(&mut self) -> Listing<TokenInfo> {
        let mut all = Listing {
            found: Vec::new(),
            problems: self.problems.clone(),
        };
        let context = &spans::Context::current();
        // Each module has its own process, so they are asked in parallel.
        std::thread::scope(|scope| {
            let asked: Vec<_> = self
                .helpers()
                .iter()
                .map(|helper| scope.spawn(|| context.run(|| helper.tokens())))
                .collect();
            for answer in asked {
                match answer.join() {
                    Ok(listing) => all.append(listing),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
        });
        self.watch.saw(all.found.iter().map(|token| token.id.clone()));
        all
    }

    fn first_that_knows<T>(
        &mut self,
        id: &TokenId,
        ask: impl Fn(&Helper, &TokenId) -> Result<T, Error>,
    ) -> Result<T, Error> {
        for helper in self.helpers() {
            if !slots::is_in(id.place(), helper.module()) {
                continue;
            }
            match ask(helper, id) {
                Err(error) if *error.kind() == ErrorKind::NoCard => {}
                other => return other,
            }
        }
        Err(Error::from(ErrorKind::NoCard).with_location(id.place()))
    }
}

impl std::fmt::Debug for Pkcs11Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pkcs11Provider")
            .field("modules", &self.modules)
            .field("problems", &self.problems)
            .finish_non_exhaustive()
    }
}

impl Provider for Pkcs11Provider {
    fn backend(&self) -> Backend {
        Backend::Pkcs11
    }

    fn owns(&self, id: &TokenId) -> bool {
        owns(&self.modules, id)
    }

    fn monitor(&mut self) -> Box<dyn Monitor> {
        let source = |helper: &Helper| {
            let (place, helper) = (helper.module().path().display().to_string(), helper.clone());
            TokenSource::new(place, move |request| {
                request.set_timeout_error(ErrorKind::ModuleFailed);
                helper.list(Some(request))
            })
        };
        let sources = self.helpers().iter().map(source).collect();
        Box::new(ModuleMonitor::new(sources, &self.problems))
    }

    fn tokens(&mut self) -> Result<Listing<TokenInfo>, Error> {
        spans::list(Backend::Pkcs11.code(), || Ok(self.list()))
    }

    fn open(&mut self, id: &TokenId) -> Result<Box<dyn Token>, Error> {
        spans::on("open", id, || self.first_that_knows(id, Helper::open))
    }

    /// Polls: few modules have slot events, and those that have them fail with many readers.
    fn wait(&mut self, timeout: Duration) -> Result<Vec<Event>, Error> {
        let mut watch = std::mem::take(&mut self.watch);
        let events = watch.wait(timeout, || {
            let rested = self.helpers().iter().filter(|helper| helper.is_rested());
            rested
                .flat_map(|helper| helper.tokens().found)
                .map(|token| token.id)
                .collect()
        });
        self.watch = watch;
        Ok(events)
    }
}
