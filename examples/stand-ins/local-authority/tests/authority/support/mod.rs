//! An independent client: ureq for HTTP, josekit for JOSE, OpenSSL for keys. It shares nothing with the authority.

mod browser;
pub mod join;
mod messages;
mod session;

use std::path::Path;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use local_authority::issue::{
    DeviceFile, InitOptions, Issuer, ListTime, UserTemplate, Validity, init, revocation_list,
};
use local_authority::{Authority, Configuration};
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::X509;
use serde_json::Value;
use tempfile::TempDir;
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};

pub use self::browser::{Browser, Form, Page, agent_of};
pub use self::messages::{Assertion, DeviceRequest, Key, now, object, sign_as, sign_with_openssl};
pub use self::session::{Kdf, Session, derive, unwrap_key};
pub use local_authority::issue::MULTIFACTOR_POLICY;

pub const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// The laboratory that the others are copies of: making RSA keys takes seconds.
fn master() -> &'static Path {
    static MASTER: LazyLock<TempDir> = LazyLock::new(|| {
        let folder = tempfile::tempdir().unwrap();
        init(folder.path(), &InitOptions::default()).unwrap();
        folder
    });
    MASTER.path()
}

/// A client that trusts all copies. Making one reads the system's authorities, which takes longer than a sign-in.
fn master_agent() -> Agent {
    static AGENT: LazyLock<Agent> = LazyLock::new(|| agent(&master().join("tls-ca.pem")));
    AGENT.clone()
}

/// A laboratory in a temporary folder, with a running authority.
pub struct Lab {
    pub folder: TempDir,
    pub authority: Authority,
    pub device: DeviceFile,
    pub agent: Agent,
}

impl Lab {
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    /// A laboratory whose configuration is changed before the start.
    pub fn with(change: impl FnOnce(&mut Configuration)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for file in std::fs::read_dir(master()).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), folder.path().join(file.file_name())).unwrap();
        }
        let mut configuration = Configuration::read(&folder.path().join("authority.json")).unwrap();
        change(&mut configuration);
        Self::serve(folder, configuration)
    }

    /// A laboratory with the configuration of another one.
    pub fn on(configuration: Configuration) -> Self {
        Self::with(|own| {
            *own = Configuration {
                base: own.base.clone(),
                ..configuration
            }
        })
    }

    fn serve(folder: TempDir, configuration: Configuration) -> Self {
        let authority = Authority::start(configuration, "127.0.0.1:0".parse().unwrap()).unwrap();
        let device = DeviceFile::read(&folder.path().join("device.json")).unwrap();
        let agent = master_agent();
        Self {
            folder,
            authority,
            device,
            agent,
        }
    }

    pub fn path(&self, file: &str) -> std::path::PathBuf {
        self.folder.path().join(file)
    }

    /// The card of the laboratory: Alice's certificate and key.
    pub fn alice(&self) -> Card {
        Card {
            certificate: X509::from_pem(&std::fs::read(self.path("alice.pem")).unwrap()).unwrap(),
            key: PKey::private_key_from_pem(&std::fs::read(self.path("alice.key")).unwrap()).unwrap(),
        }
    }

    pub fn issuer(&self) -> Issuer {
        Issuer::read(&self.path("smart-card-ca.pem"), &self.path("smart-card-ca.key")).unwrap()
    }

    /// A new card with a certificate of the laboratory's authority.
    pub fn card(&self, template: &UserTemplate) -> Card {
        let key = rsa();
        Card {
            certificate: self.issuer().issue_user(template, &key).unwrap(),
            key,
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.authority.url())
    }

    pub fn token_url(&self) -> String {
        self.url(&format!("/{}/oauth2/token", self.device.tenant_id))
    }

    pub fn get(&self, path: &str) -> (u16, Value) {
        json(self.agent.get(self.url(path)).call().unwrap())
    }

    pub fn post(&self, form: &[(&str, &str)]) -> (u16, Value) {
        json(
            self.agent
                .post(self.token_url())
                .send_form(form.iter().copied())
                .unwrap(),
        )
    }

    pub fn nonce(&self) -> String {
        let (status, body) = self.post(&[("grant_type", "srv_challenge")]);
        assert_eq!(status, 200, "{body}");
        body["Nonce"].as_str().unwrap().to_owned()
    }

    /// A nonce of the registration service.
    pub fn registration_nonce(&self) -> String {
        let tenant = &self.device.tenant_id;
        let service = self.authority.registration_url();
        let url = format!("{service}/EnrollmentServer/nonce/{tenant}/?api-version=1.0");
        let (status, body) = json(agent_of(self, None).get(url).call().unwrap());
        assert_eq!(status, 200, "{body}");
        body["Value"].as_str().unwrap().to_owned()
    }

    pub fn issuer_identifier(&self) -> String {
        let path = format!("/{}/.well-known/openid-configuration", self.device.tenant_id);
        self.get(&path).1["issuer"].as_str().unwrap().to_owned()
    }

    /// Sends a request for a primary refresh token.
    pub fn request(&self, request: &DeviceRequest) -> (u16, Value) {
        let signed = request.sign(&Key::pem(&self.device.key));
        self.post(&[
            ("grant_type", JWT_BEARER),
            ("request", &signed),
            ("client_info", "1"),
        ])
    }

    /// A whole sign-in with a fresh nonce.
    pub fn sign_in(&self, card: &Card, name: &str) -> (u16, Value) {
        let nonce = self.nonce();
        let assertion = Assertion::new(card, name, &self.issuer_identifier(), &nonce);
        self.request(&DeviceRequest::new(
            &self.device,
            &nonce,
            &assertion.sign(&card.key()),
        ))
    }

    /// A whole sign-in, which must be granted.
    pub fn granted(&self, card: &Card, name: &str) -> Value {
        let (status, body) = self.sign_in(card, name);
        assert_eq!(status, 200, "{body}");
        body
    }

    /// A whole sign-in, which must be refused with the code.
    pub fn refused(&self, card: &Card, name: &str, code: u32) {
        assert_refused(&self.sign_in(card, name), code);
    }
}

pub fn assert_refused((status, body): &(u16, Value), code: u32) {
    assert_eq!(body["error_codes"], serde_json::json!([code]), "{status} {body}");
    assert!(*status >= 400, "{status} {body}");
}

/// Puts a certificate on the revocation list.
pub fn revoke(lab: &Lab, card: &Card) {
    let serial = card.certificate.serial_number().to_bn().unwrap().to_vec();
    let list = revocation_list(&lab.issuer(), &[serial], ListTime::Current).unwrap();
    std::fs::write(lab.path("smart-card-ca.crl"), list.to_pem().unwrap()).unwrap();
}

/// A certificate with its key.
pub struct Card {
    pub certificate: X509,
    pub key: PKey<Private>,
}

impl Card {
    pub fn key(&self) -> Key {
        Key(self.key.private_key_to_pem_pkcs8().unwrap())
    }
}

/// A key that is not Alice's. It is always the same one: making RSA keys takes time.
pub fn rsa() -> PKey<Private> {
    static KEY: LazyLock<PKey<Private>> =
        LazyLock::new(|| PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap());
    KEY.clone()
}

/// A certificate of Alice's that counts for two factors.
pub fn template() -> UserTemplate {
    UserTemplate {
        common_name: "Alice".to_owned(),
        principal_name: Some("alice@contoso.example".to_owned()),
        rfc822_name: None,
        policies: vec![MULTIFACTOR_POLICY.to_owned()],
        validity: Validity::Now(30),
    }
}

pub fn agent(ca: &Path) -> Agent {
    let ca = Certificate::from_pem(&std::fs::read(ca).unwrap())
        .unwrap()
        .to_owned();
    let tls = TlsConfig::builder()
        .provider(TlsProvider::NativeTls)
        .root_certs(RootCerts::new_with_certs(&[ca]))
        .build();
    let config = Agent::config_builder()
        .tls_config(tls)
        .http_status_as_error(false)
        .max_redirects(0);
    config.build().into()
}

pub fn json(mut response: ureq::http::Response<ureq::Body>) -> (u16, Value) {
    let status = response.status().as_u16();
    let text = response
        .body_mut()
        .with_config()
        .limit(20_000_000)
        .read_to_string()
        .unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

/// The claims of the unsigned id token.
pub fn id_token(body: &Value) -> Value {
    claims(body["id_token"].as_str().unwrap())
}

/// The claims of a JWT, unverified.
pub fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// The bytes of base64url.
pub fn base64url(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

/// The bytes of base64.
pub fn base64(text: &str) -> Vec<u8> {
    STANDARD.decode(text).unwrap()
}
