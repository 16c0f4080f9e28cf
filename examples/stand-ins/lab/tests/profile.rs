//! The certificate has the content of the profile, according to x509-parser (values) and OpenSSL (trust).

use std::path::PathBuf;

use lab::{Algorithm, Authority, Profile, Slot, SoftHsm, Validity};
use openssl::stack::Stack;
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::{X509, X509StoreContext};
use x509_parser::asn1_rs::Oid;
use x509_parser::prelude::{FromDer, GeneralName, ParsedExtension, X509Certificate};

#[test]
fn the_default_profile_meets_the_requirements_of_windows() {
    let der = der(&Profile::new("frank"));
    let seen = Seen::of(&der);
    assert_eq!(seen.subject, ["Corp", "frank"]);
    assert_eq!(seen.names, ["frank@corp.example", "frank@corp.example"]);
    assert_eq!(seen.mails, 1);
    assert_eq!(seen.usages, [CLIENT_AUTHENTICATION, SMART_CARD_LOGON]);
    assert!(seen.signs && !seen.is_authority);
}

#[test]
fn names_usages_and_extensions_are_those_of_the_profile() {
    let names = Profile::new("frank")
        .principal_names(["b@corp.local", "a@corp.local"])
        .rfc822_names([]);
    let seen = Seen::of(&der(&names));
    assert_eq!(
        (seen.names, seen.mails),
        (vec!["b@corp.local".to_owned(), "a@corp.local".to_owned()], 0)
    );
    let none = Profile::new("frank")
        .principal_names([])
        .rfc822_names([])
        .subject("/CN=nobody");
    let seen = Seen::of(&der(&none));
    assert_eq!((seen.names, seen.subject), (vec![], vec!["nobody".to_owned()]));
    let usage = Profile::new("frank").extended_key_usage(["emailProtection"]);
    assert_eq!(Seen::of(&der(&usage)).usages, [EMAIL_PROTECTION]);
    let policy = Profile::new("frank").extension("certificatePolicies=1.2.3.4");
    assert_eq!(Seen::of(&der(&policy)).policies, ["1.2.3.4"]);
    let curve = Profile::new("frank").keys([(Slot::Authentication, Algorithm::P384)]);
    let key = X509::from_der(&der(&curve)).unwrap().public_key().unwrap();
    assert_eq!(key.ec_key().unwrap().group().degree(), 384);
}

#[test]
fn openssl_trusts_only_valid_certificates_of_known_issuers() {
    // The numbers of X509_V_ERR_CERT_HAS_EXPIRED and the like, which OpenSSL documents with X509_STORE_CTX_get_error.
    const EXPIRED: i32 = 10;
    const NOT_YET_VALID: i32 = 9;
    const ISSUER_UNKNOWN: i32 = 20;
    let current = Profile::new("frank");
    assert_eq!(verify(&current), 0);
    assert_eq!(verify(&current.clone().validity(Validity::Expired)), EXPIRED);
    assert_eq!(verify(&current.clone().validity(Validity::NotYet)), NOT_YET_VALID);
    assert_eq!(verify(&current.unknown_issuer()), ISSUER_UNKNOWN);
}

const CLIENT_AUTHENTICATION: &str = "1.3.6.1.5.5.7.3.2";
const EMAIL_PROTECTION: &str = "1.3.6.1.5.5.7.3.4";
const PRINCIPAL_NAME: &str = "1.3.6.1.4.1.311.20.2.3";
const SMART_CARD_LOGON: &str = "1.3.6.1.4.1.311.20.2.2";

/// The values of a certificate.
#[derive(Debug, Default)]
struct Seen {
    subject: Vec<String>,
    /// Principal names and mail addresses, in the order of the certificate.
    names: Vec<String>,
    mails: usize,
    usages: Vec<String>,
    policies: Vec<String>,
    signs: bool,
    is_authority: bool,
}

impl Seen {
    fn of(der: &[u8]) -> Self {
        let (_, certificate) = X509Certificate::from_der(der).unwrap();
        let mut seen = Self {
            subject: certificate
                .subject()
                .iter_attributes()
                .map(|attribute| attribute.as_str().unwrap().to_owned())
                .collect(),
            ..Self::default()
        };
        for extension in certificate.extensions() {
            match extension.parsed_extension() {
                ParsedExtension::SubjectAlternativeName(names) => {
                    names.general_names.iter().for_each(|name| seen.name(name));
                }
                ParsedExtension::ExtendedKeyUsage(usage) => {
                    let known = [
                        (usage.client_auth, CLIENT_AUTHENTICATION),
                        (usage.email_protection, EMAIL_PROTECTION),
                    ];
                    let known = known
                        .iter()
                        .filter(|(is_there, _)| *is_there)
                        .map(|(_, id)| (*id).to_owned());
                    let others = usage.other.iter().map(Oid::to_id_string);
                    seen.usages = known.chain(others).collect();
                }
                ParsedExtension::CertificatePolicies(policies) => {
                    seen.policies = policies
                        .iter()
                        .map(|policy| policy.policy_id.to_id_string())
                        .collect();
                }
                ParsedExtension::KeyUsage(usage) => seen.signs = usage.digital_signature(),
                ParsedExtension::BasicConstraints(constraints) => seen.is_authority = constraints.ca,
                _ => {}
            }
        }
        seen
    }

    fn name(&mut self, name: &GeneralName<'_>) {
        match name {
            GeneralName::OtherName(kind, value) => {
                assert_eq!(kind.to_id_string(), PRINCIPAL_NAME);
                // [0] { UTF8String }, each with a short length.
                let [0xA0, _, 0x0C, _, text @ ..] = value else {
                    panic!("{value:?}")
                };
                self.names.push(String::from_utf8(text.to_vec()).unwrap());
            }
            GeneralName::RFC822Name(mail) => {
                self.mails += 1;
                self.names.push((*mail).to_owned());
            }
            other => panic!("{other:?}"),
        }
    }
}

fn der(profile: &Profile) -> Vec<u8> {
    let token = SoftHsm::create("profile-text", profile).unwrap();
    certificate(token.certificate(Slot::Authentication))
        .to_der()
        .unwrap()
}

/// OpenSSL's verification result for the certificate; 0 if it is valid.
fn verify(profile: &Profile) -> i32 {
    let token = SoftHsm::create("profile-verify", profile).unwrap();
    let mut store = X509StoreBuilder::new().unwrap();
    store
        .add_cert(certificate(Authority::trusted().unwrap().certificate()))
        .unwrap();
    let own = certificate(token.certificate(Slot::Authentication));
    let mut context = X509StoreContext::new().unwrap();
    let verify = |context: &mut openssl::x509::X509StoreContextRef| {
        context.verify_cert()?;
        Ok(context.error().as_raw())
    };
    context
        .init(&store.build(), &own, &Stack::new().unwrap(), verify)
        .unwrap()
}

fn certificate(path: PathBuf) -> X509 {
    X509::from_pem(&std::fs::read(path).unwrap()).unwrap()
}
