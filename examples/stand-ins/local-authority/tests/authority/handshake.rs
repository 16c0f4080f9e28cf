//! TLS at the certauth hosts: any key of a client is taken, and nothing outlasts a connection.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use local_authority::Leg;
use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Private};
use openssl::pkey_ctx::PkeyCtx;
use openssl::rsa::Rsa;
use openssl::ssl::{SslConnector, SslMethod, SslSessionCacheMode, SslStream, SslVersion};

use crate::browser::{authorize, shown};
use crate::support::{Browser, Card, Lab, rsa, template};

const ALICE: &str = "alice@contoso.example";
/// The page "stay signed in?".
const SIGNED_IN: u32 = 50_140;

fn elliptic(curve: Nid) -> PKey<Private> {
    let group = EcGroup::from_curve_name(curve).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

/// An RSA key that may only sign with PSS.
fn pss() -> PKey<Private> {
    let mut context = PkeyCtx::new_id(Id::RSA_PSS).unwrap();
    context.keygen_init().unwrap();
    context.set_rsa_keygen_bits(2048).unwrap();
    context.keygen().unwrap()
}

#[test]
fn any_key_is_taken_in_tls_and_judged_in_a_page() {
    let lab = Lab::new();
    for (key, scheme) in [
        (elliptic(Nid::SECP384R1), "ecdsa_sha384"),
        (elliptic(Nid::SECP521R1), "ecdsa_sha512"),
        (PKey::generate_ed25519().unwrap(), "ed25519"),
        (pss(), "rsa_pss_pss_sha256"),
    ] {
        let card = Card {
            certificate: lab.issuer().issue_user(&template(), &key).unwrap(),
            key,
        };
        let browser = Browser::new(&lab, Some(&card));
        let page = shown(&browser, &authorize(&lab, "/common/oauth2/authorize", &[]), ALICE);
        assert_eq!(page.code(), SIGNED_IN, "{scheme}: {page:?}");
        let log = lab.authority.log();
        let entry = log.iter().rev().find(|entry| entry.leg == Leg::CertAuth).unwrap();
        let tls = entry.tls.as_ref().unwrap();
        assert_eq!(tls.signature.as_deref(), Some(scheme));
    }
    // A key that OpenSSL itself finds too small.
    let key = PKey::from_rsa(Rsa::generate(1024).unwrap()).unwrap();
    let card = Card {
        certificate: lab.issuer().issue_user(&template(), &key).unwrap(),
        key,
    };
    for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
        let (mut stream, _) = connect(&lab, "certauth.localhost", version, &card);
        ask_twice(&mut stream, "certauth.localhost");
        let tls = lab.authority.log().last().unwrap().tls.clone().unwrap();
        assert_eq!(tls.subject.as_deref(), Some("O=Contoso,CN=Alice"), "{version:?}");
    }
}

/// A connection with a client certificate, and the number of sessions that the server offered for a later connection.
fn connect(
    lab: &Lab,
    name: &str,
    version: SslVersion,
    card: &Card,
) -> (SslStream<TcpStream>, Arc<AtomicUsize>) {
    let sessions = Arc::new(AtomicUsize::new(0));
    let mut builder = SslConnector::builder(SslMethod::tls_client()).unwrap();
    builder.set_ca_file(lab.path("tls-ca.pem")).unwrap();
    builder.set_min_proto_version(Some(version)).unwrap();
    builder.set_max_proto_version(Some(version)).unwrap();
    builder.set_security_level(0);
    builder.set_certificate(&card.certificate).unwrap();
    builder.set_private_key(&card.key).unwrap();
    builder.set_session_cache_mode(SslSessionCacheMode::CLIENT);
    let counter = Arc::clone(&sessions);
    builder.set_new_session_callback(move |_, _| {
        counter.fetch_add(1, Ordering::SeqCst);
    });
    let stream = TcpStream::connect(lab.authority.address()).unwrap();
    (builder.build().connect(name, stream).unwrap(), sessions)
}

/// The answers to two requests on one connection.
fn ask_twice(stream: &mut SslStream<TcpStream>, name: &str) -> String {
    let request = format!("GET / HTTP/1.1\r\nHost: {name}\r\n");
    write!(stream, "{request}\r\n{request}connection: close\r\n\r\n").unwrap();
    let mut answers = Vec::new();
    // OpenSSL reports an end without a message of TLS as an error.
    let _ = stream.read_to_end(&mut answers);
    String::from_utf8_lossy(&answers).into_owned()
}

#[test]
fn nothing_outlasts_a_connection_to_a_certauth_host() {
    let lab = Lab::new();
    let kept = Lab::with(|configuration| configuration.certauth.keep_alive = true);
    let alice = lab.alice();
    let tenant = format!("t{}.certauth.localhost", lab.device.tenant_id);
    for version in [SslVersion::TLS1_2, SslVersion::TLS1_3] {
        for name in [
            "localhost",
            "certauth.localhost",
            &tenant,
            "enterpriseregistration.localhost",
        ] {
            let (mut stream, sessions) = connect(&lab, name, version, &alice);
            let answers = ask_twice(&mut stream, name).matches("HTTP/1.1 ").count();
            let sessions = sessions.load(Ordering::SeqCst);
            let is_certauth = name.contains("certauth");
            assert_eq!(answers, if is_certauth { 1 } else { 2 }, "{name} {version:?}");
            assert_eq!(sessions > 0, name == "localhost", "{name} {version:?}");
        }
        let (mut stream, sessions) = connect(&kept, &tenant, version, &alice);
        assert_eq!(ask_twice(&mut stream, &tenant).matches("HTTP/1.1 ").count(), 2);
        assert_eq!(sessions.load(Ordering::SeqCst), 0);
    }
}

#[test]
fn pss_only_refuses_other_signatures() {
    let lab = Lab::with(|configuration| {
        configuration.certauth.client_signatures = local_authority::ClientSignatures::Pss;
    });
    for (key, scheme) in [(pss(), "rsa_pss_pss_sha256"), (rsa(), "rsa_pss_rsae_sha256")] {
        let card = Card {
            certificate: lab.issuer().issue_user(&template(), &key).unwrap(),
            key,
        };
        let browser = Browser::new(&lab, Some(&card));
        shown(&browser, &authorize(&lab, "/common/oauth2/authorize", &[]), ALICE);
        let log = lab.authority.log();
        let tls = log.iter().rev().find_map(|entry| entry.tls.clone()).unwrap();
        assert_eq!(tls.signature.as_deref(), Some(scheme));
    }
}
