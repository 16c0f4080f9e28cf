//! Cache of Entra UPNs in a file that several processes share.
//!
//! The file is a `SQLite` database, keyed by the tenant of the device and the SID of the account. Several processes
//! can use it at once. A write that was acknowledged survives a crash of the process or the machine at any time. The
//! file contains user names and no secrets, but its content is sent to Entra. Therefore only its owner may write to
//! it, and a file that others could have written is refused.
//!
//! The cache is optional. If it fails, the sign-in continues without it:
//!
//! ```
//! use upn_resolver::store::UpnStore;
//! use upn_resolver::{AdLogon, CacheKey, Certificate, CacheUpdate, NameRequest, Upn};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("agent/upns.sqlite");
//! # let der = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/certificates/adcs-rsa2048.der"));
//! # let certificate = Certificate::from_der(der)?;
//! # let (ad_upn, entra_upn_of_the_answer) = (Upn::parse("ada@corp.local")?, Upn::parse("ada@contoso.com")?);
//! # let now = upn_resolver::UnixTime::since_unix_epoch(std::time::Duration::from_secs(1_790_000_000));
//! let key = CacheKey::new(
//!     "8c5d1f4e-0c5b-4c0e-9a53-2f1f0d4f7a11".parse()?,
//!     "S-1-5-21-1111111111-2222222222-333333333-1104".parse()?,
//! );
//! let mut store = UpnStore::open(&path).inspect_err(|error| eprintln!("no cache: {error}")).ok();
//!
//! let cached = store.as_ref().and_then(|store| store.cached(&key).ok().flatten());
//! let cached = cached.as_ref().map(|cached| cached.upn());
//! let decision = NameRequest::hybrid_joined(&certificate, AdLogon::Succeeded(&ad_upn), cached).decide();
//!
//! // … after Entra granted the sign-in:
//! if let (Some(store), CacheUpdate::Store(upn)) = (&mut store, decision.cache_update(&entra_upn_of_the_answer)) {
//!     store.remember(&key, &upn, now)?;
//! }
//! assert_eq!(UpnStore::open(&path)?.cached(&key)?.map(|cached| cached.upn().clone()), Some(entra_upn_of_the_answer));
//! # Ok(())
//! # }
//! ```
//!
//! Call [`forget_tenant`](UpnStore::forget_tenant) when the device leaves its tenant. Errors say why a file cannot be
//! used:
//!
//! ```
//! use upn_resolver::store::{TrustProblem, StoreError, UpnStore};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("upns.sqlite");
//! let tenant = "8c5d1f4e-0c5b-4c0e-9a53-2f1f0d4f7a11".parse()?;
//! match UpnStore::open(&path) {
//!     Ok(mut store) => println!("{} names forgotten", store.forget_tenant(&tenant)?),
//!     Err(StoreError::Untrusted { problem: TrustProblem::WritableByOthers, path }) => println!("chmod go-w {}", path.display()),
//!     Err(StoreError::Corrupt { set_aside }) => println!("damaged, and set aside: {set_aside:?}"),
//!     Err(error) => println!("no cache: {error}"),
//! }
//! # Ok(())
//! # }
//! ```

mod error;
mod path_role;
mod place;
#[cfg(unix)]
#[path = "unix.rs"]
mod system;
#[cfg(windows)]
#[path = "windows.rs"]
mod system;
mod wait;

use alloc::string::String;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use rustls_pki_types::UnixTime;

pub use error::{DatabaseError, StoreError, TrustProblem};

use error::Fault;
use place::Place;
use wait::Deadline;

use crate::cache::{CacheKey, CachedUpn, TenantId};
use crate::upn::Upn;

/// Version of the schema, in `PRAGMA user_version`.
const SCHEMA_VERSION: i64 = 1;

/// Marker of our files, in `PRAGMA application_id`: `UPNc` in ASCII.
const APPLICATION_ID: i64 = 0x5550_4E63;

const SCHEMA: &str = "
    CREATE TABLE cached_upn (
        tenant        TEXT NOT NULL,
        account_sid   TEXT NOT NULL,
        entra_upn     TEXT NOT NULL,
        remembered_at INTEGER NOT NULL,
        PRIMARY KEY (tenant, account_sid)
    ) STRICT, WITHOUT ROWID;
";

/// Options for opening a store.
///
/// ```
/// use std::time::Duration;
/// use upn_resolver::store::StoreOptions;
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("upns.sqlite");
/// // A sign-in screen would rather do without the cache than wait for it.
/// let store = StoreOptions::new().with_wait(Duration::from_millis(200)).open(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct StoreOptions {
    wait: Duration,
}

impl StoreOptions {
    /// The defaults of [`UpnStore::open`]: a wait of five seconds.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            wait: Duration::from_secs(5),
        }
    }

    /// Sets how long each call waits for other processes that have the store locked. [`StoreError::Busy`] is returned
    /// after this time, never earlier. Time spent by the disk is not counted.
    #[must_use]
    pub const fn with_wait(self, wait: Duration) -> Self {
        Self { wait }
    }

    /// Opens the store like [`UpnStore::open`].
    ///
    /// # Errors
    /// Same as [`UpnStore::open`].
    pub fn open(self, path: &Path) -> Result<UpnStore, StoreError> {
        let deadline = Deadline::after(self.wait);
        // Processes open the store one at a time, so that two never both create it or both set it aside.
        let folder = Place::lock_folder(path, deadline)?;
        let place = Place::prepare(path, &folder)?;
        let outcome = deadline.retry(
            || connect(&place).map_err(StoreError::from),
            |outcome| matches!(outcome, Err(StoreError::Busy)),
        );
        match outcome {
            Ok(connection) => Ok(UpnStore {
                connection,
                place,
                wait: self.wait,
            }),
            Err(error) if is_damage(&error) => Err(place.set_aside(&folder)),
            Err(error) => Err(error),
        }
    }
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self::new()
    }
}

/// Store of the cached Entra UPNs of a device.
#[derive(Debug)]
pub struct UpnStore {
    connection: Connection,
    place: Place,
    wait: Duration,
}

impl UpnStore {
    /// Opens the store, and creates it if it is missing. Only the user may use the file and its folder: they have mode
    /// 0600 and 0700, or on Windows an access list of the user, the system and the administrators.
    ///
    /// This and all other calls wait up to five seconds for other processes; [`StoreOptions`] sets another limit.
    ///
    /// # Errors
    /// - [`StoreError::Untrusted`] if others can write to the file, to the files that `SQLite` keeps next to it or to
    ///   its folder, if others can replace the folder, or if one of these is a link or of the wrong type.
    /// - [`StoreError::Corrupt`] if the file is damaged. It has been set aside, and the next call creates a new one.
    /// - [`StoreError::NewerSchema`] if a later release wrote the file. It is not changed.
    /// - [`StoreError::Busy`] if another process has the file locked for longer than the wait.
    /// - [`StoreError::Io`] and [`StoreError::Database`] if the operating system or `SQLite` fails.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        StoreOptions::new().open(path)
    }

    /// Returns the cached Entra UPN of this account, if there is one.
    ///
    /// # Errors
    /// Same as [`open`](Self::open); a damaged file is set aside here too, on Windows by the next [`open`](Self::open).
    pub fn cached(&self, key: &CacheKey) -> Result<Option<CachedUpn>, StoreError> {
        const QUERY: &str =
            "SELECT entra_upn, remembered_at FROM cached_upn WHERE tenant = ?1 AND account_sid = ?2";
        let row = self.run(|connection| {
            let key = params![key.tenant().as_str(), key.account().as_str()];
            let mut query = connection.prepare(QUERY)?;
            query
                .query_row(key, |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))
                .optional()
        });
        match row? {
            None => Ok(None),
            Some((text, remembered_at)) => {
                let upn = Upn::parse(&text).map_err(StoreError::InvalidRow)?;
                // A time before 1970 is invalid, and only means that the entry is old.
                let seconds = u64::try_from(remembered_at).unwrap_or_default();
                let remembered_at = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
                Ok(Some(CachedUpn::new(upn, remembered_at)))
            }
        }
    }

    /// Stores an Entra UPN for this account, with this time in whole seconds. When it returns `Ok`, the data is on
    /// disk.
    ///
    /// # Errors
    /// Same as [`open`](Self::open); a damaged file is set aside here too, on Windows by the next [`open`](Self::open).
    pub fn remember(&mut self, key: &CacheKey, upn: &Upn, now: UnixTime) -> Result<(), StoreError> {
        let seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        let written = self.run(|connection| {
            connection.execute(
                "INSERT OR REPLACE INTO cached_upn (tenant, account_sid, entra_upn, remembered_at) VALUES (?1, ?2, ?3, ?4)",
                params![key.tenant().as_str(), key.account().as_str(), upn.as_str(), seconds],
            )
        });
        written.map(drop)
    }

    /// Removes the entry of this account. Returns whether there was one.
    ///
    /// ```
    /// use upn_resolver::store::UpnStore;
    /// use upn_resolver::{CacheKey, UnixTime, Upn};
    /// use std::time::Duration;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("upns.sqlite");
    /// let key = CacheKey::new("8c5d1f4e-0c5b-4c0e-9a53-2f1f0d4f7a11".parse()?, "S-1-5-21-1-2-3-1104".parse()?);
    /// let mut store = UpnStore::open(&path)?;
    /// store.remember(&key, &Upn::parse("ada@contoso.com")?, UnixTime::since_unix_epoch(Duration::from_secs(1_790_000_000)))?;
    /// assert!(store.forget(&key)?);
    /// assert!(store.cached(&key)?.is_none());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Same as [`open`](Self::open); a damaged file is set aside here too, on Windows by the next [`open`](Self::open).
    pub fn forget(&mut self, key: &CacheKey) -> Result<bool, StoreError> {
        let deleted = self.run(|connection| {
            connection.execute(
                "DELETE FROM cached_upn WHERE tenant = ?1 AND account_sid = ?2",
                params![key.tenant().as_str(), key.account().as_str()],
            )
        });
        deleted.map(|rows| rows > 0)
    }

    /// Removes all entries of a tenant that the device leaves. Returns their number.
    ///
    /// # Errors
    /// Same as [`open`](Self::open); a damaged file is set aside here too, on Windows by the next [`open`](Self::open).
    pub fn forget_tenant(&mut self, tenant: &TenantId) -> Result<usize, StoreError> {
        self.run(|connection| {
            connection.execute(
                "DELETE FROM cached_upn WHERE tenant = ?1",
                params![tenant.as_str()],
            )
        })
    }

    /// Runs one statement, with retries while other processes hold the lock.
    fn run<T>(&self, statement: impl Fn(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        let deadline = Deadline::after(self.wait);
        let outcome = deadline.retry(
            || statement(&self.connection).map_err(StoreError::sqlite),
            |outcome| matches!(outcome, Err(StoreError::Busy)),
        );
        outcome.map_err(|error| {
            if !is_damage(&error) {
                return error;
            }
            match Place::lock_folder(self.place.path(), deadline) {
                // Windows does not rename a file that SQLite has open, without FILE_SHARE_DELETE:
                // https://learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-createfilew. The next `open` sets it aside.
                Ok(folder) if !cfg!(windows) => self.place.set_aside(&folder),
                _ => error,
            }
        })
    }
}

fn connect(place: &Place) -> Result<Connection, Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_NOFOLLOW
        | OpenFlags::SQLITE_OPEN_EXRESCODE;
    let mut connection = Connection::open_with_flags(place.path(), flags)?;
    // `Deadline` waits, and retries more often than SQLite would.
    connection.busy_timeout(Duration::ZERO)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    // Removed names are overwritten, not only unlinked.
    connection.pragma_update(None, "secure_delete", true)?;
    // WAL lets readers and a writer work at the same time; FULL syncs it at each commit.
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    prepare_schema(&mut connection)?;
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict == "ok" {
        Ok(connection)
    } else {
        Err(StoreError::damage().into())
    }
}

/// Brings an empty file to the current schema, and refuses a foreign or later one. The caller holds the lock of the
/// folder.
fn prepare_schema(connection: &mut Connection) -> Result<(), Fault> {
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    match (number("application_id")?, number("user_version")?) {
        (APPLICATION_ID, SCHEMA_VERSION) => Ok(()),
        (APPLICATION_ID, found) => Err(Fault::Store(StoreError::NewerSchema {
            found,
            supported: SCHEMA_VERSION,
        })),
        (0, 0) => {
            let tables = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| {
                row.get::<_, i64>(0)
            })?;
            if tables != 0 {
                return Err(StoreError::ForeignDatabase.into());
            }
            let transaction = connection.transaction()?;
            transaction.execute_batch(SCHEMA)?;
            transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
            transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
            Ok(transaction.commit()?)
        }
        _ => Err(StoreError::ForeignDatabase.into()),
    }
}

fn is_damage(error: &StoreError) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    match error {
        StoreError::Database(error) => error
            .sqlite_code()
            .is_some_and(|code| matches!(code, DatabaseCorrupt | NotADatabase)),
        _ => false,
    }
}
