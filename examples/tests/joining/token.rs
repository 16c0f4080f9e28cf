//! The keys of the device in a PKCS#11 token.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use lab::{Profile, SoftHsm};

use crate::bench::Bench;
use crate::laboratory::alice;

#[test]
fn the_keys_stay_in_the_token() {
    let hsm = SoftHsm::create("device keys", &Profile::new("device").keys([])).unwrap();
    let bench = Bench::new(&alice());
    let pin_file = bench.path("pin");
    fs::write(&pin_file, format!("{}\n", hsm.pin())).unwrap();
    fs::set_permissions(&pin_file, fs::Permissions::from_mode(0o600)).unwrap();
    let module = lab::Module::SoftHsm.path().unwrap();
    let uri = format!("pkcs11:token=device%20keys?module-path={}", module.display());
    let joined = bench
        .join(&["--keys", &uri, "--keys-pin-file", pin_file.to_str().unwrap()])
        .json(0);
    assert_eq!(joined["keys"], "token");

    let file = bench.device_file();
    for member in ["key", "transportKey"] {
        assert!(file[member].as_str().unwrap().starts_with("pkcs11:"), "{file}");
    }
    assert!(!file.to_string().contains("PRIVATE KEY") && !file.to_string().contains(hsm.pin()));

    assert_eq!(bench.sign_in().json(0)["outcome"], "granted");
    assert_eq!(bench.leave(&[]).json(0)["outcome"], "removed");
    // the keys are gone too
    assert_eq!(bench.leave(&[]).code, 2);
}
