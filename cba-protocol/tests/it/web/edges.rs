//! Limits and exceptions of the web sign-in, each from both sides.

use cba_protocol::{Error, Outcome, Responsible, State};
use serde_json::{Value, json};

use super::{granted_at, granting, run};
use crate::peer::{self, Script};

fn first(change: impl FnOnce(&mut Value)) -> Script {
    let mut page = peer::first_page();
    change(&mut page);
    granting().page(State::Authorize, 200, &[], &peer::page(&page))
}

fn interrupted(change: impl FnOnce(&mut Value)) -> Script {
    let mut page = peer::interrupt("KmsiInterrupt");
    change(&mut page);
    Script::web()
        .page(State::Login, 200, &[], &peer::page(&page))
        .redirect(State::Interrupt, &granted_at())
}

#[test]
fn the_first_page_may_say_that_nobody_has_signed_in_or_nothing() {
    for code in [json!("50058"), json!(50_058), json!("0"), json!(""), Value::Null] {
        run(first(|page| page["sErrorCode"] = code)).granted();
    }
    run(first(|page| page["strMainMessage"] = "".into())).granted();
    for code in ["50059", "1"] {
        let refused = run(first(|page| page["sErrorCode"] = code.into())).refused();
        assert_eq!(
            (refused.state, refused.code()),
            (State::Authorize, format!("AADSTS{code}"))
        );
    }
    let other = run(first(|page| page["pgid"] = "ConvergedProofUpRedirect".into()));
    assert!(matches!(other.result, Ok(Outcome::Interaction(_))));
}

#[test]
fn an_empty_text_or_number_does_not_make_a_page_an_error() {
    for page in [
        json!({"pgid": "ConvergedError", "sErrorCode": "0", "strServiceExceptionMessage": " "}),
        json!({"pgid": "ConvergedError", "iErrorCode": 50_058, "strMainMessage": ""}),
    ] {
        let run = run(Script::web().page(State::Login, 200, &[], &peer::page(&page)));
        assert!(matches!(run.result, Ok(Outcome::Interaction(_))), "{page}");
    }
}

#[test]
fn the_service_may_be_unable_to_look_the_user_up() {
    for exists in [4, -1] {
        let answer = json!({"IfExistsResult": exists});
        let refused = run(granting().answer(State::CredentialType, 200, &answer)).refused();
        assert_eq!(
            (refused.code().as_str(), refused.responsible()),
            ("server_error", Responsible::Service)
        );
    }
    // 6 means that the user exists, here and elsewhere
    let mut answer = peer::credential_type();
    answer["IfExistsResult"] = 6.into();
    run(granting().answer(State::CredentialType, 200, &answer)).granted();
}

#[test]
fn names_of_fields_are_short_and_plain() {
    for name in ["f", "FlowToken", &"a".repeat(32)] {
        let run = run(interrupted(|page| page["sFTName"] = name.into()));
        assert_eq!(run.form(State::Interrupt, 0)[name], "ft-4");
        run.granted();
    }
    for name in [
        String::new(),
        "a".repeat(33),
        "flow token".to_owned(),
        "é".to_owned(),
    ] {
        for member in ["sFTName", "sCanaryTokenName"] {
            let error = run(interrupted(|page| page[member] = name.as_str().into())).error();
            assert!(
                matches!(error, Error::ProtocolChanged { .. }),
                "{member} {name}: {error}"
            );
        }
    }
}

#[test]
fn no_cookie_leaves_its_host_and_each_request_accepts_its_kind() {
    // What the certauth host sets is not sent to the sign-in host.
    let run = run(granting());
    let login = &run
        .requests
        .iter()
        .find(|(state, _)| *state == State::Login)
        .unwrap()
        .1;
    assert_eq!(login.headers()["cookie"], "buid=cookie-1");
    let certauth = &run
        .requests
        .iter()
        .find(|(state, _)| *state == State::CertificateSignIn)
        .unwrap()
        .1;
    assert!(!certauth.headers().contains_key("cookie"));
    for (state, request) in &run.requests {
        let pages = [State::Authorize, State::CertificateSignIn, State::Login].contains(state);
        let accept = if pages {
            "text/html,application/xhtml+xml"
        } else {
            "application/json"
        };
        assert_eq!(request.headers()["accept"], accept, "{state}");
    }
}
