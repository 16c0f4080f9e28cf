//! A device that joins: the request is made with OpenSSL.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use local_authority::JoinType;
use local_authority::issue::DeviceFile;
use openssl::asn1::{Asn1Object, Asn1OctetString};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::stack::Stack;
use openssl::x509::{X509, X509Extension, X509Name, X509Req, X509ReqBuilder};
use serde_json::{Value, json};

use super::{Card, Lab, agent_of, rsa};

pub const COMMON_NAME: &str = "7E980AD9-B86D-4306-9425-9AC066FB014A";

/// A request for a certificate, as OpenSSL makes it.
pub fn csr(name: &str, key: &PKey<Private>, nonce: Option<&str>) -> Vec<u8> {
    let mut subject = X509Name::builder().unwrap();
    subject.append_entry_by_nid(Nid::COMMONNAME, name).unwrap();
    let mut builder = X509ReqBuilder::new().unwrap();
    builder.set_subject_name(&subject.build()).unwrap();
    builder.set_pubkey(key).unwrap();
    if let Some(nonce) = nonce {
        let value = [&[0x0c, u8::try_from(nonce.len()).unwrap()], nonce.as_bytes()].concat();
        let value = Asn1OctetString::new_from_bytes(&value).unwrap();
        let oid = Asn1Object::from_str("1.2.840.113556.1.5.284.2.1").unwrap();
        let mut extensions = Stack::new().unwrap();
        extensions
            .push(X509Extension::new_from_der(&oid, false, &value).unwrap())
            .unwrap();
        builder.add_extensions(&extensions).unwrap();
    }
    builder.sign(key, MessageDigest::sha256()).unwrap();
    builder.build().to_der().unwrap()
}

/// A public key as Windows writes it.
pub fn blob(key: &PKey<Private>) -> Vec<u8> {
    let key = key.rsa().unwrap();
    let (exponent, modulus) = (key.e().to_vec(), key.n().to_vec());
    let mut blob = b"RSA1".to_vec();
    for number in [modulus.len() * 8, exponent.len(), modulus.len(), 0, 0] {
        blob.extend(u32::try_from(number).unwrap().to_le_bytes());
    }
    [blob, exponent, modulus].concat()
}

/// The body of a request to join.
pub fn body(key: &PKey<Private>, transport: &PKey<Private>, join_type: u32) -> Value {
    json!({
        "CertificateRequest": {"Type": "pkcs10", "Data": STANDARD.encode(csr(COMMON_NAME, key, None))},
        "TransportKey": STANDARD.encode(blob(transport)),
        "TargetDomain": "contoso.example",
        "DeviceType": "Linux",
        "OSVersion": "12",
        "DeviceDisplayName": "laptop",
        "JoinType": join_type,
        "Attributes": {"ReuseDevice": "true", "ReturnClientSid": "true"},
    })
}

/// The keys of a device: made once, since making them takes time.
pub fn keys() -> (PKey<Private>, PKey<Private>) {
    use std::sync::LazyLock;
    static KEY: LazyLock<PKey<Private>> =
        LazyLock::new(|| PKey::from_rsa(openssl::rsa::Rsa::generate(2048).unwrap()).unwrap());
    (KEY.clone(), rsa())
}

/// A token of Alice's for registration, by password: one factor.
pub fn token(lab: &Lab) -> String {
    let form = [
        ("grant_type", "password"),
        ("client_id", "29d9ed98-a469-4536-ade2-f981bc1d605e"),
        ("username", "alice@contoso.example"),
        ("password", "correct horse battery staple"),
        ("resource", "urn:ms-drs:enterpriseregistration.windows.net"),
    ];
    let (status, body) = lab.post(&form);
    assert_eq!(status, 200, "{body}");
    body["access_token"].as_str().unwrap().to_owned()
}

/// Sends a request to the registration service.
pub fn register(lab: &Lab, token: &str, body: &Value) -> (u16, Value) {
    register_with(lab, token, body, &[])
}

pub fn register_with(lab: &Lab, token: &str, body: &Value, headers: &[(&str, &str)]) -> (u16, Value) {
    register_at(
        lab,
        "/EnrollmentServer/device/?api-version=2.0",
        token,
        body,
        headers,
    )
}

pub fn register_at(
    lab: &Lab,
    path: &str,
    token: &str,
    body: &Value,
    headers: &[(&str, &str)],
) -> (u16, Value) {
    let url = format!("{}{path}", lab.authority.registration_url());
    let mut request = agent_of(lab, None)
        .post(url)
        .header("authorization", format!("Bearer {token}"))
        .content_type("application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    super::json(request.send(body.to_string()).unwrap())
}

/// Joins, and returns the device as the tests use it.
pub fn joined(lab: &Lab, join_type: u32) -> DeviceFile {
    let (key, transport) = keys();
    let (status, answer) = register(lab, &token(lab), &body(&key, &transport, join_type));
    assert_eq!(status, 200, "{answer}");
    let der = STANDARD
        .decode(answer["Certificate"]["RawBody"].as_str().unwrap())
        .unwrap();
    let certificate = X509::from_der(&der).unwrap();
    let name = certificate
        .subject_name()
        .entries_by_nid(Nid::COMMONNAME)
        .next()
        .unwrap();
    let pem = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    DeviceFile {
        tenant_id: lab.device.tenant_id.clone(),
        device_id: name.data().to_string().unwrap(),
        join_type: if join_type == 4 {
            JoinType::Registered
        } else {
            JoinType::Entra
        },
        certificate: pem(certificate.to_pem().unwrap()),
        key: pem(key.private_key_to_pem_pkcs8().unwrap()),
        transport_key: pem(transport.private_key_to_pem_pkcs8().unwrap()),
    }
}

/// Leaves, with a certificate in TLS.
pub fn leave(lab: &Lab, id: &str, card: Option<&Card>, host: &str, query: &str) -> (u16, Value) {
    let port = lab.authority.address().port();
    let url = format!("https://{host}:{port}/EnrollmentServer/device/{id}{query}");
    super::json(agent_of(lab, card).delete(url).call().unwrap())
}

/// Certificate and key of a device, for TLS.
pub fn identity(device: &DeviceFile) -> Card {
    Card {
        certificate: X509::from_pem(device.certificate.as_bytes()).unwrap(),
        key: PKey::private_key_from_pem(device.key.as_bytes()).unwrap(),
    }
}

/// Whether OpenSSL reads the request, signed with its own key.
pub fn is_sound(der: &[u8]) -> bool {
    let request = X509Req::from_der(der).unwrap();
    request.verify(&request.public_key().unwrap()).unwrap()
}
