//! A reader with a PIN pad: OpenSC verifies the PIN there and signs, and this computer never sends the PIN.

use std::{fs, process::Command};

use lab::{Card, Keypad, Module, Profile, Readers, Slot};

#[test]
fn opensc_signs_with_the_pin_typed_at_the_reader() {
    let readers = Readers::with_pin_pads(1).unwrap();
    let card = readers.insert(0, &Profile::new("pia")).unwrap();

    readers.press(0, Keypad::Digits(card.pin())).unwrap();
    sign(&card).unwrap();

    for keys in [Keypad::Cancel, Keypad::TimeOut] {
        readers.press(0, keys).unwrap();
        sign(&card).unwrap_err();
        let verifies = card
            .apdus()
            .unwrap()
            .iter()
            .filter(|apdu| apdu.command.starts_with("0020008008"))
            .count();
        assert_eq!(verifies, 1, "a PIN reached the card after {keys:?}");
    }
    readers.press(0, Keypad::Digits("000000")).unwrap();
    sign(&card).unwrap_err();
    assert_eq!(card.apdus().unwrap().last().unwrap().status(), Some(0x63C2));
}

fn sign(card: &Card) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (data, signature) = (file("data"), file("signature"));
    fs::write(&data, "to be signed").unwrap();
    let module = Module::OpenSc.path().unwrap();
    let output = Command::new("pkcs11-tool")
        .args([
            "--module",
            module.to_str().unwrap(),
            "--login",
            "--sign",
            "--id",
            "01",
        ])
        .args(["--mechanism", "SHA256-RSA-PKCS", "-i", &data, "-o", &signature])
        .output()
        .unwrap();
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let key = card.public_key(Slot::Authentication);
    let verify = [
        "dgst",
        "-sha256",
        "-verify",
        key.to_str().unwrap(),
        "-signature",
        &signature,
        &data,
    ];
    assert!(Command::new("openssl").args(verify).status().unwrap().success());
    Ok(())
}
