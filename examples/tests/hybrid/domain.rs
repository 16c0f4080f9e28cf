//! Sign-ins that succeed, and what the programs of MIT and of an LDAP client say about the same user.

use std::io::Write;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use lab::Module;

use crate::bench::{Bench, ca, card_of, show};

#[test]
fn the_card_signs_in_to_the_domain_and_to_entra() {
    let bench = Bench::new();
    let card = bench.insert(&bench.card_of("alice", "alice@corp.local"));
    let before = crate::laboratory::pins_sent(&card);

    show(
        "The first sign-in. The domain names the user; Entra knows the user by this name, and answers with its own.\n",
    );
    let first = bench.sign_in(card.pin(), bench.with_keytab());
    assert_eq!(first.code, 0, "{} {}", first.json, first.err);
    let domain = &first.json["domain"];
    assert_eq!(domain["upn"], "alice@corp.local");
    assert_eq!(domain["is_implicit"], false);
    assert_eq!(
        domain["sid"].as_str(),
        bench.domain.attribute("alice", "objectSid").unwrap().as_deref()
    );
    assert_eq!(domain["sam_account_name"], "alice");
    assert_eq!(domain["principal"], "alice@CORP.LOCAL");
    assert_eq!(
        (&domain["kdc_proof"], &domain["requests"]),
        (&"host-key".into(), &2.into())
    );
    // The domain's name is not routable; Entra knows the user by it all the same.
    assert_eq!(first.json["decision"]["source"], "active-directory");
    assert_eq!(first.json["decision"]["upn"], "alice@corp.local");
    assert_eq!(first.json["entra_upn"], "alice@contoso.example");
    assert_eq!(
        crate::laboratory::pins_sent(&card) - before,
        2,
        "one PIN for each of the two signatures"
    );

    show("The second sign-in. The name of Entra is in the cache, under the SID that the domain sent.\n");
    let second = bench.sign_in(card.pin(), bench.with_keytab());
    assert_eq!(second.json["decision"]["source"], "cached-entra-upn");
    assert_eq!(second.json["decision"]["upn"], "alice@contoso.example");
}

#[test]
fn other_programs_agree_about_the_user_and_accept_the_ticket() {
    let bench = Bench::new();
    let ccache = bench.folder.path().join("ticket");
    for (user, name, upn, is_implicit) in [
        (
            "grace",
            "grace.hopper@contoso.example",
            Some("grace.hopper@contoso.example"),
            false,
        ),
        ("alan", "alan@corp.local", None, true),
    ] {
        let mut card = bench.insert(&bench.card_of(user, name));
        let mut arguments = bench.with_keytab();
        arguments.extend(["--ccache".into(), ccache.display().to_string()]);
        let domain = bench.sign_in(card.pin(), arguments).json["domain"].clone();
        assert_eq!(domain["upn"], upn.unwrap_or("alan@corp.local"), "{domain}");
        assert_eq!(domain["is_implicit"], is_implicit);

        // klist reads the cache, and LDAP as that user with the ticket says who they are.
        let klist = mit(&bench, "klist", &ccache, &[]);
        assert!(klist.contains(domain["principal"].as_str().unwrap()), "{klist}");
        let filter = format!("(sAMAccountName={user})");
        let search = [
            "-LLL",
            "-Q",
            "-Y",
            "GSSAPI",
            "-N",
            "-H",
            "ldap://localhost",
            "-b",
            "DC=corp,DC=local",
            &filter,
            "userPrincipalName",
            "objectSid",
        ];
        let found = mit(&bench, "ldapsearch", &ccache, &search);
        let line = |name: &str| {
            found
                .lines()
                .find_map(|line| line.strip_prefix(name))
                .map(str::trim)
        };
        assert_eq!(line("userPrincipalName:"), upn);
        assert_eq!(domain["sid"].as_str().unwrap(), sid(line("objectSid::").unwrap()));
        assert_eq!(
            std::fs::metadata(&ccache).unwrap().permissions().mode() & 0o777,
            0o600
        );

        // MIT's client with the same card at the same domain controller gets the same principal.
        let other = bench.folder.path().join("mit");
        assert!(kinit(&bench, &other, name, card.pin()));
        assert!(mit(&bench, "klist", &other, &[]).contains(domain["principal"].as_str().unwrap()));
        card.remove().unwrap();
    }
}

#[test]
fn the_certificate_of_the_domain_controller_is_a_proof_too() {
    let bench = Bench::new();
    // Samba 4.17 gives tickets to oneself only to accounts with a service name, which grace has.
    let card = bench.insert(&bench.card_of("grace", "grace.hopper@contoso.example"));
    let ca = ca().display().to_string();
    let ended = bench.sign_in(card.pin(), ["--kdc", bench.domain.kdc_v6(), "--kdc-ca", &ca]);
    assert_eq!(
        ended.json["domain"]["kdc_proof"], "certificate",
        "{} {}",
        ended.json, ended.err
    );
    assert_eq!(ended.json["domain"]["upn"], "grace.hopper@contoso.example");
    let mut both = bench.with_keytab();
    both.extend(["--kdc-ca".into(), ca]);
    assert_eq!(
        bench.sign_in(card.pin(), both).json["domain"]["kdc_proof"],
        "host-key-and-certificate"
    );
}

#[test]
fn a_clock_that_is_ten_minutes_off_is_corrected_and_reported() {
    let bench = Bench::new();
    let card = bench.insert(&bench.card_of("alice", "alice@corp.local"));
    let mut command = Command::new("faketime");
    command.args(["-f", "+600s", env!("CARGO_BIN_EXE_sign-in")]);
    let ended = bench.run(command, card.pin(), bench.with_keytab());
    let ahead = ended.json["domain"]["clock_ahead_seconds"]
        .as_i64()
        .unwrap_or_else(|| panic!("{} {}", ended.json, ended.err));
    assert!((590..700).contains(&ahead), "{ahead}");
    assert!(ended.err.contains("clock"), "{}", ended.err);
}

/// Samba's own DNS service names the domain controller, but publishes no address on loopback.
#[test]
fn a_domain_controller_is_found_by_dns() {
    let bench = Bench::new();
    let card = bench.insert(&bench.card_of("alice", "alice@corp.local"));
    let with_name_server = |program| bench.with_name_server("127.0.0.1", "dc1.corp.local", program);
    let keytab = bench.domain.keytab().display().to_string();
    let ended = bench.run(
        with_name_server(env!("CARGO_BIN_EXE_sign-in")),
        card.pin(),
        ["--keytab", &keytab],
    );
    assert_eq!(ended.code, 0, "{} {}", ended.json, ended.err);
    assert_eq!(ended.json["domain"]["upn"], "alice@corp.local");

    let output = with_name_server(env!("CARGO_BIN_EXE_doctor"))
        .args(["--json", "--realm", "CORP.LOCAL", "--keytab", &keytab])
        .output()
        .unwrap();
    let checks: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let dns = checks
        .as_array()
        .unwrap()
        .iter()
        .find(|check| check["name"] == "kdc-dns");
    let dns = dns.unwrap();
    assert_eq!(
        (&dns["ok"], &dns["found"]),
        (&true.into(), &"dc1.corp.local:88".into())
    );
}

fn mit(bench: &Bench, program: &str, ccache: &std::path::Path, arguments: &[&str]) -> String {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env("KRB5_CONFIG", bench.domain.krb5_conf())
        .env("KRB5CCNAME", ccache);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{program}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// MIT's client with the card through OpenSC.
fn kinit(bench: &Bench, ccache: &std::path::Path, name: &str, pin: &str) -> bool {
    let module = Module::OpenSc.path().unwrap();
    let mut child = Command::new("kinit")
        .args([
            "-E",
            "-C",
            "-X",
            &format!("X509_user_identity=PKCS11:module_name={}", module.display()),
            name,
        ])
        .env("KRB5_CONFIG", bench.domain.krb5_conf())
        .env("KRB5CCNAME", ccache)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    writeln!(child.stdin.take().unwrap(), "{pin}").unwrap();
    child.wait().unwrap().success()
}

/// Text of a SID in base64, by OpenSSL and [MS-DTYP] 2.4.2.2.
fn sid(base64: &str) -> String {
    let bytes = openssl_base64(base64);
    let numbers = bytes[8..]
        .chunks(4)
        .map(|four| u32::from_le_bytes(four.try_into().unwrap()).to_string());
    let numbers: Vec<_> = numbers.collect();
    format!("S-{}-{}-{}", bytes[0], bytes[7], numbers.join("-"))
}

fn openssl_base64(text: &str) -> Vec<u8> {
    let mut child = Command::new("openssl")
        .args(["base64", "-d", "-A"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    child.wait_with_output().unwrap().stdout
}

#[test]
fn doctor_checks_the_way_to_the_domain() {
    let bench = Bench::new();
    let alice = bench.domain.attribute("alice", "objectSid").unwrap().unwrap();
    let doctor = |arguments: &[String]| {
        let output = Command::new(env!("CARGO_BIN_EXE_doctor"))
            .args(["--json", "--realm", "CORP.LOCAL"])
            .args(arguments)
            .output()
            .unwrap();
        let checks: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        move |name: &str| {
            let all = checks
                .as_array()
                .unwrap()
                .iter()
                .filter(|check| check["name"] == name);
            all.map(|check| {
                (
                    check["ok"].as_bool().unwrap(),
                    check["found"].as_str().unwrap().to_owned(),
                )
            })
            .collect::<Vec<_>>()
        }
    };
    let mut card = bench.insert(&bench.card_of("alice", "alice@corp.local"));
    let found = doctor(&bench.with_keytab());
    assert_eq!(found("kdc"), [(true, "127.0.0.1:88 can be reached".to_owned())]);
    assert!(found("kdc-clock")[0].0, "{:?}", found("kdc-clock"));
    assert!(
        found("keytab")[0].0 && found("keytab")[0].1.contains("client1"),
        "{:?}",
        found("keytab")
    );
    assert_eq!(
        found("ad-names"),
        [(true, format!("UPN alice@corp.local, SID {alice}"))]
    );
    card.remove().unwrap();

    let _card = bench.insert(&card_of("alice", "alice@corp.local"));
    let found = doctor(&[
        "--kdc".into(),
        "127.0.0.1:9".into(),
        "--keytab".into(),
        ca().display().to_string(),
    ]);
    assert!(
        !found("kdc")[0].0 && !found("kdc-clock")[0].0 && !found("keytab")[0].0 && !found("ad-names")[0].0
    );
    assert!(!doctor(&[])("kdc-dns")[0].0);
}
