//! The user's certificate store of Windows. Each test puts certificates into it and removes them again; the keys, which nothing uses
//! any more, remain in the user's key folder. Under Wine, the certificates stay too: see `fails-under-wine`.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use card_access::on_device::WindowsStoreProvider;
use card_access::{
    Backend, Cards, Confidence, Credential, ErrorKind, Hash, Pin, PinEntry, PinPad, PinStatus, Provider,
    Scheme, Slot, Token, TokenId, TokenInfo, TokenKind,
};
use openssl::nid::Nid;
use openssl::pkcs12::Pkcs12;
use schannel::cert_context::CertContext;
use schannel::cert_store::{CertAdd, CertStore, PfxImportOptions};

use crate::support::identity::{Identity, verifies};

#[test]
fn the_store_is_one_token_with_its_certificates() {
    let identities = [
        Identity::rsa("store one"),
        Identity::ec("store two", Nid::X9_62_PRIME256V1),
    ];
    let stored = Stored::with_keys(&identities[..1]).and_certificate(&identities[1]);
    let mut provider = WindowsStoreProvider::new();
    let info = only_token(&mut provider);
    assert_eq!(info.name, "Windows certificate store");
    assert_eq!(
        (info.id.backend(), info.id.place()),
        (Backend::WindowsStore, "MY")
    );
    assert_eq!(info.kind, Confidence::Inferred(TokenKind::OnDevice));
    assert_eq!(info.pin_pad, PinPad::Present);
    let mut token = provider.open(&info.id).unwrap();
    assert_eq!(*token.info(), info);
    assert_eq!(token.pin_status().unwrap(), PinStatus::Unknown);
    let found = credential(token.as_mut(), &identities[0]);
    assert_eq!(*found.certificate().as_ref(), identities[0].der());
    assert_eq!(
        *found.slot(),
        Slot::Object(Hash::Sha256.digest(&identities[0].der()))
    );
    // The certificate without a key is a problem of its own.
    let without = Slot::Object(Hash::Sha256.digest(&identities[1].der())).to_string();
    let listing = token.credentials().unwrap();
    assert!(listing.problems.iter().any(|problem| problem.place == without));
    assert!(
        listing
            .found
            .iter()
            .all(|one| *one.certificate().as_ref() != identities[1].der())
    );
    drop(stored);
}

#[test]
fn a_store_with_other_certificates_is_another_token() {
    let first = Identity::rsa("store first");
    let second = Identity::rsa("store second");
    let stored = Stored::with_keys(&[first]);
    let mut provider = WindowsStoreProvider::new();
    let before = only_token(&mut provider);
    let stored = stored.and_certificate(&second);
    let after = only_token(&mut provider);
    assert_ne!(before.id, after.id);
    let error = provider.open(&before.id).err().unwrap();
    assert_eq!(*error.kind(), ErrorKind::OtherCard);
    assert_eq!(provider.open(&after.id).unwrap().info().id, after.id);
    let any = TokenId::any_at(Backend::WindowsStore, "MY");
    assert_eq!(provider.open(&any).unwrap().info().id, after.id);
    let error = provider
        .open(&TokenId::any_at(Backend::WindowsStore, "ROOT"))
        .err()
        .unwrap();
    assert_eq!(*error.kind(), ErrorKind::NoCard);
    drop(stored);
    // Without these two certificates, it is a third token, or none if nothing else is there.
    let left = certificates();
    let listed = provider.tokens().unwrap().found;
    assert_eq!(listed.len(), usize::from(left > 0));
    assert_eq!(provider.open(&any).is_ok(), left > 0);
}

#[test]
fn a_change_of_the_store_is_reported() {
    let stored = Stored::with_keys(&[Identity::rsa("store watched")]);
    let mut provider = WindowsStoreProvider::new();
    only_token(&mut provider);
    assert_eq!(provider.wait(Duration::from_millis(100)).unwrap(), []);
    let stored = stored.and_certificate(&Identity::rsa("store added"));
    assert!(!provider.wait(Duration::from_secs(30)).unwrap().is_empty());
    drop(stored);
}

#[test]
fn all_cards_include_the_store() {
    let _stored = Stored::with_keys(&[Identity::rsa("store among cards")]);
    let mut cards = Cards::new().with_provider(WindowsStoreProvider::new());
    let listing = cards.tokens(Duration::from_secs(60));
    let id = only_token(&mut WindowsStoreProvider::new()).id;
    assert_eq!(listing.found.len(), 1, "{listing:?}");
    assert_eq!(listing.found[0].preferred().id, id);
    assert_eq!(cards.open(&id).unwrap().info().id, id);
}

#[test]
fn a_pin_that_windows_did_not_ask_for_is_refused() {
    let identity = Identity::rsa("store PIN");
    let _stored = Stored::with_keys(std::slice::from_ref(&identity));
    let mut token = open();
    let credential = credential(token.as_mut(), &identity);
    let pin = Pin::new("123456".to_owned());
    let error = token
        .sign(
            &credential,
            Scheme::RsaPkcs1(Hash::Sha256),
            b"message",
            Some(PinEntry::typed(&pin)),
        )
        .unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Unsupported { .. }), "{error}");
    // Nor is a scheme of another algorithm tried.
    let error = token
        .sign(&credential, Scheme::EcdsaDer(Hash::Sha256), b"message", None)
        .unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Unsupported { .. }), "{error}");
}

#[test]
fn a_certificate_that_was_removed_signs_nothing() {
    let identity = Identity::rsa("store removed");
    let stored = Stored::with_keys(std::slice::from_ref(&identity));
    let mut token = open();
    let credential = credential(token.as_mut(), &identity);
    drop(stored);
    let error = token
        .sign(&credential, Scheme::RsaPkcs1(Hash::Sha256), b"message", None)
        .unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::NoCredential);
}

#[test]
fn a_key_signs() {
    let identity = Identity::rsa("store key");
    let _stored = Stored::with_keys(std::slice::from_ref(&identity));
    let mut token = open();
    let credential = credential(token.as_mut(), &identity);
    for scheme in [
        Scheme::RsaPkcs1(Hash::Sha256),
        Scheme::RsaPkcs1(Hash::Sha512),
        Scheme::RsaPss(Hash::Sha256),
    ] {
        let signature = token.sign(&credential, scheme, b"message", None).unwrap();
        assert!(
            verifies(&identity.der(), scheme, b"message", &signature),
            "{scheme}"
        );
    }
}

/// Certificates in the store, removed on drop. One test changes the store at a time.
struct Stored {
    certificates: Vec<Vec<u8>>,
    _turn: MutexGuard<'static, ()>,
}

impl Stored {
    fn with_keys(identities: &[Identity]) -> Self {
        static TURN: Mutex<()> = Mutex::new(());
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let mut stored = Self {
            certificates: Vec::new(),
            _turn: turn,
        };
        for identity in identities {
            let file = Pkcs12::builder()
                .name("card-access test")
                .pkey(&identity.key)
                .cert(&identity.certificate)
                .build2("password")
                .unwrap();
            let imported = PfxImportOptions::new()
                .password("password")
                .import(&file.to_der().unwrap())
                .unwrap();
            for certificate in imported.certs() {
                stored.add(&certificate);
            }
        }
        assert_eq!(stored.certificates.len(), identities.len());
        stored
    }

    fn and_certificate(mut self, identity: &Identity) -> Self {
        self.add(&CertContext::new(&identity.der()).unwrap());
        self
    }

    fn add(&mut self, certificate: &CertContext) {
        my().add_cert(certificate, CertAdd::Always).unwrap();
        self.certificates.push(certificate.to_der().to_vec());
    }
}

impl Drop for Stored {
    fn drop(&mut self) {
        for der in &self.certificates {
            if let Some(certificate) = my().certs().find(|one| one.to_der() == der) {
                certificate.delete().unwrap();
            }
        }
    }
}

fn my() -> CertStore {
    CertStore::open_current_user("MY").unwrap()
}

fn certificates() -> usize {
    my().certs().count()
}

fn only_token(provider: &mut WindowsStoreProvider) -> TokenInfo {
    let mut listing = provider.tokens().unwrap();
    assert_eq!(
        (listing.found.len(), listing.problems.len()),
        (1, 0),
        "{listing:?}"
    );
    listing.found.remove(0)
}

fn open() -> Box<dyn Token> {
    let mut provider = WindowsStoreProvider::new();
    let id = only_token(&mut provider).id;
    provider.open(&id).unwrap()
}

fn credential(token: &mut dyn Token, identity: &Identity) -> Credential {
    let sha256 = Hash::Sha256.digest(&identity.der()).try_into().unwrap();
    token.credential_with_hash(&sha256).unwrap()
}
