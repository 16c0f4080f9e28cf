//! An authority, a device of its tenant, and a user whose key is in a file.

use std::path::Path;
use std::sync::OnceLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use cba_protocol::{
    Cloud, Config, Device, Outcome, PrimaryRefreshToken, Seed, SessionKey, SignIn, Step, Tenant as TenantName,
};
use examples::device::SoftwareDevice;
use examples::http_client::HttpClient;
use http::{Request, Response};
use local_authority::issue::{InitOptions, Issuer, UserTemplate, Validity, init};
use local_authority::{Authority, Configuration};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use tempfile::TempDir;
use upn_resolver::Upn;

pub(crate) const CLIENT: &str = "1b730954-1685-4b74-9bfd-dac224a7b894";
pub(crate) const GRAPH: &str = "https://graph.microsoft.com/.default";

/// One configuration for all tests, because its keys take a second to generate.
pub(crate) fn configuration() -> &'static Configuration {
    static ONCE: OnceLock<(TempDir, Configuration)> = OnceLock::new();
    let (_, configuration) = ONCE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let configuration = init(folder.path(), &InitOptions::default()).unwrap();
        add_bob(folder.path());
        (folder, configuration)
    });
    configuration
}

/// A certificate of a second user, for alice's key.
fn add_bob(folder: &Path) {
    let issuer = Issuer::read(
        &folder.join("smart-card-ca.pem"),
        &folder.join("smart-card-ca.key"),
    )
    .unwrap();
    let template = UserTemplate {
        common_name: "Bob".to_owned(),
        principal_name: Some("bob@contoso.example".to_owned()),
        rfc822_name: None,
        policies: Vec::new(),
        validity: Validity::Now(365),
    };
    let certificate = issuer.issue_user_for_file(&template, &folder.join("alice.pem"));
    std::fs::write(folder.join("bob.pem"), certificate.unwrap().to_pem().unwrap()).unwrap();
}

pub(crate) struct Tenant {
    pub(crate) authority: Authority,
    http: HttpClient,
    device: SoftwareDevice,
}

impl Tenant {
    pub(crate) fn with(change: impl FnOnce(&mut Configuration)) -> Self {
        let mut configuration = configuration().clone();
        change(&mut configuration);
        let base = configuration.base.clone();
        Self {
            authority: Authority::start(configuration, "127.0.0.1:0".parse().unwrap()).unwrap(),
            http: HttpClient::trusting(&base.join("tls-ca.pem"), 1 << 20).unwrap(),
            device: SoftwareDevice::read(&base.join("device.json")).unwrap(),
        }
    }

    /// A sign-in of this user.
    pub(crate) fn prt(&self, user: &str) -> PrimaryRefreshToken {
        let cloud = Cloud::custom(&self.authority.url()).unwrap();
        let config = Config::new(cloud, TenantName::parse(self.device.tenant_id()).unwrap());
        let device = Device::from_certificate(self.device.certificate()).unwrap();
        let base = &configuration().base;
        let certificate = CertificateDer::from_pem_file(base.join(format!("{user}.pem"))).unwrap();
        let upn = Upn::parse(&format!("{user}@contoso.example")).unwrap();
        let step = SignIn::with_certificate(&config, &device, &upn, &certificate)
            .start(seed())
            .unwrap();
        let key = PrivateKeyDer::from_pem_file(base.join("alice.key")).unwrap();
        let key = KeyPair::from_pkcs8(key.secret_der()).unwrap();
        self.granted(step, &key)
    }

    /// The answer of the authorization endpoint to a browser with this header.
    pub(crate) fn authorize(&self, further: &str, header: (&str, &str)) -> Response<Vec<u8>> {
        let request = Request::builder()
            .uri(self.authorize_url(further))
            .header(header.0, header.1)
            .body(Vec::new())
            .unwrap();
        self.http.send(&request).unwrap()
    }

    pub(crate) fn authorize_url(&self, further: &str) -> String {
        self.authorize_url_for("", further)
    }

    /// The authorize page of an application that listens on this port of this machine (`:1234`).
    pub(crate) fn authorize_url_for(&self, port: &str, further: &str) -> String {
        format!(
            "{}/common/oauth2/authorize?client_id={CLIENT}&response_type=code\
             &redirect_uri=http://localhost{port}&resource=https://graph.microsoft.com{further}",
            self.authority.url()
        )
    }

    fn granted(&self, mut step: Step, key: &KeyPair) -> PrimaryRefreshToken {
        loop {
            step = match step {
                Step::Done(Outcome::Granted(prt)) => return *prt,
                Step::Done(other) => panic!("not granted: {:?}", other.state()),
                Step::Send(exchange) => {
                    let answer = self.http.send(exchange.request()).unwrap();
                    exchange.respond(answer, UnixTime::now()).unwrap()
                }
                Step::SignAsUser(task) => {
                    let mut signature = vec![0; key.public_modulus_len()];
                    let random = SystemRandom::new();
                    key.sign(&RSA_PKCS1_SHA256, &random, task.input(), &mut signature)
                        .unwrap();
                    task.complete(&signature).unwrap()
                }
                Step::SignAsDevice(task) => {
                    let signature = self.device.sign(task.input()).unwrap();
                    task.complete(&signature).unwrap()
                }
                Step::Unwrap(task) => {
                    let key = self.device.unwrap(task.wrapped()).unwrap();
                    task.complete(SessionKey::try_from(key.as_slice()).unwrap())
                        .unwrap()
                }
                _ => unreachable!("a sign-in has no other steps"),
            };
        }
    }
}

pub(crate) fn seed() -> Seed {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).unwrap();
    Seed::from(seed)
}
