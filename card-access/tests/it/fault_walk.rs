//! The fault walk: every fault at every command of a sign-in. Whatever happens, there is a typed error in bounded time,
//! no more than one PIN try is spent, and the next sign-in works.

use std::{
    thread,
    time::{Duration, Instant},
};

use crate::common::{open, pin};
use card_access::{
    Backend, Credential, Error, ErrorKind, Hash, Pin, PinEntry, PinStatus, Provider, Scheme, Token, TokenId,
    TokenInfo, pcsc::PcscProvider,
};
use lab::{Card, Fault, Profile, Readers};

const LIMIT: Duration = Duration::from_secs(1);
/// No sign-in has enough commands for all of them to be late: the first late one ends it.
const BOUND: Duration = Duration::from_secs(10);
const FAULTS: [Fault; 10] = [
    Fault::Empty,
    Fault::Hang,
    Fault::OneByte,
    Fault::OverLong,
    Fault::Removed,
    Fault::Reset,
    Fault::Status(0x6581),
    Fault::Status(0x6982),
    Fault::Status(0x61ff),
    Fault::WrongData,
];

fn sign_in(reader: &str, pin: &Pin) -> Result<Credential, Error> {
    let id = TokenId::any_at(Backend::PcSc, reader);
    let mut token = PcscProvider::new().with_time_limit(LIMIT).open(&id)?;
    let credential = token.credential(&"9a".parse().unwrap())?;
    let scheme = Scheme::RsaPkcs1(Hash::Sha256);
    let signature = token.sign(&credential, scheme, b"message", Some(PinEntry::typed(pin)))?;
    credential.verify(scheme, b"message", &signature)?;
    Ok(credential)
}

fn a_card_in_each(readers: &Readers) -> Vec<Card> {
    let original = readers.insert(0, &Profile::new("wanda")).unwrap();
    let copies: Vec<_> = (1..readers.count())
        .map(|n| readers.insert_copy(n, &original).unwrap())
        .collect();
    std::iter::once(original).chain(copies).collect()
}

#[test]
fn every_fault_at_every_command_is_survived() {
    let readers = Readers::start(8).unwrap();
    let cards = a_card_in_each(&readers);
    // Each card walks its share of the faults: hangs and removals take their time.
    thread::scope(|scope| {
        let shares = cards.len();
        for (share, card) in cards.into_iter().enumerate() {
            scope.spawn(move || walk(card, FAULTS.into_iter().skip(share).step_by(shares)));
        }
    });
}

#[test]
fn a_card_that_is_swapped_at_any_command_is_not_signed_with() {
    let readers = Readers::start(6).unwrap();
    let cards = a_card_in_each(&readers);
    thread::scope(|scope| {
        let shares = cards.len();
        for (share, card) in cards.into_iter().enumerate() {
            let readers = &readers;
            scope.spawn(move || swap(readers, share, shares, card));
        }
    });
}

fn swap(readers: &Readers, share: usize, shares: usize, mut card: Card) {
    let right = pin(card.pin());
    let own = |token: &TokenInfo| token.reader.as_deref() == Some(&*readers.name(share));
    let listed = PcscProvider::new().tokens().unwrap().found.into_iter().find(own);
    let listed = listed.unwrap().id;
    card.remove().unwrap();
    // Swaps are slower than pcscd's polling.
    let pause = || thread::sleep(Duration::from_secs(1));
    pause();
    let mut other = readers.insert(share, &Profile::new("xaver")).unwrap();
    other.remove().unwrap();
    pause();
    card.insert().unwrap();
    card.forget_apdus().unwrap();
    let sign = |token: &mut dyn Token| -> Result<Credential, Error> {
        let credential = token.credential(&"9a".parse().unwrap())?;
        let scheme = Scheme::RsaPkcs1(Hash::Sha256);
        let signature = token.sign(&credential, scheme, b"message", Some(PinEntry::typed(&right)))?;
        // Counting waits for the logout, which goes on after the signature is returned.
        token.traffic();
        credential.verify(scheme, b"message", &signature)?;
        Ok(credential)
    };
    let open = || PcscProvider::new().with_time_limit(LIMIT).open(&listed);
    let credential = sign(&mut *open().unwrap()).unwrap();
    let commands = u32::try_from(card.apdus().unwrap().len()).unwrap();
    for nth in (1..=commands).skip(share).step_by(shares) {
        let place = format!("swapped at command {nth} of {commands}");
        card.fault(nth, Fault::Removed).unwrap();
        let mut token = open();
        let outcome = match &mut token {
            Ok(token) => sign(&mut **token),
            Err(error) => Err(error.clone()),
        };
        match outcome {
            // Removed after the signature.
            Ok(found) => assert_eq!((nth, &found), (commands, &credential), "{place}"),
            Err(error) => assert!(is_expected(&error, Fault::Removed), "{place}: {error}"),
        }
        card.remove().unwrap();
        pause();
        other.insert().unwrap();
        other.forget_apdus().unwrap();
        // Neither with the open token nor with a new one.
        if let Ok(token) = &mut token {
            assert_eq!(
                sign(&mut **token).unwrap_err().kind(),
                &ErrorKind::Removed,
                "{place}"
            );
        }
        assert_eq!(open().err().unwrap().kind(), &ErrorKind::OtherCard, "{place}");
        let tries = other.apdus().unwrap();
        assert!(
            tries.iter().all(|apdu| apdu.instruction() != Some(0x20)),
            "{place}: {tries:?}"
        );
        other.remove().unwrap();
        pause();
        card.insert().unwrap();
        let mut token = open().unwrap();
        let left = token.pin_status().unwrap();
        assert!(matches!(left, PinStatus::TriesLeft(2 | 3)), "{place}: {left}");
        assert_eq!(sign(&mut *token).as_ref(), Ok(&credential), "{place}");
    }
}

fn walk(mut card: Card, faults: impl Iterator<Item = Fault>) {
    let right = pin(card.pin());
    let reader = card.reader().to_owned();
    card.forget_apdus().unwrap();
    let credential = sign_in(&reader, &right).unwrap();
    let commands = u32::try_from(card.apdus().unwrap().len()).unwrap();
    for fault in faults {
        for nth in 1..=commands {
            let place = format!("{fault} at command {nth} of {commands}");
            card.fault(nth, fault).unwrap();
            let begun = Instant::now();
            let outcome = sign_in(&reader, &right);
            assert!(begun.elapsed() < BOUND, "{place} took {:?}", begun.elapsed());
            match outcome {
                // A fault in what is read for information only, or one that the next command repairs.
                Ok(found) => assert_eq!(found.slot(), credential.slot()),
                Err(error) => assert!(is_expected(&error, fault), "{place}: {error}"),
            }
            if let Fault::Empty | Fault::Hang | Fault::Removed = fault {
                card.remove().unwrap();
                // vpcd's reader gets stuck when cards are swapped faster than pcscd polls, every 0.4 s.
                thread::sleep(Duration::from_secs(1));
                card.insert().unwrap();
            }
            let left = open(&reader).pin_status().unwrap();
            assert!(matches!(left, PinStatus::TriesLeft(2 | 3)), "{place}: {left}");
            assert_eq!(sign_in(&reader, &right).as_ref(), Ok(&credential), "{place}");
        }
    }
}

/// Errors that a fault may cause: those that describe it, as far as the host can know.
fn is_expected(error: &Error, fault: Fault) -> bool {
    use ErrorKind::{
        AccessDenied, CardFailed, CardReset, Malformed, PinRefused, PinRequired, Refused, Removed, TimedOut,
        TriesUnknown, UnknownCard, WrongSignature,
    };
    match error.kind() {
        TimedOut => fault == Fault::Hang,
        Removed => matches!(fault, Fault::Empty | Fault::Removed),
        CardReset => fault == Fault::Reset,
        // Whatever the card answers to SELECT but its template means that it has no such application.
        UnknownCard => matches!(fault, Fault::Reset | Fault::Status(_)),
        AccessDenied => fault == Fault::Status(0x6982),
        PinRefused { .. } | TriesUnknown => matches!(fault, Fault::Reset | Fault::Status(_)),
        WrongSignature => fault == Fault::WrongData,
        PinRequired | Refused => matches!(fault, Fault::OverLong | Fault::Reset | Fault::Status(_)),
        CardFailed | Malformed { .. } => !matches!(fault, Fault::Hang),
        _ => false,
    }
}
