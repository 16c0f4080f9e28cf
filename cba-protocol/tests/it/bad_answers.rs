//! Answers that the protocol does not allow: the flow ends with an error that says what is wrong.

use cba_protocol::config::TokenTypeCheck;
use cba_protocol::{Error, Responsible, SessionKey, State, Step};
use http::{Response, StatusCode};
use serde_json::{Value, json};

use crate::peer::{self, Script};

const LEGS: [State; 4] = [State::Realm, State::Metadata, State::Nonce, State::Token];

fn error(leg: State, status: u16, body: &[u8]) -> Error {
    let error = peer::run(peer::sign_in(), Script::granting().raw(leg, status, body)).error();
    assert_eq!(error.state(), leg);
    assert_ne!(
        error.responsible(),
        Responsible::Issuer,
        "the card has no part in an answer"
    );
    assert!(error.hint().ends_with('.'));
    assert!(error.code().starts_with("protocol/"), "{}", error.code());
    error
}

#[test]
fn not_json() {
    for leg in LEGS {
        let expected = |state, column| Error::NotJson {
            state,
            status: StatusCode::OK,
            line: 1,
            column,
        };
        assert_eq!(
            error(leg, 200, b"<html>Sign in to the hotel's network</html>"),
            expected(leg, 1)
        );
        assert_eq!(error(leg, 200, b"\xff\xfe"), expected(leg, 1));
        assert!(matches!(error(leg, 200, b""), Error::NotJson { .. }));
        assert!(matches!(error(leg, 200, b"[]"), Error::NotJson { .. }));
        assert!(matches!(error(leg, 200, b"{}{}"), Error::NotJson { .. }));
        assert!(matches!(
            error(leg, 404, b"nothing here"),
            Error::NotJson {
                status: StatusCode::NOT_FOUND,
                ..
            }
        ));
    }
}

#[test]
fn ten_megabytes() {
    let mut body = br#"{"Nonce":""#.to_vec();
    body.resize(10_000_000, b'a');
    body.extend_from_slice(b"\"}");
    for leg in LEGS {
        for status in [200, 400, 503] {
            let expected = Error::AnswerTooLarge {
                state: leg,
                length: 10_000_002,
                limit: 1 << 20,
            };
            assert_eq!(error(leg, status, &body), expected);
        }
    }
}

#[test]
fn nested_too_deeply() {
    for leg in LEGS {
        let deep = [br#"{"a":"#.to_vec(), vec![b'['; 500_000]].concat();
        assert_eq!(
            error(leg, 200, &deep),
            Error::AnswerTooDeep {
                state: leg,
                limit: 32
            }
        );
    }
}

#[test]
fn redirects_are_not_followed() {
    for leg in LEGS {
        for status in [301, 302, 303, 307, 308] {
            let expected = Error::Redirected {
                state: leg,
                status: StatusCode::from_u16(status).unwrap(),
            };
            assert_eq!(error(leg, status, b"{}"), expected);
        }
    }
}

#[test]
fn an_error_status_that_explains_nothing() {
    for leg in LEGS {
        assert!(matches!(
            error(leg, 502, b"Bad gateway"),
            Error::Unavailable {
                status: StatusCode::BAD_GATEWAY,
                ..
            }
        ));
        assert!(matches!(error(leg, 429, b"{}"), Error::Unavailable { .. }));
        assert!(matches!(error(leg, 400, b"{}"), Error::ProtocolChanged { .. }));
    }
}

#[test]
fn required_fields_that_are_missing() {
    let changed = |leg, body: &Value| match error(leg, 200, body.to_string().as_bytes()) {
        Error::ProtocolChanged { what, .. } => what,
        other => panic!("{other}"),
    };
    assert_eq!(
        changed(State::Metadata, &json!({"token_endpoint": null})),
        "the OpenID metadata has no issuer"
    );
    assert_eq!(
        changed(State::Nonce, &json!({"nonce": "small letter"})),
        "the answer has no Nonce"
    );
    assert_eq!(
        changed(State::Nonce, &json!({"Nonce": ""})),
        "the answer has no Nonce"
    );
    let without = |name: &str| {
        let mut body = peer::issued();
        body.as_object_mut().unwrap().remove(name);
        body
    };
    assert_eq!(
        changed(State::Token, &without("refresh_token")),
        "the answer has no refresh_token"
    );
    assert_eq!(
        changed(State::Token, &without("session_key_jwe")),
        "the answer has no session_key_jwe"
    );
}

/// [MS-OAPXBC] 3.2.5.1.2.2; RFC 6749 section 5.1 for the case of letters.
#[test]
fn a_token_type_other_than_pop_is_refused_unless_the_check_is_switched_off() {
    let lenient = peer::config().with_token_type_check(TokenTypeCheck::Skipped);
    for token_type in [json!("Bearer"), json!(""), json!(4), json!(null), json!("pop ")] {
        let mut body = peer::issued();
        body["token_type"] = token_type.clone();
        assert!(
            matches!(
                error(State::Token, 200, body.to_string().as_bytes()),
                Error::ProtocolChanged { state: State::Token, what } if what.contains("token_type")
            ),
            "{token_type}"
        );
        let script = Script::granting().answer(State::Token, 200, &body);
        let prt = peer::run(peer::with(&lenient), script).granted();
        assert_eq!(prt.token_type(), token_type.as_str().unwrap_or_default());
    }
}

#[test]
fn optional_fields_may_be_missing_or_odd() {
    let body = json!({"refresh_token": peer::PRT, "session_key_jwe": peer::session_key_jwe(), "expires_in": {}, "token_type": "PoP",
                      "refresh_token_expires_in": "604800", "id_token": "not.a-jwt", "client_info": "%%", "tgt_ad": "{", "tgt_cloud": []});
    let prt = peer::run(
        peer::sign_in(),
        Script::granting().answer(State::Token, 200, &body),
    )
    .granted();
    assert_eq!(prt.expires_in().unwrap().as_secs(), 604_800);
    assert!(prt.id_token().is_none() && prt.client_info().is_none());
}

#[test]
fn a_session_key_in_another_form() {
    let jwe = peer::session_key_jwe();
    let parts: Vec<&str> = jwe.split('.').collect();
    let header = |text: &str| {
        [
            &peer::base64url(text.as_bytes()),
            parts[1],
            parts[2],
            parts[3],
            parts[4],
        ]
        .join(".")
    };
    for (text, what) in [
        (parts[..4].join("."), "a JWE has five parts"),
        (format!("{jwe}.x"), "a JWE has five parts"),
        (jwe.replace(parts[2], "&&"), "a part of a JWE is not base64url"),
        (header(r#"{"alg":7}"#), "the header of a JWE is not as expected"),
        (
            header(r#"{"alg":"RSA-OAEP-256","enc":"A256GCM"}"#),
            "session_key_jwe is not wrapped with RSA-OAEP",
        ),
        (
            header(r#"{"alg":"RSA-OAEP","enc":"A128GCM"}"#),
            "session_key_jwe is not encrypted with A256GCM",
        ),
        (
            jwe.replace(parts[1], ""),
            "session_key_jwe contains no wrapped key",
        ),
    ] {
        let mut body = peer::issued();
        body["session_key_jwe"] = text.into();
        let expected = Error::ProtocolChanged {
            state: State::Token,
            what,
        };
        assert_eq!(error(State::Token, 200, body.to_string().as_bytes()), expected);
    }
}

#[test]
fn a_token_endpoint_on_a_foreign_host() {
    for url in [
        "https://login.evil.example/oauth2/token",
        "http://login.microsoftonline.com/oauth2/token",
    ] {
        let body = json!({"issuer": peer::ISSUER, "token_endpoint": url});
        let expected = Error::ForeignHost {
            state: State::Metadata,
            url: url.to_owned(),
        };
        assert_eq!(error(State::Metadata, 200, body.to_string().as_bytes()), expected);
    }
}

#[test]
fn a_signature_or_a_key_that_cannot_be() {
    let mut step = peer::sign_in().start(peer::seed()).unwrap();
    for body in [peer::managed(), peer::metadata(), json!({"Nonce": "n"})] {
        let Step::Send(exchange) = step else { panic!() };
        step = exchange
            .respond(Response::new(body.to_string().into_bytes()), peer::now())
            .unwrap();
    }
    let Step::SignAsUser(task) = step else { panic!() };
    let unfit = task.complete(&[0; 20]).unwrap_err();
    assert!(
        matches!(unfit, Error::SignatureLength { length: 20, .. }),
        "{unfit}"
    );
    assert_eq!(
        (unfit.responsible(), unfit.code()),
        (Responsible::Developer, "protocol/signature-length")
    );

    let run = Script::granting();
    let mut step = peer::sign_in().start(peer::seed());
    let mut script = run;
    let unfit = loop {
        step = match step.unwrap() {
            Step::Unwrap(task) => break task.complete(SessionKey::from([0; 32])),
            other => peer::once(other, &mut script),
        };
    };
    assert_eq!(unfit.unwrap_err(), Error::SessionKeyMismatch);
}
