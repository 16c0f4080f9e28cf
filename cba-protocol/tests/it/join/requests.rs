//! The requests of a join. The certificate request is read by OpenSSL.

use cba_protocol::{JoinType, State, Transcript};
use openssl::base64::decode_block;
use openssl::x509::X509Req;
use serde_json::{Value, json};

use super::issued::Issued;
use super::{issuing, join, run};
use crate::peer::{self, DEVICE, TRANSPORT};

fn body(run: &peer::Run<cba_protocol::Registration>) -> Value {
    let (_, request) = run
        .requests
        .iter()
        .find(|(state, _)| *state == State::Registration)
        .unwrap();
    serde_json::from_slice(request.body()).unwrap()
}

#[test]
fn discovery_keys_signature_and_one_post() {
    let run = run(issuing(&Issued::default()));
    assert_eq!(
        run.states,
        [
            State::Discovery,
            State::Keys,
            State::CertificateRequest,
            State::Registration,
            State::Granted
        ]
    );
    let (_, discovery) = &run.requests[0];
    assert_eq!(
        discovery.uri().to_string(),
        format!(
            "https://enterpriseregistration.windows.net/{}/Discover?api-version=1.9&managed=True",
            peer::TENANT
        )
    );
    let (_, post) = &run.requests[1];
    assert_eq!(
        post.uri(),
        "https://enterpriseregistration.windows.net/EnrollmentServer/device/?api-version=2.0"
    );
    for (_, request) in &run.requests {
        assert_eq!(request.headers()["authorization"], "Bearer web-access-token");
        assert!(request.headers()["authorization"].is_sensitive());
    }
}

#[test]
fn openssl_reads_and_verifies_the_certificate_request() {
    let run = run(issuing(&Issued::default()));
    let body = body(&run);
    assert_eq!(body["CertificateRequest"]["Type"], "pkcs10");
    let der = decode_block(body["CertificateRequest"]["Data"].as_str().unwrap()).unwrap();
    let request = X509Req::from_der(&der).unwrap();
    assert_eq!(request.to_der().unwrap(), der);
    assert!(request.verify(&DEVICE.key).unwrap());
    assert!(request.public_key().unwrap().public_eq(&DEVICE.key));
    assert_eq!(request.version(), 0);
    let subject: Vec<String> = request
        .subject_name()
        .entries()
        .map(|entry| String::from_utf8(entry.data().as_slice().to_vec()).unwrap())
        .collect();
    assert_eq!(subject, ["7E980AD9-B86D-4306-9425-9AC066FB014A"]);
    let (state, input, signature) = &run.signed[0];
    assert_eq!(*state, State::CertificateRequest);
    assert!(DEVICE.verify(input, signature));
}

#[test]
fn the_transport_key_is_a_blob_of_its_numbers() {
    let run = run(issuing(&Issued::default()));
    let blob = decode_block(body(&run)["TransportKey"].as_str().unwrap()).unwrap();
    let header: Vec<u8> = [&b"RSA1"[..], &[0, 8, 0, 0], &[3, 0, 0, 0], &[0, 1, 0, 0], &[0; 8]].concat();
    assert_eq!(blob.len(), 283);
    assert_eq!(blob[..24], header);
    assert_eq!(blob[24..27], TRANSPORT.e().to_vec());
    assert_eq!(blob[27..], TRANSPORT.n().to_vec());
}

#[test]
fn the_machine_is_described_as_the_caller_says() {
    let transcript = Transcript::default();
    let first = join(&peer::config())
        .with_join_type(JoinType::Registered)
        .with_display_name("workstation \"7\"")
        .with_os_version("Debian 13")
        .with_transcript(&transcript)
        .start(peer::seed());
    let run = peer::drive(first, issuing(&Issued::default()), transcript);
    let body = body(&run);
    assert_eq!(body["JoinType"], 4);
    assert_eq!(
        (&body["DeviceDisplayName"], &body["OSVersion"]),
        (&json!("workstation \"7\""), &json!("Debian 13"))
    );
    assert_eq!(
        (&body["DeviceType"], &body["TargetDomain"]),
        (&json!("Linux"), &json!("contoso.com"))
    );
    assert_eq!(
        body["Attributes"],
        json!({"ReuseDevice": "true", "ReturnClientSid": "true"})
    );
    assert_eq!(run.granted().join_type(), JoinType::Registered);
    assert_eq!(
        self::body(&super::run(issuing(&Issued::default())))["JoinType"],
        0
    );
}
