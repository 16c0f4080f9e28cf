//! Device code.

use std::time::Duration;

use cba_protocol::config::{Endpoint, Web};
use cba_protocol::{AccessToken, Config, DeviceCode, Error, Responsible, State, Step, Transcript};
use serde_json::{Value, json};

use crate::peer::{self, Run, Script};

fn code() -> Value {
    json!({"device_code": "secret-device-code", "user_code": "F7QK2XN3", "verification_url": "https://microsoft.com/devicelogin",
           "expires_in": "900", "interval": "5", "message": "To sign in, ... F7QK2XN3"})
}

fn code_v2() -> Value {
    json!({"device_code": "secret-device-code", "user_code": "F7QK2XN3", "verification_uri": "https://microsoft.com/devicelogin",
           "expires_in": 900, "interval": 5, "message": "To sign in, ... F7QK2XN3"})
}

fn pending() -> Value {
    json!({"error": "authorization_pending", "error_codes": [70_016], "error_description": "AADSTS70016: pending"})
}

fn script(code: &Value) -> Script {
    Script::empty()
        .answer(State::DeviceCode, 200, code)
        .answer(State::Token, 400, &pending())
        .then(State::Token, 400, &json!({"error": "slow_down"}))
        .then(State::Token, 200, &peer::web_tokens())
}

fn run_with(config: &Config, script: Script) -> Run<AccessToken> {
    let transcript = Transcript::default();
    let first = DeviceCode::new(config)
        .with_transcript(&transcript)
        .start(peer::seed());
    peer::drive(first, script, transcript)
}

fn run(script: Script) -> Run<AccessToken> {
    run_with(&peer::config(), script)
}

#[test]
fn the_token_comes_after_the_user_has_signed_in() {
    let run = run(script(&code()));
    assert_eq!(
        run.states,
        [
            State::DeviceCode,
            State::UserCode,
            State::Waiting,
            State::Token,
            State::Waiting,
            State::Token,
            State::Waiting,
            State::Token,
            State::Granted
        ]
    );
    let path = |n: usize| run.requests[n].1.uri().path().to_owned();
    assert_eq!(path(0), format!("/{}/oauth2/devicecode", peer::TENANT));
    let asked = run.form(State::DeviceCode, 0);
    assert_eq!(asked["resource"], "urn:ms-drs:enterpriseregistration.windows.net");
    let polled = run.form(State::Token, 0);
    assert_eq!(
        polled["grant_type"],
        "urn:ietf:params:oauth:grant-type:device_code"
    );
    assert_eq!(
        (polled["code"].as_str(), polled.get("device_code")),
        ("secret-device-code", None)
    );
    assert_eq!(run.granted().token().expose(), "web-access-token");
}

#[test]
fn version_2_has_other_names() {
    let web = Web::default()
        .with_endpoint(Endpoint::V2)
        .with_amr_values("ngcmfa");
    let run = run_with(&peer::config().with_web(web), script(&code_v2()));
    assert_eq!(
        run.requests[0].1.uri().path(),
        format!("/{}/oauth2/v2.0/devicecode", peer::TENANT)
    );
    let asked = run.form(State::DeviceCode, 0);
    assert!(asked["scope"].ends_with("/.default") && !asked.contains_key("resource"));
    assert_eq!(asked["amr_values"], "ngcmfa");
    assert_eq!(run.form(State::Token, 0)["device_code"], "secret-device-code");
    run.granted();
}

#[test]
fn the_code_is_shown_and_the_wait_is_as_long_as_asked() {
    let mut script = script(&code());
    let step = DeviceCode::new(&peer::config())
        .with_resource("https://graph.microsoft.com")
        .with_scope("openid")
        .start(peer::seed())
        .unwrap();
    let Step::Send(exchange) = &step else { panic!() };
    let form = peer::form(exchange.request().body());
    assert_eq!(
        (form["resource"].as_str(), form["scope"].as_str()),
        ("https://graph.microsoft.com", "openid")
    );
    let Step::ShowCode(task) = peer::once(step, &mut script).unwrap() else {
        panic!()
    };
    assert_eq!(
        (task.code(), task.address()),
        ("F7QK2XN3", "https://microsoft.com/devicelogin")
    );
    assert_eq!(task.expires_at().as_secs(), peer::NOW + 900);
    assert_eq!(format!("{task:?}"), "UserCodeTask { .. }");
    let mut waits = Vec::new();
    let mut step = task.shown().unwrap();
    while !step.state().is_final() {
        step = match step {
            Step::Wait(task) => {
                waits.push(task.duration());
                assert!(format!("{task:?}").starts_with("WaitTask"));
                task.waited().unwrap()
            }
            other => peer::once(other, &mut script).unwrap(),
        };
    }
    assert_eq!(waits, [5, 5, 10].map(Duration::from_secs));
}

#[test]
fn every_other_error_ends_the_flow() {
    let refused = |body: &Value| run(script(&code()).answer(State::Token, 400, body)).refused();
    for error in [
        "authorization_declined",
        "bad_verification_code",
        "expired_token",
        "access_denied",
    ] {
        assert_eq!(refused(&json!({"error": error})).error, error);
    }
    let blocked = refused(&peer::refusal(53_003, "access_denied"));
    assert_eq!(
        (blocked.code().as_str(), blocked.responsible()),
        ("AADSTS53003", Responsible::Administrator)
    );
    assert!(
        blocked
            .to_string()
            .contains("Conditional Access blocks this sign-in")
    );
    let factor = refused(&peer::refusal(50_076, "interaction_required"));
    assert_eq!(factor.codes, [50_076]);
    let refused = run(script(&code()).answer(
        State::DeviceCode,
        400,
        &peer::refusal(700_016, "unauthorized_client"),
    ))
    .refused();
    assert_eq!(refused.state, State::DeviceCode);
}

#[test]
fn a_code_that_expires_ends_the_flow() {
    let mut short = code();
    short["expires_in"] = 4.into();
    // The last answer is `authorization_pending`. Its code and text do not describe the end.
    let refused = run(script(&short)).refused();
    assert_eq!(
        (refused.error.as_str(), refused.codes.len()),
        ("expired_token", 0)
    );
    assert_eq!(refused.message, "the user did not sign in in time");
    // a service that never decides is asked a bounded number of times
    let mut step = DeviceCode::new(&peer::config()).start(peer::seed()).unwrap();
    let mut script =
        Script::empty()
            .answer(State::DeviceCode, 200, &code())
            .answer(State::Token, 400, &pending());
    let mut asked = 0;
    while !step.state().is_final() {
        asked += u32::from(step.state() == State::Token);
        step = peer::once(step, &mut script).unwrap();
    }
    assert_eq!(asked, 720);
}

#[test]
fn an_answer_that_cannot_be_shown_is_an_error() {
    for (member, value) in [
        ("device_code", json!("")),
        ("user_code", json!(null)),
        ("user_code", json!("A\u{1b}[31m")),
        ("user_code", json!("A\nB")),
        ("user_code", json!("A".repeat(200))),
        ("verification_url", json!("http://microsoft.com/devicelogin")),
        ("verification_url", json!("javascript:alert(1)")),
        ("verification_url", json!(null)),
        ("expires_in", json!(0)),
        ("expires_in", json!("soon")),
    ] {
        let mut answer = code();
        answer[member] = value.clone();
        let error = run(script(&answer)).error();
        assert!(
            matches!(
                error,
                Error::ProtocolChanged {
                    state: State::DeviceCode,
                    ..
                }
            ),
            "{member} {value}: {error}"
        );
    }
}

#[test]
fn no_code_and_no_token_is_written_down() {
    let run = run(script(&code()));
    let printed = format!("{} {}", run.transcript, run.transcript.to_json());
    for secret in [
        "secret-device-code",
        "F7QK2XN3",
        "web-access-token",
        "web-refresh-token",
    ] {
        assert!(!printed.contains(secret), "{printed}");
    }
    assert!(printed.contains("https://microsoft.com/devicelogin"), "{printed}");
}

#[test]
fn interval_and_lifetime_are_bounded() {
    let shown = |member: &str, value: Value| {
        let mut answer = code();
        answer[member] = value;
        let step = DeviceCode::new(&peer::config()).start(peer::seed()).unwrap();
        let Step::ShowCode(task) = peer::once(step, &mut script(&answer)).unwrap() else {
            panic!()
        };
        let expires = task.expires_at().as_secs() - peer::NOW;
        let Step::Wait(task) = task.shown().unwrap() else {
            panic!()
        };
        (expires, task.duration().as_secs())
    };
    assert_eq!(shown("interval", Value::Null), (900, 5));
    assert_eq!(shown("interval", json!(0)), (900, 1));
    assert_eq!(shown("interval", json!("7")), (900, 7));
    assert_eq!(shown("interval", json!(1_000_000)), (900, 3_600));
    assert_eq!(shown("expires_in", json!(3_599)), (3_599, 5));
    assert_eq!(shown("expires_in", json!(7_200)), (3_600, 5));
}

#[test]
fn the_last_question_comes_when_the_code_expires() {
    let granted_after_one = |expires: u64| {
        let mut answer = code();
        answer["expires_in"] = expires.into();
        let script = Script::empty()
            .answer(State::DeviceCode, 200, &answer)
            .answer(State::Token, 400, &pending())
            .then(State::Token, 200, &peer::web_tokens());
        run(script).result
    };
    assert!(matches!(
        granted_after_one(5),
        Ok(cba_protocol::Outcome::Granted(_))
    ));
    assert!(matches!(
        granted_after_one(4),
        Ok(cba_protocol::Outcome::Refused(_))
    ));
}
