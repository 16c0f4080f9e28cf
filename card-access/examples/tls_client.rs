//! Authenticates as a TLS client with the key of a card.
//!
//! `cargo run -p card-access --features soft,rustls-0_23 --example tls_client`: a card in memory, and a server in the same process
//! that requires its certificate.

use std::{error::Error, sync::Arc};

use card_access::{
    Backend, Pin, PinEntry, PivSlot, Provider, Slot, TokenId,
    rustls::CardIdentity,
    soft::{SoftCard, SoftProvider},
};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, crypto::aws_lc_rs,
    server::WebPkiClientVerifier,
};

fn main() -> Result<(), Box<dyn Error>> {
    let user = rcgen::generate_simple_self_signed(["alice".to_owned()])?;
    let pin = Pin::new("123456".to_owned());
    let (certificate, key) = (user.cert.der().clone(), user.signing_key.serialize_der());
    let mut cards = SoftProvider::new();
    let card = SoftCard::new("card", pin.clone());
    cards.insert(card.with_key(PivSlot::Authentication, certificate.clone(), &key)?);

    // With a real card, this part is the same.
    let mut token = cards.open(&TokenId::any_at(Backend::Soft, "card"))?;
    let credential = token.credential(&Slot::Piv(PivSlot::Authentication))?;
    let identity = Arc::new(CardIdentity::new(token, credential)?);
    identity.arm(PinEntry::typed(&pin)); // for one handshake

    let server = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    let mut roots = RootCertStore::empty();
    roots.add(server.cert.der().clone())?;
    let crypto = Arc::new(aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&crypto))
        .with_protocol_versions(identity.protocol_versions())?
        .with_root_certificates(roots)
        .with_client_cert_resolver(identity.clone());
    let client = ClientConnection::new(Arc::new(config), "localhost".try_into()?)?;

    let (protocol, accepted) = handshake(client, server_for(&server, certificate, crypto)?)?;
    identity.disarm(); // wipes the PIN if the server did not ask for the certificate
    println!("{protocol}: the server accepted {accepted} certificate");
    Ok(())
}

fn server_for(
    server: &rcgen::CertifiedKey<rcgen::KeyPair>,
    user: rustls_pki_types::CertificateDer<'static>,
    crypto: Arc<rustls::crypto::CryptoProvider>,
) -> Result<ServerConnection, Box<dyn Error>> {
    let mut users = RootCertStore::empty();
    users.add(user)?;
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(users), Arc::clone(&crypto)).build()?;
    let key = rustls_pki_types::PrivatePkcs8KeyDer::from(server.signing_key.serialize_der());
    let config = ServerConfig::builder_with_provider(crypto)
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![server.cert.der().clone()], key.into())?;
    Ok(ServerConnection::new(Arc::new(config))?)
}

/// Passes the messages from one side to the other. Returns the protocol and the number of the client's certificates.
fn handshake(
    mut client: ClientConnection,
    mut server: ServerConnection,
) -> Result<(String, usize), Box<dyn Error>> {
    while client.is_handshaking() || server.is_handshaking() {
        let mut bytes = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut bytes)?;
        }
        server.read_tls(&mut &*bytes)?;
        server.process_new_packets()?;
        let mut bytes = Vec::new();
        while server.wants_write() {
            server.write_tls(&mut bytes)?;
        }
        client.read_tls(&mut &*bytes)?;
        client.process_new_packets()?;
    }
    let protocol = server.protocol_version().and_then(|version| version.as_str());
    let accepted = server.peer_certificates().map_or(0, <[_]>::len);
    Ok((protocol.unwrap_or("unknown protocol").to_owned(), accepted))
}
