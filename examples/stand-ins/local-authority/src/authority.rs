//! A running authority.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use openssl::error::ErrorStack;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

use crate::config::{Configuration, PemError};
use crate::fault::Fault;
use crate::log::LogEntry;
use crate::server;
use crate::state::{Log, State};
use crate::tls::Acceptors;

/// A running authority. It ends when it is dropped.
pub struct Authority {
    state: Arc<State>,
    address: SocketAddr,
    runtime: Option<Runtime>,
}

impl Authority {
    /// Starts listening and keeps the log for [`Authority::log`].
    pub fn start(configuration: Configuration, listen: SocketAddr) -> Result<Self, StartError> {
        Self::start_with(
            configuration,
            listen,
            Log {
                keep: true,
                ..Log::default()
            },
        )
    }

    /// Starts listening and writes each log entry as a line of JSON.
    pub fn start_logging_to(
        configuration: Configuration,
        listen: SocketAddr,
        writer: impl Write + Send + 'static,
    ) -> Result<Self, StartError> {
        Self::start_with(
            configuration,
            listen,
            Log {
                writer: Some(Box::new(writer)),
                ..Log::default()
            },
        )
    }

    fn start_with(configuration: Configuration, listen: SocketAddr, log: Log) -> Result<Self, StartError> {
        let acceptors = Arc::new(Acceptors::new(&configuration)?);
        let state = Arc::new(State::new(configuration, log)?);
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        // Bound without the runtime, so that an authority can also be started inside another runtime.
        let listener = std::net::TcpListener::bind(listen)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let entered = runtime.enter();
        let listener = TcpListener::from_std(listener)?;
        drop(entered);
        runtime.spawn(server::serve(listener, acceptors, Arc::clone(&state)));
        Ok(Self {
            state,
            address,
            runtime: Some(runtime),
        })
    }

    /// URL that takes the place of `https://login.microsoftonline.com`, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    /// URL that takes the place of `https://enterpriseregistration.windows.net`, without a slash at the end.
    ///
    /// Its name and those of the certauth hosts end in `.localhost`, which is this machine (RFC 6761, section 6.3). Where the system's
    /// resolver does not know that, a client connects to [`Authority::address`].
    #[must_use]
    pub fn registration_url(&self) -> String {
        format!("https://enterpriseregistration.localhost:{}", self.address.port())
    }

    /// Address that the authority listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Configuration of the authority.
    #[must_use]
    pub fn configuration(&self) -> &Configuration {
        &self.state.configuration
    }

    /// Log entries so far, if the authority was started with [`Authority::start`].
    #[must_use]
    pub fn log(&self) -> Vec<LogEntry> {
        self.state.log().kept.clone()
    }

    /// Adds a fault for later requests.
    pub fn inject(&self, fault: Fault) {
        self.state.faults.add(fault);
    }

    /// Removes all faults that have not struck.
    pub fn clear_faults(&self) {
        self.state.faults.clear();
    }

    /// Advances the authority's clock.
    pub fn advance_clock(&self, by: Duration) {
        self.state.clock.advance(by);
    }

    /// Ends all sessions of a user: what was granted for earlier sign-ins is refused.
    pub fn revoke_sessions(&self, user_principal_name: &str) {
        if let Some((user, _)) = self.state.directory.locate(user_principal_name) {
            self.state
                .grants
                .revoke_user(&user.id, self.state.clock.now() + 1);
        }
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Reason why the authority cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address cannot be used, or no thread can be started.
    #[error("cannot listen: {0}")]
    Io(#[from] std::io::Error),
    /// OpenSSL rejects a certificate or key of the configuration.
    #[error("OpenSSL: {0}")]
    Openssl(#[from] ErrorStack),
    /// A certificate or key cannot be read.
    #[error(transparent)]
    Pem(#[from] PemError),
}
