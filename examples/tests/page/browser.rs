//! A browser that the tests drive.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use browser_lab::{Kind, Launch, Session};
use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::error::{CmdError, ErrorStatus};
use fantoccini::key::Key;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, Locator};
use serde_json::{Value, json};

/// The page that `make page` built.
pub(crate) fn page() -> PathBuf {
    let page = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("page/explain-upn.html");
    assert!(page.is_file(), "{} is missing: run make page", page.display());
    page
}

/// Runs a test with the page in a browser, and closes the browser also if the test fails.
pub(crate) async fn with_page<F: Future<Output = ()> + Send + 'static>(
    test: impl FnOnce(Browser) -> F + Send + 'static,
) {
    let profile = tempfile::tempdir().unwrap();
    let launch = launch(profile.path());
    let session = Session::start(&launch).await;
    let browser = Browser {
        client: session.client().clone(),
        is_chromium: launch.kind() == Kind::Chromium,
    };
    browser.open(&page()).await;
    let result = tokio::spawn(test(browser)).await;
    session.stop().await;
    if let Err(error) = result {
        std::panic::resume_unwind(error.into_panic());
    }
}

/// Chromium, or the browser that the variable `PAGE_BROWSER` names.
fn launch(profile: &Path) -> Launch {
    let is_firefox = std::env::var_os("PAGE_BROWSER").is_some_and(|name| name == "firefox");
    let (kind, arguments): (_, &[&str]) = if is_firefox {
        (Kind::Firefox, &["-headless", "--width=1280", "--height=1000"])
    } else {
        (
            Kind::Chromium,
            &["--headless=new", "--hide-scrollbars", "--window-size=1280,1000"],
        )
    };
    Launch::new(kind, profile).with_arguments(arguments)
}

/// The page in a browser.
#[derive(Clone)]
pub(crate) struct Browser {
    client: Client,
    pub(crate) is_chromium: bool,
}

impl Browser {
    pub(crate) async fn open(&self, file: &Path) {
        let address = format!("file://{}", file.display());
        again(|| self.client.goto(&address)).await;
        if file == page() {
            self.wait_for("!document.getElementById('status').textContent.startsWith('Loading')")
                .await;
        }
    }

    /// The value of an expression of JavaScript.
    pub(crate) async fn get(&self, expression: &str) -> Value {
        self.execute(&format!("return ({expression});"), Vec::new()).await
    }

    pub(crate) async fn execute(&self, script: &str, arguments: Vec<Value>) -> Value {
        again(|| self.client.execute(script, arguments.clone())).await
    }

    pub(crate) async fn execute_async(&self, script: &str, arguments: Vec<Value>) -> Value {
        again(|| self.client.execute_async(script, arguments.clone())).await
    }

    pub(crate) async fn text(&self, expression: &str) -> String {
        let value = self.get(expression).await;
        value
            .as_str()
            .unwrap_or_else(|| panic!("{expression}: {value}"))
            .into()
    }

    pub(crate) async fn texts(&self, selector: &str) -> Vec<String> {
        let texts = self
            .get(&format!(
                "Array.from(document.querySelectorAll({selector:?}), one => one.textContent)"
            ))
            .await;
        serde_json::from_value(texts).unwrap()
    }

    pub(crate) async fn wait_for(&self, condition: &str) {
        let until = Instant::now() + Duration::from_secs(60);
        while self.get(condition).await != Value::Bool(true) {
            assert!(
                Instant::now() < until,
                "{condition}; the page shows: {}",
                self.text("document.body.innerText").await
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub(crate) async fn wait_for_status(&self, start: &str) {
        self.wait_for(&format!(
            "document.getElementById('status').textContent.startsWith({start:?})"
        ))
        .await;
    }

    /// Types keys into an element, as a user does.
    pub(crate) async fn keys(&self, selector: &str, keys: &str) {
        again(|| async {
            let element = self.client.find(Locator::Css(selector)).await?;
            element.send_keys(keys).await
        })
        .await;
    }

    /// Types keys into whatever has the focus.
    pub(crate) async fn type_keys(&self, keys: &str) {
        for key in keys.chars() {
            self.perform(&[KeyAction::Down { value: key }, KeyAction::Up { value: key }])
                .await;
        }
    }

    /// Types a key while another one is held.
    pub(crate) async fn chord(&self, held: Key, key: char) {
        let held = char::from(held);
        self.perform(&[
            KeyAction::Down { value: held },
            KeyAction::Down { value: key },
            KeyAction::Up { value: key },
            KeyAction::Up { value: held },
        ])
        .await;
    }

    async fn perform(&self, keys: &[KeyAction]) {
        let keyboard = || KeyActions::new("keyboard".into());
        again(|| {
            let actions = keys.iter().cloned().fold(keyboard(), InputSource::then);
            self.client.perform_actions(actions)
        })
        .await;
    }

    pub(crate) async fn click(&self, selector: &str) {
        again(|| async { self.client.find(Locator::Css(selector)).await?.click().await }).await;
    }

    /// Replaces the text of a field.
    pub(crate) async fn set(&self, selector: &str, text: &str) {
        again(|| async { self.client.find(Locator::Css(selector)).await?.clear().await }).await;
        self.keys(selector, text).await;
    }

    pub(crate) async fn set_size(&self, width: u32, height: u32) {
        again(|| self.client.set_window_size(width, height)).await;
    }

    pub(crate) async fn screenshot(&self) -> Vec<u8> {
        again(|| self.client.screenshot()).await
    }

    pub(crate) async fn choose_join(&self, value: &str) {
        self.click(&format!("input[name=join][value={value}]")).await;
    }

    pub(crate) async fn choose_files(&self, files: &[PathBuf]) {
        let paths: Vec<_> = files
            .iter()
            .map(|file| file.canonicalize().unwrap().display().to_string())
            .collect();
        self.keys("#files", &paths.join("\n")).await;
        self.wait_for(&format!(
            "document.querySelectorAll('#inputs > li').length === {}",
            files.len()
        ))
        .await;
    }

    pub(crate) async fn paste(&self, text: &str) {
        // Typing a long text key by key takes seconds.
        self.execute(
            "document.getElementById('paste').value = arguments[0];",
            vec![text.into()],
        )
        .await;
        self.keys("#paste", &(Key::Control + &Key::Enter)).await;
    }

    /// Sets what the user prefers, `light` or `dark`.
    pub(crate) async fn set_scheme(&self, scheme: &str) {
        if self.is_chromium {
            let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
            let command = json!({ "cmd": "Emulation.setEmulatedMedia", "params": { "features": features } });
            self.own("goog/cdp/execute", command).await;
        } else {
            let preference = "layout.css.prefers-color-scheme.content-override";
            let value = u8::from(scheme == "light");
            self.own("moz/context", json!({ "context": "chrome" })).await;
            self.execute(
                &format!("Services.prefs.setIntPref({preference:?}, {value});"),
                Vec::new(),
            )
            .await;
            self.own("moz/context", json!({ "context": "content" })).await;
        }
        self.wait_for(&format!("matchMedia('(prefers-color-scheme: {scheme})').matches"))
            .await;
    }

    /// A command of this browser only.
    async fn own(&self, path: &'static str, parameters: Value) {
        again(|| self.client.issue_cmd(OwnCommand(path, parameters.clone()))).await;
    }
}

/// Repeats a command whose element the page has just replaced.
async fn again<T, F: Future<Output = Result<T, CmdError>>>(command: impl Fn() -> F) -> T {
    let until = Instant::now() + Duration::from_secs(30);
    loop {
        match command().await {
            Ok(value) => return value,
            Err(CmdError::Standard(error))
                if error.error == ErrorStatus::StaleElementReference && Instant::now() < until => {}
            Err(error) => panic!("{error}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[derive(Debug)]
struct OwnCommand(&'static str, Value);

impl WebDriverCompatibleCommand for OwnCommand {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.0))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.1.to_string()))
    }
}
