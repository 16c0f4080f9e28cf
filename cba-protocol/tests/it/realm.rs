//! Every form of the answer of realm discovery, and what each leads to.

use cba_protocol::{CertificateSignIn, Cloud, NotManaged, Outcome, Responsible, State};
use serde_json::{Value, json};

use crate::peer::{self, Run, Script};

fn asked(realm: &Value) -> Run {
    peer::run(
        peer::sign_in(),
        Script::granting().answer(State::Realm, 200, realm),
    )
}

fn not_managed(realm: &Value) -> NotManaged {
    match asked(realm).result {
        Ok(Outcome::NotManaged(elsewhere)) => elsewhere,
        other => panic!("{:?}", other.map(|outcome| outcome.state())),
    }
}

#[test]
fn managed_in_every_form_continues() {
    for realm in [
        json!({"account_type": "Managed", "cloud_instance_name": "microsoftonline.com"}),
        json!({"account_type": "managed"}),
        json!({"NameSpaceType": "Managed", "Login": "alice@contoso.com", "cloud_instance_name": "microsoftonline.com"}),
        json!({"NameSpaceType": "Managed", "Login": "alice@contoso.com", "DomainName": "contoso.com", "MicrosoftAccount": 0}),
        json!({"State": 4, "UserState": 1, "NameSpaceType": "Managed", "CloudInstanceName": "microsoftonline.com"}),
        json!({"account_type": "Managed", "NameSpaceType": "Managed", "CloudInstanceName": "x", "cloud_instance_name": "microsoftonline.com"}),
        json!({"account_type": "Managed", "domain_name": 7, "federation_protocol": null, "MicrosoftAccount": 1}),
    ] {
        assert_eq!(asked(&realm).states.last(), Some(&State::Granted), "{realm}");
    }
}

#[test]
fn names_and_urls_of_the_answer_have_a_bounded_length() {
    let long = |start: &str| format!("{start}{}", "x".repeat(300_000));
    let federated = json!({"account_type": "Federated", "federation_protocol": long("WSTrust"),
        "federation_metadata_url": long("https://sts.contoso.com/"), "federation_active_auth_url": long("https://sts.contoso.com/"),
        "cloud_instance_name": "microsoftonline.com"});
    let other_cloud = json!({"account_type": "Managed", "cloud_instance_name": long("microsoftonline")});
    let unknown = json!({"account_type": "Unknown", "domain_name": long("contoso")});
    for realm in [federated, other_cloud, unknown] {
        let elsewhere = format!("{:?}", not_managed(&realm));
        assert!(elsewhere.len() < 1_000, "{} bytes", elsewhere.len());
        assert!(asked(&realm).transcript.to_string().len() < 20_000);
    }
}

#[test]
fn federated_names_the_server_and_asks_nothing_of_it() {
    let realm = json!({"account_type": "Federated", "domain_name": "contoso.com", "federation_protocol": "WSTrust",
        "federation_metadata_url": "https://sts.contoso.com/adfs/services/trust/mex",
        "federation_active_auth_url": "https://sts.contoso.com/adfs/services/trust/2005/usernamemixed",
        "cloud_instance_name": "microsoftonline.com"});
    assert_eq!(not_managed(&realm).responsible(), Responsible::Administrator);
    let NotManaged::Federated(federation) = not_managed(&realm) else {
        panic!()
    };
    assert_eq!(federation.protocol.as_deref(), Some("WSTrust"));
    assert_eq!(
        federation.mex.as_deref(),
        Some("https://sts.contoso.com/adfs/services/trust/mex")
    );
    assert!(federation.active_auth.unwrap().ends_with("usernamemixed"));
    assert_eq!(asked(&realm).requests.len(), 1);

    let realm = json!({"NameSpaceType": "Federated", "AuthURL": "https://sts.contoso.com/adfs/ls/"});
    let NotManaged::Federated(federation) = not_managed(&realm) else {
        panic!()
    };
    assert_eq!(
        federation.active_auth.as_deref(),
        Some("https://sts.contoso.com/adfs/ls/")
    );
}

#[test]
fn an_unknown_name_is_not_guessed_at() {
    for realm in [
        json!({"account_type": "Unknown", "domain_name": "contoso.com"}),
        json!({"NameSpaceType": "Unknown", "DomainName": "contoso.com"}),
        json!({"account_type": "SomethingNew", "domain_name": "contoso.com"}),
        json!({"domain_name": "contoso.com"}),
    ] {
        assert_eq!(
            not_managed(&realm),
            NotManaged::Unknown {
                domain: Some("contoso.com".to_owned())
            },
            "{realm}"
        );
    }
}

#[test]
fn another_cloud_is_named() {
    let realm = json!({"account_type": "Managed", "cloud_instance_name": "microsoftonline.us"});
    let other = NotManaged::OtherCloud {
        cloud_instance_name: "microsoftonline.us".to_owned(),
    };
    assert_eq!(not_managed(&realm), other);

    let config = peer::config().with_cloud(Cloud::US_GOVERNMENT);
    let metadata = json!({"issuer": peer::ISSUER});
    let script = Script::granting()
        .answer(State::Realm, 200, &realm)
        .answer(State::Metadata, 200, &metadata);
    let run = peer::run(peer::with(&config), script);
    assert_eq!(run.requests[0].1.uri().host(), Some("login.microsoftonline.us"));
    assert_eq!(run.states.last(), Some(&State::Granted));
}

#[test]
fn each_cloud_is_asked_at_its_own_host_alone() {
    for (cloud, host, documented) in [
        (Cloud::PUBLIC, "login.microsoftonline.com", true),
        (Cloud::US_GOVERNMENT, "login.microsoftonline.us", true),
        (Cloud::CHINA, "login.partner.microsoftonline.cn", false),
        (
            Cloud::custom("https://localhost:8443").unwrap(),
            "localhost:8443",
            false,
        ),
    ] {
        let stated = cloud.certificate_sign_in();
        assert_eq!(stated == CertificateSignIn::Documented, documented, "{host}");
        let config = peer::config().with_cloud(cloud);
        let metadata = json!({"issuer": peer::ISSUER});
        let script = Script::granting()
            .answer(State::Realm, 200, &json!({"account_type": "Managed"}))
            .answer(State::Metadata, 200, &metadata);
        let run = peer::run(peer::with(&config), script);
        assert_eq!(run.states.last(), Some(&State::Granted));
        for (_, request) in &run.requests {
            assert_eq!(request.uri().scheme_str(), Some("https"));
            assert_eq!(request.uri().authority().unwrap().as_str(), host);
        }
    }
}
