//! A key file as the user's certificate, in place of a card.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use lab::{Slot, SoftHsm};

use crate::bench::Bench;
use crate::laboratory::alice;

const PASSWORD: &str = "correct horse";

/// The user's certificate and key in files, which OpenSSL writes.
struct Files {
    pkcs12: PathBuf,
    pem: PathBuf,
}

impl Files {
    fn new(bench: &Bench) -> Self {
        // Its keys and certificates are in files, too.
        let hsm = SoftHsm::create("user", &alice()).unwrap();
        let certificate = hsm.certificate(Slot::Authentication);
        let key = certificate.with_extension("key");
        let files = Self {
            pkcs12: bench.path("alice.p12"),
            pem: bench.path("alice.pem"),
        };
        let exported = Command::new("openssl")
            .args(["pkcs12", "-export", "-passout", &format!("pass:{PASSWORD}")])
            .arg("-inkey")
            .arg(&key)
            .arg("-in")
            .arg(&certificate)
            .arg("-out")
            .arg(&files.pkcs12)
            .status();
        assert!(exported.unwrap().success());
        let both = [fs::read(&certificate).unwrap(), fs::read(&key).unwrap()].concat();
        fs::write(&files.pem, both).unwrap();
        for file in [&files.pkcs12, &files.pem] {
            restrict(file, 0o600);
        }
        files
    }
}

fn restrict(file: &Path, mode: u32) {
    fs::set_permissions(file, fs::Permissions::from_mode(mode)).unwrap();
}

fn arguments(file: &Path) -> [&str; 2] {
    ["--key-file", file.to_str().unwrap()]
}

#[test]
fn a_key_file_joins_signs_in_and_checks_the_tenant() {
    let bench = Bench::new(&alice());
    let files = Files::new(&bench);
    bench.join_with(PASSWORD, &arguments(&files.pkcs12)).json(0);
    let signed_in = bench.sign_in_with(PASSWORD, &arguments(&files.pkcs12));
    assert_eq!(signed_in.json(0)["outcome"], "granted");
    // A PEM file without encryption has no password.
    let signed_in = bench.sign_in_with("", &arguments(&files.pem));
    assert_eq!(signed_in.json(0)["outcome"], "granted");
    let report = bench
        .check_device_with(PASSWORD, &arguments(&files.pkcs12))
        .json(0);
    assert_eq!(report["accepted"], true, "{report:#}");
    assert_eq!(bench.pins_sent(), 0, "the card is not used");
}

#[test]
fn a_file_that_cannot_be_used_registers_nothing() {
    let bench = Bench::new(&alice());
    let files = Files::new(&bench);
    let wrong = bench.join_with("battery staple", &arguments(&files.pkcs12));
    assert_eq!(wrong.json(4)["error"]["code"], "card/wrong-pin");
    restrict(&files.pem, 0o644);
    let exposed = bench.join_with("", &arguments(&files.pem));
    assert_eq!(exposed.json(5)["error"]["code"], "card/file-exposed");
    let missing = bench.join_with("", &["--key-file", "/nonexistent"]);
    assert_eq!(missing.json(5)["error"]["code"], "card/file-unreadable");
    let garbage = bench.path("garbage.p12");
    fs::write(&garbage, "neither").unwrap();
    restrict(&garbage, 0o600);
    let garbage = bench.join_with("", &arguments(&garbage));
    assert_eq!(garbage.json(5)["error"]["code"], "card/malformed");
    assert_eq!(bench.legs(), []);
}
