//! What can be measured of the looks: labels, contrast, widths. With the variable `PAGE_PICTURES`, pictures are kept in that folder.

use std::path::PathBuf;

use serde_json::json;
use test_certificates::build::{Pieces, alternative_names, attribute, name, principal_name};

use crate::browser::{Browser, with_page};
use crate::fixtures::fixtures;

#[tokio::test]
async fn every_control_has_a_name_and_every_text_has_contrast() {
    with_page(|browser| async move {
        show_much(&browser).await;
        open_everything(&browser).await;
        let nameless = browser
            .get(
                "Array.from(document.querySelectorAll('input, select, textarea, button, a, summary, pre, table, section'), \
                 one => [one, one.getAttribute('aria-label') || one.labels?.[0]?.textContent || one.caption?.textContent \
                 || (one.hasAttribute('aria-labelledby') && document.getElementById(one.getAttribute('aria-labelledby')).textContent) \
                 || (['A', 'BUTTON', 'SUMMARY'].includes(one.tagName) && one.textContent)]) \
                 .filter(([, name]) => !name).map(([one]) => one.outerHTML.slice(0, 100))",
            )
            .await;
        assert_eq!(nameless, json!([]));
        for (landmark, count) in [("header", 1), ("main", 1), ("footer", 1), ("h1", 1), ("[role=status]", 2)] {
            let found = browser
                .get(&format!("document.querySelectorAll('{landmark}').length"))
                .await;
            assert_eq!(found, count, "{landmark}");
        }
        // No level of the headings is skipped.
        let levels = browser
            .get("Array.from(document.querySelectorAll('h1, h2, h3, h4'), one => Number(one.tagName[1]))")
            .await;
        let levels: Vec<u64> = serde_json::from_value(levels).unwrap();
        assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{levels:?}");
        for scheme in ["light", "dark"] {
            browser.set_scheme(scheme).await;
            let low = browser.get(LOW_CONTRAST).await;
            assert_eq!(low, json!([]), "{scheme}");
        }
    })
    .await;
}

/// Texts with a contrast below 4.5 to 1 (WCAG 2.2, success criterion 1.4.3).
const LOW_CONTRAST: &str = r#"(() => {
    const parts = (color) => color.match(/[\d.]+/g).map(Number);
    const luminance = ([red, green, blue]) => [red, green, blue]
        .map((part) => part / 255)
        .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
        .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
    const behind = (element) => {
        for (let one = element; one; one = one.parentElement) {
            const color = parts(getComputedStyle(one).backgroundColor);
            if (color.length === 3 || color[3] > 0) return color;
        }
        return [255, 255, 255];
    };
    const low = [];
    for (const element of document.body.querySelectorAll("*")) {
        const hasText = Array.from(element.childNodes).some((node) => node.nodeType === 3 && node.textContent.trim() !== "");
        if (!hasText || element.getClientRects().length === 0 || ["SCRIPT", "NOSCRIPT"].includes(element.tagName)) continue;
        const [front, back] = [luminance(parts(getComputedStyle(element).color)), luminance(behind(element))];
        const ratio = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
        if (ratio < 4.5) low.push(`${ratio.toFixed(2)} ${element.tagName}.${element.className} ${element.textContent.slice(0, 40)}`);
    }
    return low;
})()"#;

#[tokio::test]
async fn nothing_is_wider_than_the_window() {
    with_page(|browser| async move {
        show_much(&browser).await;
        // Every case shows most.
        browser.choose_join("all").await;
        browser.wait_for_status("Every case").await;
        open_everything(&browser).await;
        for width in [1600, 1280, 1000, 800, 520] {
            browser.set_size(width, 900).await;
            let [content, window] = ["document.documentElement.scrollWidth", "window.innerWidth"];
            browser
                .wait_for(&format!("Math.abs(window.innerWidth - {width}) <= 20"))
                .await;
            let wide = browser.get(&format!("[{content}, {window}]")).await;
            let widest = browser
                .get(
                    "Array.from(document.querySelectorAll('body *')).filter(one => one.getBoundingClientRect().right > window.innerWidth + 1) \
                     .map(one => one.outerHTML.slice(0, 60))",
                )
                .await;
            assert!(wide[0].as_u64() <= wide[1].as_u64(), "{width}: {wide}: {widest}");
        }
    })
    .await;
}

#[tokio::test]
async fn pictures() {
    with_page(|browser| async move {
        picture(&browser, "empty", 1280).await;
        browser.click("#example").await;
        browser.wait_for_status("Entra joined device: sends").await;
        picture(&browser, "light", 1280).await;
        // The picture in README.
        save(&browser, "screen").await;
        picture(&browser, "narrow", 520).await;
        browser.set_scheme("dark").await;
        picture(&browser, "dark", 1280).await;
        picture(&browser, "narrow-dark", 520).await;
        browser.set_scheme("light").await;
        show_much(&browser).await;
        picture(&browser, "several", 1280).await;
        browser.set_scheme("dark").await;
        picture(&browser, "several-dark", 1280).await;
        browser.set_scheme("light").await;
        browser.choose_join("hybrid").await;
        browser.set("#ad_upn", "ada corp").await;
        browser.wait_for_status("Correct").await;
        picture(&browser, "error", 1280).await;
        browser.set("#ad_upn", "").await;
        browser.choose_join("all").await;
        browser.wait_for_status("Every case").await;
        picture(&browser, "every-case", 1280).await;
    })
    .await;
}

/// Several certificates, long values, a report, a policy, a remark and an error.
async fn show_much(browser: &Browser) {
    browser.click("#clear").await;
    let folder = tempfile::tempdir().unwrap();
    let long = Pieces {
        subject: name(&[attribute(b"\x55\x04\x03", 0x0C, "Long".repeat(60).as_bytes())]),
        extensions: vec![alternative_names(&[&principal_name(
            0x0C,
            format!("{}@{}.example", "a".repeat(120), "b".repeat(100)).as_bytes(),
        )])],
        ..Pieces::default()
    };
    let write = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    };
    let mut files: Vec<PathBuf> = vec![
        write(
            "a-long-name-of-a-file-that-says-what-is-in-it-and-who-made-it-2026-11-30.der",
            &long.der(),
        ),
        write(
            "key.pem",
            b"-----BEGIN PRIVATE KEY-----\nMAMCAQE=\n-----END PRIVATE KEY-----\n",
        ),
        write(
            "policy.reg",
            b"Windows Registry Editor Version 5.00\n\n\
              [HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\Windows\\SmartCardCredentialProvider]\n\
              \"EnumerateECCCerts\"=dword:00000001\n\"AllowEverything\"=dword:00000001\n",
        ),
    ];
    files.extend(fixtures().into_iter().filter(|file| {
        [
            "adcs-p256.der",
            "international-p384.der",
            "mail-only-ed25519.der",
            "two-names-rsa2048.der",
        ]
        .iter()
        .any(|name| file.ends_with(name))
    }));
    browser.choose_files(&files).await;
    browser
        .paste(include_str!("../../../upn-resolver/tests/join_state/hybrid.txt"))
        .await;
    browser
        .wait_for("document.querySelectorAll('.certificate').length === 5")
        .await;
    browser.set("#ad_upn", "ada.example@corp.local").await;
    browser
        .wait_for_status("Entra hybrid joined device: a name is sent for 5 of 5")
        .await;
}

async fn open_everything(browser: &Browser) {
    browser
        .get("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        .await;
}

/// Keeps a picture of the whole page.
async fn picture(browser: &Browser, name: &str, width: u32) {
    browser.set_size(width, 900).await;
    let height = browser
        .get("document.documentElement.scrollHeight")
        .await
        .as_u64()
        .unwrap();
    let height = u32::try_from(height.min(6_000)).unwrap() + 150;
    browser.set_size(width, height).await;
    save(browser, name).await;
    browser.set_size(1280, 1000).await;
}

/// Keeps a picture of the window.
async fn save(browser: &Browser, name: &str) {
    let Some(folder) = std::env::var_os("PAGE_PICTURES").map(PathBuf::from) else {
        return;
    };
    let picture = browser.screenshot().await;
    let kind = if browser.is_chromium {
        "chromium"
    } else {
        "firefox"
    };
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{kind}-{name}.png")), picture).unwrap();
}
