//! No other host gets a request, and no cookie leaves its host.

use cba_protocol::{Cloud, Config, Error, State, Tenant};

use super::{granting, run, sign_in};
use crate::peer::{self, Script};

const FOREIGN: &[&str] = &[
    "https://evil.example/x?secret=1",
    "http://login.microsoftonline.com/x",
    "//evil.example/x",
    "/\\evil.example/x",
    "https://login.microsoftonline.com.evil.example/",
    "https://login.microsoftonline.com@evil.example/",
    "https://user@login.microsoftonline.com/",
    "https://login.microsoftonline.com:8443/",
    "https://login.windows.net/x",
    "javascript:alert(1)",
    "relative",
    "",
];

fn foreign(script: Script) -> String {
    match run(script).error() {
        Error::ForeignHost { url, .. } => url,
        other => panic!("{other}"),
    }
}

#[test]
fn a_page_cannot_send_the_flow_to_another_host() {
    for url in FOREIGN {
        let mut page = peer::first_page();
        page["urlGetCredentialType"] = (*url).into();
        let message = foreign(granting().page(State::Authorize, 200, &[], &peer::page(&page)));
        assert!(!message.contains("secret"), "{message}");
        let mut page = peer::interrupt("KmsiInterrupt");
        page["urlPost"] = (*url).into();
        foreign(Script::web().page(State::Login, 200, &[], &peer::page(&page)));
        let form = peer::hidden_form(url, &[("a", "b")]);
        foreign(granting().page(State::CertificateSignIn, 200, &[], &form));
        foreign(granting().page(State::Login, 200, &[], &form));
    }
}

#[test]
fn the_certificate_is_shown_only_where_the_cloud_asks_for_it() {
    for url in [
        "https://evil.example/certauth",
        "https://certauth.login.microsoftonline.com.evil.example/",
        "http://certauth.login.microsoftonline.com/x",
        "https://login.microsoftonline.com/certauth",
        "https://certauth.login.microsoftonline.us/x",
        "/certauth",
    ] {
        let mut answer = peer::credential_type();
        answer["Credentials"]["CertAuthParams"]["CertAuthUrl"] = url.into();
        foreign(granting().answer(State::CredentialType, 200, &answer));
    }
}

#[test]
fn no_other_redirect_is_followed() {
    for location in [
        "https://evil.example/?code=secret",
        "https://device.login.microsoftonline.com/x",
        "urn:http-auth:PKeyAuth?SubmitUrl=x",
        "https://login.microsoftonline.com/WebApp/CloudDomainJoin/88?code=secret",
        "https://login.microsoftonline.com/WebApp/CloudDomainJoin/8",
    ] {
        let message = foreign(granting().redirect(State::Login, location));
        assert!(!message.contains("secret"), "{message}");
        foreign(granting().redirect(State::Authorize, location));
    }
    let error =
        run(granting().redirect(State::CertificateSignIn, "https://login.microsoftonline.com/")).error();
    assert!(matches!(
        error,
        Error::Redirected {
            state: State::CertificateSignIn,
            ..
        }
    ));
    let error = run(granting().redirect(State::Token, "https://login.microsoftonline.com/")).error();
    assert!(matches!(
        error,
        Error::Redirected {
            state: State::Token,
            ..
        }
    ));
}

#[test]
fn a_custom_authority_has_its_hosts_below_it() {
    let cloud = Cloud::custom("https://localhost:8443").unwrap();
    let config = Config::new(cloud, Tenant::common());
    let step = sign_in(&config).start(peer::seed()).unwrap();
    let cba_protocol::Step::Send(exchange) = step else {
        panic!()
    };
    assert_eq!(
        exchange.request().uri().authority().unwrap().as_str(),
        "localhost:8443"
    );
    let asked = peer::form(exchange.request().uri().query().unwrap().as_bytes());
    assert_eq!(asked["resource"], "urn:ms-drs:enterpriseregistration.windows.net");
}

#[test]
fn a_cloud_names_its_hosts_without_the_usual_port() {
    assert_eq!(Cloud::PUBLIC.certauth(), "certauth.login.microsoftonline.com");
    let lab = Cloud::custom("https://login.example:8443").unwrap();
    assert_eq!(lab.certauth(), "certauth.login.example:8443");
    let lab = lab.with_certauth("https://card.example").unwrap();
    let lab = lab.with_registration("https://devices.example:8445").unwrap();
    assert_eq!(
        (lab.certauth(), lab.registration()),
        ("card.example", "devices.example:8445")
    );
    assert!(lab.clone().with_certauth("http://card.example").is_err());
    assert!(lab.with_registration("card.example/path").is_err());
}
