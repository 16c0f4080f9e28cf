//! `doctor --browsers --fix` in homes with links, and beside files of another user.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{chown, lchown, symlink};
use std::path::{Path, PathBuf};

use crate::fix::{fix, turn};
use crate::home::{CHROMIUM, Home};

const NOBODY: u32 = 65_534;

/// A folder or file of another user: one that root gives away, or else one that belongs to root.
fn foreign(made: PathBuf, of_root: &str) -> PathBuf {
    match chown(&made, Some(NOBODY), None) {
        Ok(()) => made,
        Err(_) => PathBuf::from(of_root),
    }
}

#[track_caller]
fn assert_refused(home: &Home) {
    let text = fix(home, &[]);
    assert!(
        text.contains("is unchanged: ") && text.contains("belongs to another user"),
        "{text}"
    );
}

#[test]
fn a_link_into_the_files_of_another_user_is_not_followed() {
    let _turn = turn();
    // The folder.
    let home = Home::with(&[CHROMIUM]);
    let other = home.system("other");
    fs::create_dir_all(&other).unwrap();
    fs::create_dir(home.home(".pki")).unwrap();
    let other = foreign(other, "/etc");
    symlink(&other, home.home(".pki/nssdb")).unwrap();
    assert_refused(&home);
    assert!(!other.join("pkcs11.txt").exists() && !other.join("cert9.db").exists());

    // The folder above.
    let home = Home::with(&[CHROMIUM]);
    let other = home.system("other");
    fs::create_dir_all(&other).unwrap();
    symlink(foreign(other, "/etc"), home.home(".pki")).unwrap();
    assert_refused(&home);

    // Each file.
    for file in ["cert9.db", "key4.db", "pkcs11.txt"] {
        let home = Home::with(&[CHROMIUM]);
        home.chromium_modules(&[]);
        let path = home.home(".pki/nssdb").join(file);
        let _ = fs::remove_file(&path);
        let other = foreign(home.write("other", "theirs"), "/etc/passwd");
        let before = fs::read(&other).unwrap();
        symlink(&other, &path).unwrap();
        assert_refused(&home);
        assert_eq!(fs::read(&other).unwrap(), before, "{file}");
    }
}

#[test]
fn what_another_user_can_replace_is_not_used() {
    let _turn = turn();
    let home = Home::with(&[CHROMIUM]);
    home.chromium_modules(&[]);
    let list = home.home(".pki/nssdb/pkcs11.txt");
    let before = fs::read(&list).unwrap();
    let give = |path: &Path| lchown(path, Some(NOBODY), None);
    if let Err(error) = give(&home.home(".pki")) {
        // Only root can give files away, and so only root can have this problem. Root of a user namespace may be its only user.
        let expected = [ErrorKind::PermissionDenied, ErrorKind::InvalidInput];
        assert!(expected.contains(&error.kind()), "{error}");
        return;
    }
    // The folder around the database.
    assert_refused(&home);
    chown(home.home(".pki"), Some(0), None).unwrap();
    // A link, although it leads to root's own folder.
    let own = home.system("own");
    fs::create_dir_all(own.parent().unwrap()).unwrap();
    fs::rename(home.home(".pki/nssdb"), &own).unwrap();
    symlink(&own, home.home(".pki/nssdb")).unwrap();
    give(&home.home(".pki/nssdb")).unwrap();
    assert_refused(&home);
    // A folder around what the link leads to.
    lchown(home.home(".pki/nssdb"), Some(0), None).unwrap();
    give(own.parent().unwrap()).unwrap();
    assert_refused(&home);
    assert_eq!(fs::read(own.join("pkcs11.txt")).unwrap(), before);
    // Without any of these, the link is followed.
    chown(own.parent().unwrap(), Some(0), None).unwrap();
    let text = fix(&home, &[]);
    assert!(text.contains("✓ fix "), "{text}");
}

#[test]
fn a_browser_is_seen_through_a_linked_home() {
    let _turn = turn();
    let home = Home::with(&[CHROMIUM]);
    let folder = home.home(".pki/nssdb");
    fs::create_dir_all(&folder).unwrap();
    let open = File::create(folder.join("cert9.db")).unwrap();
    let link = home.system("linked-home");
    fs::create_dir_all(link.parent().unwrap()).unwrap();
    symlink(home.home(""), &link).unwrap();
    let output = home.doctor(&["--fix"]).env("HOME", &link).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let process = format!("(process {})", std::process::id());
    assert!(
        text.contains("is unchanged: ") && text.contains(&process),
        "{text}"
    );
    assert!(!folder.join("pkcs11.txt").exists());
    drop(open);
}

#[test]
fn a_home_whose_name_is_not_utf_8_is_used_as_it_is() {
    let _turn = turn();
    let home = Home::with(&[CHROMIUM]);
    let folder = home.home("").join(OsStr::from_bytes(b"ren\xe9"));
    fs::create_dir(&folder).unwrap();
    let mut doctor = home.doctor(&["--fix"]);
    let output = doctor.env("HOME", &folder).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("✓ fix ") && text.contains("✓ nss-module "),
        "{text}"
    );
    let list = fs::read(folder.join(".pki/nssdb/pkcs11.txt")).unwrap();
    assert!(String::from_utf8_lossy(&list).contains("opensc-pkcs11.so"));
    let names: Vec<_> = fs::read_dir(home.home("")).unwrap().collect();
    assert_eq!(names.len(), 1, "{names:?}");
}
