//! Pages and forms that are not understood are never guessed at.

use cba_protocol::{Config, Error, State, config::Limits};

use super::{granted_at, granting, run, run_with};
use crate::peer::{self, REDIRECT, Script};

fn changed(script: Script) -> &'static str {
    match run(script).error() {
        Error::ProtocolChanged { what, .. } => what,
        other => panic!("{other}"),
    }
}

#[test]
fn a_page_without_its_members_is_not_guessed_at() {
    for member in ["sCtx", "sFT", "urlGetCredentialType"] {
        let mut page = peer::first_page();
        page.as_object_mut().unwrap().remove(member);
        changed(granting().page(State::Authorize, 200, &[], &peer::page(&page)));
    }
    for member in ["sCtx", "sFT", "canary"] {
        let mut page = peer::interrupt("KmsiInterrupt");
        page.as_object_mut().unwrap().remove(member);
        changed(Script::web().page(State::Login, 200, &[], &peer::page(&page)));
    }
    let mut page = peer::interrupt("KmsiInterrupt");
    page["sFTName"] = "a&b=c".into();
    changed(Script::web().page(State::Login, 200, &[], &peer::page(&page)));
}

#[test]
fn a_page_of_another_kind_is_reported() {
    for page in [
        "",
        "<html>Welcome to the airport</html>",
        "{}",
        "$Config={",
        "<form method=post action=x>",
    ] {
        changed(granting().page(State::Authorize, 200, &[], page));
        changed(granting().page(State::Login, 200, &[], page));
        changed(granting().page(State::CertificateSignIn, 200, &[], page));
    }
    let twice = peer::page(&peer::first_page()).repeat(2);
    assert_eq!(
        changed(granting().page(State::Authorize, 200, &[], &twice)),
        "the page has two configurations"
    );
    let form = peer::certificate_form();
    changed(granting().page(State::Authorize, 200, &[], &form));
}

#[test]
fn the_same_page_or_form_never_comes_twice() {
    let kmsi = peer::page(&peer::interrupt("KmsiInterrupt"));
    let script = Script::web()
        .page(State::Login, 200, &[], &kmsi)
        .page(State::Interrupt, 200, &[], &kmsi);
    assert_eq!(changed(script), "the same page came twice");
    assert_eq!(
        changed(Script::web().page(State::Login, 200, &[], &peer::certificate_form())),
        "the same page came twice"
    );
}

fn form(n: u8) -> String {
    peer::hidden_form(&format!("/common/step{n}"), &[("ctx", "c")])
}

#[test]
fn ten_pages_are_the_most() {
    let mut script = Script::web().page(State::Login, 200, &[], &form(0));
    for n in 1..20 {
        script = script.then_page(State::Login, 200, &form(n));
    }
    let run = run(script);
    assert_eq!(run.requests.len(), 12);
    assert!(matches!(
        run.error(),
        Error::ProtocolChanged {
            what: "there are too many pages",
            ..
        }
    ));
}

#[test]
fn the_state_must_come_back_unchanged_and_once() {
    let good = granted_at();
    let state = super::sent_state();
    for location in [
        good.replace(&state, "another"),
        good.replace("state=", "other="),
        format!("{good}&state={state}"),
        format!("{good}&code=second"),
        good.replace("code=the-code&", ""),
        good.replace("the-code", ""),
        good.replace("the-code", "%ff"),
        format!("{REDIRECT}?error=access_denied"),
    ] {
        changed(granting().redirect(State::Login, &location));
    }
    changed(granting().redirect(State::Authorize, &good));
    changed(granting().page(State::Login, 302, &[], ""));
}

#[test]
fn sizes_are_bounded() {
    let config = |limits| -> Config { peer::config().with_limits(limits) };
    let padded = format!("{}{}", peer::page(&peer::first_page()), " ".repeat(5_000));
    let script = granting().page(State::Authorize, 200, &[], &padded);
    let error = run_with(&config(Limits::default().with_max_answer(5_000)), script).error();
    assert!(matches!(
        error,
        Error::AnswerTooLarge {
            state: State::Authorize,
            limit: 5_000,
            ..
        }
    ));
    let error = run_with(&config(Limits::default().with_max_depth(2)), granting()).error();
    assert!(matches!(
        error,
        Error::ProtocolChanged {
            state: State::Authorize,
            ..
        }
    ));
}
