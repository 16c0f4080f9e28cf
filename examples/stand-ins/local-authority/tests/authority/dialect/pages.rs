//! The switches of the sign-in pages.

use local_authority::issue::{UserTemplate, Validity};
use local_authority::{Agent, AppCheck, CertAuthFailure, Demand, LoginPath, RequestId};

use super::lab;
use crate::browser::{authorize, certauth_form, shown, signed_in};
use crate::support::{Browser, Form, Lab, Page, agent_of, template};

const ALICE: &str = "alice@contoso.example";
const V1: &str = "/common/oauth2/authorize";

fn browser(lab: &Lab) -> Browser {
    Browser::new(lab, Some(&lab.alice()))
}

/// The form that leads from the certauth host to `/login`.
fn login_form(lab: &Lab, browser: &Browser) -> Form {
    let first = browser.get(&authorize(lab, V1, &[]));
    browser.send(&certauth_form(browser, &first, ALICE)).form(0)
}

/// The page "stay signed in?", which shows that `/login` accepted the form.
fn is_accepted(page: &Page) -> bool {
    page.id() == "KmsiInterrupt"
}

#[test]
fn certauth_failure() {
    let expired = |lab: &Lab| {
        lab.card(&UserTemplate {
            validity: Validity::Expired,
            ..template()
        })
    };
    let at_certauth = |lab: &Lab, browser: &Browser| {
        let first = browser.get(&authorize(lab, V1, &[]));
        certauth_form(browser, &first, ALICE)
    };
    let with = |failure| lab(move |dialect| dialect.certauth_failure = failure);
    let lab = with(CertAuthFailure::Page);
    let bad = Browser::new(&lab, Some(&expired(&lab)));
    assert_eq!(bad.send(&at_certauth(&lab, &bad)).code(), 500_172);
    assert!(is_accepted(
        &browser(&lab).send(&login_form(&lab, &browser(&lab)))
    ));
    let lab = with(CertAuthFailure::Status);
    let bad = Browser::new(&lab, Some(&expired(&lab)));
    assert_eq!(bad.send(&at_certauth(&lab, &bad)).status, 403);
    assert!(is_accepted(
        &browser(&lab).send(&login_form(&lab, &browser(&lab)))
    ));

    let lab = with(CertAuthFailure::Alert);
    assert!(is_accepted(
        &browser(&lab).send(&login_form(&lab, &browser(&lab)))
    ));
    for card in [Some(expired(&lab)), None] {
        let plain = Browser::new(&lab, None);
        let form = at_certauth(&lab, &plain);
        let agent = agent_of(&lab, card.as_ref());
        let answer = agent.post(form.action.as_str()).send_form(form.fields);
        assert!(answer.is_err(), "the handshake fails: {answer:?}");
    }
}

#[test]
fn login_path() {
    for (path, right, wrong) in [
        (LoginPath::Common, "/common/login", "/contoso.example/login"),
        (
            LoginPath::Tenant,
            "/b1c2d3e4-0000-4000-8000-00000000c0de/login",
            "/common/login",
        ),
    ] {
        let lab = lab(move |dialect| dialect.login_path = path);
        let browser = browser(&lab);
        let form = login_form(&lab, &browser);
        assert_eq!(form.action.path(), right);
        let other = Form {
            action: form.action.join(wrong).unwrap(),
            ..form.clone()
        };
        assert_eq!(browser.send(&other).code(), 9_002_313);
        assert!(is_accepted(&browser.send(&form)));
    }
}

#[test]
fn login_cookie() {
    for (demand, with, without) in [
        (Demand::Optional, true, true),
        (Demand::Required, true, false),
        (Demand::Refused, false, true),
    ] {
        let lab = lab(move |dialect| dialect.login_cookie = demand);
        let browser = browser(&lab);
        let form = login_form(&lab, &browser);
        assert_eq!(is_accepted(&browser.send(&form)), with, "{demand:?}");
        let form = login_form(&lab, &browser);
        browser.forget_cookies();
        assert_eq!(is_accepted(&browser.send(&form)), without, "{demand:?}");
    }
}

#[test]
fn login_referer() {
    for (demand, with, without) in [
        (Demand::Optional, true, true),
        (Demand::Required, true, false),
        (Demand::Refused, false, true),
    ] {
        let lab = lab(move |dialect| dialect.login_referer = demand);
        let mut browser = browser(&lab);
        let form = login_form(&lab, &browser);
        assert_eq!(is_accepted(&browser.send(&form)), without, "{demand:?}");
        let form = login_form(&lab, &browser);
        let port = lab.authority.address().port();
        browser
            .headers
            .push(("referer", format!("https://certauth.localhost:{port}/")));
        assert_eq!(is_accepted(&browser.send(&form)), with, "{demand:?}");
        browser.headers[0].1 = format!("https://localhost:{port}/");
        let form = login_form(&lab, &browser);
        assert_eq!(
            is_accepted(&browser.send(&form)),
            without,
            "another host, {demand:?}"
        );
    }
}

/// The form of "stay signed in?".
fn kmsi_form(lab: &Lab, browser: &Browser) -> Form {
    shown(browser, &authorize(lab, V1, &[]), ALICE).form(0)
}

#[test]
fn login_options() {
    let lab = lab(|dialect| dialect.login_options = vec!["3".to_owned()]);
    let browser = browser(&lab);
    let refused = kmsi_form(&lab, &browser).with("LoginOptions", "1");
    assert_eq!(browser.send(&refused).code(), 9_002_313);
    let accepted = kmsi_form(&lab, &browser).with("LoginOptions", "3");
    assert!(browser.send(&accepted).returned("code").is_some());
}

#[test]
fn interrupt_fields() {
    for (demand, with, without) in [
        (Demand::Optional, true, true),
        (Demand::Required, true, false),
        (Demand::Refused, false, true),
    ] {
        let lab = lab(move |dialect| dialect.interrupt_fields = demand);
        let browser = browser(&lab);
        let full = browser.send(&kmsi_form(&lab, &browser));
        assert_eq!(full.location.is_some(), with, "{demand:?}");
        let bare = kmsi_form(&lab, &browser).without("i19").without("hpgrequestid");
        assert_eq!(browser.send(&bare).location.is_some(), without, "{demand:?}");
    }
}

#[test]
fn request_id() {
    for (id, session, correlation) in [
        (RequestId::Any, true, true),
        (RequestId::SessionId, true, false),
        (RequestId::CorrelationId, false, true),
    ] {
        let lab = lab(move |dialect| dialect.request_id = id);
        let browser = browser(&lab);
        for (member, accepted) in [("sessionId", session), ("correlationId", correlation)] {
            let page = shown(&browser, &authorize(&lab, V1, &[]), ALICE);
            let value = page.config()[member].as_str().unwrap().to_owned();
            let answer = browser.send(&page.form(0).with("hpgrequestid", &value));
            assert_eq!(answer.location.is_some(), accepted, "{id:?} {member}");
        }
    }
}

#[test]
fn app_check() {
    let native = [("redirect_uri", "ms-aadj-redir://auth/drs")];
    for (check, web, other) in [
        (AppCheck::NativeRedirects, "KmsiInterrupt", "CmsiInterrupt"),
        (AppCheck::Always, "CmsiInterrupt", "CmsiInterrupt"),
        (AppCheck::Never, "KmsiInterrupt", "KmsiInterrupt"),
    ] {
        let lab = lab(move |dialect| dialect.app_check = check);
        let browser = browser(&lab);
        assert_eq!(shown(&browser, &authorize(&lab, V1, &[]), ALICE).id(), web);
        assert_eq!(shown(&browser, &authorize(&lab, V1, &native), ALICE).id(), other);
    }
}

#[test]
fn pkce() {
    let challenge = [("code_challenge", "x".repeat(43))];
    for (demand, with, without) in [
        (Demand::Optional, true, true),
        (Demand::Required, true, false),
        (Demand::Refused, false, true),
    ] {
        let lab = lab(move |dialect| dialect.pkce = demand);
        let browser = browser(&lab);
        let page = browser.get(&authorize(&lab, V1, &[(challenge[0].0, &challenge[0].1)]));
        assert_eq!(page.location.is_none(), with, "{demand:?}");
        let page = browser.get(&authorize(&lab, V1, &[]));
        assert_eq!(page.location.is_none(), without, "{demand:?}");
    }
}

#[test]
fn login_agent() {
    let lab = lab(|dialect| dialect.login_agent = Agent::Browser);
    let mut browser = browser(&lab);
    assert_eq!(browser.get(&authorize(&lab, V1, &[])).code(), 9_002_313);
    browser
        .headers
        .push(("user-agent", "Mozilla/5.0 (X11; Linux x86_64)".to_owned()));
    let form = login_form(&lab, &browser);
    browser.headers.clear();
    assert_eq!(browser.send(&form).code(), 9_002_313);
    browser
        .headers
        .push(("user-agent", "Mozilla/5.0 (X11; Linux x86_64)".to_owned()));
    assert!(
        signed_in(&browser, &authorize(&lab, V1, &[]), ALICE)
            .location
            .is_some()
    );
}
