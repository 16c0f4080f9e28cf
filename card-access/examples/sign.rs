//! Signs a message with a card, and verifies the signature.
//!
//! `cargo run -p card-access --features soft,verify --example sign` uses a card in memory, whose PIN is 123456. With the name of a
//! reader as argument it uses the card in that reader: slot 9A of a PIV card.

use std::{env, error::Error, io};

use card_access::{
    Backend, Pin, PinEntry, PivSlot, Provider, Slot, Token, TokenId,
    pcsc::PcscProvider,
    soft::{SoftCard, SoftProvider},
};

fn main() -> Result<(), Box<dyn Error>> {
    let mut token = match env::args().nth(1) {
        Some(reader) => PcscProvider::new().open(&TokenId::any_at(Backend::PcSc, reader))?,
        None => card_in_memory()?,
    };
    let credential = token.credential(&Slot::Piv(PivSlot::Authentication))?;
    println!(
        "{}: {}, {}",
        token.info().name,
        credential.label(),
        credential.algorithm()
    );

    let status = token.pin_status()?; // spends no try
    eprintln!("PIN ({status}):");
    let mut line = String::with_capacity(256);
    io::stdin().read_line(&mut line)?;
    let pin = Pin::from_line(line); // wiped on drop

    let scheme = *credential
        .algorithm()
        .schemes()
        .first()
        .ok_or("this key cannot sign")?;
    let signature = token
        .sign(&credential, scheme, b"message", Some(PinEntry::typed(&pin)))
        .map_err(|error| format!("{error}. {}", error.hint()))?;
    credential.verify(scheme, b"message", &signature)?;
    println!("{scheme}: valid signature, {} bytes", signature.len());
    Ok(())
}

fn card_in_memory() -> Result<Box<dyn Token>, Box<dyn Error>> {
    let issued = rcgen::generate_simple_self_signed(["Alice".to_owned()])?;
    let (certificate, key) = (issued.cert.der().clone(), issued.signing_key.serialize_der());
    let card = SoftCard::new("card in memory", Pin::new("123456".to_owned()));
    let mut provider = SoftProvider::new();
    provider.insert(card.with_key(PivSlot::Authentication, certificate, &key)?);
    Ok(provider.open(&TokenId::any_at(Backend::Soft, "card in memory"))?)
}
