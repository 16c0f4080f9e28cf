//! A listing of 16 cards compared with a listing of 1 card: by the library over PC/SC, and by the program `list-cards`, which also
//! lists PKCS#11 modules.
//!
//! Sixteen firmwares share the processors with the measured program. So it is also measured with cards that delay each command by 20
//! ms without processor time, as physical cards do. There, more cards take longer only if they are read one after the other.

use std::time::{Duration, Instant};

use card_access::pcsc::PcscProvider;
use card_access::{Credential, Provider};
use examples::backends::Backends;
use examples::card_list::CardList;
use lab::{Card, Profile, Readers};
use upn_resolver::windows::logon_policy::LogonPolicy;

use super::{Failure, median};

const ROUNDS: usize = 10;
const MANY: usize = 16;

pub(crate) fn compare() -> Result<(), Failure> {
    println!(
        "\n{:<46} {:>10} {:>10} {:>7}",
        "a listing, median time", "1 card", "16 cards", "ratio"
    );
    for delay in [Duration::ZERO, Duration::from_millis(20)] {
        let [one, many] = [1, MANY].map(|count| with_cards(count, delay));
        for ((what, one), (_, many)) in one?.into_iter().zip(many?) {
            let ratio = many.as_secs_f64() / one.as_secs_f64();
            let what = format!("{what}, cards that think for {delay:?}");
            println!("{what:<46} {one:>10.2?} {many:>10.2?} {ratio:>7.2}");
        }
    }
    Ok(())
}

fn with_cards(count: usize, delay: Duration) -> Result<Vec<(&'static str, Duration)>, Failure> {
    let readers = Readers::start(count)?;
    let profiles: Vec<_> = (0..count)
        .map(|index| Profile::new(&format!("user{index}")).delay(delay))
        .collect();
    let _cards: Vec<Card> = readers.insert_all(&profiles)?;
    let ways = [
        ("PC/SC, names", names as fn() -> Result<usize, Failure>),
        ("PC/SC, certificates", certificates),
        ("list-cards", || Ok(list_cards())),
    ];
    ways.into_iter()
        .map(|(what, list)| {
            let mut times = Vec::with_capacity(ROUNDS);
            for _ in 0..ROUNDS {
                let begun = Instant::now();
                let seen = list()?;
                times.push(begun.elapsed());
                assert_eq!(seen, count, "{what}");
            }
            Ok((what, median(&mut times)))
        })
        .collect()
}

fn names() -> Result<usize, Failure> {
    Ok(PcscProvider::new().tokens()?.found.len())
}

/// Opens each card and reads it in its own thread, as the programs do.
fn certificates() -> Result<usize, Failure> {
    let listing = PcscProvider::new().tokens()?;
    let read = |id| -> Result<Vec<Credential>, card_access::Error> {
        Ok(PcscProvider::new().open(id)?.credentials()?.found)
    };
    std::thread::scope(|scope| {
        let reads: Vec<_> = listing
            .found
            .iter()
            .map(|token| scope.spawn(|| read(&token.id)))
            .collect();
        let read = reads
            .into_iter()
            .map(|read| read.join().map_err(|_| "a thread panicked"));
        let mut seen = 0;
        for credentials in read {
            seen += credentials??.len();
        }
        Ok(seen)
    })
}

fn list_cards() -> usize {
    let list = CardList::of_this_machine(&Backends::default(), &LogonPolicy::new(), Duration::from_secs(60));
    let whole = list.tokens.iter().filter(|token| token.certificates.len() == 1);
    whole.count()
}
