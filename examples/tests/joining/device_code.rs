//! Joining with the browser of another machine: `join --device-code`. A scripted browser approves the code.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Command, Stdio};

use lab::{Slot, SoftHsm};

use crate::bench::Bench;
use crate::laboratory::{alice, configuration};

const USER: &str = "alice@contoso.example";

/// `join --device-code`, which prints the address and the code.
fn join(bench: &Bench) -> Command {
    let mut command = bench.join_command_without_pin();
    command
        .args(["--device-code", "--hint", USER])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// The address and the code of a message.
fn address_and_code(line: &str) -> (&str, &str) {
    let words: Vec<_> = line.split_whitespace().collect();
    let address = words.iter().find(|word| word.starts_with("https://"));
    (address.unwrap(), words.last().unwrap())
}

#[test]
fn a_code_that_is_approved_in_a_browser_joins() {
    let bench = Bench::new(&alice());
    let user = SoftHsm::create("browser", &alice()).unwrap();
    let certificate = user.certificate(Slot::Authentication);
    let identity = bench.path("identity.pem");
    let key = certificate.with_extension("key");
    let both = [certificate, key].map(|file| std::fs::read(file).unwrap());
    std::fs::write(&identity, both.concat()).unwrap();

    let mut child = join(&bench).spawn().unwrap();
    let mut line = String::new();
    let mut messages = BufReader::new(child.stderr.take().unwrap());
    messages.read_line(&mut line).unwrap();
    let (address, code) = address_and_code(&line);
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("stand-ins/local-authority/other-clients/approve_device_code.py");
    let approved = Command::new("python3")
        .arg(script)
        .args([address, code, USER])
        .arg(configuration().base.join("tls-ca.pem"))
        .arg(&identity)
        .output()
        .unwrap();
    assert!(approved.status.success(), "{approved:?}");

    let mut rest = String::new();
    messages.read_to_string(&mut rest).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{rest}");
    let joined: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(joined["device_id"], bench.device_file()["deviceId"]);
    assert_eq!(bench.pins_sent(), 0, "the card is not used");
    assert_eq!(bench.sign_in().json(0)["outcome"], "granted");
}

#[test]
fn a_time_limit_ends_the_wait_for_the_browser() {
    let bench = Bench::new(&alice());
    let output = join(&bench).args(["--time-limit", "4"]).output().unwrap();
    assert_eq!(output.status.code(), Some(8), "{output:?}");
    let failed: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(failed["error"]["code"], "time-limit/device-code");
    assert_eq!(bench.devices(), 0);
}
