//! A sign-in's part at the card, beside OpenSC's module and the `yubikey` crate, on the same virtual card in one run: commands on
//! the wire, wall time from a connected reader to a verified signature, processor time; and a listing of sixteen cards beside
//! one of one card.
//!
//! `make bench` runs it in a namespace with a pcscd of its own.

use std::time::{Duration, Instant};

use card_access::pcsc::PcscProvider;
use card_access::pkcs11::Pkcs11Provider;
use card_access::{
    Backend, Credential, Hash, Pin, PinEntry, PivSlot, Provider, Scheme, Slot, Token, TokenId,
};
use examples::card_list::CardList;
use lab::{Card, Profile, Readers};
use openssl::x509::X509;
use rustix::time::{ClockId, clock_gettime};
use upn_resolver::windows::logon_policy::LogonPolicy;
use yubikey::piv::{AlgorithmId, SlotId};

type Failure = Box<dyn std::error::Error>;
type Way<'a> = Box<dyn FnMut() -> Result<(), Failure> + 'a>;

const ROUNDS: usize = 40;
const MESSAGE: &[u8] = b"what the card signs";
const SCHEME: Scheme = Scheme::RsaPkcs1(Hash::Sha256);

fn main() -> Result<(), Failure> {
    card_access::pkcs11::helper::run_if_helper();
    // `cargo test --all-targets` starts benchmarks too; this one is no test.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    beside_the_others()?;
    sixteen_cards()
}

fn beside_the_others() -> Result<(), Failure> {
    let readers = Readers::start(1)?;
    let mut card = readers.insert(0, &Profile::new("alice"))?;
    let pin = Pin::new(card.pin().to_owned());
    let reader = card.reader().to_owned();
    let module = lab::Module::OpenSc.path()?;
    let issued = X509::from_pem(&std::fs::read(card.certificate(lab::Slot::Authentication))?)?.to_der()?;
    let known = Credential::new(Slot::Piv(PivSlot::Authentication), "9a", issued.into())?;

    let mut ways: [(&str, Way<'_>); 3] = [
        ("card-access, PC/SC", Box::new(|| through_pcsc(&reader, &pin))),
        ("OpenSC's module", Box::new(|| through_module(&module, &pin))),
        ("the yubikey crate", Box::new(|| through_yubikey(&pin, &known))),
    ];
    let mut times: [Vec<Duration>; 3] = Default::default();
    let mut processor = [Duration::ZERO; 3];
    let mut apdus = [0; 3];
    for round in 0..=ROUNDS {
        // In turns, so that a busy moment of the machine hits all of them.
        for (index, (_, way)) in ways.iter_mut().enumerate() {
            card.forget_apdus()?;
            let (begun, spent) = (Instant::now(), processor_time());
            way()?;
            let (took, spent) = (begun.elapsed(), processor_time().saturating_sub(spent));
            apdus[index] = card.apdus()?.len();
            // The first round warms caches and loads the module.
            if round > 0 {
                times[index].push(took);
                processor[index] += spent;
            }
        }
    }
    println!(
        "{:<22} {:>6} {:>14} {:>20}",
        "a sign-in with 9a", "APDUs", "median time", "processor time"
    );
    for (index, (name, _)) in ways.iter().enumerate() {
        let rounds = u32::try_from(ROUNDS)?;
        println!(
            "{name:<22} {:>6} {:>14.2?} {:>20.2?}",
            apdus[index],
            median(&mut times[index]),
            processor[index] / rounds
        );
    }
    Ok(())
}

fn through_pcsc(reader: &str, pin: &Pin) -> Result<(), Failure> {
    let token = PcscProvider::new().open(&TokenId::whatever_is_in(Backend::PcSc, reader))?;
    sign_and_verify(token, &Slot::Piv(PivSlot::Authentication), pin)
}

fn through_module(module: &std::path::Path, pin: &Pin) -> Result<(), Failure> {
    let mut provider = Pkcs11Provider::module(module);
    let listed = provider
        .tokens()?
        .found
        .into_iter()
        .next()
        .ok_or("OpenSC sees no card")?;
    let token = provider.open(&listed.id)?;
    sign_and_verify(token, &Slot::Object(vec![1]), pin)
}

fn sign_and_verify(mut token: Box<dyn Token>, slot: &Slot, pin: &Pin) -> Result<(), Failure> {
    let credential = token.credential(slot)?;
    let signature = token.sign(&credential, SCHEME, MESSAGE, Some(PinEntry::typed(pin)))?;
    Ok(credential.verify(SCHEME, MESSAGE, &signature)?)
}

/// As its documentation shows it: open, read the certificate, verify the PIN, sign a block that the host has padded.
fn through_yubikey(pin: &Pin, known: &Credential) -> Result<(), Failure> {
    let mut key = yubikey::YubiKey::open()?;
    yubikey::certificate::Certificate::read(&mut key, SlotId::Authentication)?;
    key.verify_pin(pin.as_bytes())?;
    let block = pkcs1_block(MESSAGE);
    let signature = yubikey::piv::sign_data(&mut key, &block, AlgorithmId::Rsa2048, SlotId::Authentication)?;
    known.verify(SCHEME, MESSAGE, &signature)?;
    // Otherwise its destructor resets the card, which would slow the others down.
    key.disconnect(pcsc::Disposition::LeaveCard)
        .map_err(|(_, error)| error)?;
    Ok(())
}

/// EMSA-PKCS1-v1_5 for a 2048-bit key and SHA-256 (RFC 8017 section 9.2).
fn pkcs1_block(message: &[u8]) -> Vec<u8> {
    const SHA256_INFO: [u8; 19] = [
        0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
        0x04, 0x20,
    ];
    let mut block = vec![0xff; 256 - SHA256_INFO.len() - 32];
    if let [zero, one, .., end] = block.as_mut_slice() {
        (*zero, *one, *end) = (0, 1, 0);
    }
    block.extend(SHA256_INFO);
    block.extend(Hash::Sha256.digest(message));
    block
}

/// Processor time of this process, in user and system mode.
fn processor_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}

fn sixteen_cards() -> Result<(), Failure> {
    println!("\n{:<22} {:>14}", "a listing", "median time");
    for count in [1, 16] {
        let readers = Readers::start(count)?;
        let _cards: Vec<Card> = (0..count)
            .map(|index| readers.insert(index, &Profile::new(&format!("user{index}"))))
            .collect::<Result<_, _>>()?;
        let mut times: Vec<Duration> = (0..10)
            .map(|_| {
                let begun = Instant::now();
                let list = CardList::of_this_machine(&LogonPolicy::new());
                let seen = list
                    .tokens
                    .iter()
                    .filter(|token| token.certificates.len() == 1)
                    .count();
                assert_eq!(seen, count, "{list:?}");
                begun.elapsed()
            })
            .collect();
        println!(
            "{:<22} {:>14.2?}",
            format!("{count} card{}", if count == 1 { "" } else { "s" }),
            median(&mut times)
        );
    }
    Ok(())
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
