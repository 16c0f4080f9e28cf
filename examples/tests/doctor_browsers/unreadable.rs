//! Files of a browser that cannot be read.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::fix::{fix, turn};
use crate::home::{CHROMIUM, FIREFOX, Home, assert_found, assert_next};

/// A part of the advice for a file that cannot be read, and what puts one at a path.
type Unreadable = (&'static str, fn(&Path));

const UNREADABLE: [Unreadable; 4] = [
    ("move the folder", |path| fs::create_dir(path).unwrap()),
    ("of this length", |path| {
        fs::File::create(path).unwrap().set_len(5 << 20).unwrap();
    }),
    ("the link", |path| symlink(path, path).unwrap()),
    ("the link", |path| symlink("/nonexistent/file", path).unwrap()),
];

#[test]
fn a_list_of_modules_that_cannot_be_read_is_reported_and_not_changed() {
    let _turn = turn();
    for (advice, make) in UNREADABLE {
        let home = Home::with(&[CHROMIUM]);
        let list = home.home(".pki/nssdb/pkcs11.txt");
        fs::create_dir_all(list.parent().unwrap()).unwrap();
        make(&list);
        let check = home.check("nss-module");
        assert_found(&check, false, "pkcs11.txt: ");
        assert_next(&check, advice);
        // The right to read it would not help.
        assert!(
            !check["next"].as_str().unwrap().contains("the right to"),
            "{check}"
        );

        let before = fs::symlink_metadata(&list).unwrap();
        let text = fix(&home, &[]);
        assert!(text.contains("is unchanged: ") && text.contains(advice), "{text}");
        let after = fs::symlink_metadata(&list).unwrap();
        assert_eq!(
            (before.len(), before.modified().unwrap()),
            (after.len(), after.modified().unwrap())
        );
        let files = fs::read_dir(list.parent().unwrap()).unwrap();
        assert_eq!(files.count(), 1, "no database was made");
    }
}

#[test]
fn a_database_in_a_folder_that_cannot_be_read_is_not_made_anew() {
    let _turn = turn();
    let home = Home::with(&[CHROMIUM]);
    fs::write(home.home(".pki"), "").unwrap();
    assert_next(&home.check("nss-module"), "in the way");
    let text = fix(&home, &[]);
    assert!(
        text.contains("is unchanged: ") && text.contains("in the way"),
        "{text}"
    );
}

#[test]
fn a_list_in_another_encoding_is_read() {
    let home = Home::with(&[CHROMIUM]);
    let library = home.library("opensc-pkcs11.so");
    let list = home.home(".pki/nssdb/pkcs11.txt");
    fs::create_dir_all(list.parent().unwrap()).unwrap();
    let stanzas = [
        b"library=\nparameters=configdir='sql:/home/\xe9'\n\nname=Carte \xe0 puce\nlibrary=".as_slice(),
        library.to_str().unwrap().as_bytes(),
        b"\n\n",
    ];
    fs::write(&list, stanzas.concat()).unwrap();
    assert_found(&home.check("nss-module"), true, "opensc-pkcs11.so");
    // Removed by a command that a shell reads as these bytes.
    fs::remove_file(library).unwrap();
    assert_next(&home.check("nss-module"), r"-delete $'Carte \340 puce' -force");
}

#[test]
fn profiles_that_cannot_be_read_are_not_missing() {
    let _turn = turn();
    let with_bytes: Unreadable = ("UTF-8", |path| {
        fs::write(path, b"[Profile0]\nPath=\xff\n").unwrap();
    });
    for (advice, make) in UNREADABLE.into_iter().chain([with_bytes]) {
        let home = Home::with(&[FIREFOX]);
        let file = home.home(".mozilla/firefox/profiles.ini");
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        make(&file);
        // Instead of "Firefox has no profile yet".
        let check = home.check("nss-module");
        assert_found(&check, false, "profiles.ini: ");
        assert_next(&check, advice);
        assert!(fix(&home, &[]).contains("profiles.ini: "));
    }
}

#[test]
fn a_profile_that_cannot_be_read_is_reported() {
    let home = Home::with(&[FIREFOX]);
    let database = home.profile(".mozilla/firefox", &[]);
    fs::remove_file(&database).unwrap();
    symlink(&database, &database).unwrap();
    fs::remove_file(database.with_file_name("pkcs11.txt")).unwrap();
    assert_found(&home.check("nss-module"), false, "cert9.db: ");
}

#[test]
fn profiles_beyond_the_limit_are_reported() {
    let home = Home::with(&[FIREFOX]);
    let folder = home.home(".mozilla/firefox");
    let mut list = String::new();
    for number in 0..23 {
        let name = format!("p{number}.x");
        fs::create_dir_all(folder.join(&name)).unwrap();
        fs::write(folder.join(&name).join("cert9.db"), "").unwrap();
        list.extend(["[Profile]\nName=x\nIsRelative=1\nPath=", &name, "\n\n"]);
    }
    fs::write(folder.join("profiles.ini"), list).unwrap();
    let checks = home.checks("nss-module", &[]);
    let beyond = checks
        .iter()
        .find(|check| check["found"].as_str().unwrap().contains("23 profiles"));
    assert_found(beyond.unwrap(), false, "the first 20");
    assert_eq!(checks.len(), 21);
}
