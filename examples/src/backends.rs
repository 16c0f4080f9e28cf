//! The backends of the programs: PC/SC, PKCS#11 modules, and on Windows the user's certificate store.

use std::path::PathBuf;
use std::time::Duration;

use card_access::Cards;
use card_access::pcsc::PcscProvider;
use card_access::piv::KnownCards;
use card_access::pkcs11::{Module, Modules, Pkcs11Provider};

/// PC/SC, the PKCS#11 modules of this machine, and those of the option `--module`. Modules run in helper processes, so the
/// program's `main` begins with [`run_if_helper`](card_access::pkcs11::helper::run_if_helper).
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Backends {
    /// A PKCS#11 module to use in addition to those that are configured on this machine (repeatable)
    #[arg(long = "module", value_name = "PATH")]
    given: Vec<PathBuf>,

    /// Also the certificates in the user's certificate store, where Windows copies those of an inserted card
    #[cfg(windows)]
    #[arg(long)]
    windows_store: bool,

    #[arg(skip)]
    known_cards: KnownCards,
}

impl Backends {
    /// The configured modules of this machine, and those of the command line.
    #[must_use]
    pub fn modules(&self) -> Modules {
        let mut modules = Modules::system();
        for path in &self.given {
            if !modules.found.iter().any(|module| module.path() == path) {
                modules.found.push(Module::new(path));
            }
        }
        modules
    }

    /// The module for browsers: the first one of the command line, or else `OpenSC`'s, or else p11-kit's proxy.
    #[cfg(target_os = "linux")]
    #[must_use]
    pub fn module_for_browsers(&self) -> Option<Module> {
        let is_opensc = |module: &Module| module.path().ends_with("opensc-pkcs11.so");
        let given = self.given.first().map(Module::new);
        given
            .or_else(|| self.modules().found.into_iter().find(is_opensc))
            .or_else(|| {
                let proxy = Module::p11_kit_proxy();
                proxy.filter(|_| !Modules::system().found.is_empty())
            })
    }

    /// Sets the cards seen before. By default these are the cards of this run.
    #[must_use]
    pub fn with_known_cards(mut self, known_cards: KnownCards) -> Self {
        self.known_cards = known_cards;
        self
    }

    /// All tokens of these backends.
    #[must_use]
    pub fn cards(&self) -> Cards {
        let modules = Pkcs11Provider::new(self.modules()).with_time_limit(Duration::from_secs(20));
        let cards = Cards::new()
            .with_provider(PcscProvider::new().with_known_cards(self.known_cards.clone()))
            .with_provider(modules);
        #[cfg(windows)]
        if self.windows_store {
            return cards.with_provider(card_access::on_device::WindowsStoreProvider::new());
        }
        cards
    }
}
