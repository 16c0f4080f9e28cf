//! The program: what it writes, says and leaves behind.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use local_authority::issue::DeviceFile;
use local_authority::{Authority, Configuration};
use openssl::pkey::PKey;
use openssl::x509::X509;
use serde_json::Value;
use x509_parser::asn1_rs::Oid;
use x509_parser::prelude::{FromDer, GeneralName, ParsedExtension, X509Certificate};

use crate::support::{
    Assertion, Card, DeviceRequest, JWT_BEARER, Key, Lab, agent, assert_refused, id_token, json,
};

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_local-authority"))
}

/// Where it listens, which is the first thing that it says.
fn url_of(child: &mut Child) -> String {
    let mut line = String::new();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    output.read_line(&mut line).unwrap();
    line.trim().to_owned()
}

fn run(arguments: &[&str]) {
    let output = program().args(arguments).output().unwrap();
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn a_laboratory_of_another_domain() {
    let folder = tempfile::tempdir().unwrap();
    let lab = folder.path().join("lab");
    run(&["--init", lab.to_str().unwrap(), "--domain", "contoso.com"]);
    let configuration = Configuration::read(&lab.join("authority.json")).unwrap();
    assert_eq!(configuration.domains[0].name, "contoso.com");
    assert_eq!(configuration.users[0].user_principal_name, "alice@contoso.com");
    let text = std::fs::read_to_string(lab.join("authority.json")).unwrap();
    assert!(!text.contains("contoso.example"), "{text}");
    let alice = X509::from_pem(&std::fs::read(lab.join("alice.pem")).unwrap()).unwrap();
    let names = alice.subject_alt_names().unwrap();
    let mail: Vec<_> = names.iter().filter_map(|name| name.email()).collect();
    assert_eq!(mail, ["alice@contoso.com"]);
}

#[test]
fn a_laboratory_from_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let lab = folder.path().join("lab");
    let at = |file: &str| lab.join(file).to_str().unwrap().to_owned();
    let dir = lab.to_str().unwrap();
    run(&["--init", dir]);
    assert!(
        !program().args(["--init", dir]).output().unwrap().status.success(),
        "never overwrites"
    );
    run(&[
        "device",
        "--dir",
        dir,
        "--join",
        "hybrid",
        "-o",
        &at("other.json"),
    ]);
    let upn = "alice@contoso.example";
    run(&[
        "issue",
        "--dir",
        dir,
        "--new-key",
        &at("soft.key"),
        "--upn",
        upn,
        "--single-factor",
        "-o",
        &at("soft.pem"),
    ]);
    // The certificate of another key, from its public half alone, as for a card.
    run(&[
        "issue",
        "--dir",
        dir,
        "--public-key",
        &at("soft.pem"),
        "--upn",
        upn,
        "--rfc822",
        upn,
        "-o",
        &at("card.pem"),
    ]);
    check_with_others(&lab);

    let mut child = program()
        .args(["--config", &at("authority.json"), "--until-stdin-closes"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let url = url_of(&mut child);
    let sign_in = |certificate: &str| sign_in(&lab, &url, upn, (certificate, "soft.key"));
    assert_eq!(
        id_token(&sign_in("soft.pem").1)["amr"],
        serde_json::json!(["rsa"])
    );
    assert_eq!(
        id_token(&sign_in("card.pem").1)["amr"],
        serde_json::json!(["rsa", "mfa"])
    );
    run(&["revoke", "--dir", dir, &at("card.pem")]);
    assert_refused(&sign_in("card.pem"), 500_171);
    assert_eq!(sign_in("soft.pem").0, 200);
    run(&["revoke", "--dir", dir, &at("soft.pem")]);
    assert_refused(&sign_in("card.pem"), 500_171);

    drop(child.stdin.take());
    assert!(child.wait().unwrap().success(), "it ends with its standard input");
    let mut log = String::new();
    child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    let last: Value = serde_json::from_str(log.lines().last().unwrap()).unwrap();
    assert_eq!(last["code"], 500_171);
}

/// The certificate for a card, as another reader and the OpenSSL program see it.
fn check_with_others(lab: &Path) {
    let at = |file: &str| lab.join(file).to_str().unwrap().to_owned();
    let pem = std::fs::read(at("card.pem")).unwrap();
    let der = X509::from_pem(&pem).unwrap().to_der().unwrap();
    let (_, certificate) = X509Certificate::from_der(&der).unwrap();
    let (mut seen, mut policies) = (0, Vec::new());
    for extension in certificate.extensions() {
        match extension.parsed_extension() {
            ParsedExtension::ExtendedKeyUsage(usage) => {
                let others: Vec<_> = usage.other.iter().map(Oid::to_id_string).collect();
                assert!(usage.client_auth && others.contains(&"1.3.6.1.4.1.311.20.2.2".to_owned()));
                seen += 1;
            }
            ParsedExtension::KeyUsage(usage) => {
                assert!(usage.digital_signature());
                seen += 1;
            }
            ParsedExtension::SubjectAlternativeName(names) => {
                let mail = GeneralName::RFC822Name("alice@contoso.example");
                assert!(names.general_names.contains(&mail));
                seen += 1;
            }
            ParsedExtension::CertificatePolicies(list) => {
                policies = list
                    .iter()
                    .map(|policy| policy.policy_id.to_id_string())
                    .collect();
            }
            _ => {}
        }
    }
    assert_eq!(seen, 3);
    assert!(
        policies.contains(&"2.16.840.1.101.3.2.1.48.11".to_owned()),
        "{policies:?}"
    );
    let verify = Command::new("openssl")
        .args([
            "verify",
            "-CAfile",
            &at("smart-card-root.pem"),
            "-untrusted",
            &at("smart-card-ca.pem"),
            &at("card.pem"),
        ])
        .output()
        .unwrap();
    assert!(
        verify.status.success(),
        "{}",
        String::from_utf8_lossy(&verify.stderr)
    );
}

/// Paths of certificate and key are beside the configuration unless they are absolute.
fn sign_in(lab: &Path, url: &str, user: &str, (certificate, key): (&str, &str)) -> (u16, Value) {
    let read = |file: &str| std::fs::read(lab.join(file)).unwrap();
    let device = DeviceFile::read(&lab.join("other.json")).unwrap();
    let card = Card {
        certificate: X509::from_pem(&read(certificate)).unwrap(),
        key: PKey::private_key_from_pem(&read(key)).unwrap(),
    };
    let agent = agent(&lab.join("tls-ca.pem"));
    let token = format!("{url}/{}/oauth2/token", device.tenant_id);
    let post = |form: &[(&str, &str)]| json(agent.post(&token).send_form(form.iter().copied()).unwrap());
    let nonce = post(&[("grant_type", "srv_challenge")]).1["Nonce"]
        .as_str()
        .unwrap()
        .to_owned();
    let issuer = format!("https://sts.windows.net/{}/", device.tenant_id);
    let assertion = Assertion::new(&card, user, &issuer, &nonce).sign(&card.key());
    let signed = DeviceRequest::new(&device, &nonce, &assertion).sign(&Key::pem(&device.key));
    post(&[("grant_type", JWT_BEARER), ("request", &signed)])
}

#[test]
fn a_laboratory_trusts_the_issuer_and_knows_the_user_that_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let at = |file: &str| folder.path().join(file).to_str().unwrap().to_owned();
    let user = "zoe@corp.example";
    let (certificate, key) = (at("cards/zoe.pem"), at("cards/zoe.key"));
    run(&["--init", &at("cards")]);
    run(&[
        "issue",
        "--dir",
        &at("cards"),
        "--new-key",
        &key,
        "--upn",
        user,
        "-o",
        &certificate,
    ]);

    let (root, issuing) = (at("cards/smart-card-root.pem"), at("cards/smart-card-ca.pem"));
    let trusting = ["--trust", &root, "--trust", &issuing];
    for (dir, options, status) in [
        ("trusting", &[&trusting[..], &["--user", user]].concat()[..], 200),
        ("untrusting", &["--user", user], 400),
        ("strange", &trusting, 400),
    ] {
        let dir = folder.path().join(dir);
        let other = dir.join("other.json");
        run(&[&["--init", dir.to_str().unwrap()], options].concat());
        run(&[
            "device",
            "--dir",
            dir.to_str().unwrap(),
            "-o",
            other.to_str().unwrap(),
        ]);
        let configuration = Configuration::read(&dir.join("authority.json")).unwrap();
        let authority = Authority::start(configuration, "127.0.0.1:0".parse().unwrap()).unwrap();
        let answer = sign_in(&dir, &authority.url(), user, (&certificate, &key));
        assert_eq!(answer.0, status, "{}", answer.1);
    }

    let nameless = program()
        .args(["--init", &at("nameless"), "--user", "zoe"])
        .output()
        .unwrap();
    let message = String::from_utf8_lossy(&nameless.stderr);
    assert!(
        !nameless.status.success() && message.contains("user@domain"),
        "{message}"
    );
}

#[test]
fn it_plays_faults_ends_on_sigterm_and_says_what_is_wrong() {
    let lab = Lab::new();
    let config = lab.path("authority.json");
    let (faults, log) = (lab.path("faults.json"), lab.path("requests.log"));
    std::fs::write(&faults, r#"[{"at": "nonce", "do": {"refuse": {"code": 90033}}}]"#).unwrap();
    let mut child = program()
        .arg("--config")
        .arg(&config)
        .arg("--faults")
        .arg(&faults)
        .arg("--log")
        .arg(&log)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let url = url_of(&mut child);
    assert!(url.starts_with("https://localhost:"), "{url}");
    let nonce = || {
        let url = format!("{url}/common/oauth2/token");
        json(
            lab.agent
                .post(url)
                .send_form([("grant_type", "srv_challenge")])
                .unwrap(),
        )
    };
    assert_refused(&nonce(), 90_033);
    assert_eq!(nonce().0, 200);
    let logged = std::fs::read_to_string(&log).unwrap();
    assert!(
        logged.lines().count() == 2 && logged.contains("90033"),
        "{logged}"
    );
    let terminated = Command::new("kill").arg(child.id().to_string()).status().unwrap();
    assert!(terminated.success() && child.wait().unwrap().success());

    let text = std::fs::read_to_string(&config)
        .unwrap()
        .replace("\"users\"", "\"usres\"");
    std::fs::write(&config, text).unwrap();
    let output = program().arg("--config").arg(&config).output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(
        !output.status.success() && message.contains("usres") && message.contains("authority.json"),
        "{message}"
    );
}

#[test]
fn a_device_that_keeps_its_keys_enrols_with_a_request() {
    let lab = Lab::new();
    let at = |file: &str| lab.path(file).to_str().unwrap().to_owned();
    let openssl = |arguments: &[&str]| {
        assert!(
            Command::new("openssl")
                .args(arguments)
                .output()
                .unwrap()
                .status
                .success(),
            "{arguments:?}"
        );
    };
    let (key, request, transport) = (at("dev.key"), at("dev.csr"), at("transport.pem"));
    openssl(&[
        "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", &key, "-subj", "/CN=x", "-out", &request,
    ]);
    openssl(&["rsa", "-in", &key, "-pubout", "-out", &transport]);
    let dir = lab.folder.path().to_str().unwrap().to_owned();
    let out = at("dev.pem");
    run(&[
        "device",
        "--dir",
        &dir,
        "--request",
        &request,
        "--transport-key",
        &transport,
        "-o",
        &out,
    ]);

    let read = |file: &str| std::fs::read_to_string(lab.path(file)).unwrap();
    let mut device = lab.device.clone();
    device.certificate = read("dev.pem");
    device.key = read("dev.key");
    let lab = Lab::on(Configuration::read(&lab.path("authority.json")).unwrap());
    let (card, nonce) = (lab.alice(), lab.nonce());
    let assertion = Assertion::new(&card, "alice@contoso.example", &lab.issuer_identifier(), &nonce);
    let signed =
        DeviceRequest::new(&device, &nonce, &assertion.sign(&card.key())).sign(&Key::pem(&device.key));
    let (status, body) = lab.post(&[("grant_type", JWT_BEARER), ("request", &signed)]);
    assert_eq!(status, 200, "{body}");
}

#[test]
fn what_is_wrong_is_named_with_its_file() {
    let lab = Lab::new();
    let (dir, config, missing) = (lab.path(""), lab.path("authority.json"), lab.path("nowhere/file"));
    let [dir, config, missing] = [&dir, &config, &missing].map(|path| path.to_str().unwrap());
    let occupied = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let occupied = occupied.local_addr().unwrap().to_string();
    let calls: &[(&[&str], i32, &str)] = &[
        (&["--faults", missing], 2, "--config"),
        (&["--config", config, "--faults", missing], 1, missing),
        (&["--config", config, "--log", missing], 1, missing),
        (&["--config", config, "--listen", &occupied], 1, &occupied),
        (&["--init", missing, "--host", ""], 2, "--host"),
        (&["issue", "--dir", dir, "--new-key", missing], 1, missing),
        (&["revoke", "--dir", dir, missing], 1, missing),
        (&["revoke", "--dir", dir, config], 1, config),
    ];
    for (arguments, code, name) in calls {
        let output = program().args(*arguments).output().unwrap();
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(*code), "{arguments:?}: {message}");
        assert!(message.contains(name), "{arguments:?}: {message}");
        let unheard = program().args(*arguments).stderr(closed()).output().unwrap();
        assert_eq!(unheard.status.code(), Some(*code), "{arguments:?}, unheard");
    }
}

#[test]
fn a_new_key_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let lab = Lab::new();
    let (dir, key, out) = (lab.path(""), lab.path("new.key"), lab.path("new.pem"));
    let [dir, key, out] = [&dir, &key, &out].map(|path| path.to_str().unwrap());
    run(&["issue", "--dir", dir, "--new-key", key, "-o", out]);
    let mode = std::fs::metadata(key).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn it_serves_on_when_nobody_reads_where_it_listens() {
    let lab = Lab::new();
    let mut child = program()
        .arg("--config")
        .arg(lab.path("authority.json"))
        .arg("--until-stdin-closes")
        .stdin(Stdio::piped())
        .stdout(closed())
        .stderr(closed())
        .spawn()
        .unwrap();
    drop(child.stdin.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

/// The end of a pipe that nobody reads.
fn closed() -> std::io::PipeWriter {
    std::io::pipe().unwrap().1
}
