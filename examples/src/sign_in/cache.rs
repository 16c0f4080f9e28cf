//! The cached Entra UPN of a hybrid joined device. A failure of the cache never stops the sign-in.

use std::time::SystemTime;

use aws_lc_rs::digest::{SHA256, digest};
use upn_resolver::store::{StoreError, UpnStore};
use upn_resolver::{AccountSid, CacheKey, CacheKeyError, CacheUpdate, Certificate, Decision, UnixTime, Upn};

use super::joined::{Join, Joined};
use super::observer::Observer;

/// The cache entry of one account, if a cache is configured and usable.
pub(crate) struct Cache {
    line: Option<(UpnStore, CacheKey)>,
}

impl Cache {
    /// Opens the cache of the command line, for hybrid joined devices only. Warns if it cannot be used.
    pub(crate) fn open(
        joined: &Joined,
        tenant: &str,
        certificate: &Certificate<'_>,
        observer: &mut dyn Observer,
    ) -> Result<Self, CacheKeyError> {
        let (Join::Hybrid, Some(path)) = (joined.join(), &joined.cache) else {
            return Ok(Self { line: None });
        };
        let account = match (&joined.ad_sid, certificate.security_identifier(), &joined.ad_upn) {
            (Some(sid), ..) => sid.clone(),
            (None, Some(sid), _) => sid.to_string().parse()?,
            (None, None, Some(upn)) => key_from_upn(upn)?,
            (None, None, None) => return Ok(Self { line: None }),
        };
        let key = CacheKey::new(tenant.parse()?, account);
        let store = UpnStore::open(path)
            .map_err(|error| print_message(&error, observer))
            .ok();
        Ok(Self {
            line: store.map(|store| (store, key)),
        })
    }

    /// The UPN from an earlier sign-in.
    pub(crate) fn upn(&self, observer: &mut dyn Observer) -> Option<Upn> {
        let (store, key) = self.line.as_ref()?;
        let cached = store
            .cached(key)
            .map_err(|error| print_message(&error, observer))
            .ok()?;
        cached.map(|cached| cached.upn().clone())
    }

    /// Removes a UPN that no longer belongs to a user.
    pub(crate) fn forget(&mut self, observer: &mut dyn Observer) {
        self.write(observer, |store, key| store.forget(key).map(drop));
    }

    /// Stores the name that Entra returned, if the decision says so.
    pub(crate) fn remember(
        &mut self,
        decision: &Decision,
        entra_upn: Option<&str>,
        observer: &mut dyn Observer,
    ) {
        let Some(upn) = entra_upn.and_then(|upn| Upn::parse(upn).ok()) else {
            return;
        };
        let CacheUpdate::Store(upn) = decision.cache_update(&upn) else {
            return;
        };
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let now = UnixTime::since_unix_epoch(now);
        self.write(observer, |store, key| store.remember(key, &upn, now));
    }

    fn write(
        &mut self,
        observer: &mut dyn Observer,
        change: impl FnOnce(&mut UpnStore, &CacheKey) -> Result<(), StoreError>,
    ) {
        if let Some((store, key)) = &mut self.line
            && let Err(error) = change(store, key)
        {
            print_message(&error, observer);
        }
    }
}

/// A key in the form of a SID, derived from the AD UPN without regard to case. It is not the SID of an account and is used only
/// as the key of the cache.
fn key_from_upn(ad_upn: &Upn) -> Result<AccountSid, CacheKeyError> {
    let hash = digest(&SHA256, ad_upn.as_str().to_lowercase().as_bytes());
    let quarters = hash.as_ref().chunks_exact(4).take(4);
    let numbers = quarters.filter_map(|four| four.try_into().ok().map(u32::from_be_bytes));
    numbers
        .fold("S-1-5-21".to_owned(), |sid, number| format!("{sid}-{number}"))
        .parse()
}

fn print_message(error: &StoreError, observer: &mut dyn Observer) {
    observer.warn(&format!("continuing without the cache: {error}"));
}
