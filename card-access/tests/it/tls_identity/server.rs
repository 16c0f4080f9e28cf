//! Servers that want a client certificate: OpenSSL's and nginx.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use card_access::rustls::CardIdentity;
use openssl::pkey::PKey;
use openssl::x509::X509;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, ProtocolVersion, RootCertStore, StreamOwned};

use crate::support::identity::Identity;

/// nginx's answer to a client without a certificate of a trusted issuer.
pub(crate) const NO_CERTIFICATE: &str = "no client certificate was sent";

/// A server that requires a client certificate, with its own certificate for localhost.
pub(crate) struct Server {
    process: Child,
    port: u16,
    root: CertificateDer<'static>,
    folder: tempfile::TempDir,
}

impl Server {
    /// OpenSSL's test server; its page contains the client's certificate and the version.
    pub(crate) fn openssl(user: &Identity, more: &[&str]) -> Self {
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

    pub(crate) fn nginx(user: &Identity, version: &str) -> Self {
        Self::nginx_trusting(&user.certificate.to_pem().unwrap(), version)
    }

    pub(crate) fn nginx_trusting(authority: &[u8], version: &str) -> Self {
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
                     ssl_verify_client on; ssl_verify_depth 2; ssl_client_certificate {here}/trusted.pem;
                     error_page 496 = /no-certificate; location = /no-certificate {{ return 401 \"{NO_CERTIFICATE}\"; }}
                     location / {{ return 200 \"$ssl_client_verify $ssl_client_s_dn $ssl_protocol\"; }} }} }}"
        );
        std::fs::write(folder.path().join("nginx.conf"), configuration).unwrap();
        let process = Command::new("nginx")
            .args(["-p", &here.to_string(), "-e", "stderr", "-c", "nginx.conf"])
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .spawn()
            .expect("nginx is missing: run `make test`");
        let deadline = Instant::now() + Duration::from_secs(60);
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
    pub(crate) fn get(&self, identity: &Arc<CardIdentity>) -> std::io::Result<String> {
        self.get_with_version(identity).map(|(page, _)| page)
    }

    /// The same, and the version of TLS that both agreed on.
    pub(crate) fn get_with_version(
        &self,
        identity: &Arc<CardIdentity>,
    ) -> std::io::Result<(String, ProtocolVersion)> {
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
            _ => Ok((page, stream.conn.protocol_version().unwrap())),
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
