//! A listing of sixteen cards beside one of one card.

use std::time::{Duration, Instant};

use examples::card_list::CardList;
use lab::{Card, Profile, Readers};
use upn_resolver::windows::logon_policy::LogonPolicy;

use super::{Failure, median};

pub(crate) fn compare() -> Result<(), Failure> {
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
        let cards = format!("{count} card{}", if count == 1 { "" } else { "s" });
        println!("{cards:<22} {:>14.2?}", median(&mut times));
    }
    Ok(())
}
