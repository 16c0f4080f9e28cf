//! Use of a primary refresh token by cba-protocol, with the authority, which shares no code with it: tokens, renewal, a sealed
//! copy, single sign-on, in both versions of the key derivation.

use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use cba_protocol::config::{KdfOffer, PrtNonce};
use cba_protocol::{
    AccessToken, Cloud, Config, Device, Freshness, Integrity, Outcome, PrimaryRefreshToken, SealingKey, Seed,
    SessionKey, SignIn, SsoContext, Step, Tenant,
};
use examples::device::SoftwareDevice;
use examples::http_client::HttpClient;
use http::{Request, StatusCode};
use local_authority::Authority;
use local_authority::issue::{InitOptions, init};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use tempfile::TempDir;
use upn_resolver::Upn;

const CLIENT: &str = "1b730954-1685-4b74-9bfd-dac224a7b894";
const GRAPH: &str = "https://graph.microsoft.com";

/// An authority, a device of its tenant, and a user's certificate with its key in software.
struct Bench {
    authority: Authority,
    folder: TempDir,
    http: HttpClient,
    keys: SoftwareDevice,
    device: Device,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let configuration = init(folder.path(), &InitOptions::default()).unwrap();
        let keys = SoftwareDevice::read(&folder.path().join("device.json")).unwrap();
        Self {
            authority: Authority::start(configuration, "127.0.0.1:0".parse().unwrap()).unwrap(),
            http: HttpClient::trusting(&folder.path().join("tls-ca.pem"), 1 << 20).unwrap(),
            device: Device::from_certificate(keys.certificate()).unwrap(),
            keys,
            folder,
        }
    }

    fn config(&self) -> Config {
        let cloud = Cloud::custom(&self.authority.url()).unwrap();
        Config::new(cloud, Tenant::parse(self.keys.tenant_id()).unwrap())
    }

    fn sign_in(&self, config: &Config) -> PrimaryRefreshToken {
        let certificate = CertificateDer::from_pem_file(self.folder.path().join("alice.pem")).unwrap();
        let upn = Upn::parse("alice@contoso.example").unwrap();
        self.granted(
            SignIn::with_certificate(config, &self.device, &upn, &certificate)
                .start(seed(1))
                .unwrap(),
        )
    }

    fn token(&self, prt: &PrimaryRefreshToken, n: u8) -> AccessToken {
        let request = prt.token_request(CLIENT, "openid").with_resource(GRAPH);
        self.granted(request.start(seed(n), UnixTime::now()).unwrap())
    }

    fn granted<T: 'static>(&self, step: Step<T>) -> T {
        match self.drive(step) {
            Outcome::Granted(granted) => *granted,
            other => panic!("not granted: {:?}", other.state()),
        }
    }

    fn drive<T: 'static>(&self, mut step: Step<T>) -> Outcome<T> {
        loop {
            step = match step {
                Step::Done(outcome) => return outcome,
                Step::Send(exchange) => {
                    let answer = self.http.send(exchange.request()).unwrap();
                    exchange.respond(answer, UnixTime::now()).unwrap()
                }
                Step::SignAsUser(task) => {
                    let signature = self.sign_as_user(task.input());
                    task.complete(&signature).unwrap()
                }
                Step::SignAsDevice(task) => {
                    let signature = self.keys.sign(task.input()).unwrap();
                    task.complete(&signature).unwrap()
                }
                Step::Unwrap(task) => {
                    let key = self.keys.unwrap(task.wrapped()).unwrap();
                    task.complete(SessionKey::try_from(key.as_slice()).unwrap())
                        .unwrap()
                }
                _ => unreachable!("a sign-in has no other steps"),
            };
        }
    }

    /// The redirection of the sign-in page for a browser with the user's credential.
    fn opened(&self, page: &str, prt: &PrimaryRefreshToken, freshness: Freshness<'_>) -> String {
        let (name, value) = prt.sso(freshness, SsoContext::default(), seed(7)).header();
        let mut request = Request::builder().uri(page).body(Vec::new()).unwrap();
        request.headers_mut().insert(name, value);
        let answer = self.http.send(&request).unwrap();
        assert_eq!(answer.status(), StatusCode::FOUND);
        answer.headers()["location"].to_str().unwrap().to_owned()
    }

    fn sign_as_user(&self, input: &[u8]) -> Vec<u8> {
        let key = PrivateKeyDer::from_pem_file(self.folder.path().join("alice.key")).unwrap();
        let key = KeyPair::from_pkcs8(key.secret_der()).unwrap();
        let mut signature = vec![0; key.public_modulus_len()];
        key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), input, &mut signature)
            .unwrap();
        signature
    }
}

fn seed(n: u8) -> Seed {
    Seed::from([n; 32])
}

#[test]
fn tokens_are_granted_and_the_primary_one_is_renewed() {
    let bench = Bench::new();
    for kdf in [KdfOffer::V1, KdfOffer::AsAdvertised, KdfOffer::V2] {
        for nonce in [PrtNonce::Fetched, PrtNonce::Omitted] {
            let config = bench.config().with_kdf(kdf).with_prt_nonce(nonce);
            let prt = bench.sign_in(&config);
            let token = bench.token(&prt, 2);
            assert_eq!(token.integrity(), Integrity::SessionKey, "{kdf:?} {nonce:?}");
            let renewed = bench.granted(prt.renewal().start(seed(3), UnixTime::now()).unwrap());
            assert_ne!(renewed.token().expose(), prt.token().expose());
            assert_eq!(bench.token(&renewed, 4).integrity(), Integrity::SessionKey);
        }
    }
}

#[test]
fn a_sealed_copy_works_as_the_original() {
    let bench = Bench::new();
    let key = SealingKey::from([9; 32]);
    let sealed = bench.sign_in(&bench.config()).seal(&key, seed(5));
    let prt = PrimaryRefreshToken::unseal(&sealed, &key, &bench.config()).unwrap();
    assert!(!bench.token(&prt, 6).token().expose().is_empty());
}

#[test]
fn a_browser_is_signed_in_with_the_users_credential() {
    let bench = Bench::new();
    let prt = bench.sign_in(&bench.config());
    let query =
        format!("client_id={CLIENT}&response_type=code&redirect_uri=http%3A%2F%2Flocalhost&resource={GRAPH}");
    let page = format!("{}/common/oauth2/authorize?{query}", bench.authority.url());

    let location = bench.opened(&page, &prt, Freshness::IssuedAt(UnixTime::now()));
    assert!(location.contains("code="), "{location}");

    // An old time is not enough: the page answers with a nonce.
    let hour_ago = UnixTime::since_unix_epoch(Duration::from_secs(UnixTime::now().as_secs() - 3_600));
    let again = bench.opened(&page, &prt, Freshness::IssuedAt(hour_ago));
    let (_, nonce) = again.split_once("sso_nonce=").expect("a nonce");
    let nonce = nonce.split('&').next().unwrap();
    let location = bench.opened(&again, &prt, Freshness::Nonce(nonce));
    assert!(
        location.starts_with("http://localhost") && location.contains("code="),
        "{location}"
    );
}

#[test]
fn signing_out_ends_at_the_page_that_was_asked_for() {
    let bench = Bench::new();
    let prt = bench.sign_in(&bench.config());
    let url = prt.sign_out(Some("https://contoso.example/bye"));
    let request = http::Request::get(url).body(Vec::new()).unwrap();
    let answer = bench.http.send(&request).unwrap();
    assert_eq!(answer.status(), 302);
    assert_eq!(answer.headers()["location"], "https://contoso.example/bye");
}
