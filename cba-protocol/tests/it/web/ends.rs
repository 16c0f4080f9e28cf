//! How a web sign-in ends without a token.

use cba_protocol::{AccessToken, Error, Interaction, NotManaged, Outcome, Responsible, State};
use serde_json::{Value, json};

use super::{granted_at, granting, run};
use crate::peer::{self, REDIRECT, Run, Script};

fn interaction(run: Run<AccessToken>) -> Interaction {
    match run.result {
        Ok(Outcome::Interaction(interaction)) => *interaction,
        other => panic!("{other:?}"),
    }
}

fn not_managed(run: Run<AccessToken>) -> NotManaged {
    match run.result {
        Ok(Outcome::NotManaged(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

fn at_login(page: &Value) -> Run<AccessToken> {
    run(Script::web().page(State::Login, 200, &[], &peer::page(page)))
}

fn offered(change: impl FnOnce(&mut Value)) -> Run<AccessToken> {
    let mut answer = peer::credential_type();
    change(&mut answer);
    run(granting().answer(State::CredentialType, 200, &answer))
}

#[test]
fn the_questions_whether_to_go_on_are_answered() {
    let script = Script::web()
        .page(
            State::Login,
            200,
            &[],
            &peer::page(&peer::interrupt("CmsiInterrupt")),
        )
        .page(
            State::Interrupt,
            200,
            &[],
            &peer::page(&peer::interrupt("KmsiInterrupt")),
        );
    // the second interrupt leads to the redirect
    let script = {
        let redirect = Script::empty().redirect(State::Interrupt, &granted_at());
        script.followed_by(State::Interrupt, redirect)
    };
    let run = run(script);
    let asked = |n: usize| {
        (
            run.requests[n].1.uri().path().to_owned(),
            run.form(State::Interrupt, n - 4),
        )
    };
    let (path, form) = asked(4);
    assert_eq!(path, "/appverify");
    assert_eq!(
        (form["ContinueAuth"].as_str(), form["iscsrfspeedbump"].as_str()),
        ("true", "false")
    );
    let (path, form) = asked(5);
    assert_eq!(path, "/kmsi");
    assert_eq!(
        (form["LoginOptions"].as_str(), form["type"].as_str()),
        ("3", "28")
    );
    assert_eq!(form["hpgrequestid"], "session-4");
    for (name, value) in [("ctx", "ctx-4"), ("flowToken", "ft-4"), ("canary", "canary-4")] {
        assert_eq!(form[name], value);
    }
    run.granted();
}

#[test]
fn an_interrupt_is_posted_where_the_page_says() {
    let mut page = peer::interrupt("KmsiInterrupt");
    page["urlPost"] = "/common/kmsi2?x=1".into();
    page["sFTName"] = "ft".into();
    let script = Script::web()
        .page(State::Login, 200, &[], &peer::page(&page))
        .redirect(State::Interrupt, &granted_at());
    let run = run(script);
    assert_eq!(
        run.requests[4].1.uri(),
        "https://login.microsoftonline.com/common/kmsi2?x=1"
    );
    assert_eq!(run.form(State::Interrupt, 0)["ft"], "ft-4");
    assert_eq!(run.requests[4].1.headers()["cookie"], "buid=cookie-1");
}

#[test]
fn every_other_page_needs_the_user() {
    for name in [
        "ConvergedTFA",
        "ConvergedConsent",
        "ConvergedProofUpRedirect",
        "ConvergedChangePassword",
        "Brand new",
    ] {
        let found = interaction(at_login(
            &json!({"pgid": name, "sErrorCode": "50076", "sCtx": "c"}),
        ));
        assert_eq!(found.page.as_deref(), Some(name));
        assert_eq!(found.refusal.codes, [50_076]);
    }
    let nameless = interaction(at_login(&json!({"sCtx": "c"})));
    assert_eq!(nameless.page.as_deref(), Some(""));
}

#[test]
fn the_sign_in_page_again_is_an_interaction_or_an_error() {
    let again = interaction(at_login(&peer::first_page()));
    assert_eq!(again.page.as_deref(), Some("ConvergedSignIn"));
    let mut refused = peer::first_page();
    refused["sErrorCode"] = "130501".into();
    let refused = at_login(&refused).refused();
    assert_eq!(
        (refused.codes.as_slice(), refused.responsible()),
        (&[130_501][..], Responsible::Administrator)
    );
    assert_eq!(refused.state, State::Login);
}

#[test]
fn an_error_page_is_a_refusal_with_its_number() {
    let page = json!({"pgid": "ConvergedError", "iErrorCode": 500_171,
        "strServiceExceptionMessage": "AADSTS500171: Certificate has been revoked by alice@contoso.com."});
    let refused = at_login(&page).refused();
    assert_eq!(refused.code(), "AADSTS500171");
    let refused = run(granting().page(State::CertificateSignIn, 200, &[], &peer::page(&page))).refused();
    assert_eq!(
        (refused.state, refused.code()),
        (State::CertificateSignIn, "AADSTS500171".to_owned())
    );
    let refused = run(granting().page(State::Authorize, 400, &[], &peer::page(&page))).refused();
    assert_eq!(refused.state, State::Authorize);
    let named = json!({"pgid": "ConvergedError", "strMainMessage": "We couldn't sign you in."});
    assert_eq!(at_login(&named).refused().code(), "sign_in_refused");
    let text_only =
        json!({"pgid": "ConvergedSignIn", "sErrorCode": "50058", "strMainMessage": "Unknown client"});
    assert_eq!(
        run(granting().page(State::Authorize, 200, &[], &peer::page(&text_only)))
            .refused()
            .message,
        "Unknown client"
    );
}

#[test]
fn an_error_page_that_a_browser_overcomes_is_an_interaction() {
    let page = json!({"pgid": "ConvergedError", "sErrorCode": "50079"});
    let found = interaction(at_login(&page));
    assert_eq!(
        (found.page.as_deref(), found.refusal.codes.as_slice()),
        (Some("ConvergedError"), &[50_079][..])
    );
}

#[test]
fn errors_come_back_by_redirect_too() {
    let state = super::sent_state();
    let location = format!(
        "{REDIRECT}?error=access_denied&error_description=AADSTS65004%3a+User+declined.&state={state}"
    );
    let refused = run(granting().redirect(State::Login, &location)).refused();
    assert_eq!(
        (refused.error.as_str(), refused.codes.as_slice()),
        ("access_denied", &[65_004][..])
    );
    assert_eq!(refused.message, "AADSTS65004: User declined.");
}

#[test]
fn the_reason_why_a_user_cannot_sign_in_with_a_certificate_is_reported() {
    let refused = offered(|answer| answer["Credentials"]["CertAuthParams"] = Value::Null).refused();
    assert_eq!(
        (refused.code().as_str(), refused.responsible()),
        ("certificate_not_offered", Responsible::Administrator)
    );
    let unknown = not_managed(offered(|answer| answer["IfExistsResult"] = 1.into()));
    assert_eq!(
        unknown,
        NotManaged::Unknown {
            domain: Some("contoso.com".to_owned())
        }
    );
    let personal = not_managed(offered(|answer| {
        answer["IfExistsResult"] = 5.into();
        answer["Credentials"] = Value::Null;
    }));
    assert_eq!(
        (personal.code(), personal.responsible()),
        ("realm/personal", Responsible::User)
    );
    assert!(!personal.to_string().is_empty());
    for federated in [
        json!({"Credentials": {"FederationRedirectUrl": "https://sts.contoso.com/"}}),
        json!({"EstsProperties": {"DomainType": 4}}),
    ] {
        let run = run(granting().answer(State::CredentialType, 200, &federated));
        assert!(matches!(not_managed(run), NotManaged::Federated(_)));
    }
    for throttled in [
        json!({"ThrottleStatus": 1}),
        json!({"IfExistsResult": 2}),
        json!({"IfExistsResult": -1}),
    ] {
        let refused = run(granting().answer(State::CredentialType, 200, &throttled)).refused();
        assert_eq!(refused.responsible(), Responsible::Service, "{throttled}");
        assert!(refused.message.starts_with("the service "), "{refused}");
    }
    let personal_with_certificate = offered(|answer| answer["IfExistsResult"] = 5.into());
    personal_with_certificate.granted();
}

#[test]
fn the_token_endpoint_may_refuse() {
    let script = granting().answer(State::Token, 400, &peer::refusal(50_076, "interaction_required"));
    assert_eq!(interaction(run(script)).page, None);
    let script = granting().answer(State::Token, 400, &peer::refusal(53_003, "access_denied"));
    assert_eq!(run(script).refused().code(), "AADSTS53003");
    let script = granting().answer(State::Token, 200, &json!({"token_type": "Bearer"}));
    assert!(matches!(
        run(script).error(),
        Error::ProtocolChanged {
            state: State::Token,
            ..
        }
    ));
}

#[test]
fn a_service_that_is_down_is_reported_as_down() {
    for leg in [
        State::Authorize,
        State::CredentialType,
        State::CertificateSignIn,
        State::Login,
    ] {
        let error = run(granting().page(leg, 503, &[("retry-after", "7")], "<html>Busy</html>")).error();
        assert!(
            matches!(error, Error::Unavailable { state, retry_after: Some(_), .. } if state == leg),
            "{error}"
        );
    }
}
