//! Requests for another kind of token than the broker grants, from programs of the same user.

use serde_json::{Value, json};

use crate::bench::Bench;
use crate::clients::token_request;
use crate::tenant::CLIENT;

#[test]
fn what_would_be_another_kind_of_token_is_refused() {
    let bench = Bench::new();
    let _broker = bench.start(&["--rate", "1000"]);
    bench.sign_in();
    let own = bench.tenant.authority.url();
    let changes: Vec<(&str, Value)> = vec![
        ("popParams", json!({"authenticationScheme": "Pop", "kid": "x"})),
        ("popParams", json!({})),
        ("popParams", json!("x")),
        ("password", json!("secret")),
        ("req_cnf", json!("eyJraWQiOiJ4In0")),
        (
            "additionalQueryParametersForAuthorization",
            json!({"req_cnf": "x"}),
        ),
        (
            "additionalQueryParametersForAuthorization",
            json!({"token_type": "pop"}),
        ),
        (
            "additionalQueryParametersForAuthorization",
            json!({"Token_Type": ["pop"]}),
        ),
        (
            "additionalQueryParametersForAuthorization",
            json!([{"token_type": "pop"}]),
        ),
        (
            "additionalQueryParametersForAuthorization",
            json!([["token_type", "pop"]]),
        ),
        (
            "additionalQueryParametersForAuthorization",
            json!("token_type=pop&req_cnf=x"),
        ),
        ("additionalQueryParametersForAuthorization", json!(7)),
        ("token_type", json!("pop")),
        ("TOKEN_TYPE", json!("pop")),
        ("password", json!(["secret"])),
        ("requestedScopes", json!(["openid", "aza"])),
        ("requestedScopes", json!(["openid aza"])),
        ("requestedScopes", json!("openid")),
        ("requestedScopes", json!([7])),
        ("requestedScopes", json!([""])),
        ("requestedScopes", Value::from(vec!["a"; 65])),
        ("clientId", json!("")),
        ("clientId", json!("a b")),
        ("clientId", json!(["x"])),
        ("clientId", json!("x".repeat(65))),
        ("decodedClaims", json!("no JSON")),
        ("decodedClaims", json!("[1]")),
        ("redirectUri", json!(7)),
        ("authority", json!("https://login.evil.example/common")),
        ("authority", json!(format!("{own}@evil.example/common"))),
        ("authority", json!(format!("{own}/consumers"))),
        (
            "authority",
            json!(format!("{own}/00000000-0000-0000-0000-000000000000")),
        ),
        ("username", json!("bob@contoso.example")),
        ("prompt", json!("consent")),
    ];
    for (member, value) in changes {
        let mut request = token_request(&bench, &Value::Null);
        request["authParameters"][member] = value;
        for method in ["acquireTokenSilently", "acquireTokenInteractively"] {
            let answer = bench.bus.call(method, &request);
            let error = &answer["brokerTokenResponse"]["error"];
            assert!(
                error["status"].is_u64() && error["status"] != 2,
                "{request}: {answer}"
            );
            assert!(!answer.to_string().contains("eyJ"), "{request}: {answer}");
        }
    }
    // None of them was sent.
    let sent = bench.tenant.authority.log();
    let tokens = sent
        .iter()
        .filter(|entry| entry.sign_in.client_id.as_deref() == Some(CLIENT));
    assert_eq!(tokens.count(), 0);
}

#[test]
fn a_member_of_the_wrong_type_or_place_hides_nothing() {
    let bench = Bench::new();
    let _broker = bench.start(&["--rate", "1000"]);
    bench.sign_in();
    let own = bench.tenant.authority.url();
    // At the root.
    for (member, value) in [
        ("popParams", json!({"kid": "x"})),
        ("req_cnf", json!("x")),
        (
            "additionalQueryParametersForAuthorization",
            json!({"token_type": "pop"}),
        ),
        (
            "additionalQueryParametersForAuthorization",
            json!(["token_type=pop"]),
        ),
    ] {
        let mut request = token_request(&bench, &Value::Null);
        request[member] = value;
        let answer = bench.bus.call("acquireTokenSilently", &request);
        assert_eq!(
            answer["brokerTokenResponse"]["error"]["status"], 6,
            "{request}: {answer}"
        );
    }
    // Members of a list would not be seen.
    let parameters = token_request(&bench, &Value::Null)["authParameters"].clone();
    for (method, member) in [
        ("acquireTokenSilently", "brokerTokenResponse"),
        ("acquirePrtSsoCookie", ""),
    ] {
        for wrong in [json!([parameters]), json!("x"), json!(7)] {
            let request = json!({"authParameters": wrong, "ssoUrl": own});
            let answer = bench.bus.call(method, &request);
            let answer = answer.get(member).unwrap_or(&answer);
            assert_eq!(answer["error"]["status"], 6, "{request}: {answer}");
        }
    }
    for wrong in [json!(true), json!("true"), json!(1), json!([])] {
        let request = json!({"mamEnrollment": wrong, "ssoUrl": own});
        let answer = bench.bus.call("acquirePrtSsoCookie", &request);
        assert_eq!(answer["error"]["status"], 6, "{request}: {answer}");
    }
}
