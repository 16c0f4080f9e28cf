//! Refusals: codes, ids, who has to act and what to try.

use core::time::Duration;

use cba_protocol::Responsible;
use cba_protocol::aadsts::{self, Advice};
use cba_protocol::{Error, Outcome, Refusal, State, Step};
use http::Response;
use serde_json::{Value, json};

use crate::peer::{self, Run, Script};

fn answered(status: u16, body: &Value) -> Run {
    peer::run(
        peer::sign_in(),
        Script::granting().answer(State::Token, status, body),
    )
}

fn refused(code: u32) -> Refusal {
    answered(400, &peer::refusal(code, "invalid_grant")).refused()
}

#[test]
fn codes_ids_and_words_are_kept() {
    let refusal = refused(500_171);
    assert_eq!(refusal.codes, [500_171]);
    assert_eq!(
        (refusal.state, refusal.status.as_u16(), refusal.error.as_str()),
        (State::Token, 400, "invalid_grant")
    );
    assert_eq!(
        refusal.trace_id.as_deref(),
        Some("0e1d2c3b-0000-4000-8000-aabbccddee00")
    );
    assert_eq!(
        refusal.correlation_id.as_deref(),
        Some("1f2e3d4c-0000-4000-8000-aabbccddee00")
    );
    assert_eq!(refusal.timestamp.as_deref(), Some("2027-01-15 08:00:00Z"));
    assert!(refusal.message.starts_with("AADSTS500171: "));
    assert_eq!(
        (refusal.responsible(), refusal.advice()),
        (Responsible::User, Advice::OtherCertificate)
    );
    let short = refusal.to_string();
    assert!(
        short.contains("revoked") && short.contains("try another certificate"),
        "{short}"
    );
    let long = format!("{refusal:#}");
    assert!(
        long.contains("correlation id: 1f2e3d4c-0000-4000-8000-aabbccddee00"),
        "{long}"
    );
}

#[test]
fn every_known_code_is_found_and_leads_somewhere() {
    assert!(aadsts::ENTRIES.len() > 140);
    for entry in aadsts::ENTRIES {
        let run = answered(400, &peer::refusal(entry.code, "invalid_grant"));
        match run.result {
            Ok(Outcome::Refused(refusal)) => assert_eq!(refusal.known(), Some(entry)),
            Ok(Outcome::Interaction(interaction)) => {
                assert_eq!(interaction.refusal.known(), Some(entry));
                assert_eq!(entry.advice[0], Advice::Interact);
            }
            other => panic!("{}: {:?}", entry.code, other.map(|outcome| outcome.state())),
        }
    }
}

#[test]
fn an_unknown_code_is_kept_and_judged_by_the_oauth_error() {
    let refusal = refused(9_999_999);
    assert_eq!(
        (refusal.codes[0], refusal.known(), refusal.advice()),
        (9_999_999, None, Advice::Stop)
    );
    assert_eq!(refusal.advice().code(), "stop");
    assert!(refusal.to_string().contains("AADSTS9999999"));
    let busy = answered(400, &json!({"error": "temporarily_unavailable"})).refused();
    assert_eq!(
        (busy.advice(), busy.responsible()),
        (Advice::RetryLater, Responsible::Service)
    );
}

#[test]
fn an_unknown_error_is_judged_by_the_status() {
    for (status, advice) in [
        (400, Advice::Stop),
        (403, Advice::Stop),
        (429, Advice::RetryLater),
        (500, Advice::RetryLater),
        (503, Advice::RetryLater),
    ] {
        let refusal = answered(status, &json!({"error": "made_up", "error_codes": [9_999_999]})).refused();
        assert_eq!((refusal.status.as_u16(), refusal.advice()), (status, advice));
    }
}

#[test]
fn odd_forms_of_the_error_are_read() {
    let from_text = answered(
        400,
        &json!({"error": "invalid_grant", "error_description": "AADSTS50057: disabled."}),
    )
    .refused();
    assert_eq!(
        (from_text.codes.as_slice(), from_text.responsible()),
        (&[50_057][..], Responsible::Administrator)
    );
    let as_texts = answered(401, &json!({"error_codes": ["50057", null, 7], "error": 5})).refused();
    assert_eq!(as_texts.codes, [50_057, 7]);
    let leading = answered(
        400,
        &json!({"error": "invalid_grant", "error_codes": [16000, 500_172], "error_description": "AADSTS500172: expired"}),
    );
    assert_eq!(leading.refused().codes, [500_172, 16000]);
}

#[test]
fn a_browser_is_asked_for_with_the_claims() {
    let claims = r#"{"access_token":{"capolids":{"essential":true}}}"#;
    for body in [
        json!({"error": "invalid_grant", "error_codes": [50_076], "claims": claims, "suberror": "basic_action"}),
        json!({"error": "interaction_required", "error_codes": [1_234_567], "claims": claims, "suberror": "basic_action"}),
    ] {
        let Ok(Outcome::Interaction(interaction)) = answered(400, &body).result else {
            panic!("{body}")
        };
        assert_eq!(interaction.refusal.claims.as_deref(), Some(claims));
        assert_eq!(interaction.refusal.suberror.as_deref(), Some("basic_action"));
    }
}

#[test]
fn every_leg_can_refuse() {
    for leg in [State::Realm, State::Metadata, State::Nonce, State::Token] {
        let script = Script::granting().answer(leg, 400, &peer::refusal(90_002, "invalid_request"));
        let refusal = peer::run(peer::sign_in(), script).refused();
        assert_eq!((refusal.state, refusal.advice()), (leg, Advice::AskForUserName));
    }
}

#[test]
fn the_server_may_ask_to_wait() {
    let Ok(Step::Send(exchange)) = peer::sign_in().start(peer::seed()) else {
        panic!()
    };
    let busy = Response::builder()
        .status(429)
        .header("retry-after", "120")
        .body(peer::refusal(90_055, "x").to_string());
    let step = exchange
        .respond(busy.unwrap().map(String::into_bytes), peer::now())
        .unwrap();
    let Step::Done(Outcome::Refused(refusal)) = step else {
        panic!()
    };
    assert_eq!(refusal.retry_after, Some(Duration::from_secs(120)));

    let Ok(Step::Send(exchange)) = peer::sign_in().start(peer::seed()) else {
        panic!()
    };
    let down = Response::builder()
        .status(503)
        .header("retry-after", "30")
        .body(b"<html>".to_vec())
        .unwrap();
    let Err(Error::Unavailable {
        status, retry_after, ..
    }) = exchange.respond(down, peer::now())
    else {
        panic!()
    };
    assert_eq!(
        (status.as_u16(), retry_after),
        (503, Some(Duration::from_secs(30)))
    );
}

/// Whoever answers chooses these texts. Hundreds of kilobytes must not fill a screen, a report or a log.
#[test]
fn every_text_of_the_server_has_a_bounded_length() {
    let long = |start: &str| format!("{start}{}", "word ".repeat(20_000));
    let codes: Vec<u32> = (1..10_000).collect();
    let body = json!({"error": long("x"), "error_description": long("AADSTS1: "), "correlation_id": long("1"), "trace_id": long("2"),
            "timestamp": long("3"), "suberror": long("4"), "error_uri": long("5"), "error_codes": codes});
    let run = answered(400, &body);
    let (transcript, json) = (run.transcript.to_string(), run.transcript.to_json());
    let refusal = run.refused();
    assert_eq!(refusal.codes[..3], [1, 2, 3]);
    assert!(refusal.codes.len() <= 16);
    let ids = [
        &refusal.suberror,
        &refusal.trace_id,
        &refusal.timestamp,
        &refusal.correlation_id,
    ];
    for id in ids
        .map(|id| id.as_deref().unwrap())
        .into_iter()
        .chain([refusal.error.as_str()])
    {
        assert!((128..200).contains(&id.len()), "{} bytes", id.len());
    }
    assert!((1_000..1_100).contains(&refusal.message.len()));
    for (name, text) in [
        ("short", refusal.to_string()),
        ("long", format!("{refusal:#}")),
        ("transcript", transcript),
        ("transcript as JSON", json),
    ] {
        assert!(text.len() < 30_000, "{name}: {} bytes", text.len());
    }
    // A message of the usual length is kept whole.
    let message = format!("AADSTS1: {}", "word ".repeat(150));
    let refusal = answered(400, &json!({"error": "x", "error_description": message})).refused();
    assert_eq!(refusal.message, message.trim());
}

#[test]
fn an_answer_of_very_many_members_is_written_down_in_part() {
    let mut body = peer::issued();
    for number in 0..1_000 {
        body[format!("member {number} {}", "x".repeat(300))] = number.into();
    }
    body["token_type"] = "y".repeat(300_000).into();
    let config = peer::config().with_token_type_check(cba_protocol::config::TokenTypeCheck::Skipped);
    let script = Script::granting().answer(State::Token, 200, &body);
    let run = peer::run(peer::with(&config), script);
    assert!(run.transcript.to_string().len() < 60_000);
    assert!(run.granted().token_type().len() < 200);
}

#[test]
fn text_of_the_server_cannot_control_a_terminal() {
    let body = json!({"error": "x\u{1b}[2J", "error_description": "AADSTS1: \u{1b}]0;title\u{7} \u{202e}enog\r\nTrace",
            "correlation_id": "1\u{1b}[2J\n  granted: yes", "trace_id": "2\u{9b}1m", "timestamp": "3\u{200b}", "suberror": "4\u{7}",
            "error_uri": "https://x.example/\u{2066}"});
    let run = answered(400, &body);
    let (transcript, refusal) = (run.transcript.to_string(), run.refused());
    let ids = [
        &refusal.suberror,
        &refusal.error_uri,
        &refusal.trace_id,
        &refusal.timestamp,
        &refusal.correlation_id,
    ];
    assert!(
        ids.iter()
            .all(|id| id.as_deref().is_some_and(|id| !id.contains('\n'))),
        "{ids:?}"
    );
    let ids = ids.map(|id| id.clone().unwrap_or_default()).join(" ");
    for text in [refusal.to_string(), format!("{refusal:#}"), transcript, ids] {
        let unfit = |c: char| c != '\n' && upn_resolver::certificate::NameProblem::of_character(c).is_some();
        assert!(!text.chars().any(unfit), "{text:?}");
    }
}
