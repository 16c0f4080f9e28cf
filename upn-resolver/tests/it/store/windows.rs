//! Access lists of the store on Windows, set and read through another crate.

use std::path::Path;

use upn_resolver::store::{TrustProblem, UpnStore};
use windows_permissions::constants::SeObjectType::SE_FILE_OBJECT;
use windows_permissions::constants::SecurityInformation;
use windows_permissions::utilities::current_process_sid;
use windows_permissions::wrappers::{GetNamedSecurityInfo, SetNamedSecurityInfo};
use windows_permissions::{LocalBox, SecurityDescriptor, Sid};

use super::{TENANT, at, key, place, problem, upn};

const SYSTEM: &str = "S-1-5-18";
const ADMINISTRATORS: &str = "S-1-5-32-544";

#[test]
fn file_and_folder_permit_only_the_user_and_the_machine() {
    let (_folder, path) = place();
    let mut store = UpnStore::open(&path).unwrap();
    store
        .remember(&key(TENANT, 1), &upn("bob@contoso.com"), at(0))
        .unwrap();
    assert_eq!(strangers(path.parent().unwrap()), 0);
    for entry in std::fs::read_dir(path.parent().unwrap()).unwrap() {
        let entry = entry.unwrap().path();
        assert_eq!(strangers(&entry), 0, "{}", entry.display());
    }
    drop(store);
    permit_everyone(&path, "FR");
    assert_eq!(strangers(&path), 1);
    UpnStore::open(&path).unwrap();
    assert_eq!(strangers(&path), 0, "what others may read is made private again");
}

#[test]
fn what_others_could_have_written_is_refused() {
    let (folder, path) = place();
    drop(UpnStore::open(&path).unwrap());
    let above = folder.path();
    for place in [path.as_path(), path.parent().unwrap(), above] {
        permit_everyone(place, "FA");
        assert_eq!(
            problem(&path),
            TrustProblem::WritableByOthers,
            "{}",
            place.display()
        );
        permit_everyone(place, "FR");
        UpnStore::open(&path).unwrap();
    }
}

/// SQLite reads its log as part of the database, so write access to the log is write access to the database.
#[test]
fn the_log_is_trusted_no_more_than_the_database() {
    for part in ["-wal", "-shm", "-journal"] {
        let (_folder, path) = place();
        drop(UpnStore::open(&path).unwrap());
        let log = path.with_file_name(format!("upns.sqlite{part}"));
        std::fs::write(&log, "").unwrap();
        permit_everyone(&log, "FA");
        assert_eq!(problem(&path), TrustProblem::WritableByOthers, "{part}");
        std::fs::remove_file(&log).unwrap();
        UpnStore::open(&path).unwrap();
    }
}

/// The user keeps full access, everyone gets these rights.
fn permit_everyone(path: &Path, rights: &str) {
    let user = current_process_sid().unwrap();
    let text = format!("D:P(A;OICI;FA;;;{user})(A;OICI;{rights};;;WD)");
    let descriptor: LocalBox<SecurityDescriptor> = text.parse().unwrap();
    let parts = SecurityInformation::Dacl | SecurityInformation::ProtectedDacl;
    SetNamedSecurityInfo(path, SE_FILE_OBJECT, parts, None, None, descriptor.dacl(), None).unwrap();
}

/// Number of entries for anyone else.
fn strangers(path: &Path) -> usize {
    let descriptor = GetNamedSecurityInfo(path, SE_FILE_OBJECT, SecurityInformation::Dacl).unwrap();
    let list = descriptor
        .dacl()
        .expect("a list: without one, everyone may do everything");
    let ours: Vec<LocalBox<Sid>> = [SYSTEM, ADMINISTRATORS]
        .iter()
        .map(|sid| sid.parse().unwrap())
        .collect();
    let user = current_process_sid().unwrap();
    (0..list.len())
        .filter_map(|index| list.get_ace(index).unwrap().sid())
        .filter(|sid| *sid != &*user && !ours.iter().any(|ours| *sid == &**ours))
        .count()
}

#[test]
fn everyone_is_a_stranger() {
    let (folder, _) = place();
    permit_everyone(folder.path(), "FR");
    assert_eq!(strangers(folder.path()), 1);
}
