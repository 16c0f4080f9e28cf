//! Every method, as clients call it and read it.

use base64ct::{Base64UrlUnpadded, Encoding};
use rustls_pki_types::UnixTime;
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::bus::{NAME, PATH};
use crate::tenant::{CLIENT, GRAPH};

/// The request of pymsalruntime 0.20.7, as it was seen on a bus.
pub(crate) fn token_request(bench: &Bench, account: &Value) -> Value {
    json!({"authParameters": {
        "accessTokenToRenew": "",
        "account": account,
        "additionalQueryParametersForAuthorization": {
            "msal_client_sku": "MSAL.Python", "msal_client_ver": "1.39.0", "x-client-xtra-sku": "",
        },
        "authority": format!("{}/common", bench.tenant.authority.url()),
        "authorizationType": 1,
        "clientId": CLIENT,
        "decodedClaims": "",
        "enrollmentId": "",
        "isTestMode": false,
        "password": "",
        "popParams": null,
        "redirectUri": "https://login.microsoftonline.com/common/oauth2/nativeclient",
        "requestedScopes": [GRAPH],
        "username": "",
        "uxContextHandle": -1,
    }})
}

pub(crate) fn claims(jwt: &str) -> Value {
    let payload = jwt.split('.').nth(1).unwrap();
    serde_json::from_slice(&Base64UrlUnpadded::decode_vec(payload).unwrap()).unwrap()
}

fn cookie_content(answer: &Value) -> (String, String) {
    let text = |member: &str| {
        answer[member]
            .as_str()
            .unwrap_or_else(|| panic!("{answer}"))
            .to_owned()
    };
    (text("cookieName"), text("cookieContent"))
}

/// The code that the authorization endpoint gives for a cookie, or the nonce that it asks for.
fn opened(bench: &Bench, further: &str, cookie: &Value) -> Result<String, String> {
    let (name, content) = cookie_content(cookie);
    let answer = bench.tenant.authorize(further, (&name, &content));
    assert_eq!(answer.status(), 302, "{answer:?}");
    let location = answer.headers()["location"].to_str().unwrap();
    let value = |name: &str| {
        let (_, rest) = location.split_once(&format!("{name}="))?;
        Some(rest.split('&').next().unwrap_or_default().to_owned())
    };
    match value("code") {
        Some(code) => Ok(code),
        None => Err(value("sso_nonce").unwrap_or_else(|| panic!("{location}"))),
    }
}

#[test]
fn the_account_has_every_member_that_a_client_requires() {
    let bench = Bench::new();
    let _broker = bench.start(&[]);
    let request = json!({"clientId": "d7b530a4-7680-4c23-a8bf-c52c121d2e87", "redirectUri": "x"});
    assert_eq!(bench.bus.call("getAccounts", &request), json!({"accounts": []}));
    bench.sign_in();
    let answer = bench.bus.call("getAccounts", &request);
    let [account] = answer["accounts"].as_array().unwrap().as_slice() else {
        panic!("{answer}")
    };
    let (object, tenant) = (
        account["localAccountId"].as_str().unwrap(),
        account["realm"].as_str().unwrap(),
    );
    assert_eq!(account["homeAccountId"], format!("{object}.{tenant}"));
    assert_eq!(account["username"], "alice@contoso.example");
    assert_eq!(account["passwordExpiry"], 0);
    for member in ["environment", "givenName", "name"] {
        assert!(account[member].is_string(), "{member}: {account}");
    }
    let info = account["clientInfo"].as_str().unwrap();
    let info: Value = serde_json::from_slice(&Base64UrlUnpadded::decode_vec(info).unwrap()).unwrap();
    assert_eq!(info, json!({"uid": object, "utid": tenant}));
    let own = &bench.tenant.authority.configuration().tenant;
    assert_eq!(tenant, own.id);
}

#[test]
fn one_cookie_signs_two_pages_in_without_a_prompt() {
    let bench = Bench::new();
    let broker = bench.start(&[]);
    bench.sign_in();
    let cookie = bench.cookie("");
    // Both forms are there, with the same content.
    let (name, content) = cookie_content(&cookie);
    assert_eq!(name, "x-ms-RefreshTokenCredential");
    assert_eq!(
        cookie["cookieItems"],
        json!([{"cookieName": name, "cookieContent": content}])
    );
    let now = UnixTime::now().as_secs();
    assert!(claims(&content)["iat"].as_u64().unwrap().abs_diff(now) < 120);
    assert!(claims(&content).get("request_nonce").is_none());
    let codes = [
        opened(&bench, "", &cookie).unwrap(),
        opened(&bench, "&state=2", &cookie).unwrap(),
    ];
    assert_ne!(codes[0], codes[1]);
    // The log names the caller, and never the cookie.
    let log = broker.log();
    let line = log.lines().find(|line| line.contains("cookie")).unwrap();
    assert!(line.contains("pid ") && line.contains("dbus-send"), "{line}");
    let signature = content.rsplit('.').next().unwrap();
    assert!(!log.contains(signature), "{log}");
}

#[test]
fn a_page_with_a_nonce_gets_a_cookie_with_it() {
    let bench =
        Bench::with(|configuration| configuration.switches.sso_nonce = local_authority::Demand::Required);
    let _broker = bench.start(&[]);
    bench.sign_in();
    for round in 0..2 {
        let nonce = opened(&bench, "", &bench.cookie("")).expect_err("a nonce is required");
        let further = format!("&sso_nonce={nonce}");
        let cookie = bench.cookie(&further);
        let content = cookie_content(&cookie).1;
        assert_eq!(claims(&content)["request_nonce"], nonce);
        assert!(claims(&content).get("iat").is_none());
        assert!(opened(&bench, &further, &cookie).is_ok(), "round {round}");
    }
}

#[test]
fn the_nonce_can_be_required() {
    let bench = Bench::new();
    let _broker = bench.start(&["--nonce", "required"]);
    bench.sign_in();
    let refused = bench.cookie("");
    assert_eq!(refused["error"]["status"], 6, "{refused}");
    assert!(refused.get("cookieContent").is_none());
    cookie_content(&bench.cookie("&sso_nonce=AwABAAEAAAAC"));
}

#[test]
fn a_token_has_the_form_that_the_strictest_client_reads() {
    let bench = Bench::new();
    let _broker = bench.start(&[]);
    bench.sign_in();
    let account = bench.bus.call("getAccounts", &json!({}))["accounts"][0].clone();
    let requests = [
        token_request(&bench, &account),
        token_request(&bench, &Value::Null),
        // Edge names the account in authParameters only, linux-entra-sso at the root.
        json!({"account": account, "authParameters": token_request(&bench, &Value::Null)["authParameters"]}),
    ];
    for (method, request) in [
        ("acquireTokenSilently", &requests[0]),
        ("acquireTokenSilently", &requests[1]),
        ("acquireTokenInteractively", &requests[2]),
    ] {
        let answer = bench.bus.call(method, request);
        let answer = &answer["brokerTokenResponse"];
        assert_eq!(answer["error"], Value::Null, "{answer}");
        let token = claims(answer["accessToken"].as_str().unwrap());
        assert_eq!(token["aud"], "https://graph.microsoft.com");
        assert_eq!(answer["accessTokenType"], 0);
        let expires = answer["expiresOn"].as_u64().unwrap() / 1_000;
        assert!(expires.abs_diff(token["exp"].as_u64().unwrap()) < 120, "{answer}");
        assert_eq!(answer["extendedExpiresOn"], answer["expiresOn"]);
        assert!(answer["grantedScopes"].as_str().unwrap().contains(GRAPH));
        let id_token = claims(answer["idToken"].as_str().unwrap());
        assert_eq!(id_token["preferred_username"], "alice@contoso.example");
        assert_eq!(id_token["aud"], CLIENT);
        assert_eq!(answer["clientInfo"], account["clientInfo"]);
        assert_eq!(answer["account"], account);
        assert!(answer.get("refreshToken").is_none());
    }
}

#[test]
fn the_other_methods_answer() {
    let bench = Bench::new();
    let _broker = bench.start(&[]);
    let version = bench
        .bus
        .call("getLinuxBrokerVersion", &json!({"msalCppVersion": "1.0"}));
    assert!(version["linuxBrokerVersion"].is_string(), "{version}");
    bench.sign_in();
    let account = bench.bus.call("getAccounts", &json!({}))["accounts"][0].clone();
    // An application forgets the account; the others stay signed in.
    let removed = bench
        .bus
        .call("removeAccount", &json!({"clientId": CLIENT, "account": account}));
    assert_eq!(removed, json!({}));
    assert!(!bench.signed_out());
    for method in ["generateSignedHttpRequest", "cancelInteractiveFlow"] {
        let answer = bench.bus.call(method, &json!({}));
        assert_eq!(answer["error"]["status"], 6, "{method}: {answer}");
    }
    let ping = bench.bus.send("org.freedesktop.DBus.Peer.Ping", &[]);
    assert!(ping.status.success(), "{ping:?}");
    let introspected = bench
        .bus
        .send("org.freedesktop.DBus.Introspectable.Introspect", &[]);
    let xml = String::from_utf8(introspected.stdout).unwrap();
    for method in [
        "acquirePrtSsoCookie",
        "acquireTokenInteractively",
        "acquireTokenSilently",
        "cancelInteractiveFlow",
        "generateSignedHttpRequest",
        "getAccounts",
        "getLinuxBrokerVersion",
        "removeAccount",
    ] {
        assert!(
            xml.contains(&format!("\"{method}\"")),
            "{method} is missing in {xml}"
        );
    }
}

/// D-Bus lets a client leave the interface out. A limit of zbus that README names; this fails when it is gone.
#[test]
fn a_call_without_an_interface_is_refused_with_its_reason() {
    let bench = Bench::new();
    let _broker = bench.start(&[]);
    let client = bench.bus.connection();
    let body = ("0.0", "x", "{}");
    let call = client.call_method(Some(NAME), PATH, None::<&str>, "getAccounts", &body);
    let refused = zbus::block_on(call).unwrap_err().to_string();
    assert!(refused.contains("Missing interface"), "{refused}");
    assert_eq!(bench.bus.call("getAccounts", &json!({})), json!({"accounts": []}));
}

#[test]
fn a_refusal_of_the_authority_says_who_has_to_act() {
    let bench = Bench::new();
    let _broker = bench.start(&[]);
    bench.sign_in();
    let refuse = |code| {
        use local_authority::{Effect, Fault, Leg};
        let effect = Effect::Refuse {
            code,
            retry_after: None,
        };
        bench.tenant.authority.inject(Fault::once(Leg::Exchange, effect));
        let answer = bench
            .bus
            .call("acquireTokenSilently", &token_request(&bench, &Value::Null));
        let error = answer["brokerTokenResponse"]["error"].clone();
        assert!(error["tag"].is_u64() && error["context"].is_string(), "{answer}");
        assert_eq!(error["errorCode"], code, "{answer}");
        error["status"].as_u64().unwrap()
    };
    // Two factors are required: only an interactive sign-in helps.
    assert_eq!(refuse(50_076), 2);
    // The service is throttling.
    assert_eq!(refuse(90_033), 5);
    // The grant was revoked.
    assert_eq!(refuse(50_173), 2);
    // The device is disabled: an administrator has to act, and asking the user is useless.
    assert_eq!(refuse(135_011), 9);
    assert!(!bench.signed_out());
}
