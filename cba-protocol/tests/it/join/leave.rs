//! Leaving.

use cba_protocol::config::{ClientHeaders, RegistrationService, RemovalHost, RemovalVersion};
use cba_protocol::{Config, Error, Leave, Removal, Responsible, State, Step, Transcript};
use serde_json::json;

use crate::peer::{self, DEVICE, Run, Script};

fn run_with(config: &Config, script: Script) -> Run<Removal> {
    let transcript = Transcript::default();
    let first = Leave::new(config, &peer::device())
        .with_transcript(&transcript)
        .start(peer::seed());
    peer::drive(first, script, transcript)
}

fn run(status: u16, body: &str) -> Run<Removal> {
    run_with(
        &peer::config(),
        Script::empty().page(State::Removal, status, &[], body),
    )
}

#[test]
fn one_request_with_the_certificate_of_the_device() {
    let step = Leave::new(&peer::config(), &peer::device())
        .start(peer::seed())
        .unwrap();
    let Step::SendAsDevice(exchange) = step else {
        panic!("{step:?}")
    };
    let request = exchange.request();
    assert_eq!(request.method(), "DELETE");
    assert_eq!(
        request.uri().to_string(),
        format!(
            "https://enterpriseregistration.windows.net/EnrollmentServer/device/{}?api-version=1.0",
            peer::DEVICE_ID
        )
    );
    assert!(request.body().is_empty());
    assert_eq!(request.headers()["content-length"], "0");
    assert!(!request.headers().contains_key("authorization"));
    assert_eq!(
        (exchange.certificate(), exchange.state()),
        (&DEVICE.der(), State::Removal)
    );
    assert!(format!("{exchange:?}").contains("Removal"));
}

#[test]
fn the_service_says_how_the_device_is_gone() {
    for (status, body) in [
        (200, ""),
        (200, "{\"AttestationResult\":{\"KeyId\":\"x\"}}"),
        (204, ""),
    ] {
        assert_eq!(run(status, body).granted(), Removal::Removed);
    }
    let unknown = json!({"ErrorType": "DirectoryError", "Message": "The device object by the given id (x) isn't found."});
    for (status, body) in [(401, String::new()), (400, unknown.to_string())] {
        assert_eq!(run(status, &body).granted(), Removal::AlreadyGone);
    }
}

#[test]
fn anything_else_is_not_a_removal() {
    let failed = json!({"ErrorType": "DirectoryError", "Message": "directory failure"}).to_string();
    assert_eq!(run(400, &failed).refused().responsible(), Responsible::Service);
    assert!(matches!(
        run(200, "<html></html>").error(),
        Error::ProtocolChanged { .. }
    ));
    assert!(matches!(run(302, "").error(), Error::Redirected { .. }));
    assert!(matches!(run(503, "").error(), Error::Unavailable { .. }));
    assert!(matches!(run(403, "<html></html>").error(), Error::NotJson { .. }));
    let step = Leave::new(&peer::config(), &peer::device())
        .start(peer::seed())
        .unwrap();
    let Step::SendAsDevice(exchange) = step else {
        panic!()
    };
    let error = exchange.not_requested().unwrap_err();
    assert_eq!(
        error,
        Error::CertificateNotRequested {
            state: State::Removal
        }
    );
}

#[test]
fn the_host_is_a_switch() {
    let service = RegistrationService::default().with_removal_host(RemovalHost::Certauth);
    let run = run_with(
        &peer::config().with_registration(service),
        Script::empty().page(State::Removal, 200, &[], ""),
    );
    assert_eq!(
        run.requests[0].1.uri().host(),
        Some("certauth.enterpriseregistration.windows.net")
    );
}

#[test]
fn the_version_and_the_headers_are_switches() {
    let service = RegistrationService::default()
        .with_removal_version(RemovalVersion::Omitted)
        .with_client_headers(ClientHeaders::Sent);
    let run = run_with(
        &peer::config().with_registration(service),
        Script::empty().page(State::Removal, 200, &[], ""),
    );
    let (_, request) = &run.requests[0];
    assert_eq!(request.uri().query(), None);
    assert_eq!(request.headers()["ocp-adrs-client-name"], "cba-protocol");
}
