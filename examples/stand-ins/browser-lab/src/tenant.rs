//! The local authority under the host names of the public cloud, and what it saw of a sign-in.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use local_authority::issue::{InitOptions, init};
use local_authority::{Authority, Configuration, LogEntry, TlsNotes};
use tempfile::TempDir;
use url::Url;

use crate::application::{Application, Redirected};

/// Login host of the public cloud.
pub const LOGIN: &str = "login.microsoftonline.com";
/// The tenant's own certauth host.
pub const TENANT_CERTAUTH: &str = "tb1c2d3e4-0000-4000-8000-00000000c0de.certauth.login.microsoftonline.com";
/// The application, a public client.
pub const CLIENT: &str = "1b730954-1685-4b74-9bfd-dac224a7b894";
/// A person at a screen, and a busy machine.
const PATIENCE: Duration = Duration::from_secs(40);

/// One configuration for all tests, because its keys take a second to generate.
fn configuration() -> &'static Configuration {
    static ONCE: OnceLock<(TempDir, Configuration)> = OnceLock::new();
    let (_, configuration) = ONCE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let options = InitOptions {
            hosts: vec![LOGIN.to_owned()],
            ..InitOptions::default()
        };
        let mut configuration = init(folder.path(), &options).unwrap();
        configuration.pages.keep_me_signed_in = false;
        (folder, configuration)
    });
    configuration
}

/// A file of the authority's laboratory.
///
/// # Panics
/// If the laboratory cannot be made.
#[must_use]
pub fn file(name: &str) -> PathBuf {
    configuration().base.join(name)
}

/// An authority, and an application that asks it for a code.
pub struct Tenant {
    authority: Authority,
    application: Application,
    /// Entries of the log that belong to earlier sign-ins.
    seen: usize,
}

/// End of a sign-in.
pub enum End {
    /// The browser brought this to the application.
    Redirected(Redirected),
    /// The authority refused with this AADSTS code.
    Refused(u32),
}

impl Tenant {
    /// Starts an authority with a changed configuration.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start(change: impl FnOnce(&mut Configuration)) -> Self {
        let mut configuration = configuration().clone();
        change(&mut configuration);
        Self {
            authority: Authority::start(configuration, "127.0.0.1:0".parse().unwrap()).unwrap(),
            application: Application::start(),
            seen: 0,
        }
    }

    /// The authority.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The page where a sign-in begins.
    ///
    /// # Panics
    /// Never: the URL is well-formed.
    #[must_use]
    pub fn authorize_url(&self) -> String {
        let port = self.authority.address().port();
        let mut url = Url::parse(&format!("https://{LOGIN}:{port}/common/oauth2/authorize")).unwrap();
        url.query_pairs_mut()
            .append_pair("client_id", CLIENT)
            .append_pair("response_type", "code")
            .append_pair("redirect_uri", &self.application.redirect_uri())
            .append_pair("resource", "https://graph.microsoft.com")
            .append_pair("state", "a state & more");
        url.into()
    }

    /// Where the application waits for the code.
    #[must_use]
    pub fn redirect_uri(&self) -> String {
        self.application.redirect_uri()
    }

    /// The end of the sign-in, if it has ended.
    #[must_use]
    pub fn ended(&self) -> Option<End> {
        if let Some(redirected) = self.application.redirected() {
            return Some(End::Redirected(redirected));
        }
        self.log().iter().find_map(|entry| entry.code).map(End::Refused)
    }

    /// Waits until the sign-in has ended.
    ///
    /// # Panics
    /// If it does not end within 40 seconds.
    pub async fn end(&self) -> End {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(end) = self.ended() {
                return end;
            }
            assert!(Instant::now() < until, "no end; the log: {:#?}", self.log());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits for the code.
    ///
    /// # Panics
    /// If the sign-in ends in another way, or not within 40 seconds.
    pub async fn code(&self) -> Redirected {
        match self.end().await {
            End::Redirected(redirected) => {
                assert_eq!(redirected.parameters["state"], "a state & more");
                assert!(
                    redirected.parameters.contains_key("code"),
                    "{:?}",
                    redirected.parameters
                );
                redirected
            }
            End::Refused(code) => panic!("AADSTS{code}; the log: {:#?}", self.log()),
        }
    }

    /// Waits for a refusal.
    ///
    /// # Panics
    /// If the sign-in ends in another way, or not within 40 seconds.
    pub async fn refusal(&self) -> u32 {
        match self.end().await {
            End::Refused(code) => code,
            End::Redirected(redirected) => panic!("{:?}", redirected.parameters),
        }
    }

    /// The log of this sign-in.
    #[must_use]
    pub fn log(&self) -> Vec<LogEntry> {
        self.authority.log().split_off(self.seen)
    }

    /// The TLS connection of this sign-in at the certauth host.
    ///
    /// # Panics
    /// If there was none, or more than one.
    #[must_use]
    pub fn tls(&self) -> TlsNotes {
        let log = self.log();
        let at_certauth: Vec<_> = log.iter().filter_map(|entry| entry.tls.clone()).collect();
        let [tls] = &at_certauth[..] else {
            panic!("one request at the certauth host is expected, not: {log:#?}");
        };
        tls.clone()
    }

    /// Begins the next sign-in.
    pub fn forget(&mut self) {
        self.seen = self.authority.log().len();
    }
}
