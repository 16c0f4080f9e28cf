//! Browsers that tests drive: Chromium by chromedriver, Firefox by geckodriver (`WebDriver` of the W3C).

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use fantoccini::{Client, ClientBuilder};
use serde_json::{Map, Value, json};

/// The kind of a browser.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// Chromium, driven by chromedriver.
    Chromium,
    /// Firefox, driven by geckodriver.
    Firefox,
}

/// What a browser is started with.
#[derive(Clone, Debug)]
pub struct Launch {
    kind: Kind,
    profile: PathBuf,
    arguments: Vec<String>,
    preferences: Map<String, Value>,
    environment: Vec<(String, String)>,
}

impl Launch {
    /// A browser with its profile in this folder, which must exist.
    #[must_use]
    pub fn new(kind: Kind, profile: impl Into<PathBuf>) -> Self {
        Self {
            kind,
            profile: profile.into(),
            arguments: Vec::new(),
            preferences: Map::new(),
            environment: Vec::new(),
        }
    }

    /// The kind of the browser.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Adds arguments of the browser's command line.
    #[must_use]
    pub fn with_arguments<A: AsRef<str>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        let arguments = arguments.into_iter().map(|argument| argument.as_ref().to_owned());
        self.arguments.extend(arguments);
        self
    }

    /// Sets a preference of Firefox.
    #[must_use]
    pub fn with_preference(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.preferences.insert(name.to_owned(), value.into());
        self
    }

    /// Sets a variable of the environment.
    #[must_use]
    pub fn with_variable(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    fn driver(&self, port: u16) -> Command {
        let mut command = match self.kind {
            Kind::Chromium => {
                let mut command = Command::new("chromedriver");
                command.arg(format!("--port={port}"));
                command
            }
            Kind::Firefox => {
                let mut command = Command::new("geckodriver");
                command.args(["--port", &port.to_string(), "--websocket-port", "0"]);
                // For commands in the browser's own context.
                command.arg("--allow-system-access");
                command
            }
        };
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    fn capabilities(&self) -> Map<String, Value> {
        let profile = self.profile.to_str().unwrap();
        let (name, options) = match self.kind {
            Kind::Chromium => {
                let usual = [
                    // The sandbox needs rights that root and containers do not have. The only pages are ours.
                    "--no-sandbox",
                    "--disable-dev-shm-usage",
                    "--disable-gpu",
                    "--no-first-run",
                    "--disable-component-update",
                ];
                let mut arguments: Vec<_> = usual.map(str::to_owned).into();
                arguments.push(format!("--user-data-dir={profile}"));
                arguments.extend(self.arguments.iter().cloned());
                // Debian's Chromium opens a page on the Internet at its start. Without the Internet, chromedriver may wait for it forever.
                let preferences = json!({
                    "session.restore_on_startup": 4,
                    "session.startup_urls": ["about:blank"],
                });
                let options = json!({ "args": arguments, "prefs": preferences });
                ("goog:chromeOptions", options)
            }
            Kind::Firefox => {
                let mut arguments = vec!["-profile".to_owned(), profile.to_owned()];
                arguments.extend(self.arguments.iter().cloned());
                let options = json!({ "args": arguments, "prefs": self.preferences });
                ("moz:firefoxOptions", options)
            }
        };
        Map::from_iter([(name.to_owned(), options)])
    }
}

/// A running browser. The driver ends on drop; [`Session::stop`] also closes the browser.
#[derive(Debug)]
pub struct Session {
    client: Client,
    driver: Child,
}

impl Session {
    /// Starts a driver and its browser.
    ///
    /// # Panics
    /// If the driver or the browser does not start.
    pub async fn start(launch: &Launch) -> Self {
        let port = free_port();
        let driver = launch
            .driver(port)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver (package chromium-driver) or geckodriver is needed");
        let mut builder = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new());
        builder.capabilities(launch.capabilities());
        let address = format!("http://127.0.0.1:{port}");
        let until = Instant::now() + Duration::from_secs(60);
        let client = loop {
            match builder.connect(&address).await {
                Ok(client) => break client,
                Err(error) => assert!(Instant::now() < until, "no browser: {error}"),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        Self { client, driver }
    }

    /// The connection to the driver.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Closes the browser.
    pub async fn stop(self) {
        let _ = self.client.clone().close().await;
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// A port below those that the kernel gives out for connections. No two drivers of this process get the same one.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = u16::try_from(std::process::id() % 10_000).unwrap();
    loop {
        let port = 20_000 + (first + NEXT.fetch_add(1, Ordering::SeqCst)) % 12_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
