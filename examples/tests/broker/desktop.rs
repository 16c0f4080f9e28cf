//! A browser of a user with the project's extension, and an application that waits for codes.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use browser_lab::{Kind, Launch, Session};
use fantoccini::Client;
use fantoccini::wd::TimeoutConfiguration;
use fantoccini::wd::WebDriverCompatibleCommand;
use lab::NssDatabase;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::bench::{Bench, PATIENCE};
use crate::tenant::configuration;

/// Longest time of a page.
const PAGE_LIMIT: Duration = Duration::from_secs(30);

/// A running browser with the extension.
pub(crate) struct Desktop {
    pub(crate) kind: Kind,
    session: Session,
    _home: TempDir,
}

impl Desktop {
    /// Starts Chromium, or the browser that the variable `BROKER_BROWSER` names, on the bus of the bench.
    pub(crate) async fn start(bench: &Bench) -> Self {
        let is_firefox = std::env::var_os("BROKER_BROWSER").is_some_and(|name| name == "firefox");
        let kind = if is_firefox { Kind::Firefox } else { Kind::Chromium };
        let home = tempfile::tempdir().unwrap();
        let profile = home.path().join("profile");
        let database = match kind {
            Kind::Chromium => home.path().join(".pki/nssdb"),
            Kind::Firefox => profile.clone(),
        };
        let database = NssDatabase::create(&database).unwrap();
        database.trust(&configuration().base.join("tls-ca.pem")).unwrap();
        let extension = extension(home.path());
        let launch = match kind {
            Kind::Chromium => {
                host_manifest("chromium.json", &profile.join("NativeMessagingHosts"));
                Launch::new(kind, &profile).with_arguments([
                    "--headless=new",
                    "--password-store=basic",
                    // This option is switched off by default.
                    "--disable-features=DisableLoadExtensionCommandLineSwitch",
                    &format!("--load-extension={}", extension.display()),
                ])
            }
            Kind::Firefox => {
                for folder in [".mozilla", ".config/mozilla"] {
                    let folder = home.path().join(folder).join("native-messaging-hosts");
                    host_manifest("firefox.json", &folder);
                }
                Launch::new(kind, &profile).with_arguments(["-headless"])
            }
        };
        let launch = launch
            .with_variable("HOME", home.path().display().to_string())
            .with_variable("DBUS_SESSION_BUS_ADDRESS", bench.bus.address());
        let session = Session::start(&launch).await;
        let limit = TimeoutConfiguration::new(None, Some(PAGE_LIMIT), None);
        session.client().update_timeouts(limit).await.unwrap();
        if kind == Kind::Firefox {
            let install = Install(extension.display().to_string());
            session.client().issue_cmd(install).await.unwrap();
        }
        Self {
            kind,
            session,
            _home: home,
        }
    }

    pub(crate) fn client(&self) -> &Client {
        self.session.client()
    }

    pub(crate) async fn stop(self) {
        self.session.stop().await;
    }
}

/// The extension as it is in the repository, with the host of the test in place of the clouds.
fn extension(home: &Path) -> std::path::PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("broker/extension");
    let folder = home.join("extension");
    fs::create_dir_all(&folder).unwrap();
    fs::copy(source.join("background.js"), folder.join("background.js")).unwrap();
    let manifest = fs::read(source.join("manifest.json")).unwrap();
    let mut manifest: Value = serde_json::from_slice(&manifest).unwrap();
    manifest["host_permissions"] = json!(["https://localhost/*"]);
    fs::write(folder.join("manifest.json"), manifest.to_string()).unwrap();
    folder
}

/// The manifest of the native host as it is in the repository, with the program of this build.
fn host_manifest(file: &str, folder: &Path) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("broker/native-host")
        .join(file);
    let mut manifest: Value = serde_json::from_slice(&fs::read(source).unwrap()).unwrap();
    manifest["path"] = json!(env!("CARGO_BIN_EXE_broker-browser-host"));
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("certificate_broker.json"), manifest.to_string()).unwrap();
}

/// geckodriver's command that installs an extension until the browser ends.
#[derive(Debug)]
struct Install(String);

impl WebDriverCompatibleCommand for Install {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!(
            "session/{}/moz/addon/install",
            session.unwrap_or_default()
        ))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        let body = json!({"path": self.0, "temporary": true});
        (http::Method::POST, Some(body.to_string()))
    }
}

/// An application on a port of this machine. It records the requests.
pub(crate) struct Application {
    port: u16,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Application {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let recorded = Arc::clone(&requests);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let recorded = Arc::clone(&recorded);
                // Browsers open connections without a request.
                std::thread::spawn(move || answer(&stream, &recorded));
            }
        });
        Self { port, requests }
    }

    /// The port as it is written in a URL.
    pub(crate) fn port(&self) -> String {
        format!(":{}", self.port)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://localhost:{}/", self.port)
    }

    /// The requests with their headers.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// Waits for the request with this state, and returns its first line.
    pub(crate) async fn redirected(&self, state: &str) -> String {
        let end = Instant::now() + PATIENCE;
        let parameter = format!("state={state}");
        loop {
            let found = self.requests().into_iter().find(|request| {
                let line = request.lines().next().unwrap_or_default();
                line.split(['?', '&', ' ']).any(|part| part == parameter)
            });
            if let Some(request) = found {
                return request.lines().next().unwrap().to_owned();
            }
            assert!(
                Instant::now() < end,
                "no redirect with {state}: {:?}",
                self.requests()
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

fn answer(mut stream: &TcpStream, recorded: &Mutex<Vec<String>>) {
    let lines = BufReader::new(stream).lines();
    let head: Vec<_> = lines
        .map_while(Result::ok)
        .take_while(|line| !line.is_empty())
        .collect();
    if head.is_empty() {
        return;
    }
    recorded.lock().unwrap().push(head.join("\n"));
    let page = "<!DOCTYPE html><html lang=\"en\"><title>Application</title><h1>Application</h1>";
    let _ = write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{page}",
        page.len()
    );
}
