//! A browser without script: it follows forms, keeps cookies for each host, and shows a certificate to a host that asks for one.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde_json::Value;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig, TlsProvider};
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Body};
use url::Url;

use super::{Card, Lab};

/// Leads every name to the authority.
#[derive(Debug)]
struct Loopback(SocketAddr);

impl Resolver for Loopback {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let mut found = self.empty();
        found.push(self.0);
        Ok(found)
    }
}

/// A client for all names of the authority, with a certificate for TLS.
pub fn agent_of(lab: &Lab, card: Option<&Card>) -> Agent {
    let ca = Certificate::from_pem(&std::fs::read(lab.path("tls-ca.pem")).unwrap())
        .unwrap()
        .to_owned();
    let identity = card.map(|card| {
        let certificate = Certificate::from_pem(&card.certificate.to_pem().unwrap())
            .unwrap()
            .to_owned();
        let key = PrivateKey::from_pem(&card.key().0).unwrap();
        ClientCert::new_with_certs(&[certificate], key)
    });
    let tls = TlsConfig::builder()
        .provider(TlsProvider::NativeTls)
        .root_certs(RootCerts::new_with_certs(&[ca]))
        .client_cert(identity)
        .build();
    let config = Agent::config_builder()
        .tls_config(tls)
        .http_status_as_error(false)
        .max_redirects(0)
        .build();
    Agent::with_parts(
        config,
        DefaultConnector::default(),
        Loopback(lab.authority.address()),
    )
}

pub struct Browser {
    agent: Agent,
    cookies: RefCell<BTreeMap<String, BTreeMap<String, String>>>,
    pub headers: Vec<(&'static str, String)>,
}

/// What a browser got.
#[derive(Debug)]
pub struct Page {
    pub url: Url,
    pub status: u16,
    pub location: Option<Url>,
    pub body: String,
}

/// A form of a page.
#[derive(Clone, Debug)]
pub struct Form {
    pub action: Url,
    pub fields: Vec<(String, String)>,
}

impl Browser {
    pub fn new(lab: &Lab, card: Option<&Card>) -> Self {
        Self {
            agent: agent_of(lab, card),
            cookies: RefCell::default(),
            headers: Vec::new(),
        }
    }

    pub fn get(&self, url: &str) -> Page {
        let url = Url::parse(url).unwrap();
        let mut request = self.agent.get(url.as_str()).header("cookie", self.cookie(&url));
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        self.page(url, request.call().unwrap())
    }

    pub fn send(&self, form: &Form) -> Page {
        let url = form.action.clone();
        let mut request = self.agent.post(url.as_str());
        let cookie = self.cookie(&url);
        if !cookie.is_empty() {
            request = request.header("cookie", cookie);
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        self.page(url, request.send_form(form.fields.clone()).unwrap())
    }

    /// Asks which credential a name has, as the script of a page does.
    pub fn credential_type(&self, config: &Value, name: &str) -> Value {
        let body = serde_json::json!({"username": name, "flowToken": config["sFT"]});
        let url = config["urlGetCredentialType"].as_str().unwrap();
        let answer = self
            .agent
            .post(url)
            .content_type("application/json")
            .send(body.to_string());
        super::json(answer.unwrap()).1
    }

    pub fn forget_cookies(&self) {
        self.cookies.borrow_mut().clear();
    }

    fn cookie(&self, url: &Url) -> String {
        let cookies = self.cookies.borrow();
        let own = cookies.get(url.host_str().unwrap());
        let pairs = own
            .into_iter()
            .flatten()
            .map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("; ")
    }

    fn page(&self, url: Url, mut response: ureq::http::Response<Body>) -> Page {
        let host = url.host_str().unwrap().to_owned();
        for cookie in response.headers().get_all("set-cookie") {
            let (name, value) = cookie
                .to_str()
                .unwrap()
                .split(';')
                .next()
                .unwrap()
                .split_once('=')
                .unwrap();
            let mut cookies = self.cookies.borrow_mut();
            cookies
                .entry(host.clone())
                .or_default()
                .insert(name.to_owned(), value.to_owned());
        }
        let location = response.headers().get("location");
        Page {
            status: response.status().as_u16(),
            location: location.map(|location| url.join(location.to_str().unwrap()).unwrap()),
            body: response.body_mut().read_to_string().unwrap(),
            url,
        }
    }
}

impl Page {
    /// The `$Config` of the page: one JSON value.
    pub fn config(&self) -> Value {
        let (_, rest) = self
            .body
            .split_once("$Config=")
            .unwrap_or_else(|| panic!("{self:?}"));
        serde_json::Deserializer::from_str(rest)
            .into_iter()
            .next()
            .unwrap()
            .unwrap()
    }

    pub fn id(&self) -> String {
        self.config()["pgid"].as_str().unwrap().to_owned()
    }

    /// The number of the error that the page shows.
    pub fn code(&self) -> u32 {
        self.config()["iErrorCode"].as_u64().unwrap().try_into().unwrap()
    }

    /// A form of the page, with what a browser sends when a person presses the first button.
    pub fn form(&self, number: usize) -> Form {
        let text = self
            .body
            .split("<form ")
            .nth(number + 1)
            .unwrap_or_else(|| panic!("{self:?}"));
        let text = text.split("</form>").next().unwrap();
        let action = attribute(text.split('>').next().unwrap(), "action").unwrap();
        let inputs = text
            .split("<input ")
            .skip(1)
            .map(|input| input.split('>').next().unwrap());
        let fields = inputs.filter_map(|input| {
            Some((
                attribute(input, "name")?,
                attribute(input, "value").unwrap_or_default(),
            ))
        });
        let button = text
            .split("<button ")
            .nth(1)
            .map(|button| button.split('>').next().unwrap());
        let pressed =
            button.and_then(|button| Some((attribute(button, "name")?, attribute(button, "value")?)));
        Form {
            action: self.url.join(&action).unwrap(),
            fields: fields.chain(pressed).collect(),
        }
    }

    /// A parameter of the address that the page leads to.
    pub fn returned(&self, name: &str) -> Option<String> {
        let location = self.location.as_ref().unwrap_or_else(|| panic!("{self:?}"));
        let text = location.query().or(location.fragment()).unwrap();
        let mut pairs = url::form_urlencoded::parse(text.as_bytes());
        pairs
            .find(|(found, _)| found == name)
            .map(|(_, value)| value.into_owned())
    }
}

impl Form {
    /// The form with another value of a field.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(found, _)| found != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(found, _)| found != name);
        self
    }

    pub fn field(&self, name: &str) -> String {
        let field = self.fields.iter().find(|(found, _)| found == name);
        field.unwrap_or_else(|| panic!("{name} in {self:?}")).1.clone()
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!("{name}=\""))?;
    let value = rest.split('"').next()?;
    Some(
        value
            .replace("&quot;", "\"")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&"),
    )
}
