//! The Entra UPN between two sign-ins on a hybrid joined device. Whatever is wrong with it, the sign-in goes on.

use std::time::SystemTime;

use upn_resolver::store::{StoreError, UpnStore};
use upn_resolver::{CacheKey, CacheKeyError, Decision, Remember, Upn};

use super::args::Args;

/// The line of one account in the cache, if a cache was asked for and can be used.
pub(super) struct Cache {
    line: Option<(UpnStore, CacheKey)>,
}

impl Cache {
    /// Opens the file of the command line; says on standard error when it cannot be used.
    pub(super) fn open(args: &Args, tenant: &str) -> Result<Self, CacheKeyError> {
        let (Some(path), Some(sid)) = (&args.cache, &args.ad_sid) else {
            return Ok(Self { line: None });
        };
        let key = CacheKey::new(tenant.parse()?, sid.parse()?);
        let store = UpnStore::open(path).map_err(|error| complain(&error)).ok();
        Ok(Self {
            line: store.map(|store| (store, key)),
        })
    }

    /// The UPN that an earlier sign-in left.
    pub(super) fn upn(&self) -> Option<Upn> {
        let (store, key) = self.line.as_ref()?;
        let cached = store.cached(key).map_err(|error| complain(&error)).ok()?;
        cached.map(|cached| cached.upn().clone())
    }

    /// Forgets a UPN that names nobody any more.
    pub(super) fn forget(&mut self) {
        self.write(|store, key| store.forget(key).map(drop));
    }

    /// Keeps what Entra called the user, where the decision says that it is worth keeping.
    pub(super) fn remember(&mut self, decision: &Decision, entra_upn: Option<&str>) {
        let Some(upn) = entra_upn.and_then(|upn| Upn::parse(upn).ok()) else {
            return;
        };
        let Remember::Upn(upn) = decision.remember(&upn) else {
            return;
        };
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        self.write(|store, key| store.remember(key, &upn, now));
    }

    fn write(&mut self, change: impl FnOnce(&mut UpnStore, &CacheKey) -> Result<(), StoreError>) {
        if let Some((store, key)) = &mut self.line
            && let Err(error) = change(store, key)
        {
            complain(&error);
        }
    }
}

fn complain(error: &StoreError) {
    eprintln!("sign-in: going on without the cache: {error}");
}
