//! A card as a TLS client identity, against OpenSSL's server and nginx.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use card_access::rustls::CardIdentity;
use card_access::soft::{SoftCard, SoftProvider};
use card_access::{
    Credential, Error, ErrorKind, Listing, Pin, PinEntry, PinStatus, PivSlot, Provider, Scheme, Token,
    TokenInfo,
};
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::x509::X509;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

mod common;
mod support;

use support::identity::Identity;

const PIN: &str = "123456";

#[test]
fn keys_of_both_kinds_sign_in_to_openssl_in_both_versions() {
    for user in [
        Identity::rsa("alice"),
        Identity::ec("alice", Nid::X9_62_PRIME256V1),
        Identity::ec("alice", Nid::SECP384R1),
    ] {
        for version in ["-tls1_2", "-tls1_3"] {
            let server = Server::openssl(&user, &[version]);
            let page = server.get(&armed(soft(&user))).unwrap();
            assert!(page.contains("alice"), "{version}: {page}");
        }
    }
}

#[test]
fn keys_of_both_kinds_sign_in_to_nginx_in_both_versions() {
    for user in [
        Identity::rsa("alice"),
        Identity::ec("alice", Nid::X9_62_PRIME256V1),
    ] {
        for version in ["TLSv1.2", "TLSv1.3"] {
            let server = Server::nginx(&user, version);
            let page = server.get(&armed(soft(&user))).unwrap();
            assert!(page.ends_with(&format!("SUCCESS CN=alice {version}")), "{page}");
        }
    }
}

#[test]
fn a_token_without_pss_takes_part_in_tls_1_2() {
    let user = Identity::rsa("alice");
    let (token, credential) = soft(&user);
    let identity = armed((Box::new(WithoutPss(token)), credential));
    assert_eq!(identity.protocol_versions().len(), 1);
    // The server would rather speak 1.3, and offers PSS as well.
    let page = Server::openssl(&user, &[]).get(&identity).unwrap();
    assert!(page.contains("TLSv1.2") && page.contains("alice"), "{page}");
}

#[test]
fn a_card_with_a_real_firmware_signs_in_to_nginx() {
    let readers = lab::Readers::start(1).unwrap();
    let card = readers.insert(0, &lab::Profile::new("alice")).unwrap();
    let authority = std::fs::read(lab::Authority::trusted().unwrap().certificate()).unwrap();
    for version in ["TLSv1.2", "TLSv1.3"] {
        let mut token = common::open(card.reader());
        let credential = token.credential(&"9a".parse().unwrap()).unwrap();
        let identity = Arc::new(CardIdentity::new(token, credential).unwrap());
        identity.arm(Pin::new(card.pin().to_owned()));
        let page = Server::nginx_trusting(&authority, version)
            .get(&identity)
            .unwrap();
        assert!(page.contains("SUCCESS CN=alice,O=Corp"), "{page}");
    }
}

#[test]
fn a_server_that_trusts_others_gets_no_certificate() {
    let (user, other) = (Identity::rsa("alice"), Identity::rsa("somebody else"));
    let server = Server::nginx(&other, "TLSv1.3");
    let page = server.get(&armed(soft(&user))).unwrap();
    assert!(page.contains("No required SSL certificate was sent"), "{page}");
}

#[test]
fn one_handshake_takes_the_pin_and_the_next_needs_it_again() {
    let user = Identity::rsa("alice");
    let server = Server::nginx(&user, "TLSv1.3");
    let identity = armed(soft(&user));
    server.get(&identity).unwrap();
    server.get(&identity).unwrap_err();
    assert_eq!(identity.take_failure().unwrap().kind(), &ErrorKind::PinRequired);
    identity.arm(pin(PIN));
    server.get(&identity).unwrap();
}

#[test]
fn a_pin_that_no_server_asked_for_is_taken_back() {
    let user = Identity::rsa("alice");
    let identity = armed(soft(&user));
    // It trusts others, so it gets no certificate and no signature.
    let incurious = Server::nginx(&Identity::rsa("somebody else"), "TLSv1.3");
    incurious.get(&identity).unwrap();
    drop(incurious);
    identity.disarm();
    Server::nginx(&user, "TLSv1.3").get(&identity).unwrap_err();
    assert_eq!(identity.take_failure().unwrap().kind(), &ErrorKind::PinRequired);
}

#[test]
fn a_wrong_pin_ends_the_handshake_and_tells_the_tries_left() {
    let user = Identity::rsa("alice");
    let (token, credential) = soft(&user);
    let identity = Arc::new(CardIdentity::new(token, credential).unwrap());
    identity.arm(pin("999999"));
    Server::nginx(&user, "TLSv1.3").get(&identity).unwrap_err();
    assert_eq!(
        identity.take_failure().unwrap().kind(),
        &ErrorKind::WrongPin { tries_left: Some(2) }
    );
    assert!(identity.take_failure().is_none());
}

fn pin(text: &str) -> Pin {
    Pin::new(text.to_owned())
}

fn soft(user: &Identity) -> (Box<dyn Token>, Credential) {
    let key = user.key.private_key_to_pkcs8().unwrap();
    let card = SoftCard::new("card", pin(PIN))
        .key(PivSlot::Authentication, user.der().into(), &key)
        .unwrap();
    let mut cards = SoftProvider::new();
    cards.insert(card);
    let listed = cards.tokens().unwrap().found.remove(0);
    let mut token = cards.open(&listed.id).unwrap();
    let credential = token.credential(&"9a".parse().unwrap()).unwrap();
    (token, credential)
}

fn armed((token, credential): (Box<dyn Token>, Credential)) -> Arc<CardIdentity> {
    let identity = CardIdentity::new(token, credential).unwrap();
    identity.arm(pin(PIN));
    Arc::new(identity)
}

/// As many cards and modules are: RSA with PKCS#1 v1.5 padding only.
struct WithoutPss(Box<dyn Token>);

impl Token for WithoutPss {
    fn info(&self) -> &TokenInfo {
        self.0.info()
    }

    fn credentials(&mut self) -> Result<Listing<Credential>, Error> {
        self.0.credentials()
    }

    fn schemes(&mut self, credential: &Credential) -> Result<Vec<Scheme>, Error> {
        let mut schemes = self.0.schemes(credential)?;
        schemes.retain(|scheme| !matches!(scheme, Scheme::RsaPss(_)));
        Ok(schemes)
    }

    fn pin_status(&mut self) -> Result<PinStatus, Error> {
        self.0.pin_status()
    }

    fn sign(
        &mut self,
        credential: &Credential,
        scheme: Scheme,
        message: &[u8],
        pin: Option<PinEntry<'_>>,
    ) -> Result<Vec<u8>, Error> {
        assert!(!matches!(scheme, Scheme::RsaPss(_)));
        self.0.sign(credential, scheme, message, pin)
    }
}

/// A server that wants a client certificate, with a certificate of its own for localhost.
struct Server {
    process: Child,
    port: u16,
    root: CertificateDer<'static>,
    folder: tempfile::TempDir,
}

impl Server {
    /// OpenSSL's test server; its page tells the client's certificate and the version.
    fn openssl(user: &Identity, more: &[&str]) -> Self {
        let (folder, root) = files(&user.certificate.to_pem().unwrap());
        let mut process = Command::new("openssl")
            .args([
                "s_server",
                "-accept",
                "127.0.0.1:0",
                "-www",
                "-Verify",
                "2",
                "-verify_return_error",
            ])
            .args([
                "-cert",
                "server.pem",
                "-key",
                "server.key",
                "-CAfile",
                "trusted.pem",
            ])
            .args(more)
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("openssl is missing: run `make test`");
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = lines
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("ACCEPT 127.0.0.1:")?.parse().ok());
        Self {
            process,
            port: port.expect("openssl s_server does not listen"),
            root,
            folder,
        }
    }

    fn nginx(user: &Identity, version: &str) -> Self {
        Self::nginx_trusting(&user.certificate.to_pem().unwrap(), version)
    }

    fn nginx_trusting(authority: &[u8], version: &str) -> Self {
        let (folder, root) = files(authority);
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let here = folder.path().display();
        let configuration = format!(
            "daemon off; master_process off; pid {here}/pid; error_log stderr emerg; events {{}}
             http {{ access_log off; client_body_temp_path {here}/b; proxy_temp_path {here}/p; fastcgi_temp_path {here}/f;
                 uwsgi_temp_path {here}/u; scgi_temp_path {here}/s;
                 server {{ listen 127.0.0.1:{port} ssl; ssl_protocols {version};
                     ssl_certificate {here}/server.pem; ssl_certificate_key {here}/server.key;
                     ssl_verify_client on; ssl_client_certificate {here}/trusted.pem;
                     location / {{ return 200 \"$ssl_client_verify $ssl_client_s_dn $ssl_protocol\"; }} }} }}"
        );
        std::fs::write(folder.path().join("nginx.conf"), configuration).unwrap();
        let process = Command::new("nginx")
            .args(["-p", &here.to_string(), "-e", "stderr", "-c", "nginx.conf"])
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .spawn()
            .expect("nginx is missing: run `make test`");
        let deadline = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "nginx does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        Self {
            process,
            port,
            root,
            folder,
        }
    }

    /// The answer to `GET /`, in whichever version of TLS the identity can.
    fn get(&self, identity: &Arc<CardIdentity>) -> std::io::Result<String> {
        let mut roots = RootCertStore::empty();
        roots.add(self.root.clone()).unwrap();
        let config =
            ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
                .with_protocol_versions(identity.protocol_versions())
                .unwrap()
                .with_root_certificates(roots)
                .with_client_cert_resolver(identity.clone());
        let connection =
            ClientConnection::new(Arc::new(config), ServerName::try_from("localhost").unwrap()).unwrap();
        let mut stream = StreamOwned::new(connection, TcpStream::connect(("127.0.0.1", self.port))?);
        stream.write_all(b"GET / HTTP/1.0\r\n\r\n")?;
        let mut page = String::new();
        match stream.read_to_string(&mut page) {
            // Neither server says goodbye before it closes.
            Err(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => Err(error),
            _ => Ok(page),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        assert!(self.folder.path().exists());
    }
}

/// The server's key and certificate, and whom it trusts.
fn files(trusted: &[u8]) -> (tempfile::TempDir, CertificateDer<'static>) {
    let folder = tempfile::tempdir().unwrap();
    let write =
        |name: &str, content: &[u8]| std::fs::write(Path::join(folder.path(), name), content).unwrap();
    let server = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let root = server.cert.der().clone();
    let key = PKey::private_key_from_der(&server.signing_key.serialize_der()).unwrap();
    write("server.pem", &X509::from_der(&root).unwrap().to_pem().unwrap());
    write("server.key", &key.private_key_to_pem_pkcs8().unwrap());
    write("trusted.pem", trusted);
    (folder, root)
}
