//! A card as a TLS client identity, against OpenSSL's server and nginx.

use crate::common;
use std::sync::Arc;

use card_access::rustls::CardIdentity;
use card_access::soft::{SoftCard, SoftProvider};
use card_access::{
    Credential, Error, ErrorKind, Listing, Pin, PinEntry, PinStatus, PivSlot, Provider, Scheme, Token,
    TokenInfo,
};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::x509::X509;
use openssl::x509::extension::BasicConstraints;

mod server;

use crate::support::identity::Identity;
use server::{NO_CERTIFICATE, Server};

const PIN: &str = "123456";

#[test]
fn keys_of_both_kinds_sign_in_to_openssl_in_both_versions() {
    for user in [
        Identity::rsa("alice"),
        Identity::ec("alice", Nid::X9_62_PRIME256V1),
        Identity::ec("alice", Nid::SECP384R1),
    ] {
        for version in ["-tls1_2", "-tls1_3"] {
            let server = Server::openssl(&user, &[version]);
            let page = server.get(&armed(soft(&user))).unwrap();
            assert!(page.contains("alice"), "{version}: {page}");
        }
    }
}

#[test]
fn keys_of_both_kinds_sign_in_to_nginx_in_both_versions() {
    for user in [
        Identity::rsa("alice"),
        Identity::ec("alice", Nid::X9_62_PRIME256V1),
    ] {
        for version in ["TLSv1.2", "TLSv1.3"] {
            let server = Server::nginx(&user, version);
            let page = server.get(&armed(soft(&user))).unwrap();
            assert!(page.ends_with(&format!("SUCCESS CN=alice {version}")), "{page}");
        }
    }
}

#[test]
fn a_token_without_pss_takes_part_in_tls_1_2() {
    let user = Identity::rsa("alice");
    let (token, credential) = soft(&user);
    let identity = armed((Box::new(WithoutPss(token)), credential));
    assert_eq!(identity.protocol_versions().len(), 1);
    // The server would rather speak 1.3, and offers PSS as well.
    let (page, version) = Server::openssl(&user, &[]).get_with_version(&identity).unwrap();
    assert_eq!(version, rustls::ProtocolVersion::TLSv1_2);
    assert!(page.contains("alice"), "{page}");
}

#[test]
fn a_card_with_a_real_firmware_signs_in_to_nginx() {
    let readers = lab::Readers::start(1).unwrap();
    let card = readers.insert(0, &lab::Profile::new("alice")).unwrap();
    let authority = std::fs::read(lab::Authority::trusted().unwrap().certificate()).unwrap();
    for version in ["TLSv1.2", "TLSv1.3"] {
        let mut token = common::open(card.reader());
        let credential = token.credential(&"9a".parse().unwrap()).unwrap();
        let identity = Arc::new(CardIdentity::new(token, credential).unwrap());
        identity.arm(PinEntry::typed(&Pin::new(card.pin().to_owned())));
        let page = Server::nginx_trusting(&authority, version)
            .get(&identity)
            .unwrap();
        assert!(page.contains("SUCCESS CN=alice,O=Corp"), "{page}");
    }
}

#[test]
fn a_server_that_trusts_others_gets_no_certificate() {
    let (user, other) = (Identity::rsa("alice"), Identity::rsa("somebody else"));
    let server = Server::nginx(&other, "TLSv1.3");
    let page = server.get(&armed(soft(&user))).unwrap();
    assert!(page.ends_with(NO_CERTIFICATE), "{page}");
}

#[test]
fn one_handshake_uses_the_pin_and_the_next_requires_it_again() {
    let user = Identity::rsa("alice");
    let server = Server::nginx(&user, "TLSv1.3");
    let identity = armed(soft(&user));
    server.get(&identity).unwrap();
    server.get(&identity).unwrap_err();
    assert_eq!(identity.take_failure().unwrap().kind(), &ErrorKind::PinRequired);
    identity.arm(PinEntry::typed(&pin(PIN)));
    server.get(&identity).unwrap();
}

#[test]
fn a_pin_that_no_server_asked_for_is_taken_back() {
    let user = Identity::rsa("alice");
    let identity = armed(soft(&user));
    // It trusts others, so it gets no certificate and no signature.
    let incurious = Server::nginx(&Identity::rsa("somebody else"), "TLSv1.3");
    incurious.get(&identity).unwrap();
    drop(incurious);
    identity.disarm();
    Server::nginx(&user, "TLSv1.3").get(&identity).unwrap_err();
    assert_eq!(identity.take_failure().unwrap().kind(), &ErrorKind::PinRequired);
}

#[test]
fn a_wrong_pin_ends_the_handshake_and_reports_the_tries_left() {
    let user = Identity::rsa("alice");
    let (token, credential) = soft(&user);
    let identity = Arc::new(CardIdentity::new(token, credential).unwrap());
    identity.arm(PinEntry::typed(&pin("999999")));
    Server::nginx(&user, "TLSv1.3").get(&identity).unwrap_err();
    assert_eq!(
        identity.take_failure().unwrap().kind(),
        &ErrorKind::WrongPin { tries_left: Some(2) }
    );
    assert!(identity.take_failure().is_none());
}

#[test]
fn a_final_try_needs_the_users_word() {
    let user = Identity::rsa("alice");
    let server = Server::nginx(&user, "TLSv1.3");
    let (token, credential) = soft_with_tries(&user, 1);
    let identity = Arc::new(CardIdentity::new(token, credential).unwrap());
    identity.arm(PinEntry::typed(&pin(PIN)));
    server.get(&identity).unwrap_err();
    assert_eq!(
        identity.take_failure().unwrap().kind(),
        &ErrorKind::FinalTryRefused
    );
    identity.arm(PinEntry::typed(&pin(PIN)).allow_final_try());
    server.get(&identity).unwrap();
}

/// The soft card has no PIN pad, and says so instead of taking no PIN for one.
#[test]
fn a_pin_that_is_typed_on_the_reader_is_asked_for_there() {
    let user = Identity::rsa("alice");
    let (token, credential) = soft(&user);
    let identity = Arc::new(CardIdentity::new(token, credential).unwrap());
    identity.arm(PinEntry::on_reader());
    Server::nginx(&user, "TLSv1.3").get(&identity).unwrap_err();
    assert_eq!(
        identity.take_failure().unwrap().kind(),
        &ErrorKind::Unsupported {
            what: "typing the PIN on the reader"
        }
    );
}

#[test]
fn the_issuers_of_the_certificate_are_sent_along() {
    let [root, middle, user] = ["root", "middle", "alice"].map(Identity::rsa);
    let mut authority = BasicConstraints::new();
    let authority = authority.ca();
    let (of_user, of_middle) = (
        certify(&user, &middle, &BasicConstraints::new()),
        certify(&middle, &root, authority),
    );
    // The server knows only the root.
    let server = Server::nginx_trusting(&certify(&root, &root, authority).to_pem().unwrap(), "TLSv1.3");
    let (token, credential) = soft_as(&user, &of_user.to_der().unwrap(), 3);
    let bare = CardIdentity::new(token, credential).unwrap();
    bare.arm(PinEntry::typed(&pin(PIN)));
    let page = server.get(&Arc::new(bare)).unwrap();
    // No chain leads from it to a certificate that the server trusts.
    assert!(page.ends_with(NO_CERTIFICATE), "{page}");

    let (token, credential) = soft_as(&user, &of_user.to_der().unwrap(), 3);
    let chained = CardIdentity::new(token, credential)
        .unwrap()
        .with_intermediates([of_middle.to_der().unwrap().into()]);
    chained.arm(PinEntry::typed(&pin(PIN)));
    let page = server.get(&Arc::new(chained)).unwrap();
    assert!(page.contains("SUCCESS CN=alice"), "{page}");
}

fn pin(text: &str) -> Pin {
    Pin::new(text.to_owned())
}

fn soft(user: &Identity) -> (Box<dyn Token>, Credential) {
    soft_with_tries(user, 3)
}

fn soft_with_tries(user: &Identity, tries: u8) -> (Box<dyn Token>, Credential) {
    soft_as(user, &user.der(), tries)
}

/// With another certificate for the user's key.
fn soft_as(user: &Identity, certificate: &[u8], tries: u8) -> (Box<dyn Token>, Credential) {
    let key = user.key.private_key_to_pkcs8().unwrap();
    let card = SoftCard::new("card", pin(PIN))
        .with_tries_left(tries)
        .with_key(PivSlot::Authentication, certificate.to_vec().into(), &key)
        .unwrap();
    let mut cards = SoftProvider::new();
    cards.insert(card);
    let listed = cards.tokens().unwrap().found.remove(0);
    let mut token = cards.open(&listed.id).unwrap();
    let credential = token.credential(&"9a".parse().unwrap()).unwrap();
    (token, credential)
}

fn armed((token, credential): (Box<dyn Token>, Credential)) -> Arc<CardIdentity> {
    let identity = CardIdentity::new(token, credential).unwrap();
    identity.arm(PinEntry::typed(&pin(PIN)));
    Arc::new(identity)
}

/// Like many cards and modules: RSA with PKCS#1 v1.5 padding only.
struct WithoutPss(Box<dyn Token>);

impl Token for WithoutPss {
    fn info(&self) -> &TokenInfo {
        self.0.info()
    }

    fn credentials(&mut self) -> Result<Listing<Credential>, Error> {
        self.0.credentials()
    }

    fn schemes(&mut self, credential: &Credential) -> Result<Vec<Scheme>, Error> {
        let mut schemes = self.0.schemes(credential)?;
        schemes.retain(|scheme| !matches!(scheme, Scheme::RsaPss(_)));
        Ok(schemes)
    }

    fn pin_status(&mut self) -> Result<PinStatus, Error> {
        self.0.pin_status()
    }

    fn sign(
        &mut self,
        credential: &Credential,
        scheme: Scheme,
        message: &[u8],
        pin: Option<PinEntry<'_>>,
    ) -> Result<Vec<u8>, Error> {
        assert!(!matches!(scheme, Scheme::RsaPss(_)));
        self.0.sign(credential, scheme, message, pin)
    }
}

/// A certificate for the subject's key, from another issuer.
fn certify(subject: &Identity, issuer: &Identity, constraints: &BasicConstraints) -> X509 {
    let mut certificate = X509::builder().unwrap();
    let own = &subject.certificate;
    certificate.set_version(2).unwrap();
    certificate.set_serial_number(own.serial_number()).unwrap();
    certificate.set_subject_name(own.subject_name()).unwrap();
    certificate
        .set_issuer_name(issuer.certificate.subject_name())
        .unwrap();
    certificate.set_not_before(own.not_before()).unwrap();
    certificate.set_not_after(own.not_after()).unwrap();
    certificate
        .append_extension(constraints.build().unwrap())
        .unwrap();
    certificate.set_pubkey(&subject.key).unwrap();
    certificate.sign(&issuer.key, MessageDigest::sha256()).unwrap();
    certificate.build()
}
