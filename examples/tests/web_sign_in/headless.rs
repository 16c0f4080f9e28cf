//! Headless Chromium with a key in the user's NSS database. No dialog opens: nobody could answer it.

use browser_lab::pages::{alert, name, press, show_certificate};
use browser_lab::{CLIENT, Home, Kind, Session, TENANT_CERTAUTH, Tenant, choose_by_policy, file};
use examples::http_client::HttpClient;
use local_authority::issue::{UserTemplate, Validity, self_signed_authority};
use local_authority::{ClientSignatures, PolicyState, TlsVersion};
use serde_json::Value;
use url::form_urlencoded;

const ALICE: &str = "alice@contoso.example";

async fn headless(home: &Home) -> Session {
    choose_by_policy();
    Session::start(&home.browser().with_arguments(["--headless=new"])).await
}

#[tokio::test]
async fn the_policy_shows_the_certificate_and_a_code_arrives() {
    let home = Home::new(Kind::Chromium);
    home.database()
        .import(&file("alice.pem"), &file("alice.key"))
        .unwrap();
    let session = headless(&home).await;
    for (version, signatures, seen) in [
        (
            TlsVersion::Tls13,
            ClientSignatures::Any,
            ("TLSv1.3", "rsa_pss_rsae_sha256"),
        ),
        (
            TlsVersion::Tls12,
            ClientSignatures::Pss,
            ("TLSv1.2", "rsa_pss_rsae_sha256"),
        ),
        (
            TlsVersion::Tls12,
            ClientSignatures::Pkcs1,
            ("TLSv1.2", "rsa_pkcs1_sha256"),
        ),
    ] {
        let mut tenant = Tenant::start(|configuration| {
            configuration.certauth.tls_versions = vec![version];
            configuration.certauth.client_signatures = signatures;
        });
        name(session.client(), &tenant.authorize_url(), ALICE).await;
        show_certificate(session.client()).await;
        let redirected = tenant.code().await;
        let tls = tenant.tls();
        assert_eq!(tls.server_name.as_deref(), Some(TENANT_CERTAUTH));
        assert_eq!(
            (tls.version.as_str(), tls.signature.as_deref()),
            (seen.0, Some(seen.1))
        );
        assert_eq!(tls.subject.as_deref(), Some("O=Contoso,CN=Alice"));
        let tokens = redeem(&tenant, &redirected.parameters["code"]);
        assert_eq!(tokens["token_type"], "Bearer", "{tokens}");
        let signed_in = tenant
            .log()
            .into_iter()
            .rev()
            .find_map(|entry| entry.sign_in.binding);
        assert!(signed_in.is_some());

        // Carol is outside the scope of the policy. The browser shows alice's certificate again.
        tenant.forget();
        name(session.client(), &tenant.authorize_url(), "carol@contoso.example").await;
        show_certificate(session.client()).await;
        assert_eq!(tenant.refusal().await, 130_501);
        assert!(alert(session.client()).await.starts_with("AADSTS130501"));
    }
    session.stop().await;
}

/// The tokens for a code, at the token endpoint.
fn redeem(tenant: &Tenant, code: &str) -> Value {
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("client_id", CLIENT)
        .append_pair("grant_type", "authorization_code")
        .append_pair("code", code)
        .append_pair("redirect_uri", &tenant.redirect_uri())
        .finish();
    let request = http::Request::post(format!("{}/common/oauth2/token", tenant.authority().url()))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form.into_bytes())
        .unwrap();
    let client = HttpClient::trusting(&file("tls-ca.pem"), 1 << 20).unwrap();
    serde_json::from_slice(client.send(&request).unwrap().body()).unwrap()
}

#[tokio::test]
async fn without_a_suitable_certificate_there_is_a_page_of_its_own() {
    let home = Home::new(Kind::Chromium);
    // The tenant does not know its issuer.
    let stranger = self_signed_authority("Nobody").unwrap();
    let certificate = stranger
        .issue_user_for_file(&template(), &file("alice.pem"))
        .unwrap();
    let unknown = home.path().join("unknown.pem");
    std::fs::write(&unknown, certificate.to_pem().unwrap()).unwrap();
    home.database().import(&unknown, &file("alice.key")).unwrap();
    let session = headless(&home).await;

    // The tenant's own host names its authorities, so the browser has nothing to show.
    let tenant = Tenant::start(|_| {});
    name(session.client(), &tenant.authorize_url(), ALICE).await;
    show_certificate(session.client()).await;
    assert_eq!(tenant.refusal().await, 50_192);
    assert!(alert(session.client()).await.starts_with("AADSTS50192"));
    let tls = tenant.tls();
    assert_eq!(tls.server_name.as_deref(), Some(TENANT_CERTAUTH));
    assert_eq!(
        (tls.version.as_str(), tls.signature, tls.subject),
        ("TLSv1.3", None, None)
    );

    // The common host names none, and takes any certificate. A page judges it.
    let tenant = Tenant::start(|configuration| {
        let hints = &mut configuration.certificate_policy.issuer_hints_configuration;
        hints.state = PolicyState::Disabled;
    });
    name(session.client(), &tenant.authorize_url(), ALICE).await;
    show_certificate(session.client()).await;
    assert_eq!(tenant.refusal().await, 500_176);
    assert!(alert(session.client()).await.starts_with("AADSTS500176"));
    let tls = tenant.tls();
    assert_eq!(
        tls.server_name.as_deref(),
        Some("certauth.login.microsoftonline.com")
    );
    assert_eq!(tls.subject.as_deref(), Some("O=Contoso,CN=Alice"));
    session.stop().await;
}

fn template() -> UserTemplate {
    UserTemplate {
        common_name: "Alice".to_owned(),
        principal_name: Some(ALICE.to_owned()),
        rfc822_name: None,
        policies: Vec::new(),
        validity: Validity::Now(365),
    }
}

#[tokio::test]
async fn the_pages_work_without_script() {
    let home = Home::new(Kind::Chromium);
    home.database()
        .import(&file("alice.pem"), &file("alice.key"))
        .unwrap();
    choose_by_policy();
    let arguments = ["--headless=new", "--blink-settings=scriptEnabled=false"];
    let session = Session::start(&home.browser().with_arguments(arguments)).await;
    let tenant = Tenant::start(|configuration| configuration.pages.keep_me_signed_in = true);
    name(session.client(), &tenant.authorize_url(), ALICE).await;
    for button in [
        "form[action*=certauth] button",
        "noscript input[type=submit]",
        "[value='3']",
    ] {
        press(session.client(), button).await;
    }
    tenant.code().await;
    session.stop().await;
}
