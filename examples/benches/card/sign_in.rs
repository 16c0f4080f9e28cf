//! One sign-in: with this library, with OpenSC's module, and with the `yubikey` crate.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use card_access::pcsc::PcscProvider;
use card_access::piv::KnownCards;
use card_access::pkcs11::Pkcs11Provider;
use card_access::{Backend, Hash, Pin, PinEntry, PivSlot, Provider, Scheme, Slot, Token, TokenId};
use lab::{Card, Profile, Readers};
use rustix::time::{ClockId, clock_gettime};
use yubikey::certificate::Certificate;
use yubikey::piv::{AlgorithmId, SlotId, sign_data};

use super::{Failure, median};

const ROUNDS: usize = 60;
const MESSAGE: &[u8] = b"what the card signs";
const SCHEME: Scheme = Scheme::RsaPkcs1(Hash::Sha256);

/// Implementation of a sign-in with the card in a reader.
#[derive(Clone, Copy)]
enum Way {
    /// A new provider, as in a program that was just started.
    CardAccess,
    /// A provider that knows the card, as in an agent at its second sign-in.
    CardAccessAgain,
    /// The module stays loaded. It looks for the card at its first use and remembers it.
    OpenSc,
    YubikeyCrate,
}

impl Way {
    fn name(self) -> &'static str {
        match self {
            Self::CardAccess => "card-access, first",
            Self::CardAccessAgain => "card-access, again",
            Self::OpenSc => "OpenSC's module",
            Self::YubikeyCrate => "yubikey crate 0.8",
        }
    }

    /// Signs in and returns the time until the signature is verified.
    fn run(self, place: &Place) -> Result<Duration, Failure> {
        let begun = Instant::now();
        match self {
            Self::CardAccess | Self::CardAccessAgain => {
                let id = TokenId::any_at(Backend::PcSc, &*place.reader);
                let provider = PcscProvider::new();
                let mut token = match self {
                    Self::CardAccessAgain => provider.with_known_cards(place.known.clone()),
                    _ => provider,
                }
                .open(&id)?;
                sign_and_verify(&mut *token, &Slot::Piv(PivSlot::Authentication), place)?;
                Ok(begun.elapsed())
            }
            Self::OpenSc => {
                let mut provider = Pkcs11Provider::from_module(&place.module).in_process();
                let listed = provider.tokens()?.found.into_iter().next();
                let mut token = provider.open(&listed.ok_or("OpenSC sees no card")?.id)?;
                sign_and_verify(&mut *token, &Slot::Object(vec![1]), place)?;
                Ok(begun.elapsed())
            }
            Self::YubikeyCrate => with_yubikey_crate(place, begun),
        }
    }
}

/// Parameters of all implementations.
struct Place {
    reader: String,
    pin: String,
    module: PathBuf,
    known: KnownCards,
}

fn sign_and_verify(token: &mut dyn Token, slot: &Slot, place: &Place) -> Result<(), Failure> {
    let pin = Pin::new(place.pin.clone());
    let credential = token.credential(slot)?;
    let signature = token.sign(&credential, SCHEME, MESSAGE, Some(PinEntry::typed(&pin)))?;
    Ok(credential.verify(SCHEME, MESSAGE, &signature)?)
}

/// As in the crate's documentation, with padding by the caller. It does not read the number of tries that are left. Dropping it
/// resets the card, which is not part of the time.
fn with_yubikey_crate(place: &Place, begun: Instant) -> Result<Duration, Failure> {
    let mut readers = yubikey::reader::Context::open()?;
    let mut readers = readers.iter()?;
    let reader = readers
        .find(|reader| reader.name() == place.reader)
        .ok_or("no reader")?;
    let mut card = reader.open()?;
    let certificate = Certificate::read(&mut card, SlotId::Authentication)?;
    card.verify_pin(place.pin.as_bytes())?;
    let signature = sign_data(&mut card, &padded(), AlgorithmId::Rsa2048, SlotId::Authentication)?;
    let key = certificate.subject_pki().subject_public_key.raw_bytes();
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key)
        .verify(MESSAGE, &signature)
        .map_err(|_| "wrong signature")?;
    Ok(begun.elapsed())
}

/// EMSA-PKCS1-v1_5 (RFC 8017 section 9.2) of the message's SHA-256, for 2048 bits.
fn padded() -> Vec<u8> {
    const DIGEST_INFO: [u8; 19] = [
        0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
        0x04, 0x20,
    ];
    let digest = digest(&SHA256, MESSAGE);
    let filling = vec![0xff; 256 - 3 - DIGEST_INFO.len() - digest.as_ref().len()];
    [&[0, 1][..], &filling, &[0], &DIGEST_INFO, digest.as_ref()].concat()
}

/// All implementations on cards with the same firmware. The commands of OpenSC's module are counted at its first use in this
/// process. The last cards delay each command by 5 ms, because physical cards need time for other operations than RSA, too.
pub(crate) fn compare() -> Result<(), Failure> {
    use Way::{CardAccess, CardAccessAgain, OpenSc, YubikeyCrate};
    const OURS_AND_OPENSC: &[Way] = &[CardAccess, CardAccessAgain, OpenSc];
    const ALL: &[Way] = &[CardAccess, CardAccessAgain, OpenSc, YubikeyCrate];
    let alice = Profile::new("alice");
    let extended = alice.clone().extended_lengths();
    let yubikey = alice.clone().yubikey(11_409_355);
    let slow = yubikey.clone().delay(Duration::from_millis(5));
    let short: fn(usize) -> Result<Readers, lab::Error> = Readers::start;
    let long: fn(usize) -> Result<Readers, lab::Error> = Readers::with_extended_lengths;
    for (card, profile, start, ways) in [
        ("short lengths", &alice, short, OURS_AND_OPENSC),
        ("extended lengths", &extended, long, OURS_AND_OPENSC),
        ("YubiKey's commands, short lengths", &yubikey, short, ALL),
        ("YubiKey's commands, extended lengths", &yubikey, long, ALL),
        (
            "YubiKey's commands, short lengths, 5 ms a command",
            &slow,
            short,
            ALL,
        ),
        (
            "YubiKey's commands, extended lengths, 5 ms a command",
            &slow,
            long,
            ALL,
        ),
    ] {
        println!("\na sign-in with 9a, RSA-2048, a card with {card}");
        println!(
            "{:<19} {:>6} {:>6} {:>12} {:>10} {:>12} {:>10}",
            "", "APDUs", "later", "median time", "least", "processor", "least"
        );
        let readers = start(1)?;
        let mut card = readers.insert(0, profile)?;
        for (way, mut measured) in measure(&mut card, ways)? {
            let (times, processor) = (median(&mut measured.times), median(&mut measured.processor));
            // The times are sorted here.
            let least = |times: &[Duration]| times.first().copied().unwrap_or_default();
            println!(
                "{:<19} {:>6} {:>6} {times:>12.2?} {:>10.2?} {processor:>12.2?} {:>10.2?}",
                way.name(),
                measured.first,
                measured.later,
                least(&measured.times),
                least(&measured.processor),
            );
        }
    }
    Ok(())
}

#[derive(Default)]
struct Measured {
    /// Number of commands in the first round and in the last one.
    first: usize,
    later: usize,
    times: Vec<Duration>,
    processor: Vec<Duration>,
}

fn measure(card: &mut Card, ways: &[Way]) -> Result<Vec<(Way, Measured)>, Failure> {
    let place = Place {
        reader: card.reader().to_owned(),
        pin: card.pin().to_owned(),
        module: lab::Module::OpenSc.path()?,
        known: KnownCards::new(),
    };
    let mut all: Vec<_> = ways.iter().map(|way| (*way, Measured::default())).collect();
    for round in 0..=ROUNDS {
        // In turns, so that a busy moment of the machine affects all of them.
        for (way, measured) in &mut all {
            // Operations that the previous one has left, such as a reset, must not delay the next one.
            let id = TokenId::any_at(Backend::PcSc, &*place.reader);
            PcscProvider::new().open(&id)?.pin_status()?;
            card.forget_apdus()?;
            let spent = processor_time();
            let took = way.run(&place)?;
            let spent = processor_time().saturating_sub(spent);
            measured.later = card.apdus()?.len();
            // The first round loads the module, which then knows the card.
            if round == 0 {
                measured.first = measured.later;
            } else {
                measured.times.push(took);
                measured.processor.push(spent);
            }
        }
    }
    Ok(all)
}

/// Processor time of this process in user and system mode.
fn processor_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}
