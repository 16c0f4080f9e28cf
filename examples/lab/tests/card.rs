//! A card that was set up with public programs is read by OpenSC, signs, and OpenSSL verifies.

use std::{fs, process::Command};

use lab::{Algorithm, Module, Profile, Readers, Slot};

#[test]
fn opensc_reads_and_signs_and_openssl_verifies() {
    let readers = Readers::start(1).unwrap();
    let keys = [
        (Slot::Authentication, Algorithm::Rsa2048),
        (Slot::Signature, Algorithm::P256),
    ];
    let mut card = readers.insert(0, &Profile::new("olga").keys(keys)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (data, signature) = (folder.path().join("data"), folder.path().join("signature"));
    fs::write(&data, "to be signed").unwrap();

    assert!(run("opensc-tool", &["--list-readers"]).contains(&readers.name(0)));
    card.forget_apdus().unwrap();
    let module = Module::OpenSc.path().unwrap();
    let pin = card.pin().to_owned();
    run(
        "pkcs11-tool",
        &[
            "--module",
            module.to_str().unwrap(),
            "--sign",
            "--id",
            "01",
            "--mechanism",
            "SHA256-RSA-PKCS",
            "--login",
            "--pin",
            &pin,
            "--input-file",
            data.to_str().unwrap(),
            "--output-file",
            signature.to_str().unwrap(),
        ],
    );
    let apdus = card.apdus().unwrap();
    let logins = apdus
        .iter()
        .filter(|apdu| apdu.instruction() == Some(0x20) && apdu.status() == Some(0x9000));
    assert_eq!(logins.count(), 1, "{apdus:#?}");
    assert!(
        !apdus.iter().any(|apdu| apdu.command.contains("363534333231")),
        "the trace shows the PIN"
    );

    let key = card.public_key(Slot::Authentication);
    let verify = ["dgst", "-sha256", "-verify", key.to_str().unwrap(), "-signature"];
    let verified = run(
        "openssl",
        &[
            &verify[..],
            &[signature.to_str().unwrap(), data.to_str().unwrap()],
        ]
        .concat(),
    );
    assert_eq!(verified.trim(), "Verified OK");

    let chain = lab::Authority::trusted().unwrap().certificate();
    let certificate = card.certificate(Slot::Signature);
    let verify = [
        "verify",
        "-CAfile",
        chain.to_str().unwrap(),
        certificate.to_str().unwrap(),
    ];
    assert!(run("openssl", &verify).ends_with(": OK\n"));
}

#[test]
fn a_card_goes_and_comes_back_with_its_keys() {
    let readers = Readers::start(2).unwrap();
    let mut card = readers
        .insert(
            1,
            &Profile::new("olga").keys([(Slot::Authentication, Algorithm::P256)]),
        )
        .unwrap();
    let before = certificate(1);
    card.remove().unwrap();
    assert!(run_unchecked("yubico-piv-tool", &["-r", card.reader(), "-a", "status"]).is_err());
    card.insert().unwrap();
    assert_eq!(certificate(1), before);
    let copy = readers.insert_copy(0, &card).unwrap();
    assert_eq!(certificate(0), before);
    assert_eq!(
        fs::read_to_string(copy.certificate(Slot::Authentication))
            .unwrap()
            .trim(),
        before.trim()
    );
}

fn certificate(reader: usize) -> String {
    let reader = format!("Virtual PCD 00 {reader:02}");
    run(
        "yubico-piv-tool",
        &["-r", &reader, "-s", "9a", "-a", "read-certificate"],
    )
}

fn run(program: &str, arguments: &[&str]) -> String {
    run_unchecked(program, arguments).unwrap()
}

fn run_unchecked(program: &str, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program).args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        Ok(text(&output.stdout))
    } else {
        Err(text(&output.stdout) + &text(&output.stderr))
    }
}
