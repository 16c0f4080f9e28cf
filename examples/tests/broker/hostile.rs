//! Programs of the same user that send anything.

use std::fs::File;
use std::io::Read;
use std::process::{Command, Stdio};

use rustix::fs::SealFlags;
use serde_json::{Value, json};

use crate::bench::{Bench, file_of, memory_file};
use crate::bus::{NAME, PATH};
use crate::clients::token_request;

#[test]
fn cookies_are_for_the_exact_origin_of_the_authority() {
    let bench = Bench::new();
    let broker = bench.start(&[]);
    bench.sign_in();
    let own = bench.tenant.authority.url();
    let (host, port) = own.strip_prefix("https://").unwrap().rsplit_once(':').unwrap();
    for url in [
        format!("http://{host}:{port}/"),
        format!("https://{host}/"),
        format!("https://{host}:1/"),
        format!("https://{host}.evil.example:{port}/"),
        format!("https://evil.example:{port}/?{own}"),
        format!("https://evil.example:{port}/{own}"),
        format!("https://{host}:{port}@evil.example/"),
        format!("https://user@{host}:{port}/"),
        format!("https://user:pass@{host}:{port}/"),
        format!("https://{host}:{port}\\@evil.example/"),
        format!("https:\\\\{host}:{port}/"),
        format!("https://{host}\t:{port}/"),
        format!(" https://{host}:{port}/"),
        format!("https://{host}:{port}/\n"),
        format!("javascript:https://{host}:{port}/"),
        format!("blob:https://{host}:{port}/x"),
        format!("//{host}:{port}/"),
        format!("https://sub.{host}:{port}/"),
        format!("{own}evil/"),
        "https://login.microsoftonline.com/".to_owned(),
        "https://[::1]/".to_owned(),
        String::new(),
        "x".repeat(5_000),
        format!("{own}/?{}", "x".repeat(33_000)),
        format!("{own}/?sso_nonce=a&sso_nonce=b"),
    ] {
        let answer = bench.bus.call("acquirePrtSsoCookie", &json!({"ssoUrl": url}));
        assert!(answer["error"]["status"].is_u64(), "{url:?}: {answer}");
        assert!(!answer.to_string().contains("eyJ"), "{url:?}: {answer}");
    }
    for url in [
        own.clone(),
        format!("{own}/"),
        own.to_uppercase(),
        format!("{own}/a?b#c"),
        format!("{own}/?{}", "x".repeat(32_000)),
    ] {
        let answer = bench.bus.call("acquirePrtSsoCookie", &json!({"ssoUrl": url}));
        assert!(answer["cookieContent"].is_string(), "{url:?}: {answer}");
    }
    assert!(!broker.log().contains("eyJ"), "{}", broker.log());
}

#[test]
fn the_account_is_that_of_the_token() {
    let bench = Bench::new();
    let _broker = bench.start(&[]);
    bench.sign_in();
    let own = bench.bus.call("getAccounts", &json!({}))["accounts"][0].clone();
    let with = |member: &str, value: Value| {
        let mut account = own.clone();
        account[member] = value;
        account
    };
    let url = bench.tenant.authorize_url("");
    for account in [
        with("username", json!("bob@contoso.example")),
        with("homeAccountId", json!("x.y")),
        with("localAccountId", json!("00000000-0000-0000-0000-000000000000")),
        with("realm", json!("00000000-0000-0000-0000-000000000000")),
        with("username", json!(7)),
        json!({}),
        json!({"name": "Alice"}),
        json!("alice@contoso.example"),
        json!([own]),
    ] {
        for request in [
            json!({"ssoUrl": url, "account": account}),
            json!({"authParameters": {"account": account, "ssoUrl": url}}),
        ] {
            let answer = bench.bus.call("acquirePrtSsoCookie", &request);
            assert_eq!(answer["error"]["status"], 13, "{request}: {answer}");
        }
        let answer = bench
            .bus
            .call("acquireTokenSilently", &token_request(&bench, &account));
        assert_eq!(answer["brokerTokenResponse"]["error"]["status"], 13, "{answer}");
    }
    let request = json!({"ssoUrl": url, "account": with("username", json!("ALICE@contoso.example"))});
    let answer = bench.bus.call("acquirePrtSsoCookie", &request);
    assert!(answer["cookieContent"].is_string(), "{answer}");
}

#[test]
fn a_request_that_cannot_be_read_is_answered() {
    let bench = Bench::new();
    let _broker = bench.start(&[]);
    bench.sign_in();
    let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    let long = json!({"ssoUrl": "x".repeat(70_000)}).to_string();
    for method in [
        "acquirePrtSsoCookie",
        "acquireTokenInteractively",
        "acquireTokenSilently",
        "cancelInteractiveFlow",
        "getAccounts",
        "getLinuxBrokerVersion",
        "removeAccount",
    ] {
        for request in ["", "null", "[]", "7", "{", "\"x\"", "{} {}", &deep, &long] {
            let answer = bench.bus.call_text(method, "", request);
            let error = if method.starts_with("acquireToken") {
                &answer["brokerTokenResponse"]["error"]
            } else {
                &answer["error"]
            };
            assert_eq!(error["status"], 6, "{method}: {answer}");
        }
    }
    let answer = bench
        .bus
        .call("cancelInteractiveFlow", &json!({"correlationId": ["x"]}));
    assert_eq!(answer["error"]["status"], 6, "{answer}");
    let method = "com.microsoft.identity.Broker1.getAccounts";
    let refused = bench.bus.send(method, &["string:0.0"]);
    assert!(!refused.status.success());
    let other = bench.bus.send(method, &["string:1.0", "string:x", "string:{}"]);
    assert!(String::from_utf8(other.stdout).unwrap().contains("error"));
    assert!(bench.cookie("")["cookieContent"].is_string());
}

#[test]
fn a_very_large_message_is_answered_and_its_memory_returned() {
    let bench = Bench::new();
    let broker = bench.start(&[]);
    let client = bench.bus.connection();
    let huge = "x".repeat(24 << 20);
    for _ in 0..3 {
        let reply = zbus::block_on(client.call_method(
            Some(NAME),
            PATH,
            Some("com.microsoft.identity.Broker1"),
            "getAccounts",
            &("0.0", "x", huge.as_str()),
        ))
        .unwrap();
        let answer: String = reply.body().deserialize().unwrap();
        assert!(answer.contains("error"), "{answer}");
    }
    let status = std::fs::read_to_string(format!("/proc/{}/status", broker.pid())).unwrap();
    let resident = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    let kilobytes: u64 = resident.split_whitespace().nth(1).unwrap().parse().unwrap();
    assert!(kilobytes < 64 << 10, "{resident}");
}

#[test]
fn only_a_sealed_memory_file_with_a_token_of_this_device_and_authority_is_taken() {
    let bench = Bench::new();
    let broker = bench.start(&[]);
    let all = SealFlags::SEAL | SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE;
    let prt = bench.tenant.prt("alice");
    let good = {
        let mut bytes = Vec::new();
        let mut file = File::from(file_of(&prt));
        std::io::Seek::rewind(&mut file).unwrap();
        file.read_to_end(&mut bytes).unwrap();
        bytes
    };
    let (pipe, writer) = std::io::pipe().unwrap();
    let mut changed = good.clone();
    *changed.last_mut().unwrap() ^= 1;
    // Another authority, although of the same tenant and device.
    let other = Bench::new().tenant.prt("alice");
    for (what, file) in [
        ("a pipe", pipe.into()),
        ("a device", File::open("/dev/zero").unwrap().into()),
        ("a file", File::open("/proc/self/exe").unwrap().into()),
        ("without seals", memory_file(&good, SealFlags::empty())),
        (
            "still writable",
            memory_file(&good, SealFlags::SHRINK | SealFlags::GROW),
        ),
        ("empty", memory_file(&[], all)),
        ("a key alone", memory_file(&[7; 32], all)),
        ("garbage", memory_file(&[7; 4_000], all)),
        ("too long", memory_file(&vec![7; 300 << 10], all)),
        ("changed", memory_file(&changed, all)),
        ("of another authority", file_of(&other)),
    ] {
        assert!(bench.take(file, "").is_err(), "{what}");
    }
    drop(writer);
    assert!(bench.signed_out());
    assert_eq!(bench.hand_over(&prt, "").unwrap(), "alice@contoso.example");
    assert!(!broker.log().contains(prt.token().expose()));
}

#[test]
fn a_reader_of_the_whole_bus_does_not_see_the_token() {
    let bench = Bench::new();
    let _broker = bench.start(&[]);
    let file = bench.folder.path().join("messages");
    let mut monitor = Command::new("dbus-monitor")
        .args(["--address", bench.bus.address()])
        .stdout(File::create(&file).unwrap())
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let seen = || std::fs::read_to_string(&file).unwrap_or_default();
    bench.wait_until("the monitor sees messages", || {
        bench.bus.status();
        seen().contains("member=Status")
    });
    let prt = bench.sign_in();
    let cookie = bench.cookie("");
    let content = cookie["cookieContent"].as_str().unwrap();
    // Cookies are there for every program of the user to see, the token that makes them is in them only as the authority's opaque
    // text, and its session key is nowhere.
    bench.wait_until("the monitor sees the cookie", || seen().contains(content));
    monitor.kill().unwrap();
    monitor.wait().unwrap();
    let seen = seen();
    let taken = seen.find("member=Take").unwrap();
    let asked = seen.find("member=acquirePrtSsoCookie").unwrap();
    let (hand_over, _) = seen.split_at(asked);
    assert!(taken < asked);
    assert!(!hand_over.contains(prt.token().expose()));
    assert!(hand_over.contains("file descriptor"), "{hand_over}");
}

#[test]
fn a_flood_is_cut_off_and_ends() {
    let bench = Bench::new();
    let broker = bench.start(&["--rate", "5"]);
    bench.sign_in();
    let client = bench.bus.connection();
    let ask = || -> Value {
        let request = json!({"ssoUrl": bench.tenant.authorize_url("")}).to_string();
        let reply = zbus::block_on(client.call_method(
            Some(NAME),
            PATH,
            Some("com.microsoft.identity.Broker1"),
            "acquirePrtSsoCookie",
            &("0.0", "x", request.as_str()),
        ))
        .unwrap();
        serde_json::from_str(reply.body().deserialize::<&str>().unwrap()).unwrap()
    };
    let answers: Vec<_> = (0..200).map(|_| ask()).collect();
    let refused = answers
        .iter()
        .filter(|answer| answer["error"]["status"] == 5)
        .count();
    assert!(refused > 50, "{refused}");
    assert!(answers[0]["cookieContent"].is_string());
    bench.wait_until("it answers again", || ask()["cookieContent"].is_string());
    let issued = broker
        .log()
        .lines()
        .filter(|line| line.contains("cookie with"))
        .count();
    assert!(issued >= 20, "one line for each cookie: {issued}");
}
