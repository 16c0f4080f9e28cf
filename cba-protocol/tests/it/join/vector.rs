//! The published example of [MS-DVRJ] 4.1: request, transport key and certificate.
//! <https://learn.microsoft.com/openspecs/windows_protocols/ms-dvrj/>

use std::time::Duration;

use cba_protocol::config::{Attributes, RegistrationService, RequestForm, TargetDomain, TenantCheck};
use cba_protocol::{Cloud, Config, Error, Join, JoinType, Outcome, State, Step, Tenant};
use openssl::base64::decode_block;
use openssl::bn::BigNum;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::x509::{X509, X509Req};
use rustls_pki_types::{SubjectPublicKeyInfoDer, UnixTime};
use serde_json::Value;

use crate::peer;

const REQUEST: &str = include_str!("../../fixtures/ms-dvrj-4.1-request.json");
const ANSWER: &str = include_str!("../../fixtures/ms-dvrj-4.1-answer.json");

/// A day after the certificate was issued.
const ISSUED: u64 = 1_456_264_800;

fn read(json: &str) -> Value {
    serde_json::from_str(json).unwrap()
}

/// As the example's server: AD FS, so that no tenant is named, and `sts.contoso.com` is the registration service.
fn config() -> Config {
    let cloud = Cloud::custom("https://sts.contoso.com")
        .unwrap()
        .with_registration("https://sts.contoso.com")
        .unwrap();
    let service = RegistrationService::default()
        .with_request_form(RequestForm::NulTerminated)
        .with_target_domain(TargetDomain::RegistrationHost)
        .with_attributes(Attributes::Omitted)
        .with_tenant_check(TenantCheck::IfNamed)
        .with_device_type("Windows");
    Config::new(cloud, Tenant::parse("contoso.com").unwrap()).with_registration(service)
}

fn spki(key: &PKey<openssl::pkey::Public>) -> SubjectPublicKeyInfoDer<'static> {
    SubjectPublicKeyInfoDer::from(key.public_key_to_der().unwrap())
}

/// The join of the example up to its POST, with the example's keys and signature.
fn posted() -> Step<cba_protocol::Registration> {
    let published = read(REQUEST);
    let request =
        X509Req::from_der(&decode_block(published["CertificateRequest"]["Data"].as_str().unwrap()).unwrap())
            .unwrap();
    let blob = decode_block(published["TransportKey"].as_str().unwrap()).unwrap();
    let (e, n) = (
        BigNum::from_slice(&blob[24..27]).unwrap(),
        BigNum::from_slice(&blob[27..]).unwrap(),
    );
    let transport = PKey::from_rsa(Rsa::from_public_components(n, e).unwrap()).unwrap();

    let discovery = serde_json::json!({"DeviceJoinService": {"JoinEndpoint": "https://sts.contoso.com/EnrollmentServer/device"}});
    let mut script = peer::Script::empty().answer(State::Discovery, 200, &discovery);
    let step = Join::new(&config(), &peer::upn(), &super::token())
        .with_display_name("MyPC")
        .with_os_version("Windows 10")
        .start(peer::seed())
        .unwrap();
    let Step::MakeKeys(task) = peer::once(step, &mut script).unwrap() else {
        panic!()
    };
    let step = task
        .complete(&spki(&request.public_key().unwrap()), &spki(&transport))
        .unwrap();
    let Step::SignAsDevice(task) = step else { panic!() };
    // the signature ends the request
    let der = request.to_der().unwrap();
    task.complete(&der[der.len() - 256..]).unwrap()
}

#[test]
fn the_published_request_is_written_byte_for_byte() {
    let Step::Send(exchange) = posted() else { panic!() };
    let mut written: Value = serde_json::from_slice(exchange.request().body()).unwrap();
    let mut published = read(REQUEST);
    // The example is of a hybrid join, which this flow does not do.
    assert_eq!(
        (&written["JoinType"], &published["JoinType"]),
        (&0.into(), &6.into())
    );
    written["JoinType"].take();
    published["JoinType"].take();
    assert_eq!(written, published);
}

#[test]
fn the_published_certificate_is_accepted_at_its_time_only() {
    let respond = |seconds| {
        let Step::Send(exchange) = posted() else { panic!() };
        let answer = http::Response::new(ANSWER.as_bytes().to_vec());
        exchange.respond(answer, UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    };
    let Ok(Step::Done(Outcome::Granted(registration))) = respond(ISSUED) else {
        panic!()
    };
    let device = registration.device();
    assert_eq!(device.id(), "9d53c6fa-b38e-4509-8fb1-51dedb421aac");
    assert_eq!(device.join_type(), Some(JoinType::Joined));
    assert_eq!(device.tenant(), None);
    let certificate = X509::from_der(device.certificate()).unwrap();
    let thumbprint = certificate.digest(openssl::hash::MessageDigest::sha1()).unwrap();
    let published = read(ANSWER)["Certificate"]["Thumbprint"]
        .as_str()
        .unwrap()
        .to_owned();
    let hex: String = thumbprint
        .iter()
        .fold(String::new(), |hex, byte| hex + &format!("{byte:02X}"));
    assert_eq!(hex, published);
    assert!(matches!(respond(peer::NOW), Err(Error::UnfitCertificate { .. })));
}
