//! No request leaves the page.

use std::io::Read as _;
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::browser::{page, with_page};

/// Tries every way of a page to send a request, and returns how many were tried.
const ATTEMPTS: &str = r#"
    const [address, withForm, done] = arguments;
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (event) => window.violations.push(event.effectiveDirective));
    const add = (name, attributes) => {
        const element = document.createElement(name);
        for (const [key, value] of Object.entries(attributes)) {
            // Types of the policy may refuse the address before the request.
            try { element.setAttribute(key, value); } catch { }
        }
        document.body.append(element);
        return element;
    };
    const attempts = [
        () => fetch(address, { mode: "no-cors" }),
        () => { const request = new XMLHttpRequest(); request.open("GET", address); request.send(); },
        () => new WebSocket(address.replace("http", "ws")),
        () => new EventSource(address),
        () => navigator.sendBeacon(address, "x"),
        () => add("img", { src: address }),
        () => add("script", { src: address }),
        () => add("link", { rel: "stylesheet", href: address }),
        () => add("link", { rel: "preload", as: "image", href: address }),
        () => add("link", { rel: "icon", href: address }),
        () => add("iframe", { src: address }),
        () => add("object", { data: address }),
        () => add("video", { src: address }),
        () => add("audio", { src: address }),
        () => { if (withForm) add("form", { action: address, method: "post" }).submit(); },
        () => new Worker(URL.createObjectURL(new Blob([`fetch("${address}")`]))),
        () => import(address),
        () => new FontFace("x", `url(${address})`).load(),
        () => { document.body.style.backgroundImage = `url(${address})`; },
    ];
    Promise.allSettled(attempts.map(async (attempt) => attempt()))
        .then(() => setTimeout(() => done(attempts.length), 500));
"#;

#[tokio::test]
async fn no_request_can_be_sent() {
    with_page(|browser| async move {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/", listener.local_addr().unwrap());
        let requests = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let counted = Arc::clone(&counted);
                // Chromium opens a connection for a frame before it asks the policy, and then sends nothing over it. So bytes are
                // counted, and not connections.
                thread::spawn(move || {
                    if stream.unwrap().read(&mut [0; 1]).is_ok_and(|count| count > 0) {
                        counted.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
        });
        let run = |form: bool| browser.execute_async(ATTEMPTS, vec![address.as_str().into(), form.into()]);
        let tried = run(true).await.as_u64().unwrap();
        assert!(tried > 15, "{tried}");
        assert_eq!(requests.load(Ordering::SeqCst), 0);
        let refused: Vec<String> = serde_json::from_value(browser.get("window.violations").await).unwrap();
        for directive in ["connect-src", "img-src", "frame-src", "form-action"] {
            assert!(
                refused.iter().any(|name| name == directive),
                "{directive}: {refused:?}"
            );
        }
        // The same attempts on a page without the policy reach the listener.
        let folder = tempfile::tempdir().unwrap();
        let open = folder.path().join("open.html");
        std::fs::write(&open, "<!doctype html><title>open</title><body></body>").unwrap();
        browser.open(&open).await;
        // Its form would replace it.
        run(false).await;
        assert_ne!(requests.load(Ordering::SeqCst), 0);
    })
    .await;
}

#[tokio::test]
async fn no_other_script_runs_and_no_text_becomes_markup() {
    with_page(|browser| async move {
        let tried = browser.execute(
                r#"
                window.ran = 0;
                const tried = [
                    () => { const script = document.createElement("script"); script.textContent = "window.ran += 1"; document.body.append(script); },
                    () => { document.body.insertAdjacentHTML("beforeend", "<img src=x onerror='window.ran += 1'>"); },
                    () => { const span = document.createElement("span"); span.innerHTML = "<b>bold</b>"; document.body.append(span); },
                    () => { document.body.setAttribute("onclick", "window.ran += 1"); document.body.click(); },
                    () => { const link = document.createElement("a"); link.href = "javascript:window.ran += 1"; document.body.append(link); link.click(); },
                ];
                for (const attempt of tried) { try { attempt(); } catch { } }
                return tried.length;
                "#,
                Vec::new(),
            )
            .await;
        assert_eq!(tried, 5);
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        assert_eq!(browser.get("window.ran").await, 0);
        assert_eq!(browser.get("document.querySelectorAll('b').length").await, 0);
    })
    .await;
}

#[test]
fn the_file_is_small_and_complete() {
    let html = std::fs::read_to_string(page()).unwrap();
    assert!(html.len() < 400_000, "{}", html.len());
    let policy = html
        .split_once("http-equiv=\"Content-Security-Policy\" content=\"")
        .unwrap()
        .1
        .split_once('"')
        .unwrap()
        .0;
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
    assert!(
        !policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"),
        "{policy}"
    );
    // Nothing but links has an address, and nothing is left to fill in.
    assert!(!html.contains("src=") && !html.contains("url(") && !html.contains("{{"));
    for path in ["answer.js", "form.js", "index.html", "start.js", "style.css"] {
        assert!(
            Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/page/site"))
                .join(path)
                .is_file()
        );
    }
}
