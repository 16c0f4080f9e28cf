//! The script of the extension, with a browser's interface that the test plays, in the JavaScript of headless Chromium.

use browser_lab::{Kind, Launch, Session};
use serde_json::{Value, json};

const SCRIPT: &str = include_str!("../../broker/extension/background.js");

/// Runs the script with a made-up `chrome`, and these steps. `sent`, `rules`, `alarms` have what it did since the last look, and
/// `fire` calls one of its listeners.
const STAGE: &str = r#"
const [source, base, steps] = arguments;
let sent = [], rules = [], alarms = [];
const listeners = {};
const event = (name) => ({ addListener: (listener) => (listeners[name] = listener) });
const port = { onMessage: event("message"), onDisconnect: event("disconnect"), postMessage: (one) => sent.push(one) };
const chrome = {
  alarms: { create: (name, when) => alarms.push({ name, ...when }), onAlarm: event("alarm") },
  declarativeNetRequest: { updateSessionRules: async (change) => rules.push(change) },
  runtime: {
    connectNative: () => port,
    getManifest: () => ({ host_permissions: ["https://login.microsoftonline.com/*"] }),
    getURL: () => base,
    onInstalled: event("installed"),
    onStartup: event("startup"),
  },
  webRequest: { onBeforeRedirect: event("redirect"), onBeforeSendHeaders: event("headers") },
};
new Function("chrome", source)(chrome);
const settled = () => new Promise((resolve) => setTimeout(resolve, 10));
const fire = async (name, ...of) => { const result = listeners[name](...of); await settled(); return { result }; };
const NAME = "x-ms-RefreshTokenCredential";
const answer = (value) => fire("message", { id: sent.at(-1).id, header: { name: NAME, value } });
const look = () => {
  const cookies = rules.map((change) => change.addRules.map((rule) => rule.action.requestHeaders[0].value));
  const seen = { urls: sent.map((one) => one.url), cookies: cookies.flat(), removed: rules.length, alarms };
  [sent, rules, alarms] = [[], [], []];
  return seen;
};
const Steps = Object.getPrototypeOf(async () => {}).constructor;
return new Steps("fire", "answer", "look", steps)(fire, answer, look);
"#;

/// What the steps return.
async fn play(session: &Session, base: &str, steps: &str) -> Value {
    let arguments = vec![json!(SCRIPT), json!(base), json!(steps)];
    session.client().execute(STAGE, arguments).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_length_of_a_url_takes_no_cookie_away() {
    let profile = tempfile::tempdir().unwrap();
    let launch = Launch::new(Kind::Chromium, profile.path()).with_arguments(["--headless=new"]);
    let session = Session::start(&launch).await;

    // Chromium: a rule with a cookie.
    let steps = r#"
        const own = "https://login.microsoftonline.com";
        await fire("message", { authority: own });
        await answer("first");
        const start = look();
        await fire("redirect", { redirectUrl: `${own}/x/authorize?state=${"s".repeat(100000)}&sso_nonce=A%2BB&x=y` });
        await answer("second");
        const long = look();
        await fire("redirect", { redirectUrl: `${own}/?sso_nonce=${"n".repeat(40000)}` });
        const tooLong = look();
        await fire("alarm", { name: "retry" });
        await answer("third");
        const retried = look();
        await fire("message", { id: null, error: "a message of 70000 bytes is longer than 65536" });
        const unread = look();
        for (const nonce of "1234") await fire("redirect", { redirectUrl: `${own}/?sso_nonce=${nonce}` });
        await answer("for-1");
        await answer("for-4");
        const many = look();
        await fire("message", { authority: null });
        const gone = look();
        return { start, long, tooLong, retried, unread, many, gone };
    "#;
    let seen = play(&session, "chrome-extension://x/", steps).await;
    let every_20 = json!({"name": "cookie", "periodInMinutes": 20});
    let looked = |urls: &[&str], cookies: &[&str], removed: u32, alarms: &[Value]| json!({"urls": urls, "cookies": cookies, "removed": removed, "alarms": alarms});
    let own = "https://login.microsoftonline.com/";
    assert_eq!(seen["start"], looked(&[own], &["first"], 1, &[every_20]));
    // The broker is asked with the nonce alone.
    let with_nonce = "https://login.microsoftonline.com/?sso_nonce=A%2BB";
    assert_eq!(seen["long"], looked(&[with_nonce], &["second"], 1, &[]));
    // Nothing is sent that nobody would read. The rule is dropped, and comes back soon.
    let in_a_minute = json!({"name": "retry", "delayInMinutes": 1});
    assert_eq!(seen["tooLong"], looked(&[], &[], 1, &[in_a_minute]));
    assert_eq!(seen["retried"], looked(&[own], &["third"], 1, &[]));
    // An answer to no question changes nothing.
    assert_eq!(seen["unread"], looked(&[], &[], 0, &[]));
    // Of the nonces that come while the broker is asked, only the last one counts.
    let nonce = |nonce: &str| format!("{own}?sso_nonce={nonce}");
    let both = looked(&[&nonce("1"), &nonce("4")], &["for-1", "for-4"], 2, &[]);
    assert_eq!(seen["many"], both);
    assert_eq!(seen["gone"], looked(&[], &[], 1, &[]));

    // Firefox: a cookie for each request.
    let steps = r#"
        const own = "https://login.microsoftonline.com";
        await fire("message", { authority: own });
        const details = (url) => ({ url, requestHeaders: [{ name: "Accept", value: "*/*" }] });
        const { result: long } = await fire("headers", details(`${own}/x?state=${"s".repeat(100000)}&sso_nonce=N`));
        await answer("first");
        const { result: other } = await fire("headers", details(`https://example.com/?sso_nonce=N`));
        const { result: tooLong } = await fire("headers", details(`${own}/?sso_nonce=${"n".repeat(40000)}`));
        return { long: await long, other: await other, tooLong: await tooLong, seen: look() };
    "#;
    let seen = play(&session, "moz-extension://x/", steps).await;
    let headers = &seen["long"]["requestHeaders"];
    assert_eq!(
        headers[1],
        json!({"name": "x-ms-RefreshTokenCredential", "value": "first"})
    );
    assert_eq!((&seen["other"], &seen["tooLong"]), (&json!({}), &json!({})));
    let urls = &seen["seen"]["urls"];
    assert_eq!(*urls, json!(["https://login.microsoftonline.com/?sso_nonce=N"]));
    session.stop().await;
}
