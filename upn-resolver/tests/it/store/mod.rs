//! The store of cached Entra UPNs: its content, its checks of permissions, and damaged files.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use upn_resolver::store::{StoreError, StoreOptions, TrustProblem, UpnStore};
use upn_resolver::{CacheKey, UnixTime, Upn};

const TENANT: &str = "8c5d1f4e-0c5b-4c0e-9a53-2f1f0d4f7a11";
const OTHER_TENANT: &str = "11111111-2222-3333-4444-555555555555";

fn key(tenant: &str, account: u32) -> CacheKey {
    CacheKey::new(
        tenant.parse().unwrap(),
        format!("S-1-5-21-1-2-3-{account}").parse().unwrap(),
    )
}

fn at(seconds: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}

fn upn(text: &str) -> Upn {
    Upn::parse(text).unwrap()
}

fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("agent").join("upns.sqlite");
    (folder, path)
}

fn kept(store: &UpnStore, key: &CacheKey) -> Option<String> {
    store.cached(key).unwrap().map(|cached| cached.upn().to_string())
}

#[test]
fn a_stored_name_is_visible_to_other_processes_until_removed() {
    let (_folder, path) = place();
    let (one, two) = (key(TENANT, 1), key(TENANT, 2));
    {
        let mut store = UpnStore::open(&path).unwrap();
        assert_eq!(kept(&store, &one), None);
        store.remember(&one, &upn("old@contoso.com"), at(1)).unwrap();
        store.remember(&one, &upn("Bob@contoso.com"), at(2)).unwrap();
        store.remember(&two, &upn("eve@contoso.com"), at(3)).unwrap();
    }
    let mut store = UpnStore::open(&path).unwrap();
    let cached = store.cached(&one).unwrap().unwrap();
    assert_eq!(
        (cached.upn().as_str(), cached.remembered_at()),
        ("Bob@contoso.com", at(2))
    );
    assert!(store.forget(&one).unwrap());
    assert!(!store.forget(&one).unwrap());
    assert_eq!(
        (kept(&store, &one), kept(&store, &two)),
        (None, Some("eve@contoso.com".into()))
    );
}

#[test]
fn forgetting_a_tenant_removes_its_rows_and_no_others() {
    let (_folder, path) = place();
    let mut store = UpnStore::open(&path).unwrap();
    for account in 1..=3 {
        store
            .remember(&key(TENANT, account), &upn("a@contoso.com"), at(0))
            .unwrap();
        store
            .remember(&key(OTHER_TENANT, account), &upn("b@fabrikam.com"), at(0))
            .unwrap();
    }
    assert_eq!(store.forget_tenant(&TENANT.parse().unwrap()).unwrap(), 3);
    assert_eq!(kept(&store, &key(TENANT, 1)), None);
    assert_eq!(kept(&store, &key(OTHER_TENANT, 1)), Some("b@fabrikam.com".into()));
    drop(store);
    // What is forgotten is not left in the file either.
    let content = fs::read(&path).unwrap();
    assert!(!content.windows(13).any(|window| window == b"a@contoso.com"));
}

fn problem(path: &Path) -> TrustProblem {
    match UpnStore::open(path) {
        Err(StoreError::Untrusted { problem, .. }) => problem,
        other => panic!("{other:?}"),
    }
}

/// A file with a second name can be changed by that name, and SQLite would keep two logs of it.
#[test]
fn a_hard_link_is_refused_until_it_is_gone() {
    let (folder, path) = place();
    drop(UpnStore::open(&path).unwrap());
    let elsewhere = folder.path().join("elsewhere");
    fs::hard_link(&path, &elsewhere).unwrap();
    assert_eq!(problem(&path), TrustProblem::HardLink);
    fs::remove_file(&elsewhere).unwrap();
    UpnStore::open(&path).unwrap();
}

#[test]
fn a_damaged_file_is_set_aside_and_the_next_one_is_new() {
    for damage in [&b"this is not a database, and long enough to be read as one   .........................................."[..], &[0xFF; 9000]] {
        let (_folder, path) = place();
        drop(UpnStore::open(&path).unwrap());
        fs::write(&path, damage).unwrap();
        let error = UpnStore::open(&path).unwrap_err();
        let StoreError::Corrupt { set_aside: Some(aside) } = &error else { panic!("{error}") };
        assert!(error.to_string().contains(&*aside.to_string_lossy()));
        assert_eq!(fs::read(aside).unwrap(), damage, "the damaged content is kept");
        assert!(!path.exists());
        let mut store = UpnStore::open(&path).unwrap();
        store.remember(&key(TENANT, 1), &upn("bob@contoso.com"), at(0)).unwrap();
    }
}

#[test]
fn damage_inside_is_found_when_the_store_is_opened() {
    let (_folder, path) = place();
    let mut store = UpnStore::open(&path).unwrap();
    for account in 0..500 {
        store
            .remember(
                &key(TENANT, account),
                &upn(&format!("user{account}@contoso.com")),
                at(0),
            )
            .unwrap();
    }
    drop(store);
    let mut content = fs::read(&path).unwrap();
    let page = content.len() - 4096;
    content[page..page + 64].fill(0xA5);
    fs::write(&path, content).unwrap();
    assert!(matches!(
        UpnStore::open(&path),
        Err(StoreError::Corrupt { set_aside: Some(_) })
    ));
    UpnStore::open(&path).unwrap();
}

#[test]
fn foreign_and_newer_databases_are_not_changed() {
    let (_folder, path) = place();
    // The offsets are those of the database header: https://www.sqlite.org/fileformat2.html#the_database_header
    for (offset, is_foreign) in [(68, true), (60, false)] {
        drop(UpnStore::open(&path).unwrap());
        let mut content = fs::read(&path).unwrap();
        content[offset..offset + 4].copy_from_slice(&99_u32.to_be_bytes());
        fs::write(&path, &content).unwrap();
        match UpnStore::open(&path) {
            Err(StoreError::ForeignDatabase) => assert!(is_foreign),
            Err(StoreError::NewerSchema {
                found: 99,
                supported: 1,
            }) => assert!(!is_foreign),
            other => panic!("{other:?}"),
        }
        assert_eq!(fs::read(&path).unwrap(), content);
        fs::remove_file(&path).unwrap();
    }
}

/// The wait is a bound from both sides: nothing is reported busy before it is over, and a call that can go on by then does.
#[test]
fn calls_wait_for_other_processes_as_long_as_configured() {
    let (_folder, path) = place();
    let one = key(TENANT, 1);
    UpnStore::open(&path)
        .unwrap()
        .remember(&one, &upn("ada@contoso.com"), at(1))
        .unwrap();
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();

    let wait = Duration::from_millis(300);
    let mut store = StoreOptions::new().with_wait(wait).open(&path).unwrap();
    let start = Instant::now();
    let busy = store.remember(&one, &upn("eve@contoso.com"), at(2)).unwrap_err();
    assert!(matches!(busy, StoreError::Busy), "{busy}");
    assert_eq!(busy.responsible(), upn_resolver::Responsible::Developer);
    assert!(start.elapsed() >= wait);
    assert_eq!(
        kept(&store, &one).as_deref(),
        Some("ada@contoso.com"),
        "readers do not wait"
    );
    let none = StoreOptions::new().with_wait(Duration::ZERO);
    let busy = none
        .open(&path)
        .unwrap()
        .remember(&one, &upn("eve@contoso.com"), at(2));
    assert!(matches!(busy, Err(StoreError::Busy)));

    let mut patient = StoreOptions::new()
        .with_wait(Duration::from_secs(120))
        .open(&path)
        .unwrap();
    let writer =
        std::thread::spawn(move || patient.remember(&key(TENANT, 1), &upn("bob@contoso.com"), at(3)));
    std::thread::sleep(Duration::from_millis(300));
    other.execute_batch("ROLLBACK").unwrap();
    writer.join().unwrap().unwrap();
    assert_eq!(kept(&store, &one).as_deref(), Some("bob@contoso.com"));
}
