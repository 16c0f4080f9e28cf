//! Each switch of the registration service changes its own field and nothing else.

use cba_protocol::config::{
    Attributes, AttributesName, ClientHeaders, DiscoveryRequest, FinalSlash, RegistrationService,
    RequestForm, TargetDomain, TenantCheck,
};
use cba_protocol::{Config, Error, State, Tenant};
use openssl::base64::decode_block;
use openssl::x509::X509Req;
use serde_json::{Value, json};

use super::issued::Issued;
use super::{issuing, join, run_with};
use crate::peer::{self, DEVICE, Run};

fn run(change: impl FnOnce(RegistrationService) -> RegistrationService) -> Run<cba_protocol::Registration> {
    let config = peer::config().with_registration(change(RegistrationService::default()));
    run_with(&config, issuing(&Issued::default()))
}

fn body(change: impl FnOnce(RegistrationService) -> RegistrationService) -> Value {
    serde_json::from_slice(run(change).requests[1].1.body()).unwrap()
}

#[test]
fn discovery() {
    let plain = run(|service| service.with_discovery(DiscoveryRequest::Plain));
    let (_, request) = &plain.requests[0];
    assert_eq!(request.uri().query(), Some("api-version=1.9"));
    assert!(!request.headers().contains_key("authorization"));
    let none = run(|service| {
        service
            .with_discovery(DiscoveryRequest::Omitted)
            .with_api_version("1.0")
    });
    assert_eq!(none.states.first(), Some(&State::Keys));
    assert_eq!(
        none.requests[0].1.uri(),
        "https://enterpriseregistration.windows.net/EnrollmentServer/device/?api-version=1.0"
    );
    none.granted();
}

#[test]
fn the_fields_of_the_request() {
    assert_eq!(
        body(|service| service.with_target_domain(TargetDomain::RegistrationHost))["TargetDomain"],
        "enterpriseregistration.windows.net"
    );
    assert_eq!(
        body(|service| service.with_device_type("Windows"))["DeviceType"],
        "Windows"
    );
    assert!(
        body(|service| service.with_attributes(Attributes::Omitted))
            .get("Attributes")
            .is_none()
    );
    assert_eq!(
        body(|service| service.with_attributes(Attributes::Booleans))["Attributes"],
        json!({"ReuseDevice": true, "ReturnClientSid": true})
    );
    assert_eq!(
        body(|service| service.with_attributes(Attributes::Capitals))["Attributes"],
        json!({"ReuseDevice": "True", "ReturnClientSid": "True"})
    );
    let lower = body(|service| service.with_attributes_name(AttributesName::LowerCase));
    assert_eq!(
        lower["attributes"],
        json!({"ReuseDevice": "true", "ReturnClientSid": "true"})
    );
    assert!(lower.get("Attributes").is_none());
}

#[test]
fn the_path_may_end_without_a_slash() {
    let run = run(|service| service.with_final_slash(FinalSlash::Removed));
    assert_eq!(
        run.requests[1].1.uri(),
        "https://enterpriseregistration.windows.net/EnrollmentServer/device?api-version=2.0"
    );
    run.granted();
}

#[test]
fn the_headers_that_name_the_client() {
    let without = run(|service| service);
    let with = run(|service| service.with_client_headers(ClientHeaders::Sent));
    for n in [0, 1] {
        for name in ["ocp-adrs-client-name", "ocp-adrs-client-version"] {
            assert!(!without.requests[n].1.headers().contains_key(name));
            assert!(!with.requests[n].1.headers()[name].is_empty());
        }
    }
}

#[test]
fn each_form_of_the_certificate_request_is_read_by_openssl() {
    for form in [
        RequestForm::Plain,
        RequestForm::EmptyExtensions,
        RequestForm::NulTerminated,
    ] {
        let body = body(|service| service.with_request_form(form));
        let der = decode_block(body["CertificateRequest"]["Data"].as_str().unwrap()).unwrap();
        let request = X509Req::from_der(&der).unwrap();
        assert!(request.verify(&DEVICE.key).unwrap(), "{form:?}");
        let has_attribute = der
            .windows(9)
            .any(|at| at == [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x0e]);
        assert_eq!(has_attribute, form == RequestForm::EmptyExtensions);
        let name = request
            .subject_name()
            .entries()
            .next()
            .unwrap()
            .data()
            .as_slice()
            .len();
        assert_eq!(
            name,
            if form == RequestForm::NulTerminated {
                37
            } else {
                36
            }
        );
    }
}

#[test]
fn the_tenant_may_be_missing() {
    let config =
        |check| peer::config().with_registration(RegistrationService::default().with_tenant_check(check));
    let nameless = Issued {
        tenant: None,
        ..Issued::default()
    };
    run_with(&config(TenantCheck::IfNamed), issuing(&nameless)).granted();
    let other = Issued {
        tenant: Some("00000000-0000-4000-8000-000000000001"),
        ..Issued::default()
    };
    let error = run_with(&config(TenantCheck::IfNamed), issuing(&other)).error();
    assert!(matches!(error, Error::UnfitCertificate { .. }));
}

#[test]
fn common_finds_the_tenant_by_the_users_domain_and_token() {
    let config: Config = peer::config().with_tenant(Tenant::common());
    let run = run_with(&config, issuing(&Issued::default()));
    assert_eq!(run.requests[0].1.uri().path(), "/contoso.com/Discover");
    run.granted();
    // the id token names the tenant
    let other = Issued {
        tenant: Some("00000000-0000-4000-8000-000000000001"),
        ..Issued::default()
    };
    assert!(run_with(&config, issuing(&other)).result.is_err());
    let odd = cba_protocol::Join::new(
        &config,
        &upn_resolver::Upn::parse("alice@ü.example").unwrap(),
        &super::token(),
    );
    assert!(matches!(
        odd.start(peer::seed()),
        Err(Error::UnwritableRequest {
            state: State::Discovery
        })
    ));
    assert!(join(&config).start(peer::seed()).is_ok());
}
