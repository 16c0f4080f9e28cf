//! The sign-in in the browser, up to the code and its tokens.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use local_authority::issue::{UserTemplate, Validity};
use local_authority::{ConditionalAccess, GrantControl, PolicyState};
use serde_json::{Value, json};
use url::Url;

use crate::support::{
    Browser, Card, DeviceRequest, Form, Lab, Page, assert_refused, claims, id_token, template,
};

const ALICE: &str = "alice@contoso.example";
const BROKER: &str = "29d9ed98-a469-4536-ade2-f981bc1d605e";
const REDIRECT: &str = "https://login.microsoftonline.com/WebApp/CloudDomainJoin/8";
const REGISTRATION: &str = "urn:ms-drs:enterpriseregistration.windows.net";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// An authorization request of the older endpoint, with further parameters in front: the first of a name counts.
pub fn authorize(lab: &Lab, path: &str, further: &[(&str, &str)]) -> String {
    let mut url = Url::parse(&lab.url(path)).unwrap();
    let usual = [
        ("client_id", BROKER),
        ("response_type", "code"),
        ("redirect_uri", REDIRECT),
        ("state", "a state & more"),
    ];
    let named = |name: &str| further.iter().any(|(found, _)| *found == name);
    url.query_pairs_mut()
        .extend_pairs(further.iter().filter(|(_, value)| !value.is_empty()))
        .extend_pairs(usual.iter().filter(|(name, _)| !named(name)));
    url.into()
}

const V1: &str = "/common/oauth2/authorize";
const V2: &str = "/common/oauth2/v2.0/authorize";

/// The form that leads to the certauth host, for a name.
pub fn certauth_form(browser: &Browser, first: &Page, name: &str) -> Form {
    let config = first.config();
    let kind = browser.credential_type(&config, name);
    let url = kind["Credentials"]["CertAuthParams"]["CertAuthUrl"].as_str();
    Form {
        action: Url::parse(url.unwrap_or_else(|| panic!("{kind}"))).unwrap(),
        fields: vec![
            ("ctx".to_owned(), config["sCtx"].as_str().unwrap().to_owned()),
            (
                "flowToken".to_owned(),
                kind["FlowToken"].as_str().unwrap().to_owned(),
            ),
        ],
    }
}

/// The page that `/login` answers with.
pub fn shown(browser: &Browser, url: &str, name: &str) -> Page {
    let first = browser.get(url);
    assert_eq!(
        (first.status, first.id().as_str(), first.code()),
        (200, "ConvergedSignIn", 50_058)
    );
    let page = browser.send(&certauth_form(browser, &first, name));
    assert!(page.body.contains("Working..."), "{page:?}");
    browser.send(&page.form(0))
}

/// The answer with the code, after the page "stay signed in?".
pub fn signed_in(browser: &Browser, url: &str, name: &str) -> Page {
    let page = shown(browser, url, name);
    assert_eq!(page.id(), "KmsiInterrupt", "{page:?}");
    browser.send(&page.form(0))
}

fn redeem(lab: &Lab, path: &str, page: &Page, further: &[(&str, &str)]) -> (u16, Value) {
    let code = page.returned("code").unwrap_or_else(|| panic!("{page:?}"));
    let mut form = vec![
        ("client_id", BROKER),
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", REDIRECT),
    ];
    form.extend(further);
    let answer = lab.agent.post(lab.url(path)).send_form(form);
    crate::support::json(answer.unwrap())
}

#[test]
fn a_certificate_leads_to_tokens_at_either_endpoint() {
    let lab = Lab::new();
    let browser = Browser::new(&lab, Some(&lab.alice()));
    let challenge = URL_SAFE_NO_PAD.encode(openssl::sha::sha256(VERIFIER.as_bytes()));
    let pkce = [
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];

    let further = [&pkce[..], &[("resource", REGISTRATION), ("nonce", "n-1")]].concat();
    let page = signed_in(&browser, &authorize(&lab, V1, &further), ALICE);
    assert_eq!(page.returned("state").as_deref(), Some("a state & more"));
    assert!(page.location.as_ref().unwrap().as_str().starts_with(REDIRECT));
    let verifier = [("code_verifier", VERIFIER)];
    let (status, body) = redeem(&lab, "/common/oauth2/token", &page, &verifier);
    assert_eq!(status, 200, "{body}");
    let access = claims(body["access_token"].as_str().unwrap());
    assert_eq!(
        (&access["aud"], &access["amr"]),
        (&json!(REGISTRATION), &json!(["rsa", "mfa"]))
    );
    assert_eq!(id_token(&body)["nonce"], "n-1");
    assert_eq!(body["expires_in"], "3600");

    let scope = "01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9/.default openid offline_access";
    let further = [&pkce[..], &[("scope", scope), ("response_mode", "fragment")]].concat();
    let page = signed_in(&browser, &authorize(&lab, V2, &further), ALICE);
    assert!(page.location.as_ref().unwrap().fragment().is_some(), "{page:?}");
    let (status, body) = redeem(&lab, "/common/oauth2/v2.0/token", &page, &verifier);
    assert_eq!(status, 200, "{body}");
    assert_eq!(
        claims(body["access_token"].as_str().unwrap())["aud"],
        REGISTRATION
    );
    assert_eq!(body["expires_in"], 3_600);

    // The same refresh token seeds a primary refresh token.
    let mut request = DeviceRequest::new(&lab.device, &lab.nonce(), "");
    request.claims.remove("assertion");
    for (name, value) in [
        ("client_id", json!(BROKER)),
        ("grant_type", json!("refresh_token")),
        ("refresh_token", body["refresh_token"].clone()),
    ] {
        request.claims.insert(name.to_owned(), value);
    }
    let (status, primary) = lab.request(&request);
    assert_eq!(status, 200, "{primary}");
    assert_eq!(id_token(&primary)["amr"], json!(["rsa", "mfa"]));

    // Without `offline_access` there is none.
    let page = signed_in(&browser, &authorize(&lab, V2, &[("scope", "openid")]), ALICE);
    let (_, body) = redeem(&lab, "/common/oauth2/v2.0/token", &page, &[("scope", "openid")]);
    assert!(
        body.get("refresh_token").is_none() && body["id_token"].is_string(),
        "{body}"
    );
}

/// What a person does with a browser that runs no script.
#[test]
fn the_pages_are_plain_forms() {
    let lab = Lab::new();
    let browser = Browser::new(&lab, Some(&lab.alice()));
    let first = browser.get(&authorize(&lab, V1, &[("response_mode", "form_post")]));
    for needed in ["<html lang=\"en\">", "<label for=\"name\">", "<h1>", "<title>"] {
        assert!(first.body.contains(needed), "{needed} in {first:?}");
    }
    let unknown = browser.send(&first.form(0).with("loginfmt", "nobody@contoso.example"));
    assert_eq!(
        (unknown.id().as_str(), unknown.code()),
        ("ConvergedSignIn", 50_034)
    );
    assert!(unknown.body.contains("role=\"alert\""), "{unknown:?}");
    let named = browser.send(&unknown.form(0).with("loginfmt", ALICE));
    assert_eq!(named.config()["sPOST_Username"], ALICE);
    let working = browser.send(&named.form(0));
    assert!(
        working.url.host_str().unwrap().contains("certauth"),
        "{working:?}"
    );
    assert!(working.body.contains("<noscript>"), "{working:?}");
    let stay = browser.send(&working.form(0));
    let end = browser.send(&stay.form(0));
    // A form that posts itself to the client, in place of a redirect.
    let form = end.form(0);
    assert!(form.action.as_str().starts_with(REDIRECT));
    assert_eq!(form.field("state"), "a state & more");
    assert!(!form.field("code").is_empty());

    let federated = browser.send(&first.form(0).with("loginfmt", "erin@fabrikam.example"));
    assert_eq!(
        federated.location.unwrap().as_str(),
        "https://sts.fabrikam.example/adfs/ls/"
    );
}

#[test]
fn a_certificate_is_offered_to_the_whole_tenant_and_judged_at_login() {
    let lab = Lab::new();
    let refused = |card: &Card, name: &str| {
        let browser = Browser::new(&lab, Some(card));
        let page = shown(&browser, &authorize(&lab, V1, &[]), name);
        assert_eq!(page.id(), "ConvergedError", "{page:?}");
        let entry = lab.authority.log().last().unwrap().clone();
        assert_eq!(
            (entry.leg, entry.code),
            (local_authority::Leg::Login, Some(page.code()))
        );
        page.code()
    };
    let alice = lab.alice();
    assert_eq!(refused(&alice, "carol@contoso.example"), 130_501);
    assert_eq!(refused(&alice, "bob@contoso.example"), 1_001_009);
    assert_eq!(refused(&alice, "dave@contoso.example"), 50_057);
    let card = |change: &dyn Fn(&mut UserTemplate)| {
        let mut template = template();
        change(&mut template);
        lab.card(&template)
    };
    let expired = card(&|template| template.validity = Validity::Expired);
    assert_eq!(refused(&expired, ALICE), 500_172);
    let nameless = card(&|template| template.principal_name = None);
    assert_eq!(refused(&nameless, ALICE), 1_001_009);
    let key = crate::support::rsa();
    let stranger = local_authority::issue::self_signed_authority("Nobody").unwrap();
    let unknown = Card {
        certificate: stranger.issue_user(&template(), &key).unwrap(),
        key,
    };
    assert_eq!(refused(&unknown, ALICE), 500_176);
    crate::support::revoke(&lab, &alice);
    assert_eq!(refused(&alice, ALICE), 500_171);
}

#[test]
fn without_a_certificate_there_is_a_page_of_its_own() {
    let lab = Lab::new();
    let browser = Browser::new(&lab, None);
    let first = browser.get(&authorize(&lab, V1, &[]));
    let form = certauth_form(&browser, &first, ALICE);
    let page = browser.send(&form);
    assert_eq!((page.id().as_str(), page.code()), ("ConvergedError", 50_192));
    // The same form is good for another try, on a connection that has one.
    let browser = Browser::new(&lab, Some(&lab.alice()));
    assert!(browser.send(&form).body.contains("certificatetoken"));
    // A tenant that has certificates disabled offers none.
    let lab = Lab::with(|configuration| configuration.certificate_policy.state = PolicyState::Disabled);
    let browser = Browser::new(&lab, None);
    let first = browser.get(&authorize(&lab, V1, &[]));
    let kind = browser.credential_type(&first.config(), ALICE);
    assert_eq!(kind["Credentials"]["CertAuthParams"], Value::Null);
    assert_eq!(
        browser.send(&first.form(0).with("loginfmt", ALICE)).code(),
        1_002_002
    );
}

#[test]
fn forms_that_were_tampered_with() {
    let lab = Lab::new();
    let browser = Browser::new(&lab, Some(&lab.alice()));
    let first = browser.get(&authorize(&lab, V1, &[]));
    let form = certauth_form(&browser, &first, ALICE);
    assert_eq!(browser.send(&form.clone().without("ctx")).code(), 900_144);
    assert_eq!(browser.send(&form.clone().with("ctx", "x")).code(), 9_002_313);
    assert_eq!(browser.send(&form.clone().without("flowToken")).code(), 90_100);
    let other = browser.get(&authorize(&lab, V1, &[]));
    let foreign = other.config()["sFT"].as_str().unwrap().to_owned();
    assert_eq!(
        browser.send(&form.clone().with("flowToken", &foreign)).code(),
        90_100
    );
    // The page's own flow token names no account.
    let bare = first.config()["sFT"].as_str().unwrap().to_owned();
    let unnamed = browser.send(&form.clone().with("flowToken", &bare));
    assert_eq!(browser.send(&unnamed.form(0)).code(), 90_014);

    let working = browser.send(&form).form(0);
    assert_eq!(
        browser
            .send(&working.clone().with("certificatetoken", "x"))
            .code(),
        50_192
    );
    // A certificate that was shown for another sign-in, in the same browser.
    let foreign = browser_form(&browser, &lab).field("certificatetoken");
    let mixed = working.clone().with("certificatetoken", &foreign);
    assert_eq!(browser.send(&mixed).code(), 50_192);
    let stay = browser.send(&working);
    assert_eq!(stay.code(), 50_140, "the first use");
    assert_eq!(browser.send(&working).code(), 90_100, "the second use");
    let form = stay.form(0);
    assert_eq!(browser.send(&form.clone().with("canary", "x")).code(), 9_002_313);
    assert_eq!(
        browser.send(&form.clone().with("LoginOptions", "2")).code(),
        9_002_313
    );
    assert_eq!(
        browser.send(&form.clone().with("hpgrequestid", "2")).code(),
        9_002_313
    );
    let appverify = Form {
        action: form.action.join("/appverify").unwrap(),
        ..form.clone()
    };
    assert_eq!(browser.send(&appverify).code(), 90_100);
    let fresh = browser.send(&browser_form(&browser, &lab)).form(0);
    browser.forget_cookies();
    assert_eq!(browser.send(&fresh).code(), 165_000, "without cookies");
    lab.authority.advance_clock(Duration::from_secs(3_601));
    assert_eq!(browser.send(&fresh).code(), 50_089);
}

/// The form of the certauth host, of a new sign-in.
fn browser_form(browser: &Browser, lab: &Lab) -> Form {
    let first = browser.get(&authorize(lab, V1, &[]));
    browser.send(&certauth_form(browser, &first, ALICE)).form(0)
}

#[test]
fn requests_that_are_refused_where_the_client_learns_it() {
    let lab = Lab::new();
    let browser = Browser::new(&lab, None);
    let page = |path: &str, further: &[(&str, &str)]| browser.get(&authorize(&lab, path, further));
    // Nothing is sent to an address that the application did not register.
    for (further, code) in [
        (("redirect_uri", "https://evil.example/"), 50_011),
        (("redirect_uri", "nonsense"), 9_002_313),
        (("redirect_uri", ""), 900_144),
        (("client_id", ""), 900_144),
    ] {
        let page = page(V1, &[further]);
        assert_eq!((page.location.as_ref(), page.code()), (None, code), "{further:?}");
    }
    for further in [
        [("response_type", "token"), ("x", "")],
        [("response_mode", "pigeon"), ("x", "")],
        [("code_challenge_method", "S256"), ("x", "")],
        [("code_challenge", "x"), ("code_challenge_method", "S512")],
    ] {
        let page = page(V1, &further);
        assert_eq!(
            page.returned("error").as_deref(),
            Some("invalid_request"),
            "{further:?}"
        );
        assert_eq!(page.returned("state").as_deref(), Some("a state & more"));
    }
    assert_eq!(
        page(V2, &[]).returned("error").as_deref(),
        Some("invalid_request")
    );
    let silent = page(V1, &[("prompt", "none")]);
    assert!(
        silent
            .returned("error_description")
            .unwrap()
            .starts_with("AADSTS50058")
    );
    assert_eq!(page("/nowhere.example/oauth2/authorize", &[]).code(), 90_002);
}

#[test]
fn codes_are_for_their_client_and_verifier_once() {
    let lab = Lab::new();
    let browser = Browser::new(&lab, Some(&lab.alice()));
    let challenge = URL_SAFE_NO_PAD.encode(openssl::sha::sha256(VERIFIER.as_bytes()));
    let sign_in = |further: &[(&str, &str)]| signed_in(&browser, &authorize(&lab, V1, further), ALICE);
    let token = "/common/oauth2/token";
    let page = sign_in(&[("code_challenge", &challenge), ("code_challenge_method", "S256")]);
    assert_refused(&redeem(&lab, token, &page, &[]), 900_144);
    let wrong = "x".repeat(43);
    assert_refused(&redeem(&lab, token, &page, &[("code_verifier", &wrong)]), 501_481);
    assert_refused(
        &redeem(&lab, token, &page, &[("code_verifier", "short")]),
        501_481,
    );
    assert_eq!(redeem(&lab, token, &page, &[("code_verifier", VERIFIER)]).0, 200);
    assert_refused(
        &redeem(&lab, token, &page, &[("code_verifier", VERIFIER)]),
        54_005,
    );
    let page = sign_in(&[("code_challenge", VERIFIER)]);
    assert_eq!(
        redeem(&lab, token, &page, &[("code_verifier", VERIFIER)]).0,
        200,
        "plain"
    );
    let page = sign_in(&[]);
    lab.authority.advance_clock(Duration::from_secs(601));
    assert_refused(&redeem(&lab, token, &page, &[]), 70_008);
}

#[test]
fn pages_come_between() {
    let lab = Lab::with(|configuration| configuration.pages.keep_me_signed_in = false);
    let browser = Browser::new(&lab, Some(&lab.alice()));
    let native = authorize(&lab, V1, &[("redirect_uri", "ms-aadj-redir://auth/drs")]);
    let check = shown(&browser, &native, ALICE);
    assert_eq!((check.id().as_str(), check.code()), ("CmsiInterrupt", 50_199));
    let form = check.form(0);
    assert_eq!(
        browser.send(&form.clone().with("ContinueAuth", "perhaps")).code(),
        9_002_313
    );
    let check = shown(&browser, &native, ALICE).form(0);
    let declined = browser.send(&check.with("ContinueAuth", "false"));
    assert_eq!(
        declined.returned("error").as_deref(),
        Some("authorization_declined")
    );
    let check = shown(&browser, &native, ALICE).form(0);
    assert!(browser.send(&check).returned("code").is_some());

    let single = lab.card(&UserTemplate {
        policies: Vec::new(),
        ..template()
    });
    let browser = Browser::new(&lab, Some(&single));
    let page = shown(&browser, &authorize(&lab, V1, &[("amr_values", "ngcmfa")]), ALICE);
    assert_eq!((page.id().as_str(), page.code()), ("ConvergedTFA", 50_076));
    assert!(
        shown(&browser, &authorize(&lab, V1, &[]), ALICE)
            .returned("code")
            .is_some()
    );

    for (control, id, code) in [
        (GrantControl::Mfa, "ConvergedTFA", 50_076),
        (GrantControl::Block, "ConvergedError", 53_003),
    ] {
        let lab = Lab::with(|configuration| {
            configuration.conditional_access.push(ConditionalAccess {
                resource: REGISTRATION.to_owned(),
                grant_control: control,
            });
        });
        let single = lab.card(&UserTemplate {
            policies: Vec::new(),
            ..template()
        });
        let browser = Browser::new(&lab, Some(&single));
        let page = shown(
            &browser,
            &authorize(&lab, V1, &[("resource", REGISTRATION)]),
            ALICE,
        );
        assert_eq!((page.id().as_str(), page.code()), (id, code));
    }
    let lab = Lab::with(|configuration| {
        configuration.pages.dead_ends = vec!["ConvergedConsent".to_owned()];
    });
    let browser = Browser::new(&lab, Some(&lab.alice()));
    assert_eq!(
        shown(&browser, &authorize(&lab, V1, &[]), ALICE).id(),
        "ConvergedConsent"
    );
}
