//! Private files of the user: the report, and the device file with its keys.

use std::path::Path;
use std::process::{Command, Output, Stdio};

#[test]
fn a_report_is_private_and_never_written_through_a_link() {
    use std::os::unix::fs::{MetadataExt, symlink};
    let place = tempfile::tempdir().unwrap();
    let path = |name: &str| place.path().join(name);
    let read = |name: &str| std::fs::read_to_string(path(name)).unwrap();

    report_to(place.path(), "report.json", "none.json");
    assert!(read("report.json").contains("usage/device-file"));
    assert_eq!(
        std::fs::metadata(path("report.json")).unwrap().mode() & 0o777,
        0o600
    );
    // Over an older report.
    std::fs::write(path("report.json"), "old").unwrap();
    report_to(place.path(), "report.json", "none.json");
    assert!(read("report.json").starts_with('{'));

    std::fs::write(path("precious"), "precious").unwrap();
    symlink(path("precious"), path("link.json")).unwrap();
    symlink(path("nowhere"), path("dangling.json")).unwrap();
    for link in ["link.json", "dangling.json"] {
        let output = report_to(place.path(), link, "none.json");
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(
            errors.contains("the path is a link, which is not followed"),
            "{errors}"
        );
    }
    assert_eq!(read("precious"), "precious");
    assert!(!path("nowhere").exists());
    assert_eq!(
        std::fs::read_dir(place.path()).unwrap().count(),
        4,
        "nothing is left behind"
    );
}

#[test]
fn a_device_file_that_others_may_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let place = tempfile::tempdir().unwrap();
    let device = place.path().join("device.json");
    std::fs::write(&device, "{}").unwrap();
    for (mode, exposed) in [(0o640, true), (0o604, true), (0o600, false)] {
        std::fs::set_permissions(&device, std::fs::Permissions::from_mode(mode)).unwrap();
        let output = report_to(place.path(), "report.json", "device.json");
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            errors.contains("other users may read it; restrict its permissions: chmod 600 'device.json'"),
            exposed,
            "{mode:o}: {errors}"
        );
    }
}

const SIGN_IN: &str = env!("CARGO_BIN_EXE_sign-in");

/// A sign-in that fails because of its device file; it nevertheless writes its report.
fn report_to(place: &Path, report: &str, device: &str) -> Output {
    Command::new(SIGN_IN)
        .current_dir(place)
        .args([
            "--authority",
            "https://localhost:1",
            "--ca",
            "none.pem",
            "--join",
            "entra",
        ])
        .args(["--device", device, "--report", report, "--json"])
        .stdin(Stdio::null())
        .output()
        .unwrap()
}
