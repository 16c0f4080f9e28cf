//! The interactive call, the only one that may ask the user.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::bench::Bench;
use crate::bus::{NAME, PATH};
use crate::clients::token_request;

const ID: &str = "00000000-0000-0000-0000-000000000009";

fn interactive(bench: &Bench) -> Value {
    let request = token_request(bench, &Value::Null).to_string();
    bench.bus.call_text("acquireTokenInteractively", ID, &request)["brokerTokenResponse"].clone()
}

#[test]
fn without_a_token_only_the_interactive_call_asks_the_user() {
    let bench = Bench::new();
    let marker = bench.folder.path().join("asked");
    // The user signs in while the command runs; it shows the result a while longer.
    let prompt = format!("echo \"$BROKER_CALLER\" > {}; exec sleep 600", marker.display());
    let broker = bench.start(&["--prompt", &prompt]);
    let silent = bench
        .bus
        .call("acquireTokenSilently", &token_request(&bench, &Value::Null));
    assert_eq!(silent["brokerTokenResponse"]["error"]["status"], 2, "{silent}");
    assert_eq!(bench.cookie("")["error"]["status"], 2);
    assert!(!marker.exists());
    thread::scope(|scope| {
        let answer = scope.spawn(|| interactive(&bench));
        bench.wait_until("the user is asked", || marker.exists());
        // Others are answered meanwhile, and there is one prompt at a time.
        assert_eq!(bench.bus.call("getAccounts", &json!({})), json!({"accounts": []}));
        assert_eq!(interactive(&bench)["error"]["status"], 5);
        bench.sign_in();
        let answer = answer.join().unwrap();
        assert!(answer["accessToken"].is_string(), "{answer}");
    });
    let caller = std::fs::read_to_string(marker).unwrap();
    assert!(caller.contains("dbus-send"), "{caller}");
    assert!(broker.log().contains("asking the user"), "{}", broker.log());
}

#[test]
fn a_token_that_still_works_asks_nobody() {
    let bench = Bench::new();
    let marker = bench.folder.path().join("asked");
    let _broker = bench.start(&["--prompt", &format!("touch {}", marker.display())]);
    bench.sign_in();
    assert!(interactive(&bench)["accessToken"].is_string());
    assert!(!marker.exists());
}

#[test]
fn a_program_can_require_a_fresh_sign_in() {
    let bench = Bench::new();
    let marker = bench.folder.path().join("asked");
    let prompt = format!("touch {}; exec sleep 600", marker.display());
    let _broker = bench.start(&["--prompt", &prompt]);
    bench.sign_in();
    let mut request = token_request(&bench, &Value::Null);
    request["authParameters"]["prompt"] = json!("login");
    // The silent call has nobody to ask, and answers as before.
    let silent = bench.bus.call("acquireTokenSilently", &request);
    assert!(
        silent["brokerTokenResponse"]["accessToken"].is_string(),
        "{silent}"
    );
    assert!(!marker.exists());
    thread::scope(|scope| {
        let answer = scope.spawn(|| bench.bus.call("acquireTokenInteractively", &request));
        bench.wait_until("the user is asked", || marker.exists());
        bench.sign_in();
        let answer = answer.join().unwrap();
        assert!(
            answer["brokerTokenResponse"]["accessToken"].is_string(),
            "{answer}"
        );
    });
}

#[test]
fn another_user_who_signs_in_is_not_the_one_of_the_request() {
    let bench = Bench::new();
    let marker = bench.folder.path().join("asked");
    let prompt = format!("touch {}; exec sleep 600", marker.display());
    let _broker = bench.start(&["--prompt", &prompt]);
    let mut request = token_request(&bench, &Value::Null);
    request["authParameters"]["username"] = json!("alice@contoso.example");
    thread::scope(|scope| {
        let answer = scope.spawn(|| bench.bus.call("acquireTokenInteractively", &request));
        bench.wait_until("the user is asked", || marker.exists());
        bench.hand_over(&bench.tenant.prt("bob"), "").unwrap();
        let answer = answer.join().unwrap();
        assert_eq!(answer["brokerTokenResponse"]["error"]["status"], 13, "{answer}");
    });
}

#[test]
fn a_user_who_leaves_has_cancelled() {
    let bench = Bench::new();
    let _broker = bench.start(&["--prompt", "true"]);
    assert_eq!(interactive(&bench)["error"]["status"], 7);
    // A program cannot ask again at once.
    assert_eq!(interactive(&bench)["error"]["status"], 5);
}

#[test]
fn a_program_can_cancel_its_own_prompt_and_no_other() {
    let bench = Bench::new();
    let marker = bench.folder.path().join("asked");
    let ended = bench.folder.path().join("ended");
    let prompt = format!(
        "trap 'touch {}; exit' TERM; touch {}; while true; do sleep 0.1; done",
        ended.display(),
        marker.display()
    );
    let _broker = bench.start(&["--prompt", &prompt]);
    thread::scope(|scope| {
        let answer = scope.spawn(|| interactive(&bench));
        bench.wait_until("the user is asked", || marker.exists());
        let other = bench.bus.call_text("cancelInteractiveFlow", "another", "{}");
        assert_eq!(other["error"]["status"], 6, "{other}");
        let cancelled = bench.bus.call_text("cancelInteractiveFlow", ID, "{}");
        assert_eq!(cancelled, json!({}));
        assert_eq!(answer.join().unwrap()["error"]["status"], 8);
    });
    bench.wait_until("the command ends", || ended.exists());
}

#[test]
fn an_empty_id_names_no_prompt() {
    let bench = Bench::new();
    let marker = bench.folder.path().join("asked");
    let prompt = format!("touch {}; exec sleep 600", marker.display());
    let _broker = bench.start(&["--prompt", &prompt]);
    let client = bench.bus.connection();
    let call = |method: &str, request: &Value| -> Value {
        let body = ("0.0", "", request.to_string());
        let interface = Some("com.microsoft.identity.Broker1");
        let reply = zbus::block_on(client.call_method(Some(NAME), PATH, interface, method, &body)).unwrap();
        serde_json::from_str(reply.body().deserialize::<&str>().unwrap()).unwrap()
    };
    thread::scope(|scope| {
        let request = token_request(&bench, &Value::Null);
        let answer = scope.spawn(move || call("acquireTokenInteractively", &request));
        bench.wait_until("the user is asked", || marker.exists());
        // From another process, dbus-send.
        for request in ["{}", "{\"correlationId\": \"\"}", "{\"correlationId\": null}"] {
            let other = bench.bus.call_text("cancelInteractiveFlow", "", request);
            assert_eq!(other["error"]["status"], 6, "{request}: {other}");
        }
        assert!(!answer.is_finished());
        // The process that asked means its own.
        assert_eq!(call("cancelInteractiveFlow", &json!({})), json!({}));
        let answer = answer.join().unwrap();
        assert_eq!(answer["brokerTokenResponse"]["error"]["status"], 8, "{answer}");
    });
}

#[test]
fn the_prompt_ends_with_its_time_limit() {
    let bench = Bench::new();
    let _broker = bench.start(&["--prompt", "exec sleep 600", "--prompt-limit", "1"]);
    let begun = Instant::now();
    assert_eq!(interactive(&bench)["error"]["status"], 7);
    assert!(begun.elapsed() < Duration::from_secs(60));
}

#[test]
fn without_a_prompt_the_call_says_what_to_do() {
    let bench = Bench::new();
    let _broker = bench.start(&[]);
    let answer = interactive(&bench);
    assert_eq!(answer["error"]["status"], 9);
    assert!(answer["error"]["context"].as_str().unwrap().contains("--prompt"));
}
