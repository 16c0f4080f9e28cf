//! The file with the cards of earlier sign-ins: it saves commands, and never leads to a wrong name or a wrong key.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::PathBuf;

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::Value;

use crate::bench::{Bench, Ended, alice, run};

/// Commands of a sign-in with short lengths.
const WHOLE: u64 = 12;
const KNOWN: u64 = 8;

impl Bench {
    fn known_cards(&self) -> PathBuf {
        self.user_cache().join("smart-card-sign-in").join("known-cards")
    }

    fn sign_in_with(&self, arguments: &[&str]) -> Ended {
        let mut command = self.entra();
        command.args(["--reader", self.card.reader()]).args(arguments);
        run(&mut command, self.card.pin())
    }

    /// Commands of a granted sign-in.
    fn commands(&self, arguments: &[&str]) -> u64 {
        granted(&self.sign_in_with(arguments).json())
    }
}

fn granted(report: &Value) -> u64 {
    assert_eq!(report["outcome"], "granted", "{report}");
    assert_eq!(report["decision"]["upn"], "alice@contoso.example");
    report["apdus"].as_u64().unwrap()
}

#[test]
fn the_file_is_private_and_can_be_switched_off() {
    let bench = Bench::new(&alice());
    let path = bench.known_cards();
    assert_eq!(bench.commands(&["--no-known-cards"]), WHOLE);
    assert!(!path.exists());
    assert_eq!([bench.commands(&[]), bench.commands(&[])], [WHOLE, KNOWN]);
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(path.clone()), 0o600);
    assert_eq!(mode(path.parent().unwrap().to_owned()), 0o700);
    assert_eq!(bench.commands(&["--no-known-cards"]), WHOLE);
    // A file with another name.
    let other = bench.folder.path().join("mine");
    let arguments = ["--known-cards", other.to_str().unwrap()];
    assert_eq!(
        [bench.commands(&arguments), bench.commands(&arguments)],
        [WHOLE, KNOWN]
    );
    // It contains the certificate, and not the PIN.
    let content = fs::read(&other).unwrap();
    let contains = |part: &[u8]| content.windows(part.len()).any(|window| window == part);
    assert!(contains(b"alice@contoso.example") && !contains(bench.card.pin().as_bytes()));
}

#[test]
fn an_input_of_the_program_is_not_overwritten() {
    let bench = Bench::new(&alice());
    let device = crate::bench::configuration().base.join("device.json");
    let before = fs::read(&device).unwrap();
    let ended = bench.sign_in_with(&["--known-cards", device.to_str().unwrap()]);
    assert_eq!(ended.code, 2, "{ended:?}");
    assert_eq!(fs::read(&device).unwrap(), before);
}

#[test]
fn another_card_in_the_same_reader_is_not_taken_for_the_known_one() {
    let mut bench = Bench::new(&alice());
    assert_eq!([bench.commands(&[]), bench.commands(&[])], [WHOLE, KNOWN]);
    bench.card.remove().unwrap();
    // The same names and lengths, from the same issuer.
    let profile = alice().principal_names(["alicf@contoso.example"]);
    bench.card = bench.readers.insert(0, &profile).unwrap();
    let report = bench.sign_in_with(&[]).json();
    assert_eq!(report["decision"]["upn"], "alicf@contoso.example", "{report}");
    assert_ne!(
        report["outcome"], "granted",
        "the tenant has no such user: {report}"
    );
    // A card whose sign-in was refused is read whole again.
    let report = bench.sign_in_with(&[]).json();
    assert_eq!(report["apdus"], WHOLE, "{report}");
}

#[test]
fn a_wrong_pin_is_not_a_reason_to_read_another_card() {
    let bench = Bench::new(&alice());
    assert_eq!(bench.commands(&[]), WHOLE);
    let mut command = bench.entra();
    command.args(["--reader", bench.card.reader()]);
    assert_eq!(run(&mut command, "989796").code, 4);
    // The certificate is still known, and the card is asked which PIN it requires.
    assert_eq!([bench.commands(&[]), bench.commands(&[])], [KNOWN + 1, KNOWN]);
}

#[test]
fn a_file_that_is_damaged_or_that_others_could_have_written_is_ignored() {
    let bench = Bench::new(&alice());
    let path = bench.known_cards();
    assert_eq!(bench.commands(&[]), WHOLE);
    let good = fs::read(&path).unwrap();
    let elsewhere = bench.folder.path().join("elsewhere");
    let spoil: [(&str, &dyn Fn()); 7] = [
        ("cut", &|| fs::write(&path, &good[..good.len() - 1]).unwrap()),
        ("a byte changed", &|| {
            let mut changed = good.clone();
            changed[good.len() / 2] ^= 1;
            fs::write(&path, changed).unwrap();
        }),
        ("something else", &|| fs::write(&path, "{}").unwrap()),
        ("too large", &|| fs::write(&path, vec![0; 2 << 20]).unwrap()),
        ("readable by others", &|| {
            fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        }),
        ("of another user", &|| of_another_user(&path)),
        ("a link", &|| {
            fs::rename(&path, &elsewhere).unwrap();
            symlink(&elsewhere, &path).unwrap();
        }),
    ];
    for (what, spoil) in spoil {
        let _ = fs::remove_file(&path);
        fs::write(&path, &good).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        assert_eq!(bench.commands(&[]), KNOWN, "before: {what}");
        spoil();
        let ended = bench.sign_in_with(&[]);
        assert_eq!(granted(&ended.json()), WHOLE, "{what}");
        assert!(
            ended.err.contains("ignoring the known cards"),
            "{what}: {ended:?}"
        );
        // It was replaced, but not through a link.
        if what != "a link" {
            assert_eq!(bench.commands(&[]), KNOWN, "after: {what}");
        }
    }
    assert_eq!(fs::read(&elsewhere).unwrap(), good);
}

/// Only root can give a file away. Where the tests run as another user, the file is readable by others instead.
fn of_another_user(path: &PathBuf) {
    if chown(path, Some(12_345), None).is_err() {
        fs::set_permissions(path, Permissions::from_mode(0o604)).unwrap();
    }
}

/// Whoever can write the file can change a name in it. The issuer's signature of the certificate is then wrong.
#[test]
fn a_forged_file_signs_in_nobody_and_is_used_once() {
    let bench = Bench::new(&alice());
    assert_eq!(bench.commands(&[]), WHOLE);
    let mut forged = fs::read(bench.known_cards()).unwrap();
    let (name, another) = (b"alice@contoso.example", b"bobby@contoso.example");
    let at = forged
        .windows(name.len())
        .position(|window| window == name)
        .unwrap();
    forged[at..at + name.len()].copy_from_slice(another);
    let content = forged.len() - 32;
    let hash = digest(&SHA256, &forged[..content]);
    forged[content..].copy_from_slice(hash.as_ref());
    fs::write(bench.known_cards(), forged).unwrap();
    let report = bench.sign_in_with(&[]).json();
    assert_eq!(report["decision"]["upn"], "bobby@contoso.example", "{report}");
    assert_ne!(report["outcome"], "granted", "{report}");
    assert_eq!([bench.commands(&[]), bench.commands(&[])], [WHOLE, KNOWN]);
}
