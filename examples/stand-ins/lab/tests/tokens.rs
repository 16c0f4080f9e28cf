//! Software and TPM tokens sign, and OpenSSL verifies the signatures.

use std::{fs, path::Path, process::Command};

use lab::{Module, Profile, Slot, SoftHsm, Tpm};

#[test]
fn softhsm_signs() {
    let token = SoftHsm::create("carol", &Profile::new("carol")).unwrap();
    sign_and_verify(
        Module::SoftHsm,
        token.label(),
        token.pin(),
        &token.certificate(Slot::Authentication),
    );
}

#[test]
fn a_tpm_signs() {
    let token = Tpm::start("dave", &Profile::new("dave")).unwrap();
    sign_and_verify(
        Module::Tpm2,
        token.label(),
        token.pin(),
        &token.certificate(Slot::Authentication),
    );
}

#[test]
fn wrong_pins_lock_a_tpm_until_the_lockout_is_cleared() {
    let token = Tpm::start("dora", &Profile::new("dora")).unwrap();
    let module = Module::Tpm2.path().unwrap();
    let log_in = |pin: &str| {
        let token = [
            "--token-label",
            token.label(),
            "--login",
            "--pin",
            pin,
            "--list-objects",
        ];
        let output = Command::new("pkcs11-tool")
            .arg("--module")
            .arg(&module)
            .args(token)
            .output()
            .unwrap();
        (
            output.status.success(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    for _ in 0..3 {
        assert!(!log_in("000000").0);
    }
    let (success, complaint) = log_in(token.pin());
    assert!(!success, "a locked TPM accepted the right PIN");
    assert!(complaint.contains("CKR_"), "{complaint}");
    token.clear_lockout().unwrap();
    assert!(log_in(token.pin()).0);
}

fn sign_and_verify(module: Module, label: &str, pin: &str, certificate: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (data, signature, key) = (file("data"), file("signature"), file("key"));
    fs::write(&data, "to be signed").unwrap();
    let module = module.path().unwrap();
    let token = [
        "--module",
        module.to_str().unwrap(),
        "--token-label",
        label,
        "--login",
        "--pin",
        pin,
    ];
    let sign = [
        "--sign",
        "--id",
        "01",
        "--mechanism",
        "SHA256-RSA-PKCS",
        "-i",
        &data,
        "-o",
        &signature,
    ];
    run("pkcs11-tool", &[&token[..], &sign].concat());
    run(
        "openssl",
        &[
            "x509",
            "-in",
            certificate.to_str().unwrap(),
            "-noout",
            "-pubkey",
            "-out",
            &key,
        ],
    );
    run(
        "openssl",
        &[
            "dgst",
            "-sha256",
            "-verify",
            &key,
            "-signature",
            &signature,
            &data,
        ],
    );
}

fn run(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(
        output.status.success(),
        "{program} {arguments:?}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
