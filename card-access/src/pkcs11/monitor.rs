//! Modules as the sources of a backend.

use super::{Module, slots, text};
use crate::{Backend, Error, Listing, Monitor, Problem, TokenId, TokenSource};

/// Whether a token is in a slot of one of the modules.
pub(super) fn owns(modules: &[Module], id: &TokenId) -> bool {
    let is_here = |module| slots::is_in(id.place(), module);
    id.backend() == Backend::Pkcs11 && modules.iter().any(is_here)
}

/// Each module is a source.
pub(super) struct ModuleMonitor(Vec<TokenSource>);

impl ModuleMonitor {
    /// Creates a monitor. The problems of the configuration form a source of their own.
    pub(super) fn new(mut modules: Vec<TokenSource>, problems: &[Problem]) -> Self {
        let listing = Listing {
            found: Vec::new(),
            problems: problems.to_vec(),
        };
        if !problems.is_empty() {
            modules.push(TokenSource::new(
                text::CONFIGURATION,
                move |_| Ok(listing.clone()),
            ));
        }
        Self(modules)
    }
}

impl Monitor for ModuleMonitor {
    fn place(&self) -> String {
        String::from("PKCS#11 modules")
    }

    fn sources(&mut self) -> Result<Vec<TokenSource>, Error> {
        Ok(self.0.clone())
    }
}
