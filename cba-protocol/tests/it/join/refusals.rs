//! Errors of the registration service, with who has to act.

use std::time::Duration;

use cba_protocol::aadsts::Advice;
use cba_protocol::{Error, Responsible, State};
use serde_json::{Value, json};

use super::issued::Issued;
use super::{issuing, run};
use crate::peer::Script;

fn refused(status: u16, body: &Value) -> cba_protocol::Refusal {
    run(issuing(&Issued::default()).answer(State::Registration, status, body)).refused()
}

fn error(kind: &str, message: &str) -> Value {
    json!({"ErrorType": kind, "Message": message, "TraceId": "5a895a81-a4d6-41e9-8721-32a183c28d1a", "Time": "02-24-2016 17:37:01Z"})
}

#[test]
fn each_kind_says_who_has_to_act() {
    use Responsible::{Administrator, Developer, Service, User};
    for (kind, message, responsible, advice) in [
        (
            "AuthenticationError",
            "The enrollment request type (DomainJoin) is not allowed.",
            Administrator,
            Advice::Stop,
        ),
        (
            "AuthorizationError",
            "Administrator policy does not allow user alice@contoso.com to device join",
            Administrator,
            Advice::Stop,
        ),
        (
            "DirectoryError",
            "Your request is throttled temporarily. Please try after 300 seconds.",
            Service,
            Advice::RetryLater,
        ),
        (
            "DirectoryError",
            "User is not eligible to enroll a device of type 'Windows'. Reason 'DeviceCapReached'.",
            User,
            Advice::RemoveDevice,
        ),
        (
            "DirectoryError",
            "The user has reached the device quota",
            User,
            Advice::RemoveDevice,
        ),
        (
            "DirectoryError",
            "The device object by the given id (x) isn't found.",
            Administrator,
            Advice::RepairDevice,
        ),
        ("DirectoryError", "Something else", Service, Advice::RetryLater),
        ("DirectoryAccountError", "x", Administrator, Advice::Stop),
        ("InvalidParameter", "x", Developer, Advice::FixClient),
        ("SqlError", "x", Service, Advice::RetryLater),
        ("CertificateAuthorityError", "x", Service, Advice::RetryLater),
        ("UnknownError", "x", Service, Advice::RetryLater),
        (
            "AuthenticationError",
            "The token is expired",
            User,
            Advice::SignInAgain,
        ),
        ("Brand new", "x", Administrator, Advice::Stop),
    ] {
        let refusal = refused(400, &error(kind, message));
        assert_eq!(
            (refusal.responsible(), refusal.advice()),
            (responsible, advice),
            "{kind}: {message}"
        );
        assert_eq!(refusal.code(), kind);
        assert_eq!(
            refusal.trace_id.as_deref(),
            Some("5a895a81-a4d6-41e9-8721-32a183c28d1a")
        );
        assert_eq!(refusal.timestamp.as_deref(), Some("02-24-2016 17:37:01Z"));
        assert!(refusal.to_string().contains(message));
    }
}

#[test]
fn the_delay_is_read_from_the_text_or_the_header() {
    let text = refused(
        400,
        &error(
            "DirectoryError",
            "Your request is throttled temporarily. Please try after 300 seconds.",
        ),
    );
    assert_eq!(text.retry_after, Some(Duration::from_secs(300)));
    let body = error("DirectoryError", "throttled").to_string();
    let header = issuing(&Issued::default()).page(State::Registration, 429, &[("retry-after", "9")], &body);
    assert_eq!(run(header).refused().retry_after, Some(Duration::from_secs(9)));
}

#[test]
fn the_newer_form_is_read_too() {
    let body = json!({"code": "invalid_request", "subcode": "error_missing_device", "message": "AADSTS50097: m", "requestid": "r"});
    let refusal = refused(400, &body);
    assert_eq!(
        (refusal.suberror.as_deref(), refusal.trace_id.as_deref()),
        (Some("error_missing_device"), Some("r"))
    );
    assert_eq!(refusal.codes, [50_097]);
}

#[test]
fn the_kind_counts_more_than_the_status() {
    for kind in ["AuthorizationError", "DirectoryAccountError"] {
        let refusal = refused(500, &error(kind, "x"));
        assert_eq!(refusal.advice(), Advice::Stop, "{kind}");
    }
}

#[test]
fn a_token_that_is_not_accepted_needs_another_sign_in() {
    let refusal = run(issuing(&Issued::default()).page(State::Registration, 401, &[], "")).refused();
    assert_eq!(
        (refusal.code().as_str(), refusal.advice()),
        ("unauthorized", Advice::SignInAgain)
    );
}

#[test]
fn discovery_is_refused_in_the_same_way() {
    let refusal =
        run(Script::empty().answer(State::Discovery, 400, &error("DirectoryError", "throttled"))).refused();
    assert_eq!(
        (refusal.state, refusal.advice()),
        (State::Discovery, Advice::RetryLater)
    );
}

#[test]
fn a_page_of_a_proxy_is_reported_as_one() {
    for leg in [State::Discovery, State::Registration] {
        let error = run(issuing(&Issued::default()).page(leg, 200, &[], "<html>proxy</html>")).error();
        assert!(
            matches!(error, Error::NotJson { state, .. } if state == leg),
            "{error}"
        );
        let error =
            run(issuing(&Issued::default()).page(leg, 503, &[("retry-after", "30")], "<html></html>"))
                .error();
        assert!(
            matches!(
                error,
                Error::Unavailable {
                    retry_after: Some(_),
                    ..
                }
            ),
            "{error}"
        );
        let error = run(issuing(&Issued::default()).page(leg, 403, &[], "<html></html>")).error();
        assert!(matches!(error, Error::NotJson { .. }), "{error}");
        let error = run(issuing(&Issued::default()).page(leg, 400, &[], "{}")).error();
        assert!(matches!(error, Error::ProtocolChanged { .. }), "{error}");
        let error = run(issuing(&Issued::default()).redirect(leg, "https://evil.example/")).error();
        assert!(matches!(error, Error::Redirected { .. }), "{error}");
    }
}

#[test]
fn discovery_cannot_send_the_token_to_another_host() {
    for url in [
        "https://evil.example/EnrollmentServer/device/",
        "http://enterpriseregistration.windows.net/x",
        "https://enterpriseregistration.windows.net.evil.example/",
        "https://x@enterpriseregistration.windows.net/",
        "https://enterpriseregistration.microsoftonline.us/x",
        "/EnrollmentServer/device/",
    ] {
        let mut document = super::discovery();
        document["DeviceJoinService"]["JoinEndpoint"] = url.into();
        let error = run(Script::empty().answer(State::Discovery, 200, &document)).error();
        assert!(
            matches!(
                error,
                Error::ForeignHost {
                    state: State::Discovery,
                    ..
                }
            ),
            "{url}: {error}"
        );
    }
}

#[test]
fn a_document_that_is_not_understood_is_not_guessed_at() {
    let changed = |change: fn(&mut Value)| {
        let mut document = super::discovery();
        change(&mut document);
        match run(Script::empty().answer(State::Discovery, 200, &document)).error() {
            Error::ProtocolChanged { what, .. } => what,
            other => panic!("{other}"),
        }
    };
    changed(|document| document["DeviceJoinService"] = Value::Null);
    changed(|document| document["DeviceJoinService"]["JoinEndpoint"] = Value::Null);
    changed(|document| document["DeviceJoinService"]["ServiceVersion"] = "2.0&x=1".into());
    changed(|document| {
        document["DeviceJoinService"]["JoinEndpoint"] =
            "https://enterpriseregistration.windows.net/x?y".into();
    });
    assert_eq!(
        changed(|document| document["TenantInfo"]["TenantId"] = "00000000-0000-4000-8000-000000000001".into()),
        "the document is that of another tenant"
    );
}

#[test]
fn the_types_of_the_newer_form() {
    use Responsible::{Administrator, Developer, Service, User};
    for (code, status, responsible) in [
        ("invalid_request", 400, Developer),
        ("directory_error", 400, Service),
        ("internal_server_error", 400, Service),
        ("brand_new", 400, Administrator),
        ("brand_new", 500, Service),
        ("brand_new", 401, User),
        ("brand_new", 429, Service),
    ] {
        let refusal = refused(status, &json!({"code": code, "message": "x"}));
        assert_eq!(refusal.responsible(), responsible, "{code} {status}");
    }
}

#[test]
fn half_an_error_is_an_error() {
    assert_eq!(refused(400, &json!({"ErrorType": "SqlError"})).code(), "SqlError");
    let message = refused(400, &json!({"Message": "The user has reached the device quota"}));
    assert_eq!(
        (message.code().as_str(), message.advice()),
        ("unknown", Advice::RemoveDevice)
    );
    let busy = run(issuing(&Issued::default()).page(State::Registration, 429, &[], "Too many")).error();
    assert!(matches!(busy, Error::Unavailable { .. }), "{busy}");
}

#[test]
fn only_seconds_are_read_from_the_text() {
    for (text, delay) in [
        ("Please try after 1 second.", Some(1)),
        ("Please try after 300 seconds.", Some(300)),
        ("Please try after 5 minutes.", None),
        ("Please try after some seconds.", None),
        ("Please try after 300", None),
        ("Please try later.", None),
    ] {
        let refusal = refused(
            400,
            &error("DirectoryError", &format!("Your request is throttled. {text}")),
        );
        assert_eq!(refusal.retry_after, delay.map(Duration::from_secs), "{text}");
    }
}

#[test]
fn the_version_of_the_service_is_short_and_plain() {
    for (version, accepted) in [
        ("1", true),
        ("12345678", true),
        ("2.0", true),
        ("", false),
        ("123456789", false),
        ("2,0", false),
    ] {
        let mut document = super::discovery();
        document["DeviceJoinService"]["ServiceVersion"] = version.into();
        let run = run(issuing(&Issued::default()).answer(State::Discovery, 200, &document));
        assert_eq!(run.result.is_ok(), accepted, "{version}");
    }
    let mut document = super::discovery();
    document["DeviceJoinService"]["JoinEndpoint"] = "https://enterpriseregistration.windows.net/x#y".into();
    run(issuing(&Issued::default()).answer(State::Discovery, 200, &document)).error();
}
