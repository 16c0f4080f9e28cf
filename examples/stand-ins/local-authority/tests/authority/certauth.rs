//! The hosts that ask for a certificate: what TLS shows, and what the log says of it.

use std::process::Command;

use local_authority::{ClientSignatures, LogEntry, PolicyState, TlsVersion};
use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::pkey::PKey;

use crate::browser::{authorize, certauth_form, shown};
use crate::support::{Browser, Card, Lab, agent_of, template};

const ALICE: &str = "alice@contoso.example";
const AUTHORIZE: &str = "/common/oauth2/authorize";

/// Signs in, and returns what the log has of the certauth host.
fn entry(lab: &Lab, card: &Card) -> LogEntry {
    let browser = Browser::new(lab, Some(card));
    let page = shown(&browser, &authorize(lab, AUTHORIZE, &[]), ALICE);
    assert_eq!(page.code(), 50_140, "{page:?}");
    let log = lab.authority.log();
    let found = log.iter().rev().find(|entry| entry.tls.is_some());
    found.expect("an entry of the certauth host").clone()
}

#[test]
fn versions_and_signatures_are_logged() {
    let elliptic = |lab: &Lab| {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
        Card {
            certificate: lab.issuer().issue_user(&template(), &key).unwrap(),
            key,
        }
    };
    for (version, signatures, name, rsa) in [
        (
            TlsVersion::Tls13,
            ClientSignatures::Any,
            "TLSv1.3",
            "rsa_pss_rsae_sha256",
        ),
        (
            TlsVersion::Tls12,
            ClientSignatures::Pss,
            "TLSv1.2",
            "rsa_pss_rsae_sha256",
        ),
        (
            TlsVersion::Tls12,
            ClientSignatures::Pkcs1,
            "TLSv1.2",
            "rsa_pkcs1_sha256",
        ),
    ] {
        let lab = Lab::with(|configuration| {
            configuration.certauth.tls_versions = vec![version];
            configuration.certauth.client_signatures = signatures;
        });
        for (card, scheme) in [(lab.alice(), rsa), (elliptic(&lab), "ecdsa_sha256")] {
            let entry = entry(&lab, &card);
            let tls = entry.tls.unwrap();
            assert_eq!(
                (tls.version.as_str(), tls.signature.as_deref()),
                (name, Some(scheme))
            );
            assert_eq!(tls.subject.as_deref(), Some("O=Contoso,CN=Alice"));
            assert_eq!(tls.further_certificates, 0);
            let tenant = &lab.device.tenant_id;
            assert_eq!(tls.server_name, Some(format!("t{tenant}.certauth.localhost")));
        }
    }
}

/// What the OpenSSL program sees of a handshake.
fn handshake(lab: &Lab, name: &str, options: &[&str]) -> String {
    let output = Command::new("openssl")
        .args([
            "s_client",
            "-connect",
            &lab.authority.address().to_string(),
            "-servername",
            name,
        ])
        .arg("-CAfile")
        .arg(lab.path("tls-ca.pem"))
        .args(["-verify_hostname", name])
        .args(options)
        .stdin(std::process::Stdio::null())
        .output()
        .expect("the openssl program is needed");
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn hints_are_those_of_the_tenants_own_host() {
    let lab = Lab::new();
    let tenant = format!("t{}.certauth.localhost", lab.device.tenant_id);
    let ours = handshake(&lab, &tenant, &[]);
    assert!(
        ours.contains("CN = Contoso Smart Card CA") || ours.contains("CN=Contoso Smart Card CA"),
        "{ours}"
    );
    assert!(ours.contains("Verify return code: 0"), "{ours}");
    let common = handshake(&lab, "certauth.localhost", &[]);
    assert!(!common.contains("Contoso Smart Card CA"), "{common}");
    assert!(common.contains("No client certificate CA names sent"), "{common}");
    // A login host asks for none, and only it lets a session be resumed.
    let login = handshake(&lab, "localhost", &["-tls1_2"]);
    assert!(!login.contains("Requested Signature Algorithms"), "{login}");
    assert!(login.contains("TLS session ticket:"), "{login}");
    let certauth = handshake(&lab, &tenant, &["-tls1_2"]);
    assert!(certauth.contains("equested Signature Algorithms"), "{certauth}");
    assert!(!certauth.contains("TLS session ticket:"), "{certauth}");
    let registration = handshake(&lab, "enterpriseregistration.localhost", &[]);
    assert!(registration.contains("MS-Organization-Access"), "{registration}");

    let lab = Lab::with(|configuration| {
        let hints = &mut configuration.certificate_policy.issuer_hints_configuration;
        hints.state = PolicyState::Disabled;
    });
    let silent = handshake(&lab, &tenant, &[]);
    assert!(silent.contains("No client certificate CA names sent"), "{silent}");
    let browser = Browser::new(&lab, None);
    let first = browser.get(&authorize(&lab, AUTHORIZE, &[]));
    let form = certauth_form(&browser, &first, ALICE);
    assert_eq!(form.action.host_str(), Some("certauth.localhost"));
}

#[test]
fn each_service_has_its_own_names() {
    let lab = Lab::new();
    let agent = agent_of(&lab, Some(&lab.alice()));
    let port = lab.authority.address().port();
    let status = |host: &str, path: &str| {
        let url = format!("https://{host}:{port}{path}");
        agent.post(url).send_form([("a", "b")]).unwrap().status().as_u16()
    };
    assert_eq!(status("localhost", "/common/certauth"), 404);
    assert_eq!(status("certauth.localhost", "/common/login"), 404);
    assert_eq!(status("certauth.localhost", "/common/oauth2/token"), 404);
    assert_eq!(
        status("enterpriseregistration.localhost", "/common/oauth2/token"),
        404
    );
    // The name in the request must be the one of the connection.
    let url = format!("https://certauth.localhost:{port}/common/certauth");
    let other = agent
        .post(url)
        .header("host", "t00000000-0000-0000-0000-000000000000.certauth.localhost");
    assert_eq!(other.send_form([("a", "b")]).unwrap().status(), 421);
}
