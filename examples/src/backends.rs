//! The backends of the programs: PC/SC and PKCS#11 modules.

use std::path::PathBuf;
use std::time::Duration;

use card_access::Cards;
use card_access::pcsc::PcscProvider;
use card_access::pkcs11::{Module, Modules, Pkcs11Provider};

/// PC/SC, the PKCS#11 modules of this machine, and those of the option `--module`. Modules run in helper processes, so the
/// program's `main` begins with [`run_if_helper`](card_access::pkcs11::helper::run_if_helper).
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Backends {
    /// A PKCS#11 module to use in addition to those that are configured on this machine (repeatable)
    #[arg(long = "module", value_name = "PATH")]
    given: Vec<PathBuf>,
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

    /// All tokens of these backends.
    #[must_use]
    pub fn cards(&self) -> Cards {
        let modules = Pkcs11Provider::new(self.modules()).with_time_limit(Duration::from_secs(20));
        Cards::new()
            .with_provider(PcscProvider::new())
            .with_provider(modules)
    }
}
