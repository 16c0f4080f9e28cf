//! A sign-in's part at the card, beside OpenSC's module, on the same virtual card in one run: commands on
//! the wire, wall time from a connected reader to a verified signature, processor time; and a listing of sixteen cards beside
//! one of one card.
//!
//! The `yubikey` crate is no peer here: it opens cards that answer Yubico's own commands only, and this firmware does not.
//!
//! `make bench` runs it in a namespace with a pcscd of its own.

use std::time::{Duration, Instant};

use card_access::pcsc::PcscProvider;
use card_access::pkcs11::Pkcs11Provider;
use card_access::{Backend, Hash, Pin, PinEntry, PivSlot, Provider, Scheme, Slot, Token, TokenId};
use examples::card_list::CardList;
use lab::{Card, Profile, Readers};
use rustix::time::{ClockId, clock_gettime};
use upn_resolver::windows::logon_policy::LogonPolicy;

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

    let mut ways: [(&str, Way<'_>); 2] = [
        ("card-access, PC/SC", Box::new(|| through_pcsc(&reader, &pin))),
        ("OpenSC's module", Box::new(|| through_module(&module, &pin))),
    ];
    let mut times: [Vec<Duration>; 2] = Default::default();
    let mut processor = [Duration::ZERO; 2];
    let (mut first, mut apdus) = ([0; 2], [0; 2]);
    for round in 0..=ROUNDS {
        // In turns, so that a busy moment of the machine hits all of them.
        for (index, (_, way)) in ways.iter_mut().enumerate() {
            card.forget_apdus()?;
            let (begun, spent) = (Instant::now(), processor_time());
            way()?;
            let (took, spent) = (begun.elapsed(), processor_time().saturating_sub(spent));
            apdus[index] = card.apdus()?.len();
            // The first round loads the module, which then knows the card.
            if round == 0 {
                first[index] = apdus[index];
            } else {
                times[index].push(took);
                processor[index] += spent;
            }
        }
    }
    println!(
        "{:<22} {:>12} {:>12} {:>14} {:>20}",
        "a sign-in with 9a", "APDUs, first", "later", "median time", "processor time"
    );
    for (index, (name, _)) in ways.iter().enumerate() {
        let rounds = u32::try_from(ROUNDS)?;
        println!(
            "{name:<22} {:>12} {:>12} {:>14.2?} {:>20.2?}",
            first[index],
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
