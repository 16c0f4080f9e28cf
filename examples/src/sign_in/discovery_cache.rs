//! Cache of realm and OpenID metadata. With both known, a sign-in takes two requests instead of four.
//!
//! The cache is a JSON file next to the cache of user names. Its content becomes part of the data that the card signs (the
//! audience), so a file is ignored if another user could have written it, or if it is malformed or too large. A failure of the
//! cache never stops the sign-in.

use std::io;
use std::path::{Path, PathBuf};

use cba_protocol::{Config, IdToken, IssuerMetadata, PrimaryRefreshToken};
use rustls_pki_types::UnixTime;
use serde::{Deserialize, Serialize};
use upn_resolver::Upn;

use super::observer::Observer;
use crate::output::display_path;
use crate::private_file::{self, PrivateFileError};

/// Lifetime of an entry in seconds. An administrator who changes the realm of a user expects the change within a day. A sign-in
/// that is not granted removes the entry earlier.
const LIFETIME: u64 = 24 * 60 * 60;
/// Maximum number of bytes that are read.
const MAX_FILE: usize = 256 << 10;
/// Maximum number of tenants, and of users of each.
const MAX_TENANTS: usize = 16;
const MAX_USERS: usize = 128;
/// Maximum length of an issuer in bytes, the former limit of URLs in browsers.
const MAX_ISSUER: usize = 2_083;
/// The version of the format.
const VERSION: u32 = 1;

/// The cached data of a tenant at an authority.
pub(crate) struct DiscoveryCache {
    path: Option<PathBuf>,
    now: u64,
    tenants: Vec<Entry>,
    this: Entry,
}

#[derive(Deserialize, Serialize)]
struct Content {
    version: u32,
    tenants: Vec<Entry>,
}

#[derive(Deserialize, Serialize)]
struct Entry {
    authority: String,
    tenant: String,
    metadata: Option<Metadata>,
    managed: Vec<Managed>,
}

#[derive(Deserialize, Serialize)]
struct Metadata {
    issuer: String,
    kdf_ver2: bool,
    read_at: u64,
}

/// A user whom the cloud authenticates. Users are stored one by one, because staged rollout moves single users out of a federated
/// domain.
#[derive(Deserialize, Serialize)]
struct Managed {
    upn: String,
    seen_at: u64,
}

impl DiscoveryCache {
    /// Reads the entries of the configured authority and tenant.
    pub(crate) fn open(names: Option<&Path>, config: &Config, observer: &mut dyn Observer) -> Self {
        let now = UnixTime::now().as_secs();
        let path = names.and_then(beside);
        let mut tenants = match path.as_deref().map(read) {
            None | Some(Ok(None)) => Vec::new(),
            Some(Ok(Some(content))) => content.tenants,
            Some(Err(error)) => {
                let name = path.as_deref().map(display_path).unwrap_or_default();
                observer.warn(&format!(
                    "ignoring the cache of realms and metadata, {name}: {error}"
                ));
                Vec::new()
            }
        };
        for tenant in &mut tenants {
            tenant.drop_expired(now);
        }
        let (authority, name) = (config.cloud().authority(), config.tenant().as_str());
        let this = tenants
            .iter()
            .position(|entry| entry.authority == authority && entry.tenant == name)
            .map(|at| tenants.remove(at));
        tenants.retain(|tenant| !tenant.is_empty());
        Self {
            path,
            now,
            tenants,
            this: this.unwrap_or_else(|| Entry::new(authority, name)),
        }
    }

    /// The cached metadata.
    pub(crate) fn metadata(&self) -> Option<IssuerMetadata> {
        let metadata = self.this.metadata.as_ref()?;
        Some(IssuerMetadata::new(&metadata.issuer).with_kdf_ver2(metadata.kdf_ver2))
    }

    /// Whether an earlier sign-in found that the cloud authenticates this user.
    pub(crate) fn is_managed(&self, upn: &Upn) -> bool {
        self.this.managed.iter().any(|user| user.is(upn.as_str()))
    }

    /// Stores the realm and metadata of a granted sign-in.
    pub(crate) fn remember(&mut self, prt: &PrimaryRefreshToken, observer: &mut dyn Observer) {
        if let Some(metadata) = prt.metadata()
            && metadata.issuer().len() <= MAX_ISSUER
        {
            // The time remains the time of reading: use does not extend the lifetime.
            let read_at = self
                .this
                .metadata
                .take()
                .filter(|known| known.issuer == metadata.issuer());
            self.this.metadata = Some(Metadata {
                issuer: metadata.issuer().to_owned(),
                kdf_ver2: metadata.kdf_ver2(),
                read_at: read_at.map_or(self.now, |known| known.read_at),
            });
        }
        self.this.add(prt.upn().as_str(), self.now);
        // The user's name in Entra belongs to the same account. A hybrid joined device sends it next time.
        if let Some(upn) = prt.id_token().and_then(IdToken::entra_upn)
            && let Ok(upn) = Upn::parse(upn)
        {
            self.this.add(upn.as_str(), self.now);
        }
        self.write(observer);
    }

    /// Removes the data that a failed sign-in used, so that the next one asks the server.
    pub(crate) fn forget(&mut self, upn: &Upn, observer: &mut dyn Observer) {
        let (metadata, users) = (self.this.metadata.take(), self.this.managed.len());
        self.this.managed.retain(|user| !user.is(upn.as_str()));
        if metadata.is_some() || self.this.managed.len() < users {
            self.write(observer);
        }
    }

    fn write(&mut self, observer: &mut dyn Observer) {
        let Some(path) = &self.path else { return };
        // The tenant in use comes first, so the one that is dropped was not used for the longest time.
        let tenants = core::iter::once(&self.this).chain(&self.tenants);
        let content = serde_json::json!({
            "version": VERSION,
            "tenants": tenants.filter(|tenant| !tenant.is_empty()).take(MAX_TENANTS).collect::<Vec<_>>(),
        });
        if let Err(error) = private_file::write(path, content.to_string().as_bytes()) {
            observer.warn(&format!(
                "realm and metadata were not kept in {}: {error}",
                display_path(path)
            ));
        }
    }
}

impl Entry {
    fn new(authority: &str, tenant: &str) -> Self {
        Self {
            authority: authority.to_owned(),
            tenant: tenant.to_owned(),
            metadata: None,
            managed: Vec::new(),
        }
    }

    fn is_empty(&self) -> bool {
        self.metadata.is_none() && self.managed.is_empty()
    }

    /// A time in the future is invalid, too: the clock was wrong.
    fn drop_expired(&mut self, now: u64) {
        let is_fresh = |at: u64| at <= now && now - at < LIFETIME;
        self.metadata
            .take_if(|metadata| !is_fresh(metadata.read_at) || metadata.issuer.len() > MAX_ISSUER);
        self.managed.retain(|user| is_fresh(user.seen_at));
    }

    /// Adds a user who has no entry: use does not extend the lifetime.
    fn add(&mut self, upn: &str, now: u64) {
        if self.managed.iter().any(|user| user.is(upn)) {
            return;
        }
        let upn = upn.to_owned();
        self.managed.insert(0, Managed { upn, seen_at: now });
        self.managed.truncate(MAX_USERS);
    }
}

impl Managed {
    fn is(&self, upn: &str) -> bool {
        self.upn.eq_ignore_ascii_case(upn)
    }
}

/// The path of the cache: `upn.sqlite.discovery.json` next to `upn.sqlite`.
fn beside(names: &Path) -> Option<PathBuf> {
    let mut name = names.file_name()?.to_owned();
    name.push(".discovery.json");
    Some(names.with_file_name(name))
}

/// The content of the file; `None` if there is no file.
fn read(path: &Path) -> Result<Option<Content>, PrivateFileError> {
    let Some(json) = private_file::read(path, MAX_FILE)? else {
        return Ok(None);
    };
    let content: Content = serde_json::from_slice(&json).map_err(io::Error::from)?;
    Ok(Some(content).filter(|content| content.version == VERSION))
}
