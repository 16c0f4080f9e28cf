//! HTTPS for the state machine: one request, one answer, nothing followed, nothing retried.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use crate::bounded;
use crate::output::{MAX_SERVER_TEXT, cut};

/// A blocking HTTPS client that trusts the certificates of one file.
pub struct HttpClient {
    agent: Agent,
    body_limit: u64,
}

impl HttpClient {
    /// A client that trusts the PEM certificates in `ca` and nothing else, and reads at most one octet more than
    /// `body_limit` octets of an answer, so that the state machine can see that an answer was too long.
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
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::new_with_certs(&roots))
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .build();
        let agent = Agent::config_builder()
            .tls_config(tls)
            .https_only(true)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(Duration::from_secs(30)))
            // An identity agent talks to the authority that it was configured for, not to what the environment names.
            .proxy(None)
            .build()
            .new_agent();
        Ok(Self {
            agent,
            body_limit: u64::try_from(body_limit).unwrap_or(u64::MAX).saturating_add(1),
        })
    }

    /// Sends `request` and reads its whole answer, whatever its status.
    pub fn send(&self, request: &Request<Vec<u8>>) -> Result<Response<Vec<u8>>, HttpError> {
        let failed = |source| HttpError::Exchange {
            host: request
                .uri()
                .authority()
                .map(ToString::to_string)
                .unwrap_or_default(),
            source: Box::new(source),
        };
        let (parts, body) = self.agent.run(request.clone()).map_err(failed)?.into_parts();
        let mut octets = Vec::new();
        body.into_reader()
            .take(self.body_limit)
            .read_to_end(&mut octets)
            .map_err(|error| failed(ureq::Error::Io(error)))?;
        Ok(Response::from_parts(parts, octets))
    }
}

/// Why a request got no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// The file of trusted certificates cannot be read.
    #[error("cannot read the trusted certificates in {}: {source}", path.display())]
    CaFile {
        /// The file named by the caller.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// No answer came: the name, the connection, TLS, or the transfer failed.
    #[error("no answer from {host}: {}; is the authority running, and does --ca name its issuer?", cut(&source.to_string(), MAX_SERVER_TEXT))]
    Exchange {
        /// Host and port asked.
        host: String,
        /// What the HTTP client said.
        source: Box<ureq::Error>,
    },
    /// The file of trusted certificates holds no PEM certificate.
    #[error("{} holds no PEM certificate (-----BEGIN CERTIFICATE-----)", path.display())]
    NoCaCertificate {
        /// The file named by the caller.
        path: PathBuf,
    },
}
