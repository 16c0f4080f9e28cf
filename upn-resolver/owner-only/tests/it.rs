//! Files and folders of this system.

use std::fs::{self, File};
use std::io::{ErrorKind, Read as _, Seek as _, Write as _};

use owner_only::{Access, create_file, create_folder, make_private};

#[test]
fn a_created_file_is_private_and_open() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("device.json");
    let mut file = create_file(&path).unwrap();
    assert!(Access::of_path(&path).unwrap().is_private());
    file.write_all(b"keys").unwrap();
    file.rewind().unwrap();
    let mut content = String::new();
    file.read_to_string(&mut content).unwrap();
    assert_eq!(content, "keys");
    let access = Access::of_file(&File::open(&path).unwrap()).unwrap();
    assert!(access.is_private() && access.owner_is_trusted() && !access.others_may_change());
    assert_eq!(create_file(&path).unwrap_err().kind(), ErrorKind::AlreadyExists);
    // The file can be renamed while it is open.
    fs::rename(&path, path.with_extension("old")).unwrap();
}

#[test]
fn a_folder_is_created_with_those_above() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("above/own");
    create_folder(&path).unwrap();
    create_folder(&path).unwrap();
    let access = Access::of_path(&path).unwrap();
    assert!(access.owner_is_trusted() && !access.others_may_change() && !access.others_may_replace());
    fs::write(folder.path().join("file"), "").unwrap();
    create_folder(&folder.path().join("file")).unwrap_err();
}

#[test]
fn what_is_missing_has_no_permissions() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing");
    assert_eq!(Access::of_path(&path).unwrap_err().kind(), ErrorKind::NotFound);
    make_private(&path).unwrap_err();
}

#[cfg(unix)]
mod unix {
    use std::fs::{self, File, Permissions};
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;
    use std::process::Command;

    use owner_only::{Access, make_private};

    fn with_mode(path: &Path, mode: u32) -> Access {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
        let access = Access::of_path(path).unwrap();
        if path.is_file() {
            assert_eq!(Access::of_file(&File::open(path).unwrap()).unwrap(), access);
        }
        access
    }

    #[test]
    fn each_bit_of_others_counts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pem");
        fs::write(&path, "").unwrap();
        assert!(with_mode(&path, 0o700).is_private());
        for bit in 0..6 {
            let access = with_mode(&path, 0o600 | 1 << bit);
            assert!(!access.is_private(), "bit {bit}");
            assert_eq!(access.others_may_change(), [1, 4].contains(&bit), "bit {bit}");
            make_private(&path).unwrap();
            assert!(Access::of_path(&path).unwrap().is_private());
        }
    }

    #[test]
    fn nobody_replaces_files_in_a_sticky_folder() {
        let folder = tempfile::tempdir().unwrap();
        assert!(with_mode(folder.path(), 0o777).others_may_replace());
        let sticky = with_mode(folder.path(), 0o1777);
        assert!(sticky.others_may_change() && !sticky.others_may_replace());
    }

    /// The shell understands the command, whatever the name contains.
    #[test]
    fn the_correction_makes_the_file_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("it's a $HOME `key`;.pem");
        fs::write(&path, "").unwrap();
        assert_eq!(with_mode(&path, 0o600).correction(&path), "");
        let correction = with_mode(&path, 0o644).correction(&path);
        let done = Command::new("/bin/sh")
            .args(["-c", &correction])
            .status()
            .unwrap();
        assert!(done.success(), "{correction}");
        assert!(Access::of_path(&path).unwrap().is_private());
    }

    #[test]
    fn the_correction_takes_no_name_for_an_option() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("-R");
        fs::write(&path, "").unwrap();
        let correction = with_mode(&path, 0o644).correction(Path::new("-R"));
        let mut shell = Command::new("/bin/sh");
        let done = shell
            .args(["-c", &correction])
            .current_dir(&folder)
            .status()
            .unwrap();
        assert!(done.success(), "{correction}");
        assert!(Access::of_path(&path).unwrap().is_private());
    }
}

#[cfg(windows)]
mod windows {
    use std::fs::{self, File};
    use std::path::Path;

    use owner_only::{Access, make_private};
    use windows_permissions::constants::SeObjectType::SE_FILE_OBJECT;
    use windows_permissions::constants::SecurityInformation;
    use windows_permissions::utilities::current_process_sid;
    use windows_permissions::wrappers::SetNamedSecurityInfo;
    use windows_permissions::{LocalBox, SecurityDescriptor};

    /// The user keeps full access, everyone gets these rights.
    fn permit_everyone(path: &Path, rights: &str) -> Access {
        let user = current_process_sid().unwrap();
        let text = format!("D:P(A;;FA;;;{user})(A;;{rights};;;WD)");
        let descriptor: LocalBox<SecurityDescriptor> = text.parse().unwrap();
        let parts = SecurityInformation::Dacl | SecurityInformation::ProtectedDacl;
        SetNamedSecurityInfo(path, SE_FILE_OBJECT, parts, None, None, descriptor.dacl(), None).unwrap();
        let access = Access::of_path(path).unwrap();
        assert_eq!(Access::of_file(&File::open(path).unwrap()).unwrap(), access);
        access
    }

    #[test]
    fn others_in_the_list_are_found_and_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pem");
        fs::write(&path, "").unwrap();
        let readable = permit_everyone(&path, "FR");
        assert!(readable.owner_is_trusted() && !readable.is_private() && !readable.others_may_change());
        assert!(permit_everyone(&path, "FA").others_may_change());
        make_private(&path).unwrap();
        assert!(Access::of_path(&path).unwrap().is_private());
    }

    #[test]
    fn the_correction_names_the_file_and_the_user() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pem");
        fs::write(&path, "").unwrap();
        let correction = permit_everyone(&path, "FR").correction(&path);
        let user = current_process_sid().unwrap();
        let path = path.display();
        let expected =
            format!("icacls \"{path}\" /reset, then icacls \"{path}\" /inheritance:r /grant:r *{user}:F");
        assert_eq!(correction, expected);
    }
}
