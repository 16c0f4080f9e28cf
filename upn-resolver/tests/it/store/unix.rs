//! Permissions of the store, and what else only Unix can do to a file.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use upn_resolver::store::{StoreError, TrustProblem, UpnStore};

use super::{TENANT, at, kept, key, place, problem, upn};

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn file_and_folder_are_private() {
    let (_folder, path) = place();
    let mut store = UpnStore::open(&path).unwrap();
    store
        .remember(&key(TENANT, 1), &upn("bob@contoso.com"), at(0))
        .unwrap();
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    for entry in fs::read_dir(path.parent().unwrap()).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
    }
    drop(store);
    set_mode(&path, 0o644);
    UpnStore::open(&path).unwrap();
    assert_eq!(mode(&path), 0o600, "what others may read is made private again");
}

#[test]
fn what_others_could_have_written_is_refused() {
    let (_folder, path) = place();
    drop(UpnStore::open(&path).unwrap());
    for writable in [0o620, 0o602, 0o666] {
        set_mode(&path, writable);
        assert_eq!(problem(&path), TrustProblem::WritableByOthers, "{writable:o}");
    }
    set_mode(&path, 0o600);
    for writable in [0o770, 0o707, 0o777] {
        set_mode(path.parent().unwrap(), writable);
        assert_eq!(problem(&path), TrustProblem::WritableByOthers, "{writable:o}");
    }
    set_mode(path.parent().unwrap(), 0o700);
    UpnStore::open(&path).unwrap();
}

#[test]
fn a_symbolic_link_is_refused_even_when_it_leads_nowhere() {
    let (folder, path) = place();
    drop(UpnStore::open(&path).unwrap());
    let link = path.with_file_name("link.sqlite");
    symlink(&path, &link).unwrap();
    assert_eq!(problem(&link), TrustProblem::SymbolicLink);
    let dangling = path.with_file_name("dangling.sqlite");
    let nowhere = folder.path().join("nowhere");
    symlink(&nowhere, &dangling).unwrap();
    assert_eq!(problem(&dangling), TrustProblem::SymbolicLink);
    assert!(!nowhere.exists());
    assert_eq!(
        problem(path.parent().unwrap().join("..").as_path()),
        TrustProblem::WrongFileType
    );
}

/// Opening some files for writing without a check would block the program forever.
#[test]
fn what_is_not_a_file_is_refused() {
    let (_folder, path) = place();
    drop(UpnStore::open(&path).unwrap());
    // rustix makes no pipes on the systems of Apple.
    #[cfg(not(target_vendor = "apple"))]
    {
        let pipe = path.with_file_name("pipe.sqlite");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RWXU).unwrap();
        assert_eq!(problem(&pipe), TrustProblem::WrongFileType);
    }
    assert_eq!(problem(path.parent().unwrap()), TrustProblem::WrongFileType);
    let below_a_file = UpnStore::open(&path.join("upns.sqlite"));
    assert!(
        matches!(below_a_file, Err(StoreError::Io { .. })),
        "{below_a_file:?}"
    );
}

/// SQLite reads its log as part of the database, so write access to the log is write access to the database.
#[test]
fn the_log_is_trusted_no_more_than_the_database() {
    for part in ["-wal", "-shm", "-journal"] {
        let (folder, path) = place();
        drop(UpnStore::open(&path).unwrap());
        let target = folder.path().join("target");
        fs::write(&target, "untouched").unwrap();
        let log = path.with_file_name(format!("upns.sqlite{part}"));
        symlink(&target, &log).unwrap();
        assert_eq!(problem(&path), TrustProblem::SymbolicLink, "{part}");
        assert_eq!(fs::read(&target).unwrap(), b"untouched");
        fs::remove_file(&log).unwrap();
        fs::write(&log, "").unwrap();
        set_mode(&log, 0o666);
        assert_eq!(problem(&path), TrustProblem::WritableByOthers, "{part}");
        fs::remove_file(&log).unwrap();
        UpnStore::open(&path).unwrap();
    }
}

/// Whoever can rename the folder can replace it.
#[test]
fn a_parent_folder_that_others_can_write_is_refused_unless_sticky() {
    let (folder, path) = place();
    drop(UpnStore::open(&path).unwrap());
    for (writable, is_trusted) in [(0o777, false), (0o770, false), (0o1777, true), (0o755, true)] {
        set_mode(folder.path(), writable);
        if is_trusted {
            UpnStore::open(&path).unwrap();
        } else {
            assert_eq!(problem(&path), TrustProblem::WritableByOthers, "{writable:o}");
        }
    }
}

#[test]
fn a_link_to_the_folder_is_followed() {
    let (folder, path) = place();
    drop(UpnStore::open(&path).unwrap());
    let link = folder.path().join("by-another-name");
    symlink(path.parent().unwrap(), &link).unwrap();
    UpnStore::open(&link.join("upns.sqlite")).unwrap();
}

#[test]
fn damage_found_later_is_set_aside_by_one_process() {
    let (_folder, path) = place();
    let mut first = UpnStore::open(&path).unwrap();
    let second = UpnStore::open(&path).unwrap();
    first
        .remember(&key(TENANT, 1), &upn("bob@contoso.com"), at(0))
        .unwrap();
    fs::write(&path, [0xFF; 9000]).unwrap();
    fs::remove_file(path.with_file_name("upns.sqlite-wal")).unwrap();
    let reopened = UpnStore::open(&path);
    assert!(
        matches!(reopened, Err(StoreError::Corrupt { set_aside: Some(_) })),
        "{reopened:?}"
    );
    let mut fresh = UpnStore::open(&path).unwrap();
    fresh
        .remember(&key(TENANT, 2), &upn("eve@contoso.com"), at(0))
        .unwrap();
    // Processes that still have the damaged file open do not touch the new one.
    let _ = second.cached(&key(TENANT, 1));
    let _ = first.remember(&key(TENANT, 3), &upn("mallory@contoso.com"), at(0));
    drop((first, second));
    assert_eq!(kept(&fresh, &key(TENANT, 2)), Some("eve@contoso.com".into()));
    drop(fresh);
    let fresh = UpnStore::open(&path).unwrap();
    assert_eq!(kept(&fresh, &key(TENANT, 2)), Some("eve@contoso.com".into()));
    assert_eq!(kept(&fresh, &key(TENANT, 3)), None);
}
