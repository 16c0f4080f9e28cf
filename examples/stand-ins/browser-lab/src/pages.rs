//! What a person does in the pages of a sign-in.

use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::{Client, Locator};

/// On a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Opens the authorize page, types the name, and presses "Next".
///
/// # Panics
/// If the page is another one.
pub async fn name(browser: &Client, authorize: &str, user: &str) {
    browser.goto(authorize).await.unwrap();
    type_name(browser, user).await;
}

/// Types the name in the authorize page, and presses "Next". The next page leads to the certauth host.
///
/// # Panics
/// If the page is another one.
pub async fn type_name(browser: &Client, user: &str) {
    let field = element(browser, "input[name=loginfmt]").await;
    field.send_keys(user).await.unwrap();
    press(browser, "form[action='/common/login'] button").await;
    element(browser, TO_CERTAUTH).await;
}

const TO_CERTAUTH: &str = "form[action*='certauth'] button";

/// Presses the button that leads to the certauth host, without waiting: dialogs may follow, and geckodriver answers no other command
/// while one is open.
///
/// # Panics
/// If the page is another one.
pub async fn show_certificate(browser: &Client) {
    let script = format!("setTimeout(() => document.querySelector({TO_CERTAUTH:?}).click(), 30)");
    browser.execute(&script, Vec::new()).await.unwrap();
}

/// Waits for a button and presses it. The next page may not be there yet when this returns.
///
/// # Panics
/// If the page is another one.
pub async fn press(browser: &Client, selector: &str) {
    element(browser, selector).await.click().await.unwrap();
}

/// The text of the page's alert.
///
/// # Panics
/// If the page is another one.
pub async fn alert(browser: &Client) -> String {
    element(browser, "[role=alert]").await.text().await.unwrap()
}

/// Waits for the page of the application.
///
/// # Panics
/// If it does not come.
pub async fn wait_for_application(browser: &Client) {
    element(browser, "h1#application").await;
}

/// An element of this page or of the one that is being loaded.
async fn element(browser: &Client, selector: &str) -> Element {
    let waiting = browser.wait().at_most(PATIENCE);
    match waiting.for_element(Locator::Css(selector)).await {
        Ok(element) => element,
        Err(error) => panic!("{selector}: {error}; the page: {:?}", browser.source().await),
    }
}
