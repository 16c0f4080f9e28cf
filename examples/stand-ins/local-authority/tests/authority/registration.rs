//! Devices join, sign in, and leave.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use local_authority::{Allowed, Effect, Fault, Leg, Throttle};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::x509::X509;
use serde_json::{Value, json};
use std::time::Duration;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::support::join::{
    COMMON_NAME, blob, body, csr, identity, is_sound, joined, keys, leave, register, register_at, token,
};
use crate::support::{
    Assertion, Card, DeviceRequest, JWT_BEARER, Key, Lab, Session, agent_of, assert_refused, json as read,
};

const HOST: &str = "enterpriseregistration.localhost";
const VERSION: &str = "?api-version=1.0";

fn kind(answer: &(u16, Value)) -> (u16, String) {
    let kind = answer.1["ErrorType"].as_str();
    (answer.0, kind.unwrap_or_else(|| panic!("{answer:?}")).to_owned())
}

/// A sign-in with the card on a device that joined.
fn sign_in(lab: &Lab, device: &local_authority::issue::DeviceFile) -> (u16, Value) {
    let nonce = lab.nonce();
    let card = lab.alice();
    let assertion = Assertion::new(&card, "alice@contoso.example", &lab.issuer_identifier(), &nonce);
    let request = DeviceRequest::new(device, &nonce, &assertion.sign(&card.key()));
    let signed = request.sign(&Key::pem(&device.key));
    lab.post(&[("grant_type", JWT_BEARER), ("request", &signed)])
}

#[test]
fn a_device_joins_signs_in_and_leaves() {
    for join_type in [0, 4] {
        let mut lab = Lab::new();
        let device = joined(&lab, join_type);
        let (status, answer) = sign_in(&lab, &device);
        assert_eq!(status, 200, "{answer}");
        lab.device = device.clone();
        let session = Session::of_alice(&lab);
        session.exchange(&lab, "openid");

        let card = identity(&device);
        let id = &device.device_id;
        let (status, answer) = leave(&lab, id, Some(&card), HOST, VERSION);
        assert_eq!((status, answer), (200, json!("")));
        assert_refused(&sign_in(&lab, &device), 700_003);
        let claims = session.claims("openid", &lab.nonce());
        assert_refused(&session.send(&lab, &claims, crate::support::Kdf::Two), 700_003);
        let again = leave(&lab, id, Some(&card), HOST, VERSION);
        assert_eq!(kind(&again), (401, "AuthenticationError".to_owned()));
    }
}

#[test]
fn the_certificate_is_of_the_key_and_says_who_and_where() {
    let lab = Lab::new();
    let (key, transport) = keys();
    let (status, answer) = register(&lab, &token(&lab), &body(&key, &transport, 0));
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["User"]["Upn"], "alice@contoso.example");
    assert_eq!(answer["MembershipChanges"][0]["LocalSID"], "S-1-5-32-544");
    let der = STANDARD
        .decode(answer["Certificate"]["RawBody"].as_str().unwrap())
        .unwrap();
    let certificate = X509::from_der(&der).unwrap();
    assert!(certificate.public_key().unwrap().public_eq(&key));
    let thumbprint = answer["Certificate"]["Thumbprint"].as_str().unwrap();
    assert_eq!(thumbprint, thumbprint.to_ascii_uppercase());
    let bytes = |hex: &str| -> Vec<u8> {
        let pairs = (0..hex.len() / 2).map(|at| &hex[2 * at..2 * at + 2]);
        pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
    };
    assert_eq!(
        bytes(thumbprint),
        *certificate.digest(MessageDigest::sha1()).unwrap()
    );
    let authority = X509::from_pem(&std::fs::read(lab.path("device-ca.pem")).unwrap()).unwrap();
    assert!(certificate.verify(&authority.public_key().unwrap()).unwrap());

    let (_, parsed) = X509Certificate::from_der(&der).unwrap();
    let extension = |arc: &str| {
        let oid = format!("1.2.840.113556.1.5.284.{arc}");
        let mut all = parsed.extensions().iter();
        all.find(|extension| extension.oid.to_id_string() == oid)
            .unwrap()
            .value
    };
    let name = certificate
        .subject_name()
        .entries_by_nid(Nid::COMMONNAME)
        .next()
        .unwrap();
    let id = name.data().to_string().unwrap();
    // The first three groups are little-endian.
    let bytes = bytes(&id.replace('-', ""));
    let order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    let guid: Vec<u8> = order.iter().map(|at| bytes[*at]).collect();
    assert_eq!(extension("2"), [&[0x04, 0x81, 0x10], &guid[..]].concat());
    assert_eq!(extension("7"), [0x04, 0x81, 0x01, b'1']);
    assert_eq!(extension("8"), [0x04, 0x81, 0x02, b'E', b'U']);
}

/// Real clients send three forms.
#[test]
fn all_forms_of_certificate_requests_are_accepted() {
    let lab = Lab::new();
    // The sample of [MS-DVRJ] 4.1: a NUL after the name, which is a PrintableString. Only its join type is another one.
    let mut sample: Value = serde_json::from_str(include_str!("ms-dvrj-4.1-request.json")).unwrap();
    let data = sample["CertificateRequest"]["Data"].as_str().unwrap();
    assert!(is_sound(&STANDARD.decode(data).unwrap()));
    assert_eq!(
        kind(&register(&lab, &token(&lab), &sample)),
        (400, "AuthenticationError".to_owned()),
        "a hybrid join"
    );
    sample["JoinType"] = json!(0);
    let (status, answer) = register(&lab, &token(&lab), &sample);
    assert_eq!(status, 200, "{answer}");

    // No attributes, as roadtx; an extension request, as libhimmelblau, here with a nonce in it.
    let (key, transport) = keys();
    let nonce = lab.registration_nonce();
    let mut with_nonce = body(&key, &transport, 0);
    let request = csr(COMMON_NAME, &key, Some(&nonce));
    with_nonce["CertificateRequest"]["Data"] = json!(STANDARD.encode(&request));
    assert_eq!(register(&lab, &token(&lab), &with_nonce).0, 200);
    assert_eq!(
        kind(&register(&lab, &token(&lab), &with_nonce)),
        (400, "InvalidParameter".to_owned()),
        "the nonce has been used"
    );
    let mut empty = body(&key, &transport, 0);
    empty["CertificateRequest"]["Data"] = json!(STANDARD.encode(with_empty_extensions(&key)));
    assert_eq!(register(&lab, &token(&lab), &empty).0, 200);
}

/// A request with an extension request that has no extensions, built by hand and signed with OpenSSL.
fn with_empty_extensions(key: &PKey<openssl::pkey::Private>) -> Vec<u8> {
    fn der(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len()).unwrap();
        [&[tag, 0x82], &length.to_be_bytes()[..], content].concat()
    }
    fn short(tag: u8, content: &[u8]) -> Vec<u8> {
        [&[tag, u8::try_from(content.len()).unwrap()], content].concat()
    }
    let name = [short(0x06, &[0x55, 4, 3]), short(0x13, COMMON_NAME.as_bytes())].concat();
    let subject = short(0x30, &short(0x31, &short(0x30, &name)));
    let extension_request = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 14];
    let attribute = [short(0x06, &extension_request), short(0x31, &short(0x30, &[]))].concat();
    let attributes = short(0xa0, &short(0x30, &attribute));
    let spki = key.public_key_to_der().unwrap();
    let info = der(0x30, &[&[2, 1, 0][..], &subject, &spki, &attributes].concat());
    // DER wants the shortest length: this one needs both bytes.
    assert!(info.len() > 0x100 + 4);
    let mut signer = openssl::sign::Signer::new(MessageDigest::sha256(), key).unwrap();
    let signature = signer.sign_oneshot_to_vec(&info).unwrap();
    let algorithm = [
        short(0x06, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11]),
        vec![5, 0],
    ]
    .concat();
    let signature = der(0x03, &[&[0][..], &signature].concat());
    let request = der(0x30, &[info, short(0x30, &algorithm), signature].concat());
    assert!(is_sound(&request));
    request
}

#[test]
fn requests_that_are_not_of_the_right_form() {
    let lab = Lab::new();
    let (key, transport) = keys();
    let right = body(&key, &transport, 0);
    let bearer = token(&lab);
    let refused = |change: &dyn Fn(&mut Value)| {
        let mut body = right.clone();
        change(&mut body);
        let answer = register(&lab, &bearer, &body);
        assert_eq!(kind(&answer), (400, "InvalidParameter".to_owned()), "{body}");
    };
    for member in [
        "CertificateRequest",
        "TransportKey",
        "TargetDomain",
        "DeviceType",
        "OSVersion",
        "DeviceDisplayName",
    ] {
        refused(&|body| drop(body.as_object_mut().unwrap().remove(member)));
        refused(&|body| body[member] = json!(7));
    }
    refused(&|body| body["CertificateRequest"]["Type"] = json!("pkcs7"));
    refused(&|body| body["CertificateRequest"]["Data"] = json!("not base64!"));
    refused(&|body| body["Attributes"] = json!([]));
    refused(&|body| body["Attributes"] = json!({"ReuseDevice": "perhaps"}));
    let data = |bytes: Vec<u8>| {
        refused(&|body| body["CertificateRequest"]["Data"] = json!(STANDARD.encode(&bytes)));
    };
    data(csr("laptop", &key, None));
    let mut trailing = csr(COMMON_NAME, &key, None);
    trailing.push(0);
    data(trailing);
    let mut broken = csr(COMMON_NAME, &key, None);
    *broken.last_mut().unwrap() ^= 1;
    data(broken);
    let small = PKey::from_rsa(Rsa::generate(1024).unwrap()).unwrap();
    data(csr(COMMON_NAME, &small, None));
    let large = PKey::from_rsa(Rsa::generate(3072).unwrap()).unwrap();
    data(csr(COMMON_NAME, &large, None));
    data(csr(COMMON_NAME, &key, Some("a nonce of nobody")));
    let transport = |bytes: Vec<u8>| {
        refused(&|body| body["TransportKey"] = json!(STANDARD.encode(&bytes)));
    };
    transport(blob(&small));
    transport(blob(&key)[..200].to_vec());
    let mut other = blob(&key);
    other[..4].copy_from_slice(b"RSA2");
    transport(other);

    let at = |path: &str| register_at(&lab, path, &bearer, &right, &[]);
    assert_eq!(
        at("/EnrollmentServer/device?api-version=2.0").0,
        200,
        "as [MS-DVRJ] writes it"
    );
    assert_eq!(kind(&at("/EnrollmentServer/device/")).0, 400);
    assert_eq!(kind(&at("/EnrollmentServer/device/?api-version=9")).0, 400);
}

#[test]
fn tokens_that_do_not_show_a_user_of_the_service() {
    let lab = Lab::new();
    let (key, transport) = keys();
    let right = body(&key, &transport, 0);
    let refused = |bearer: &str| {
        let answer = register(&lab, bearer, &right);
        assert_eq!(kind(&answer), (401, "AuthenticationError".to_owned()), "{bearer}");
    };
    refused("");
    refused("opaque");
    let good = token(&lab);
    let mut forged = good.clone().into_bytes();
    let last = forged.len() - 2;
    forged[last] = if forged[last] == b'A' { b'B' } else { b'A' };
    refused(std::str::from_utf8(&forged).unwrap());
    let (_, other) = lab.post(&[
        ("grant_type", "password"),
        ("client_id", "29d9ed98-a469-4536-ade2-f981bc1d605e"),
        ("username", "alice@contoso.example"),
        ("password", "correct horse battery staple"),
        ("resource", "https://graph.microsoft.com"),
    ]);
    refused(other["access_token"].as_str().unwrap());
    refused(other["id_token"].as_str().unwrap());
    lab.authority.advance_clock(Duration::from_secs(3_601));
    refused(&good);
}

#[test]
fn policy_quota_and_throttling() {
    let (key, transport) = keys();
    let answer = |lab: &Lab, join_type: u32| register(lab, &token(lab), &body(&key, &transport, join_type));
    let denied = (400, "AuthorizationError".to_owned());
    let lab = Lab::with(|configuration| configuration.registration.join = Allowed::None);
    assert_eq!(kind(&answer(&lab, 0)), denied);
    assert_eq!(answer(&lab, 4).0, 200, "registering is another permission");
    let lab = Lab::with(|configuration| {
        let alice = configuration.users[0].id.clone();
        configuration.registration.join = Allowed::Selected(vec![alice]);
        configuration.registration.register = Allowed::Selected(vec!["a group".to_owned()]);
    });
    assert_eq!(answer(&lab, 0).0, 200);
    assert_eq!(kind(&answer(&lab, 4)), denied);

    let lab = Lab::with(|configuration| configuration.registration.device_quota = Some(1));
    let first = joined(&lab, 0);
    let second = answer(&lab, 0);
    assert_eq!(kind(&second), denied);
    assert!(
        second.1["Message"].as_str().unwrap().contains("DeviceCapReached"),
        "{second:?}"
    );
    let card = identity(&first);
    assert_eq!(leave(&lab, &first.device_id, Some(&card), HOST, VERSION).0, 200);
    assert_eq!(answer(&lab, 0).0, 200, "a device that left does not count");

    let lab = Lab::with(|configuration| {
        configuration.registration.throttle = Some(Throttle {
            requests: 1,
            seconds: 300,
        });
    });
    let bearer = token(&lab);
    let send = || register(&lab, &bearer, &body(&key, &transport, 0));
    assert_eq!(send().0, 200);
    let throttled = send();
    assert_eq!(kind(&throttled), (429, "DirectoryError".to_owned()));
    assert!(throttled.1["Message"].as_str().unwrap().contains("300 seconds"));
    lab.authority.advance_clock(Duration::from_secs(301));
    assert_eq!(send().0, 200);

    let lab = Lab::with(|configuration| configuration.registration.authority_key = None);
    assert_eq!(kind(&answer(&lab, 0)).0, 400, "a tenant without the service");

    // Two factors are asked for where the token is.
    let lab = Lab::with(|configuration| configuration.registration.require_multifactor = true);
    let form = [
        ("grant_type", "password"),
        ("client_id", "29d9ed98-a469-4536-ade2-f981bc1d605e"),
        ("username", "alice@contoso.example"),
        ("password", "correct horse battery staple"),
        ("resource", "urn:ms-drs:enterpriseregistration.windows.net"),
    ];
    assert_refused(&lab.post(&form), 50_076);
}

#[test]
fn only_the_device_itself_leaves() {
    let lab = Lab::new();
    let device = joined(&lab, 0);
    let id = &device.device_id;
    let refused = |id: &str, card: Option<&Card>, host: &str| {
        let answer = leave(&lab, id, card, host, VERSION);
        assert_eq!(kind(&answer).0, 401, "{answer:?}");
    };
    refused(id, None, HOST);
    refused(id, Some(&lab.alice()), HOST);
    refused(id, Some(&identity(&lab.device)), HOST);
    refused(&lab.device.device_id, Some(&identity(&device)), HOST);
    let port = lab.authority.address().port();
    // A certificate that was not asked for on this connection.
    let url = format!("https://localhost:{port}/EnrollmentServer/device/{id}");
    let elsewhere = agent_of(&lab, Some(&identity(&device)))
        .delete(url)
        .header("host", format!("{HOST}:{port}"));
    assert_eq!(elsewhere.call().unwrap().status(), 401);
    let other = format!("certauth.{HOST}");
    assert_eq!(leave(&lab, id, Some(&identity(&device)), &other, VERSION).0, 200);
    let log = lab.authority.log();
    let entry = serde_json::to_value(log.last().unwrap()).unwrap();
    assert_eq!((&entry["leg"], &entry["device"]), (&json!("leave"), &json!(id)));
    assert_eq!(entry["tls"]["serverName"], json!(other));
    assert_eq!(entry["tls"]["subject"], json!(format!("CN={id}")));
}

#[test]
fn discovery_names_the_service() {
    let lab = Lab::new();
    let ask = |path: &str| {
        let url = format!("{}{path}", lab.authority.registration_url());
        read(agent_of(&lab, None).get(url).call().unwrap())
    };
    for tenant in ["contoso.example", lab.device.tenant_id.as_str()] {
        let (status, found) = ask(&format!("/{tenant}/Discover?api-version=1.9&managed=True"));
        assert_eq!(status, 200, "{found}");
        let join = &found["DeviceJoinService"];
        let endpoint = format!("{}/EnrollmentServer/device/", lab.authority.registration_url());
        assert_eq!(join["JoinEndpoint"], endpoint);
        assert_eq!(
            join["JoinResourceId"],
            "urn:ms-drs:enterpriseregistration.windows.net"
        );
        assert_eq!(join["ServiceVersion"], "2.0");
        assert_eq!(found["TenantInfo"]["TenantId"], json!(lab.device.tenant_id));
        let token = found["AuthenticationService"]["OAuth2"]["TokenEndpoint"].as_str();
        assert_eq!(token.unwrap(), lab.token_url());
    }
    assert_eq!(kind(&ask("/nowhere.example/Discover?api-version=1.9")).0, 400);
    assert_eq!(kind(&ask("/contoso.example/Discover")).0, 400);
}

#[test]
fn faults_strike_registration_too() {
    let lab = Lab::new();
    let (key, transport) = keys();
    let bearer = token(&lab);
    let send = || register(&lab, &bearer, &body(&key, &transport, 0));
    let refuse = |code| Effect::Refuse {
        code,
        retry_after: Some(300),
    };
    lab.authority.inject(Fault::once(Leg::Join, refuse(90_033)));
    assert_eq!(kind(&send()), (503, "UnknownError".to_owned()));
    lab.authority.inject(Fault::once(
        Leg::Join,
        Effect::Replace {
            status: 200,
            content_type: "text/html".to_owned(),
            body: "<html>a proxy</html>".to_owned(),
        },
    ));
    assert_eq!(send(), (200, json!("<html>a proxy</html>")));
    assert_eq!(send().0, 200);
}
