//! What a person does in the pages of a sign-in.

use fantoccini::{Client, Locator};

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
    let field = browser.find(Locator::Css("input[name=loginfmt]")).await.unwrap();
    field.send_keys(user).await.unwrap();
    press(browser, "form[action='/common/login'] button").await;
    browser
        .wait()
        .for_element(Locator::Css(TO_CERTAUTH))
        .await
        .unwrap();
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

/// Presses a button and waits for the next page.
///
/// # Panics
/// If the page is another one.
pub async fn press(browser: &Client, selector: &str) {
    let button = browser.find(Locator::Css(selector)).await.unwrap();
    button.click().await.unwrap();
}

/// The text of the page's alert.
///
/// # Panics
/// If the page is another one.
pub async fn alert(browser: &Client) -> String {
    let alert = browser
        .wait()
        .for_element(Locator::Css("[role=alert]"))
        .await
        .unwrap();
    alert.text().await.unwrap()
}

/// Waits for the page of the application.
///
/// # Panics
/// If it does not come.
pub async fn wait_for_application(browser: &Client) {
    let waiting = browser.wait();
    waiting.for_element(Locator::Css("h1#application")).await.unwrap();
}
