//! A small scripted server and the keys of a device and a card, on OpenSSL, which shares nothing with the crate.

use std::collections::{HashMap, VecDeque};
use std::sync::LazyLock;
use std::time::Duration;

use cba_protocol::{
    Cloud, Config, Device, Error, Outcome, Seed, SessionKey, SignIn, State, Step, Tenant, Transcript,
};
use http::{Request, Response};
use openssl::asn1::{Asn1Object, Asn1OctetString, Asn1Time};
use openssl::base64::encode_block;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::{Padding, Rsa};
use openssl::sign::{Signer, Verifier};
use openssl::symm::{Cipher, encrypt_aead};
use openssl::x509::{X509, X509Builder, X509Extension, X509Name};
use rustls_pki_types::{CertificateDer, UnixTime};
use serde_json::{Value, json};
use upn_resolver::Upn;

pub(crate) const TENANT: &str = "33221100-5544-7766-8899-aabbccddeeff";
pub(crate) const DEVICE_ID: &str = "6b0fae8a-2e5a-4f0c-9a52-0d9d2f3f3f11";
pub(crate) const ISSUER: &str = "https://sts.windows.net/33221100-5544-7766-8899-aabbccddeeff/";
pub(crate) const PRT: &str = "0.AXoA-primary-refresh-token";
pub(crate) const NOW: u64 = 1_800_000_000;

/// A key and the certificate that it signed itself.
pub(crate) struct Identity {
    pub(crate) key: PKey<Private>,
    pub(crate) certificate: X509,
}

pub(crate) static DEVICE: LazyLock<Identity> = LazyLock::new(|| {
    let guid = |text: &str| [&[4, 16][..], &windows_guid(text)].concat();
    let extensions = [
        ("1.2.840.113556.1.5.284.2", guid(DEVICE_ID)),
        ("1.2.840.113556.1.5.284.5", guid(TENANT)),
        ("1.2.840.113556.1.5.284.7", b"\x04\x011".to_vec()),
        ("1.2.840.113556.1.5.284.8", b"\x04\x02EU".to_vec()),
    ];
    identity(DEVICE_ID, &extensions)
});
pub(crate) static CARD: LazyLock<Identity> = LazyLock::new(|| identity("Alice", &[]));
pub(crate) static TRANSPORT: LazyLock<Rsa<Private>> = LazyLock::new(|| Rsa::generate(2048).unwrap());
pub(crate) const SESSION_KEY: [u8; 32] = *b"the session key of these tests..";

impl Identity {
    pub(crate) fn der(&self) -> CertificateDer<'static> {
        CertificateDer::from(self.certificate.to_der().unwrap())
    }

    pub(crate) fn sign(&self, input: &[u8]) -> Vec<u8> {
        Signer::new(MessageDigest::sha256(), &self.key)
            .unwrap()
            .sign_oneshot_to_vec(input)
            .unwrap()
    }

    pub(crate) fn verify(&self, input: &[u8], signature: &[u8]) -> bool {
        Verifier::new(MessageDigest::sha256(), &self.key)
            .unwrap()
            .verify_oneshot(signature, input)
            .unwrap()
    }
}

pub(crate) fn identity(common_name: &str, extensions: &[(&str, Vec<u8>)]) -> Identity {
    let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    let mut name = X509Name::builder().unwrap();
    name.append_entry_by_text("CN", common_name).unwrap();
    let name = name.build();
    let mut builder = X509Builder::new().unwrap();
    builder.set_version(2).unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(&name).unwrap();
    builder.set_pubkey(&key).unwrap();
    builder
        .set_not_before(&Asn1Time::days_from_now(0).unwrap())
        .unwrap();
    builder
        .set_not_after(&Asn1Time::days_from_now(30).unwrap())
        .unwrap();
    for (oid, value) in extensions {
        let (oid, value) = (
            Asn1Object::from_str(oid).unwrap(),
            Asn1OctetString::new_from_bytes(value).unwrap(),
        );
        builder
            .append_extension(X509Extension::new_from_der(&oid, false, &value).unwrap())
            .unwrap();
    }
    builder.sign(&key, MessageDigest::sha256()).unwrap();
    Identity {
        key,
        certificate: builder.build(),
    }
}

/// The memory form of a GUID, [MS-DTYP] 2.3.4.2.
fn windows_guid(text: &str) -> [u8; 16] {
    let hex: String = text.chars().filter(|&c| c != '-').collect();
    let at = |i: usize| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap();
    [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15].map(at)
}

/// What the server answers: for each leg a queue, of which the last answer is repeated.
#[derive(Clone)]
pub(crate) struct Script(HashMap<State, VecDeque<(u16, Vec<u8>)>>);

impl Script {
    /// A server that grants.
    pub(crate) fn granting() -> Self {
        Self(HashMap::new())
            .answer(State::Realm, 200, &managed())
            .answer(State::Metadata, 200, &metadata())
            .answer(State::Nonce, 200, &json!({"Nonce": "AwABAAAAAAACAOz_nonce-1"}))
            .answer(State::Token, 200, &issued())
    }

    /// Replaces the answers of a leg by one.
    pub(crate) fn answer(self, leg: State, status: u16, body: &Value) -> Self {
        self.raw(leg, status, body.to_string().as_bytes())
    }

    pub(crate) fn raw(mut self, leg: State, status: u16, body: &[u8]) -> Self {
        self.0.insert(leg, VecDeque::from([(status, body.to_vec())]));
        self
    }

    /// Adds an answer to a leg, after those it has.
    pub(crate) fn then(mut self, leg: State, status: u16, body: &Value) -> Self {
        self.0
            .entry(leg)
            .or_default()
            .push_back((status, body.to_string().into_bytes()));
        self
    }

    fn next(&mut self, leg: State) -> Response<Vec<u8>> {
        let queue = self
            .0
            .get_mut(&leg)
            .unwrap_or_else(|| panic!("the script has nothing for {leg}"));
        let (status, body) = if queue.len() > 1 {
            queue.pop_front().unwrap()
        } else {
            queue[0].clone()
        };
        Response::builder()
            .status(status)
            .header("content-type", "application/json")
            .body(body)
            .unwrap()
    }
}

pub(crate) fn managed() -> Value {
    json!({"ver": "1.0", "account_type": "Managed", "domain_name": "contoso.com",
           "cloud_instance_name": "microsoftonline.com", "cloud_audience_urn": "urn:federation:MicrosoftOnline"})
}

pub(crate) fn metadata() -> Value {
    json!({"issuer": ISSUER, "token_endpoint": format!("https://login.microsoftonline.com/{TENANT}/oauth2/token"),
           "cloud_instance_name": "microsoftonline.com"})
}

pub(crate) fn issued() -> Value {
    json!({"token_type": "pop", "refresh_token": PRT, "refresh_token_expires_in": 1_209_600,
           "session_key_jwe": session_key_jwe(), "id_token": id_token(), "client_info": base64url(br#"{"uid":"u","utid":"t"}"#),
           "expires_in": "3599", "unknown": {"ignored": [1]}})
}

/// An unsigned id token of a multifactor certificate sign-in.
pub(crate) fn id_token() -> String {
    let claims = json!({"aud": "38aa3b87-a06d-4817-b275-7a316988d93b", "upn": "alice@contoso.com", "name": "Alice",
                        "oid": "11111111-2222-3333-4444-555555555555", "tid": TENANT, "amr": ["rsa", "mfa"]});
    format!(
        "{}.{}.",
        base64url(br#"{"typ":"JWT","alg":"none"}"#),
        base64url(claims.to_string().as_bytes())
    )
}

/// As [MS-OAPXBC] 4.2 shows it: RSA-OAEP and A256GCM around one blank.
pub(crate) fn session_key_jwe() -> String {
    let header = base64url(br#"{"enc":"A256GCM","alg":"RSA-OAEP"}"#);
    let mut wrapped = vec![0; 256];
    let length = TRANSPORT
        .public_encrypt(&SESSION_KEY, &mut wrapped, Padding::PKCS1_OAEP)
        .unwrap();
    let (iv, mut tag) = ([9; 12], [0; 16]);
    let sealed = encrypt_aead(
        Cipher::aes_256_gcm(),
        &SESSION_KEY,
        Some(&iv),
        header.as_bytes(),
        b" ",
        &mut tag,
    )
    .unwrap();
    let parts = [&wrapped[..length], &iv, &sealed, &tag].map(base64url);
    format!("{header}.{}", parts.join("."))
}

pub(crate) fn refusal(code: u32, error: &str) -> Value {
    json!({"error": error, "error_codes": [code], "timestamp": "2027-01-15 08:00:00Z",
           "error_description": format!("AADSTS{code}: Something about alice@contoso.com. Trace ID: 0e1d2c3b-0000-4000-8000-aabbccddee00\r\nCorrelation ID: 1f2e3d4c"),
           "trace_id": "0e1d2c3b-0000-4000-8000-aabbccddee00", "correlation_id": "1f2e3d4c-0000-4000-8000-aabbccddee00",
           "error_uri": format!("https://login.microsoftonline.com/error?code={code}")})
}

pub(crate) fn base64url(octets: &[u8]) -> String {
    encode_block(octets)
        .trim_end_matches('=')
        .replace('+', "-")
        .replace('/', "_")
}

pub(crate) fn from_base64url(text: &str) -> Vec<u8> {
    let mut standard = text.replace('-', "+").replace('_', "/");
    while standard.len() % 4 != 0 {
        standard.push('=');
    }
    openssl::base64::decode_block(&standard).unwrap()
}

pub(crate) fn config() -> Config {
    Config::new(Cloud::PUBLIC, Tenant::parse(TENANT).unwrap())
}

pub(crate) fn device() -> Device {
    Device::from_certificate(&DEVICE.der()).unwrap()
}

pub(crate) fn upn() -> Upn {
    Upn::parse("alice@contoso.com").unwrap()
}

pub(crate) fn sign_in() -> SignIn {
    with(&config())
}

pub(crate) fn with(config: &Config) -> SignIn {
    SignIn::with_certificate(config, &device(), &upn(), &CARD.der())
}

pub(crate) fn seed() -> Seed {
    Seed::from([42; 32])
}

pub(crate) fn now() -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(NOW))
}

/// A flow from its first step to its end.
pub(crate) struct Run<T = cba_protocol::PrimaryRefreshToken> {
    pub(crate) states: Vec<State>,
    pub(crate) requests: Vec<(State, Request<Vec<u8>>)>,
    /// The two JWS inputs with their signatures, in the order in which they were asked for.
    pub(crate) signed: Vec<(State, Vec<u8>, Vec<u8>)>,
    pub(crate) result: Result<Outcome<T>, Error>,
    pub(crate) transcript: Transcript,
}

/// Runs a sign-in against a script.
pub(crate) fn run(sign_in: SignIn, script: Script) -> Run {
    let transcript = Transcript::default();
    drive(sign_in.transcript(&transcript).start(seed()), script, transcript)
}

/// Runs any flow against a script.
pub(crate) fn drive<T: 'static>(
    first: Result<Step<T>, Error>,
    mut script: Script,
    transcript: Transcript,
) -> Run<T> {
    let (mut states, mut requests, mut signed) = (Vec::new(), Vec::new(), Vec::new());
    let mut step = first;
    let result = loop {
        match &step {
            Ok(step) => states.push(step.state()),
            Err(_) => states.push(State::Failed),
        }
        step = match step {
            Err(error) => break Err(error),
            Ok(Step::Done(outcome)) => break Ok(outcome),
            Ok(next) => {
                match &next {
                    Step::Send(exchange) => requests.push((exchange.state(), exchange.request().clone())),
                    Step::SignAsDevice(task) => {
                        signed.push((State::Request, task.input().to_vec(), DEVICE.sign(task.input())));
                    }
                    Step::SignAsUser(task) => {
                        signed.push((State::Assertion, task.input().to_vec(), CARD.sign(task.input())));
                    }
                    _ => {}
                }
                once(next, &mut script)
            }
        };
    };
    Run {
        states,
        requests,
        signed,
        result,
        transcript,
    }
}

/// Does what one step asks for.
pub(crate) fn once<T: 'static>(step: Step<T>, script: &mut Script) -> Result<Step<T>, Error> {
    match step {
        Step::Done(_) => panic!("the flow has ended"),
        Step::Send(exchange) => {
            let answer = script.next(exchange.state());
            exchange.respond(answer, now())
        }
        Step::SignAsDevice(task) => {
            let signature = DEVICE.sign(task.input());
            task.complete(&signature)
        }
        Step::SignAsUser(task) => {
            let signature = CARD.sign(task.input());
            task.complete(&signature)
        }
        Step::Unwrap(task) => {
            let key = unwrap(task.wrapped());
            task.complete(key)
        }
    }
}

pub(crate) fn unwrap(wrapped: &[u8]) -> SessionKey {
    let mut key = vec![0; 256];
    let length = TRANSPORT
        .private_decrypt(wrapped, &mut key, Padding::PKCS1_OAEP)
        .unwrap();
    SessionKey::try_from(&key[..length]).unwrap()
}

impl<T> Run<T> {
    /// The granted result.
    pub(crate) fn granted(self) -> T {
        match self.result {
            Ok(Outcome::Granted(granted)) => *granted,
            Ok(other) => panic!("not granted: {:?}", other.state()),
            Err(error) => panic!("not granted: {error}"),
        }
    }

    pub(crate) fn error(self) -> Error {
        self.result.err().expect("an error")
    }

    pub(crate) fn refused(self) -> cba_protocol::Refusal {
        match self.result {
            Ok(Outcome::Refused(refusal)) => *refusal,
            Ok(other) => panic!("not refused: {:?}", other.state()),
            Err(error) => panic!("not refused: {error}"),
        }
    }

    /// The form of the n-th request to the token endpoint of a leg.
    pub(crate) fn form(&self, leg: State, n: usize) -> HashMap<String, String> {
        let (_, request) = self
            .requests
            .iter()
            .filter(|(state, _)| *state == leg)
            .nth(n)
            .unwrap();
        let body = std::str::from_utf8(request.body()).unwrap();
        let pairs = body.split('&').map(|pair| pair.split_once('=').unwrap());
        pairs
            .map(|(name, value)| (name.to_owned(), percent_decode(value)))
            .collect()
    }

    /// The device's request and in it the user's assertion, as (header, claims) each.
    pub(crate) fn jwts(&self, n: usize) -> (Jwt, Option<Jwt>) {
        let request = Jwt::read(&self.form(State::Token, n)["request"]);
        let assertion = request.claims["assertion"].as_str().map(Jwt::read);
        (request, assertion)
    }
}

/// A compact JWS taken apart.
pub(crate) struct Jwt {
    pub(crate) header: Value,
    pub(crate) claims: Value,
    pub(crate) input: Vec<u8>,
    pub(crate) signature: Vec<u8>,
}

impl Jwt {
    pub(crate) fn read(jws: &str) -> Self {
        let (input, signature) = jws.rsplit_once('.').unwrap();
        let (header, claims) = input.split_once('.').unwrap();
        let part = |text| serde_json::from_slice(&from_base64url(text)).unwrap();
        Self {
            header: part(header),
            claims: part(claims),
            input: input.into(),
            signature: from_base64url(signature),
        }
    }

    /// The names of the members, in alphabetical order.
    pub(crate) fn names(value: &Value) -> Vec<&str> {
        value.as_object().unwrap().keys().map(String::as_str).collect()
    }
}

fn percent_decode(text: &str) -> String {
    let (mut octets, mut rest) = (Vec::new(), text.bytes());
    while let Some(octet) = rest.next() {
        let mut digit = || char::from(rest.next().unwrap()).to_digit(16).unwrap();
        octets.push(if octet == b'%' {
            u8::try_from(digit() << 4 | digit()).unwrap()
        } else {
            octet
        });
    }
    String::from_utf8(octets).unwrap()
}

/// A sign-in's result, for the tests of what can be done with it.
pub(crate) fn prt() -> cba_protocol::PrimaryRefreshToken {
    prt_with(&config())
}

pub(crate) fn prt_with(config: &Config) -> cba_protocol::PrimaryRefreshToken {
    run(with(config), Script::granting()).granted()
}

pub(crate) fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let key = PKey::hmac(key).unwrap();
    Signer::new(MessageDigest::sha256(), &key)
        .unwrap()
        .sign_oneshot_to_vec(message)
        .unwrap()
}

/// [MS-OAPXBC] 3.1.5.1.3.3, on OpenSSL.
pub(crate) fn derive(context: &[u8]) -> Vec<u8> {
    let label = b"AzureAD-SecureConversation";
    let input = [&[0, 0, 0, 1][..], label, &[0], context, &[0, 0, 1, 0]].concat();
    hmac(&SESSION_KEY, &input)
}

/// An encrypted answer, [MS-OAPXBC] 3.2.5.1.3.2.
pub(crate) fn encrypted(plain: &Value) -> Vec<u8> {
    let (header, key) = encryption();
    let (iv, mut tag) = ([7; 12], [0; 16]);
    let plain = plain.to_string();
    let sealed = encrypt_aead(
        Cipher::aes_256_gcm(),
        &key,
        Some(&iv),
        header.as_bytes(),
        plain.as_bytes(),
        &mut tag,
    )
    .unwrap();
    let [iv, sealed, tag] = [&iv[..], &sealed, &tag].map(base64url);
    format!("{header}..{iv}.{sealed}.{tag}").into_bytes()
}

/// The form that the service is seen to send under the same header: AES-256-CBC, an IV of 16 bytes and a tag that means nothing.
pub(crate) fn encrypted_cbc(plain: &Value) -> Vec<u8> {
    let (header, key) = encryption();
    let iv = [8; 16];
    let sealed = openssl::symm::encrypt(
        Cipher::aes_256_cbc(),
        &key,
        Some(&iv),
        plain.to_string().as_bytes(),
    )
    .unwrap();
    let [iv, sealed, tag] = [&iv[..], &sealed, &[0; 16]].map(base64url);
    format!("{header}..{iv}.{sealed}.{tag}").into_bytes()
}

fn encryption() -> (String, Vec<u8>) {
    let ctx = [5; 24];
    let header = json!({"alg": "dir", "enc": "A256GCM", "ctx": encode_block(&ctx), "kid": "session"});
    (base64url(header.to_string().as_bytes()), derive(&ctx))
}
