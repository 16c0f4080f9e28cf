//! The page without a mouse.

use fantoccini::key::Key;

use crate::browser::{Browser, with_page};

#[tokio::test]
async fn the_whole_path_works_with_the_keyboard() {
    with_page(|browser| async move {
        // The first stop leads past the inputs.
        browser.type_keys(&Key::Tab).await;
        assert_eq!(focus(&browser).await, "Skip to the result");
        for expected in ["#files", "#paste", "#add", "#example"] {
            browser.type_keys(&Key::Tab).await;
            let is_there = browser
                .get(&format!(
                    "document.activeElement === document.querySelector({expected:?})"
                ))
                .await;
            assert_eq!(is_there, true, "{expected}: {}", focus(&browser).await);
            assert_outline(&browser).await;
        }
        browser.type_keys(&Key::Enter).await;
        browser
            .wait_for_status("Entra joined device: sends ada.example@contoso.com")
            .await;
        // The focus stays where it was.
        assert_eq!(focus(&browser).await, "Show an example");
        tab_to(&browser, "Entra joined").await;
        browser.type_keys(&Key::Down).await;
        browser
            .wait_for_status("Entra hybrid joined device: sign in to Active Directory first")
            .await;
        // The fields of a hybrid joined device have come up.
        tab_to(&browser, "AD UPN").await;
        browser.type_keys("ada@corp.local").await;
        browser
            .wait_for_status("Entra hybrid joined device: sends ada@corp.local")
            .await;
        tab_to(&browser, "Copy ada@corp.local").await;
        assert_outline(&browser).await;
        browser.type_keys(&Key::Enter).await;
        browser
            .wait_for("document.getElementById('announcement').textContent === 'Copied: ada@corp.local'")
            .await;
        // What was copied can be pasted.
        browser.click("#hint").await;
        browser.chord(Key::Control, 'v').await;
        browser
            .wait_for("document.getElementById('hint').value === 'ada@corp.local'")
            .await;
        // A certificate is closed and opened.
        let is_open = "document.querySelector('.certificate').open";
        browser
            .get("document.querySelector('.certificate > summary').focus()")
            .await;
        browser.type_keys(&Key::Enter).await;
        browser.wait_for(&format!("!{is_open}")).await;
        // It stays closed when another setting changes.
        browser.set("#hint", "eve@contoso.com").await;
        browser
            .wait_for_status("Entra hybrid joined device: sends eve@contoso.com")
            .await;
        assert_eq!(browser.get(is_open).await, false);
        // After the removal of the last input, the focus is on the field for files.
        browser
            .get("document.querySelector('#inputs button').focus()")
            .await;
        browser.type_keys(&Key::Enter).await;
        browser.wait_for("document.activeElement.id === 'files'").await;
    })
    .await;
}

/// The label or the text of what has the focus.
async fn focus(browser: &Browser) -> String {
    browser
        .text(
            "(document.activeElement.getAttribute('aria-label') ?? document.activeElement.labels?.[0]?.textContent \
             ?? document.activeElement.textContent).trim()",
        )
        .await
}

async fn tab_to(browser: &Browser, label: &str) {
    let mut seen = Vec::new();
    while seen.len() < 40 {
        browser.type_keys(&Key::Tab).await;
        let focus = focus(browser).await;
        if focus == label {
            return;
        }
        seen.push(focus);
    }
    panic!("{label} is not reached: {seen:?}");
}

async fn assert_outline(browser: &Browser) {
    let outline = browser
        .get("(style => style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2)(getComputedStyle(document.activeElement))")
        .await;
    assert_eq!(outline, true, "{}", focus(browser).await);
}
