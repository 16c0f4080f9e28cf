//! Blocking HTTPS client: one request, one response, no redirects, no retries.

mod client_certificate;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use rustls::client::ResolvesClientCert;
use rustls_pki_types::CertificateDer;
use ureq::Agent;
use ureq::config::ConfigBuilder;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::typestate::AgentScope;
use ureq::unversioned::transport::{Connector as _, DefaultConnector, TcpConnector};

use self::client_certificate::{LocalNames, TlsConnector, Watched};

use crate::bounded;
use crate::file_type::check_path;
use crate::output::{MAX_SERVER_TEXT, truncated};

/// Blocking HTTPS client that trusts the certificates of a file or of the system.
pub struct HttpClient {
    agent: Agent,
    roots: Vec<CertificateDer<'static>>,
    body_limit: u64,
}

impl HttpClient {
    /// A client that trusts only the PEM certificates in `ca`.
    ///
    /// It reads at most `body_limit` bytes of a response and one more, so that the state machine can detect a response that is too
    /// long.
    ///
    /// # Errors
    /// [`HttpError::CaFile`] if the file cannot be read, [`HttpError::NoCaCertificate`] if it holds no PEM certificate.
    pub fn trusting(ca: &Path, body_limit: usize) -> Result<Self, HttpError> {
        let unreadable = |source| HttpError::CaFile {
            path: ca.to_owned(),
            source,
        };
        let pem = bounded::read(ca).map_err(unreadable)?;
        let roots = ureq::tls::parse_pem(&pem)
            .filter_map(|item| match item {
                Ok(ureq::tls::PemItem::Certificate(certificate)) => Some(certificate),
                _ => None,
            })
            .collect::<Vec<Certificate<'static>>>();
        if roots.is_empty() {
            return Err(HttpError::NoCaCertificate { path: ca.to_owned() });
        }
        Ok(Self::with_roots(&roots, body_limit))
    }

    /// A client that trusts the certificates that the operating system trusts, or those that the environment variables
    /// `SSL_CERT_FILE` and `SSL_CERT_DIR` name. The limit is that of [`trusting`](Self::trusting).
    ///
    /// # Errors
    /// [`HttpError::NoSystemCertificates`] if there are none.
    pub fn trusting_the_system(body_limit: usize) -> Result<Self, HttpError> {
        let named = std::env::var_os("SSL_CERT_FILE").map(PathBuf::from);
        // /dev/null is a usual way to name no certificate.
        if let Some(path) = named.filter(|path| path != Path::new("/dev/null")) {
            // A pipe without a writer would be waited for.
            check_path(&path).map_err(|source| HttpError::CaFile { path, source })?;
        }
        let mut found = rustls_native_certs::load_native_certs();
        let roots: Vec<_> = found
            .certs
            .iter()
            .map(|certificate| Certificate::from_der(certificate).to_owned())
            .collect();
        if roots.is_empty() {
            // An unreadable file among many does not matter. Without any certificate, the first error is the reason.
            let source = (!found.errors.is_empty()).then(|| found.errors.swap_remove(0));
            return Err(HttpError::NoSystemCertificates { source });
        }
        Ok(Self::with_roots(&roots, body_limit))
    }

    fn with_roots(roots: &[Certificate<'static>], body_limit: usize) -> Self {
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::new_with_certs(roots))
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .build();
        let config = config().tls_config(tls).build();
        Self {
            agent: Agent::with_parts(config, DefaultConnector::default(), LocalNames::default()),
            roots: roots
                .iter()
                .map(|root| CertificateDer::from(root.der().to_vec()))
                .collect(),
            body_limit: u64::try_from(body_limit).unwrap_or(u64::MAX).saturating_add(1),
        }
    }

    /// Sends `request` on a separate connection with a client certificate. Returns also whether the server asked for it.
    pub fn send_with(
        &self,
        request: &Request<Vec<u8>>,
        identity: Arc<dyn ResolvesClientCert>,
        versions: &[&'static rustls::SupportedProtocolVersion],
    ) -> Result<(Response<Vec<u8>>, bool), HttpError> {
        let failed = |error: rustls::Error| failure(request, ureq::Error::Rustls(error));
        let watched = Arc::new(Watched::new(identity));
        let tls = client_certificate::config(&self.roots, watched.clone(), versions).map_err(failed)?;
        let connector = TcpConnector::default().chain(TlsConnector(tls));
        let agent = Agent::with_parts(config().build(), connector, LocalNames::default());
        let response = self.exchange(&agent, request)?;
        Ok((response, watched.was_asked()))
    }

    /// The same client with separate connections, which are closed when it is dropped.
    #[must_use]
    pub fn session(&self) -> Self {
        Self {
            agent: Agent::with_parts(
                self.agent.config().clone(),
                DefaultConnector::default(),
                LocalNames::default(),
            ),
            roots: self.roots.clone(),
            body_limit: self.body_limit,
        }
    }

    /// Sends `request` and reads the whole response. Any status is accepted.
    pub fn send(&self, request: &Request<Vec<u8>>) -> Result<Response<Vec<u8>>, HttpError> {
        self.exchange(&self.agent, request)
    }

    fn exchange(&self, agent: &Agent, request: &Request<Vec<u8>>) -> Result<Response<Vec<u8>>, HttpError> {
        let (parts, body) = agent
            .run(request.clone())
            .map_err(|error| failure(request, error))?
            .into_parts();
        let mut bytes = Vec::new();
        body.into_reader()
            .take(self.body_limit)
            .read_to_end(&mut bytes)
            .map_err(|error| failure(request, ureq::Error::Io(error)))?;
        Ok(Response::from_parts(parts, bytes))
    }
}

fn config() -> ConfigBuilder<AgentScope> {
    Agent::config_builder()
        .https_only(true)
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_global(Some(Duration::from_secs(30)))
        // A connection is used again after the PIN is typed.
        .max_idle_age(Duration::from_secs(120))
        // An identity agent connects to its configured authority only, so proxies from the environment are ignored.
        .proxy(None)
}

fn failure(request: &Request<Vec<u8>>, source: ureq::Error) -> HttpError {
    HttpError::Exchange {
        host: request
            .uri()
            .authority()
            .map(ToString::to_string)
            .unwrap_or_default(),
        source: Box::new(source),
    }
}

/// Reason why there is no response.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// The file of trusted certificates cannot be read.
    #[error("cannot read the trusted certificates in {}: {source}", path.display())]
    CaFile {
        /// The file named by the caller.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// There was no response: the name, the connection, TLS or the transfer failed.
    #[error(
        "no answer from {host}: {}; check the network, and that its TLS issuer is trusted (--ca)",
        truncated(&source.to_string(), MAX_SERVER_TEXT)
    )]
    Exchange {
        /// Host and port.
        host: String,
        /// The error of the HTTP client.
        source: Box<ureq::Error>,
    },
    /// The operating system has no trusted certificates.
    #[error(
        "this system has no trusted certificates{}; install the package ca-certificates, or set --ca to a file",
        source.as_ref().map(|error| format!(" ({error})")).unwrap_or_default()
    )]
    NoSystemCertificates {
        /// The first file that could not be read.
        source: Option<rustls_native_certs::Error>,
    },
    /// The file of trusted certificates holds no PEM certificate.
    #[error("{} contains no PEM certificate (-----BEGIN CERTIFICATE-----)", path.display())]
    NoCaCertificate {
        /// The file named by the caller.
        path: PathBuf,
    },
}
