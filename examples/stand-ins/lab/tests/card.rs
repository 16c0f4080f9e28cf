//! OpenSC reads a card that was set up with public programs and signs with it; OpenSSL verifies the signature.

use std::{
    fs,
    process::{Command, Stdio},
};

use lab::{Algorithm, Fault, Module, Profile, Readers, Slot};

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
    // The exit code is the result of the verification.
    run(
        "openssl",
        &[
            &verify[..],
            &[signature.to_str().unwrap(), data.to_str().unwrap()],
        ]
        .concat(),
    );

    let chain = lab::Authority::trusted().unwrap().certificate();
    let certificate = card.certificate(Slot::Signature);
    let verify = [
        "verify",
        "-CAfile",
        chain.to_str().unwrap(),
        certificate.to_str().unwrap(),
    ];
    run("openssl", &verify);
}

#[test]
fn a_removed_card_returns_with_its_keys() {
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

#[test]
fn a_compressed_certificate_is_on_the_card_and_opensc_unpacks_it() {
    let readers = Readers::start(1).unwrap();
    let profile = Profile::new("olga")
        .keys([(Slot::Authentication, Algorithm::P256)])
        .compressed_certificates();
    let card = readers.insert(0, &profile).unwrap();
    let module = Module::OpenSc.path().unwrap();
    let module = ["--module", module.to_str().unwrap()];
    let read = run_raw(
        "pkcs11-tool",
        &[&module[..], &["--read-object", "--type", "cert", "--id", "01"]].concat(),
    );
    let issued = card.certificate(Slot::Authentication);
    assert_eq!(
        read,
        run_raw(
            "openssl",
            &["x509", "-outform", "DER", "-in", issued.to_str().unwrap()]
        )
    );
    let apdus = card.apdus().unwrap();
    let packed = apdus.iter().any(|apdu| apdu.answer.contains("1F8B08"));
    assert!(packed, "no gzip data came from the card: {apdus:#?}");
}

#[test]
fn sixteen_cards_are_in_sixteen_readers() {
    let mut readers = Readers::start(16).unwrap();
    let profile = Profile::new("olga").keys([(Slot::Authentication, Algorithm::P256)]);
    let cards = readers.insert_all(&vec![profile; 16]).unwrap();
    for number in 0..16 {
        assert!(select_twice(&readers.name(number)).is_ok(), "{number}");
    }

    let name = readers.name(0);
    assert!(run("opensc-tool", &["--list-readers"]).contains(&name));
    readers.stop();
    let listed = run_unchecked("opensc-tool", &["--list-readers"]).unwrap_or_else(|text| text);
    assert!(!listed.contains(&name), "{listed}");
    readers.restart(2).unwrap();
    cards[1].wait().unwrap();
    assert_eq!(
        certificate(1).trim(),
        fs::read_to_string(cards[1].certificate(Slot::Authentication))
            .unwrap()
            .trim()
    );
}

#[test]
fn faults_affect_the_named_command() {
    let readers = Readers::start(1).unwrap();
    let mut card = readers.insert_new(0).unwrap();
    let name = card.reader().to_owned();
    let send = || select_twice(&name);
    let answers = |answers: &[Vec<u8>]| {
        answers
            .iter()
            .filter(|answer| answer.ends_with(&[0x90, 0]))
            .count()
    };
    assert_eq!(answers(&send().unwrap()), 2);
    for (fault, expected) in [
        (Fault::Status(0x6F00), 1),
        (Fault::Reset, 2),
        (Fault::WrongData, 2),
    ] {
        card.forget_apdus().unwrap();
        card.fault(2, fault).unwrap();
        assert_eq!(
            answers(&send().unwrap_or_else(|(before, _)| before)),
            expected,
            "{fault}"
        );
        assert_eq!(card.apdus().unwrap().len(), 2);
    }
    for fault in [Fault::OneByte, Fault::Empty] {
        card.fault(1, fault).unwrap();
        let struck = send().unwrap_or_else(|(before, _)| before);
        assert_eq!(answers(&struck[..struck.len().min(1)]), 0, "{fault}");
        let recovers = (0..100).any(|_| send().is_ok_and(|both| answers(&both) == 2));
        assert!(recovers, "after {fault}");
    }
    card.fault(1, Fault::OverLong).unwrap();
    let longest = send()
        .unwrap_or_else(|(before, _)| before)
        .iter()
        .map(Vec::len)
        .max();
    assert!(longest.is_some_and(|length| length > 3_000), "{longest:?}");
    card.fault(1, Fault::Removed).unwrap();
    assert_eq!(answers(&send().unwrap_or_else(|(before, _)| before)), 0);
    card.insert().unwrap();
    assert_eq!(answers(&send().unwrap()), 2);
}

#[test]
fn a_hanging_card_answers_after_its_removal() {
    let readers = Readers::start(1).unwrap();
    let mut card = readers.insert_new(0).unwrap();
    card.fault(1, Fault::Hang).unwrap();
    let select = "00:A4:04:00:09:A0:00:00:03:08:00:00:10:00:00";
    let name = card.reader().to_owned();
    let mut waits = Command::new("opensc-tool")
        .args(["-c", "default", "-s", select])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while card.apdus().unwrap().is_empty() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert!(
        waits.try_wait().unwrap().is_none(),
        "opensc-tool ended without an answer"
    );
    card.remove_unseen().unwrap();
    waits.wait().unwrap();
    card.insert().unwrap();
    assert!(select_twice(&name).unwrap()[0].ends_with(&[0x90, 0]));
}

type Answers = Vec<Vec<u8>>;

/// Selects the PIV application twice. An error comes with the answers before it.
fn select_twice(reader: &str) -> Result<Answers, (Answers, pcsc::Error)> {
    const SELECT: &[u8] = b"\x00\xA4\x04\x00\x09\xA0\x00\x00\x03\x08\x00\x00\x10\x00\x00";
    let mut answers = Vec::new();
    let mut send = || {
        let context = pcsc::Context::establish(pcsc::Scope::User)?;
        let name = std::ffi::CString::new(reader).unwrap();
        let card = context.connect(&name, pcsc::ShareMode::Shared, pcsc::Protocols::ANY)?;
        let mut room = vec![0; 1 << 17];
        for _ in 0..2 {
            answers.push(card.transmit(SELECT, &mut room)?.to_vec());
        }
        Ok(())
    };
    match send() {
        Ok(()) => Ok(answers),
        Err(error) => Err((answers, error)),
    }
}

fn certificate(reader: usize) -> String {
    let reader = format!("Virtual PCD 0 00 {reader:02}");
    run(
        "yubico-piv-tool",
        &["-r", &reader, "-s", "9a", "-a", "read-certificate"],
    )
}

fn run_raw(program: &str, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(
        output.status.success(),
        "{program} {arguments:?}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
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
