//! Canaries in pages, forms, cookies, codes and tokens.

use cba_protocol::{AccessToken, State};
use serde_json::json;

use super::{granting, run, sent_state, sign_in};
use crate::peer::{self, REDIRECT, Run, Script};

const SECRETS: &[&str] = &[
    "secret-ctx",
    "secret-ft",
    "secret-canary",
    "secret-cookie",
    "secret-code",
    "secret-form",
    "secret-token",
    "alice@",
];

fn script() -> Script {
    let mut first = peer::first_page();
    first["sCtx"] = "secret-ctx==".into();
    first["sFT"] = "secret-ft".into();
    first["canary"] = "secret-canary".into();
    let mut offered = peer::credential_type();
    offered["FlowToken"] = "secret-ft-2".into();
    let mut kmsi = peer::interrupt("KmsiInterrupt");
    kmsi["canary"] = "secret-canary-2".into();
    let form = peer::hidden_form(
        "/common/login?x=secret-form",
        &[("certificatetoken", "secret-form"), ("ctx", "secret-ctx")],
    );
    Script::web()
        .page(
            State::Authorize,
            200,
            &[("set-cookie", "a=secret-cookie; path=/")],
            &peer::page(&first),
        )
        .answer(State::CredentialType, 200, &offered)
        .page(State::CertificateSignIn, 200, &[], &form)
        .page(
            State::Login,
            200,
            &[("set-cookie", "b=secret-cookie-2; path=/")],
            &peer::page(&kmsi),
        )
        .redirect(
            State::Interrupt,
            &format!("{REDIRECT}?code=secret-code&state={}", sent_state()),
        )
        .answer(
            State::Token,
            200,
            &json!({"access_token": "secret-token", "refresh_token": "secret-token-2"}),
        )
}

fn search(run: &Run<AccessToken>) {
    let mut printed = format!(
        "{} {} {:?}",
        run.transcript,
        run.transcript.to_json(),
        run.transcript
    );
    match &run.result {
        // who gets the refusal may know the user name
        Ok(outcome) => printed.push_str(&format!("{outcome:?}").replace("alice@", "")),
        Err(error) => printed.push_str(&[error.to_string(), format!("{error:?}")].concat()),
    }
    for secret in SECRETS {
        assert!(!printed.contains(secret), "{secret} in\n{printed}");
    }
    assert!(!printed.contains(&sent_state()), "{printed}");
}

#[test]
fn nothing_secret_is_written_of_a_success() {
    let run = run(script());
    search(&run);
    let text = run.transcript.to_string();
    for part in [
        "authorize: GET https://login.microsoftonline.com/33221100-5544-7766-8899-aabbccddeeff/oauth2/authorize?client_id=29d9ed98",
        "state=<43 bytes>",
        "pgid: ConvergedSignIn",
        "username: ***@contoso.com",
        "certificate-sign-in: POST",
        "certificatetoken: <11 bytes>",
        "pgid: KmsiInterrupt",
        "location: https://login.microsoftonline.com/WebApp/CloudDomainJoin/8?code=<11 bytes>&state=<43 bytes>",
        "ended: granted",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}

#[test]
fn nothing_secret_is_written_of_any_failure() {
    let page = json!({"pgid": "ConvergedError", "sErrorCode": "50034", "sFT": "secret-ft",
        "strServiceExceptionMessage": "AADSTS50034: The user account alice@contoso.com does not exist."});
    for leg in [
        State::Authorize,
        State::CertificateSignIn,
        State::Login,
        State::Interrupt,
    ] {
        search(&run(script().page(leg, 200, &[], &peer::page(&page))));
        search(&run(script().page(leg, 200, &[], "secret-form")));
        search(&run(script().page(
            leg,
            302,
            &[("location", "https://evil.example/?code=secret-code#secret-code")],
            "",
        )));
    }
    search(&run(script().answer(
        State::Token,
        400,
        &peer::refusal(50_034, "invalid_grant"),
    )));
}

#[test]
fn no_step_prints_what_it_holds() {
    let (mut step, mut script) = (sign_in(&peer::config()).start(peer::seed()).unwrap(), script());
    while !step.state().is_final() {
        let printed = format!("{step:?}");
        assert!(printed.len() < 100 && !printed.contains("secret"), "{printed}");
        step = peer::once(step, &mut script).unwrap();
    }
    assert_eq!(run(granting()).states.last(), Some(&State::Granted));
}
